"""What pydantic found wrong with a value, said in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.errors import Problem
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# By pydantic's error type; the placeholders are the error's own context.
TEXTS: dict[str, Text] = {
    "missing": Text("缺少此项，请补上", "is missing: add it"),
    "extra_forbidden": Text("未知的项，请删去或检查拼写", "is not known: remove it or check its spelling"),
    "int_type": Text("须为整数", "must be an integer"),
    "int_parsing": Text("须为整数", "must be an integer"),
    "int_parsing_size": Text("整数过大", "is too large an integer"),
    "int_from_float": Text("须为整数，不带小数", "must be an integer, without a fraction"),
    "float_type": Text("须为数字", "must be a number"),
    "float_parsing": Text("须为数字", "must be a number"),
    "finite_number": Text("须为有限数", "must be a finite number"),
    "bool_type": Text("须为 true 或 false", "must be true or false"),
    "bool_parsing": Text("须为 true 或 false", "must be true or false"),
    "string_type": Text("须为文本", "must be text"),
    "string_too_short": Text("至少 {min_length} 个字符", "must have at least {min_length} characters"),
    "string_too_long": Text("至多 {max_length} 个字符", "must have at most {max_length} characters"),
    "string_pattern_mismatch": Text("须符合 {pattern}", "must match {pattern}"),
    "list_type": Text("须为数组", "must be an array"),
    "tuple_type": Text("须为数组", "must be an array"),
    "dict_type": Text("须为对象", "must be an object"),
    "model_type": Text("须为对象", "must be an object"),
    "model_attributes_type": Text("须为对象", "must be an object"),
    "too_short": Text("至少 {min_length} 项", "must have at least {min_length} items"),
    "too_long": Text("至多 {max_length} 项", "must have at most {max_length} items"),
    "greater_than": Text("须大于 {gt}", "must be greater than {gt}"),
    "greater_than_equal": Text("须不小于 {ge}", "must be at least {ge}"),
    "less_than": Text("须小于 {lt}", "must be less than {lt}"),
    "less_than_equal": Text("须不大于 {le}", "must be at most {le}"),
    "multiple_of": Text("须为 {multiple_of} 的倍数", "must be a multiple of {multiple_of}"),
    "literal_error": Text("须为以下之一：{expected}", "must be one of {expected}"),
    "enum": Text("须为以下之一：{expected}", "must be one of {expected}"),
    "uuid_type": Text("须为 UUID", "must be a UUID"),
    "uuid_parsing": Text("须为 UUID", "must be a UUID"),
    "datetime_type": Text("须为 RFC 3339 时间", "must be an RFC 3339 date-time"),
    "datetime_parsing": Text("须为 RFC 3339 时间", "must be an RFC 3339 date-time"),
    "datetime_from_date_parsing": Text("须为 RFC 3339 时间", "must be an RFC 3339 date-time"),
    "timezone_aware": Text("时间须带时区", "must carry a time zone"),
    "union_tag_not_found": Text("缺少类型标记 {discriminator}", "lacks its tag {discriminator}"),
    "union_tag_invalid": Text("类型标记须为 {expected_tags}", "must be tagged as one of {expected_tags}"),
    "none_required": Text("须为 null", "must be null"),
}
OTHER = Text("不合要求", "is not acceptable")


def place(location: Iterable[object]) -> str:
    """``("body", "storm", "minutes", 3)`` as ``storm.minutes.3``: the part of the request is dropped."""
    parts = [str(part) for part in location]
    return ".".join(parts[1:] if parts and parts[0] in {"body", "query", "path", "header"} else parts)


def problem(error: Mapping[str, Any]) -> Problem:
    """One entry of ``ValidationError.errors()`` as a problem; the offending value is never echoed in full."""
    key = place(error["loc"])
    context = {name: str(value) for name, value in (error.get("ctx") or {}).items()}
    told = _raised(error) or TEXTS.get(str(error["type"]), OTHER).format(**context)
    text = Text(zh=f"{key} {told.zh}".strip(), en=f"{key} {told.en}".strip())
    return Problem(code="TWIN-303", text=text, key=key)


def _raised(error: Mapping[str, Any]) -> Text | None:
    """What a validator of ours raised as ``ValueError``: a text in one language, or already in both."""
    cause = (error.get("ctx") or {}).get("error")
    first = cause.args[0] if isinstance(cause, ValueError) and cause.args else None
    if isinstance(first, Text):
        return first
    return Text(zh=first, en=first) if isinstance(first, str) else None
