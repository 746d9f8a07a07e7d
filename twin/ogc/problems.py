"""The refusals of the OGC door, and those that every door shares: the same fault is told alike at every address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.errors import TwinError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.catalog.spec import Layer


def unknown_parameter(name: str, known: Iterable[str]) -> TwinError:
    """400 TWIN-301: OGC API - Features 1 requirement 8 (query-param-unknown)."""
    names = sorted(known)
    shown = clip(name)
    hint = did_you_mean(shown, names)
    return TwinError(
        "TWIN-301",
        f"未知的查询参数“{shown}”。{hint.zh}可用参数：{', '.join(names) or '无'}。",
        f'unknown query parameter "{shown}".{hint.en} Known here: {", ".join(names) or "none"}.',
        where=shown,
    )


def repeated_parameter(name: str) -> TwinError:
    return TwinError(
        "TWIN-302",
        f"查询参数“{name}”只能给一次。",
        f'query parameter "{name}" may be given once.',
        where=name,
    )


def bad_value(name: str, zh: str, en: str) -> TwinError:
    """400 TWIN-342: a parameter whose value cannot be used; the texts say what is expected."""
    return TwinError("TWIN-342", zh, en, where=name)


def bad_cursor() -> TwinError:
    return TwinError(
        "TWIN-343",
        "游标无效，或属于另一次查询；请去掉 cursor 从第一页重新开始。",
        "the cursor is not valid or belongs to another query; drop it and start from the first page.",
        where="cursor",
    )


def filter_syntax(zh: str, en: str) -> TwinError:
    """400 TWIN-344: the filter cannot be read."""
    return TwinError("TWIN-344", zh, en, where="filter")


def unknown_property(name: str, known: Iterable[str], where: str) -> TwinError:
    """400 TWIN-345: a property that the collection has not or that the actor may not read: told alike."""
    names = sorted(known)
    hint = did_you_mean(name, names)
    shown = clip(name)
    return TwinError(
        "TWIN-345",
        f"没有属性“{shown}”。{hint.zh}可用属性见 queryables。",
        f'unknown property "{shown}".{hint.en} See the queryables of the collection.',
        where=where,
    )


def filter_type(zh: str, en: str) -> TwinError:
    """400 TWIN-346: an operator between values of types that do not go together."""
    return TwinError("TWIN-346", zh, en, where="filter")


def unknown_function(name: str, known: Iterable[str]) -> TwinError:
    names = sorted(known)
    hint = did_you_mean(name, names)
    shown = clip(name)
    return TwinError(
        "TWIN-347",
        f"过滤表达式中不提供函数“{shown}”。{hint.zh}可用：{', '.join(names)}。",
        f'the function "{shown}" is not offered in a filter.{hint.en} Offered: {", ".join(names)}.',
        where="filter",
    )


def filter_too_big(zh: str, en: str) -> TwinError:
    """400 TWIN-348: the filter exceeds the caps on length, depth or number of parts."""
    return TwinError("TWIN-348", zh, en, where="filter")


def no_layer(name: str, known: Iterable[str], where: str = "collectionId") -> TwinError:
    """404 TWIN-330: no such layer for this actor; a hidden one reads like an unknown one. ``known`` are those that
    he may see."""
    hint = did_you_mean(clip(name), known)
    shown = clip(name)
    return TwinError(
        "TWIN-330",
        f"没有图层“{shown}”。{hint.zh or '可用图层见 /layers。'}",
        f'there is no layer "{shown}".{hint.en or " See /layers for those there are."}',
        status=404,
        where=where,
    )


def other_kind(layer: Layer, where: str = "collectionId") -> TwinError:
    """404 TWIN-331: the layer is there, but not in the form that was asked for."""
    return TwinError(
        "TWIN-331",
        f"图层 {layer.name} 不以这种形式提供，它的种类是 {layer.kind}",
        f"layer {layer.name} is not offered in this form; its kind is {layer.kind}",
        status=404,
        where=where,
    )


def no_resource(where: str, zh: str, en: str) -> TwinError:
    """404 TWIN-351: the collection is there, the thing asked of it is not."""
    return TwinError("TWIN-351", zh, en, status=404, where=where)


def not_offered(zh: str, en: str) -> TwinError:
    """404 TWIN-352: a path that this service does not offer."""
    return TwinError("TWIN-352", zh, en, status=404)


def bad_body(zh: str, en: str, *, status: int = 400) -> TwinError:
    """400, 413 or 415 TWIN-353: a request body that cannot be used."""
    return TwinError("TWIN-353", zh, en, status=status, where="body")


def from_pygeoapi(status: int, text: str) -> TwinError:
    """TWIN-359: an answer of the hosted library that is an error, in its own words."""
    return TwinError("TWIN-359", f"请求未能完成：{text}", f"the request failed: {text}", status=status)


def clip(text: str, size: int = 60) -> str:
    """Foreign text made fit to be shown: printable and short."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text[: size + 1])
    return clean if len(clean) <= size else clean[:size] + "…"
