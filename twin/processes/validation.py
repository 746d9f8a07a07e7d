"""Inputs checked, and what is wrong with them said in both languages with the name of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from pydantic import BaseModel, ValidationError

from twin.errors import Problem, Refused, did_you_mean
from twin.processes.schema import json_schema
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic_core import ErrorDetails

    from twin.processes.models import Inputs

WHOLE_UP_TO = 2**53
MAX_PROBLEMS = 20
MAX_SHOWN = 80

# One text for each way in which pydantic refuses a value; the placeholders are the context that pydantic gives.
SAID: dict[str, Text] = {
    "missing": Text(zh="缺少此项输入。", en="This input is missing."),
    "greater_than": Text(zh="必须大于 {gt}。", en="Must be greater than {gt}."),
    "greater_than_equal": Text(zh="不得小于 {ge}。", en="Must be at least {ge}."),
    "less_than": Text(zh="必须小于 {lt}。", en="Must be less than {lt}."),
    "less_than_equal": Text(zh="不得大于 {le}。", en="Must be at most {le}."),
    "multiple_of": Text(zh="必须是 {multiple_of} 的整数倍。", en="Must be a multiple of {multiple_of}."),
    "finite_number": Text(zh="必须是有限的数。", en="Must be a finite number."),
    "int_type": Text(zh="必须是整数。", en="Must be a whole number."),
    "float_type": Text(zh="必须是数。", en="Must be a number."),
    "string_type": Text(zh="必须是文本。", en="Must be a text."),
    "bool_type": Text(zh="必须是 true 或 false。", en="Must be true or false."),
    "list_type": Text(zh="必须是数组。", en="Must be an array."),
    "tuple_type": Text(zh="必须是数组。", en="Must be an array."),
    "dict_type": Text(zh="必须是对象。", en="Must be an object."),
    "model_type": Text(zh="必须是对象。", en="Must be an object."),
    "literal_error": Text(zh="必须是以下之一：{expected}。", en="Must be one of: {expected}."),
    "enum": Text(zh="必须是以下之一：{expected}。", en="Must be one of: {expected}."),
    "string_too_short": Text(
        zh="文本至少 {min_length} 个字符。", en="The text needs at least {min_length} characters."
    ),
    "string_too_long": Text(
        zh="文本至多 {max_length} 个字符。", en="The text may have at most {max_length} characters."
    ),
    "string_pattern_mismatch": Text(
        zh="文本必须符合模式 {pattern}。", en="The text must match the pattern {pattern}."
    ),
    "string_unicode": Text(zh="不是有效的 Unicode 文本。", en="Is no valid Unicode text."),
    "too_short": Text(zh="至少需要 {min_length} 个元素。", en="Needs at least {min_length} items."),
    "too_long": Text(zh="至多允许 {max_length} 个元素。", en="May have at most {max_length} items."),
    "missing_argument": Text(zh="缺少元素。", en="An item is missing."),
    "unexpected_positional_argument": Text(zh="元素过多。", en="Too many items."),
    "union_tag_not_found": Text(
        zh="缺少用于选择类型的 {discriminator}。", en="Lacks {discriminator}, which says of what kind it is."
    ),
    "union_tag_invalid": Text(
        zh="{discriminator} 为“{tag}”；必须是以下之一：{expected_tags}。",
        en='{discriminator} is "{tag}"; must be one of: {expected_tags}.',
    ),
    "timezone_aware": Text(
        zh="时间必须带时区，例如 2026-06-01T08:00:00+08:00。",
        en="The time needs its offset, e.g. 2026-06-01T08:00:00+08:00.",
    ),
    "datetime_from_date_parsing": Text(
        zh="必须是日期时间，例如 2026-06-01T08:00:00+08:00。",
        en="Must be a date and time, e.g. 2026-06-01T08:00:00+08:00.",
    ),
    "uuid_parsing": Text(zh="必须是 UUID。", en="Must be a UUID."),
}
OTHERWISE = Text(zh="取值无效。", en="Is not valid.")


def validate(model: type[Inputs], given: object) -> Inputs:
    """``given`` (a JSON object as Python values) as ``model``.

    Raises ``Refused`` TWIN-501 whose problems carry the input's dotted name in ``key``; nothing is stored.
    """
    if not isinstance(given, dict):
        raise _refused(
            [
                Problem(
                    "TWIN-501",
                    Text(zh="输入必须是 JSON 对象。", en="Inputs must be a JSON object."),
                    key="inputs",
                )
            ]
        )
    try:
        return model.model_validate_json(orjson.dumps(_whole(given)), strict=True)
    except ValidationError as error:
        found = [_problem(model, detail) for detail in error.errors(include_url=False)[:MAX_PROBLEMS]]
        raise _refused(found) from None
    except (TypeError, RecursionError):  # a lone surrogate, an integer beyond 64 bits, nesting without end
        text = Text(
            zh="输入不是有效的 JSON：数过大、文本无效或嵌套过深。",
            en="Inputs are no valid JSON: a number too large, a broken text or nesting too deep.",
        )
        raise _refused([Problem("TWIN-501", text, key="inputs")]) from None


def impossible(key: str, zh: str, en: str, value: object = None) -> Refused:
    """The refusal of one input that is valid by itself but cannot be, to be raised by ``check`` and validators."""
    return _refused([Problem("TWIN-501", Text(zh=zh, en=en), key=key, value=_shown(value))])


def _refused(problems: list[Problem]) -> Refused:
    zh = "".join(f"{problem.key}：{problem.text.zh}" for problem in problems)
    en = " ".join(f"{problem.key}: {problem.text.en}" for problem in problems)
    refused = Refused("TWIN-501", f"输入未通过检查。{zh}", f"The inputs were refused. {en}", problems)
    refused.where = problems[0].key
    return refused


def _whole(value: Any) -> Any:
    """3.0 is a whole number in JSON Schema but not for a strict integer: write it as 3."""
    if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE_UP_TO:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(item) for item in value]
    return value


def _problem(model: type[BaseModel], detail: ErrorDetails) -> Problem:
    key, beside = _place(model, detail["loc"])
    if detail["type"] == "extra_forbidden":
        return Problem("TWIN-501", _unknown(str(detail["loc"][-1]), beside), key=key)
    text = SAID.get(detail["type"], OTHERWISE)
    context = {
        name: f"{value:g}" if isinstance(value, float) else str(value).replace("' or '", "', '")
        for name, value in detail.get("ctx", {}).items()
    }
    try:
        said = text.format(**context)
    except KeyError:
        said = OTHERWISE
    return Problem("TWIN-501", said, key=key, value=_shown(detail["input"]))


def _unknown(name: str, known: list[str]) -> Text:
    near = did_you_mean(name, known)
    listed = ", ".join(known)
    return Text(
        zh=f"没有名为“{name[:MAX_SHOWN]}”的输入。{near.zh or f'可用：{listed}。'}",
        en=f'There is no input "{name[:MAX_SHOWN]}".{near.en or f" Known: {listed}."}',
    )


def _place(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, list[str]]:
    """Where pydantic's ``location`` is: the dotted name (``storm.duration_min``; the tag of a chosen kind is no part
    of it) and the names that may stand beside the last part."""
    node: Mapping[str, Any] = json_schema(model, "en")
    said: list[str] = []
    beside: list[str] = []
    for part in location:
        kind = _kind(node, part)
        if kind is not None:
            node = kind
            continue
        beside = sorted(node.get("properties", {}))
        said.append(str(part)[:MAX_SHOWN])
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return ".".join(said) or "inputs", beside


def _kind(node: Mapping[str, Any], tag: int | str) -> Mapping[str, Any] | None:
    """The alternative of a union that carries ``tag`` in its discriminating property."""
    chosen = node.get("discriminator", {}).get("propertyName")
    for option in node.get("oneOf", ()):
        if chosen is not None and option.get("properties", {}).get(chosen, {}).get("const") == tag:
            found: Mapping[str, Any] = option
            return found
    return None


def _shown(value: object) -> str | None:
    return None if value is None else str(value)[:MAX_SHOWN]
