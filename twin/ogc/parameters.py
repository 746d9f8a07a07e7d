"""Query parameters of the OGC door, each read by one strict function: what does not fit is refused by name."""

from __future__ import annotations

import math
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from uuid import UUID

from twin.ogc.filter.literals import parse_date, parse_moment
from twin.ogc.problems import bad_value, clip, repeated_parameter, unknown_parameter, unknown_property

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.requests import Request

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
# ``lang`` is read by the web's language middleware and stands on every page.
EVERYWHERE = ("f", "lang")

type Span = tuple[datetime | None, datetime | None]
type Box = tuple[float, float, float, float]


def read(request: Request, *known: str) -> dict[str, str]:
    """The query as a mapping; refuses names not in ``known`` (TWIN-301) and names given twice (TWIN-302)."""
    raw = request.scope.get("query_string", b"")
    if not raw:
        return {}
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except (UnicodeDecodeError, ValueError) as error:
        raise bad_value("query", "查询串不是有效的 UTF-8。", "the query string is no valid UTF-8.") from error
    allowed = {*known, *EVERYWHERE}
    for name, value in pairs:
        if name not in allowed:
            raise unknown_parameter(name, allowed)
        if "\x00" in value:
            raise bad_value(name, "值中不能有 NUL 字符。", "the value may not hold a NUL character.")
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise repeated_parameter(name)
    _check_language(dict(pairs).get("lang"))
    return dict(pairs)


def _check_language(text: str | None) -> None:
    if text is not None and not re.fullmatch(r"(zh|en)(-[A-Za-z0-9]{1,8}){0,3}", text, re.IGNORECASE):
        raise bad_value("lang", "lang 须为 zh 或 en。", "lang must be zh or en.")


def form(
    request: Request, query: Mapping[str, str], offered: Mapping[str, str], default: str = "json"
) -> str:
    """The format asked for: ``f`` must be one of ``offered`` (name -> media type), else ``Accept`` decides."""
    asked = query.get("f")
    if asked is not None:
        if asked in offered:
            return asked
        names = ", ".join(offered)
        raise bad_value(
            "f", f"不提供格式“{clip(asked)}”；可用：{names}。", f'f="{clip(asked)}" is not offered: {names}.'
        )
    accepted = request.headers.get("accept", "")[:1000]
    wanted = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    for media in wanted:
        for name, own in offered.items():
            if media == own.partition(";")[0]:
                return name
    return default


def limit(text: str | None, *, default: int = DEFAULT_LIMIT, maximum: int = MAX_LIMIT) -> int:
    """1 or more; above ``maximum`` the maximum counts (OGC API - Features 1, /req/core/fc-limit-definition)."""
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,30}", text) or not text.strip("0"):
        raise bad_value(
            "limit", f"limit 须为 1 到 {maximum} 的整数。", f"limit must be an integer from 1 to {maximum}."
        )
    return min(int(text), maximum)


def numbers(name: str, text: str, counts: Collection[int]) -> tuple[float, ...]:
    """Finite numbers between commas, as many as one of ``counts``."""
    parts = text.split(",")
    if len(parts) not in counts:
        wanted = " / ".join(str(count) for count in counts)
        raise bad_value(
            name,
            f"{name} 需要 {wanted} 个数，用逗号分隔，例如 113.1,23.0,113.2,23.1。",
            f"{name} takes {wanted} numbers between commas, as in 113.1,23.0,113.2,23.1.",
        )
    found = tuple(_number(name, part) for part in parts)
    if any(abs(value) > 1e9 for value in found):
        raise bad_value(name, f"{name} 的坐标超出范围。", f"a coordinate of {name} is out of range.")
    return found


def _number(name: str, text: str) -> float:
    if re.fullmatch(r" *[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})? *", text) and len(text) <= 40:
        value = float(text)
        if math.isfinite(value):
            return value
    shown = clip(text, 20)
    raise bad_value(name, f"“{shown}”不是有限的数。", f'"{shown}" is not a finite number.')


def span(text: str, name: str = "datetime") -> Span:
    """An instant or interval of RFC 3339 (OGC API - Features 1, 7.15.4) as first and last moment; None is open."""
    parts = text.split("/")
    if len(parts) == 1:
        return _moment(name, text, last=False), _moment(name, text, last=True)
    if len(parts) != 2:
        raise _time(name, text)
    start, end = (
        None if part in ("", "..") else _moment(name, part, last=bool(index))
        for index, part in enumerate(parts)
    )
    if start is None and end is None:
        raise bad_value(
            name, f"{name} 的两端不能都是开放的。", f"both ends of {name} are open; leave it out."
        )
    if start and end and start > end:
        raise bad_value(name, f"{name} 的起点晚于终点。", f"{name} starts after its end.")
    return start, end


def _moment(name: str, text: str, *, last: bool) -> datetime:
    day: date | None = parse_date(text)
    if day is not None:
        start = datetime.combine(day, datetime.min.time(), UTC)
        return start + timedelta(days=1, microseconds=-1) if last and day < date.max else start
    moment = parse_moment(text) if re.fullmatch(r".*([Zz]|[+-]\d\d:\d\d)", text) else None
    if moment is None:
        raise _time(name, text)
    return moment


def _time(name: str, text: str) -> Exception:
    shown = clip(text, 40)
    return bad_value(
        name,
        f"“{shown}”不是时间；写作 2024-07-01、2024-07-01T08:00:00Z 或 起/止（开放端写 ..）。",
        f'"{shown}" is no time; write 2024-07-01, 2024-07-01T08:00:00Z or start/end (an open end is ..).',
    )


def moment(name: str, text: str) -> datetime:
    """One moment."""
    return _moment(name, text, last=False)


def identifier(name: str, text: str) -> UUID:
    """A run or job id; raises TWIN-342."""
    try:
        if len(text) == 36:
            return UUID(text)
    except ValueError:
        pass
    shown = clip(text, 40)
    raise bad_value(name, f"“{shown}”不是运行编号（UUID）。", f'"{shown}" is no run id (a UUID).')


def boolean(name: str, text: str | None) -> bool:
    if text in (None, "false"):
        return False
    if text == "true":
        return True
    raise bad_value(name, f"{name} 须为 true 或 false。", f"{name} must be true or false.")


def names(name: str, text: str, known: Collection[str]) -> list[str]:
    """Property names between commas; unknown ones are refused."""
    found = text.split(",")
    for item in found:
        if item not in known:
            raise unknown_property(item, known, name)
    if len(set(found)) != len(found):
        raise bad_value(name, f"{name} 中有重复的属性。", f"{name} names a property twice.")
    return found
