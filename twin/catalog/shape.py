"""Fit a raw TOML document to its model, and tell each misfit with its key, a reason and the nearest known word."""

from __future__ import annotations

import json
import re
import types
import typing
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from twin.catalog.messages import fault, unknown
from twin.errors import did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from twin.errors import Problem

_REASONS_ZH = {
    "string_type": "应为文本（加引号）",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数值",
    "finite_number": "应为有限数值",
    "bool_type": "应为 true 或 false",
    "tuple_type": "应为数组 [...]",
    "dict_type": "应为表",
    "model_type": "应为表",
    "string_too_long": "过长",
    "string_too_short": "过短",
}
_LIMITS_ZH = {"ge": "应不小于", "gt": "应大于", "le": "应不大于", "lt": "应小于"}


def fit[M: BaseModel](model: type[M], data: dict[str, Any], file: str) -> tuple[M | None, list[Problem]]:
    """``data`` as a ``model``, or every problem in it. Types are strict: ``"10"`` is no number, ``1`` no truth."""
    try:
        return model.model_validate_json(json.dumps(data, default=_foreign), strict=True), []
    except ValidationError as error:
        return None, [_problem(model, data, found, file) for found in error.errors(include_url=False)]


def _foreign(value: object) -> dict[str, str]:
    """TOML dates and times, which no declaration takes: a table fits nowhere and so is refused by name."""
    return {type(value).__name__: str(value)}


def _problem(model: type[BaseModel], data: object, found: ErrorDetails, file: str) -> Problem:
    key = ".".join(str(part) for part in found["loc"] if part != "[key]")
    kind, context = found["type"], found.get("ctx", {})
    last = str(found["loc"][-1]) if found["loc"] else ""
    if kind == "extra_forbidden":
        free = [
            name for name in _fields(model, found["loc"][:-1]) if name not in _at(data, found["loc"][:-1])
        ]
        return unknown(file, key, "TWIN-104", last, free)
    if kind == "missing":
        return fault(file, key, "TWIN-105", name=last)
    if kind == "both_languages":
        return fault(file, key, "TWIN-107", detail=found["msg"])
    if last == "[key]":
        return _name(file, key)
    value = json.dumps(found["input"], ensure_ascii=False)[:80]
    if kind == "literal_error":
        return _literal(file, key, value, found["input"], str(context.get("expected", "")))
    reason_zh = _REASONS_ZH.get(kind) or _limit(context) or found["msg"]
    reason_en = found["msg"][:1].lower() + found["msg"][1:]
    return fault(file, key, "TWIN-106", value=value, reason=Text(reason_zh, reason_en))


def _literal(file: str, key: str, value: str, given: object, expected: str) -> Problem:
    choices = re.findall(r"'([^']*)'", expected)
    reason = Text("应为 " + "、".join(choices), "expected one of " + ", ".join(choices))
    return fault(file, key, "TWIN-106", reason, did_you_mean(str(given), choices), value=value)


def _name(file: str, key: str) -> Problem:
    return fault(
        file,
        key,
        "TWIN-108",
        name=key.rsplit(".", 1)[-1],
        reason=Text(
            "须为小写字母开头的字母、数字、下划线，最多 40 个字符，或规定的名称之一",
            "lower-case letters, digits and underscores, a letter first, at most 40, or one of the fixed names",
        ),
    )


def _limit(context: dict[str, Any]) -> str | None:
    if "pattern" in context:
        return f"应符合 {context['pattern']}"
    return next((f"{words} {context[name]:g}" for name, words in _LIMITS_ZH.items() if name in context), None)


def _fields(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that the table at ``path`` may hold."""
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = _plain(here.model_fields[str(part)].annotation)
        else:
            arguments = typing.get_args(here)
            here = _plain(arguments[1 if typing.get_origin(here) is dict else 0]) if arguments else here
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def _at(data: Any, path: tuple[int | str, ...]) -> Any:
    """The table of the document at ``path``: what it holds already is no suggestion for a misspelt key."""
    for part in path:
        data = data[part]
    return data


def _plain(annotation: Any) -> Any:
    """An annotation without ``Annotated`` and ``| None``."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _plain(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return _plain(next(arm for arm in typing.get_args(annotation) if arm is not type(None)))
    return annotation
