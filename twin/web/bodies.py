"""JSON bodies read strictly: RFC 8259 and I-JSON (RFC 7493), no more."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import orjson

from twin.errors import TwinError

if TYPE_CHECKING:
    from starlette.requests import Request

DEEPEST = 64
# 2**53: what every reader of JSON holds exactly.
LARGEST_INTEGER = 9_007_199_254_740_992
STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _refuse(zh: str, en: str) -> TwinError:
    return TwinError("TWIN-311", f"请求体：{zh}", f"the body {en}", where="body")


def parse(body: bytes) -> Any:
    """The value of a JSON text; raises TWIN-311 naming what is wrong with it.

    Refused beyond broken grammar: other encodings than UTF-8, NaN and infinities, lone surrogates, a name
    given twice in an object, nesting deeper than 64, integers beyond 2**53.
    """
    if not body.strip():
        raise _refuse("为空，须为 JSON 对象", "is empty: send a JSON object")
    if depth(body) > DEEPEST:
        raise _refuse(f"嵌套超过 {DEEPEST} 层", f"is nested deeper than {DEEPEST} levels")
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError as error:
        place = f"{error.lineno}:{error.colno}"
        raise _refuse(f"不是合规的 JSON（第 {place} 处）", f"is not valid JSON (at {place})") from error
    return json.loads(
        body.decode("utf-8"),
        object_pairs_hook=_object,
        parse_int=_integer,
        parse_float=_number,
        parse_constant=_number,
    )


def depth(body: bytes) -> int:
    """How deep brackets nest outside strings; linear in the length, whatever the text."""
    level = deepest = 0
    for bracket in STRING.sub(b"", body).translate(None, NOT_BRACKETS):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _refuse(f"名称“{twice[:40]}”出现两次", f'gives the name "{twice[:40]}" twice')
    return found


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > LARGEST_INTEGER:
        raise _refuse("整数过大", "holds an integer beyond 2**53")
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _refuse("含非有限数", "holds a number that is not finite")
    return value


def has_nul(value: Any) -> bool:
    """Whether any text within holds U+0000, which PostgreSQL cannot store."""
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, dict):
        return any("\x00" in key or has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(has_nul(item) for item in value)


def check_type(content_type: str | None) -> None:
    """Raises TWIN-310 (415) unless it is ``application/json``: that keeps forms of foreign pages out."""
    kind, _, parameters = (content_type or "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if kind.strip().lower() != "application/json" or charset not in ("", "utf-8", "utf8"):
        raise TwinError(
            "TWIN-310",
            "请以 Content-Type: application/json 发送 JSON",
            "send JSON with Content-Type: application/json",
            status=415,
            where="content-type",
        )


async def read_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; raises TWIN-310 and TWIN-311."""
    check_type(request.headers.get("content-type"))
    value = parse(await request.body())
    if not isinstance(value, dict):
        raise _refuse("须为 JSON 对象", "must be a JSON object")
    if has_nul(value):
        raise _refuse("文本含 NUL 字符", "holds text with a NUL character")
    return value
