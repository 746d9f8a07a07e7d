"""Literals of a filter, checked once for both encodings: moments, intervals, boxes and geometries."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from twin.ogc.filter.tree import Box, Instant, Interval, Property, Shape
from twin.ogc.problems import clip, filter_syntax

if TYPE_CHECKING:
    from collections.abc import Sequence

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?", re.ASCII)
_KINDS = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}


def parse_date(text: str) -> date | None:
    """An ISO 8601 calendar date, or None."""
    if not _DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_moment(text: str) -> datetime | None:
    """An RFC 3339 moment (without offset: UTC), or None; a leap second is refused like any 60."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def instant(text: object, kind: str) -> Instant:
    """``DATE('...')`` or ``TIMESTAMP('...')``."""
    value = None
    if isinstance(text, str):
        value = parse_date(text) if kind.upper() == "DATE" else parse_moment(text)
    if value is None:
        shown = clip(str(text))
        raise filter_syntax(
            f"{kind} 的值“{shown}”无效；写作 DATE('2024-07-01') 或 TIMESTAMP('2024-07-01T08:00:00Z')。",
            f"\"{shown}\" is no valid {kind}; write DATE('2024-07-01') or TIMESTAMP('2024-07-01T08:00:00Z').",
        )
    return Instant(value)


def interval(ends: Sequence[object]) -> Interval:
    """``INTERVAL('a','b')``; ``'..'`` is open."""
    if len(ends) != 2:
        raise filter_syntax("INTERVAL 需要两个端点。", "INTERVAL takes two ends.")
    start, end = (_end(value) for value in ends)
    if isinstance(start, Instant) and isinstance(end, Instant) and moment(start) > moment(end, last=True):
        raise filter_syntax("INTERVAL 的起点晚于终点。", "the INTERVAL starts after its end.")
    return Interval(start, end)


def _end(value: object) -> Property | Instant | None:
    if isinstance(value, Property | Instant):
        return value
    if value == "..":
        return None
    text = value if isinstance(value, str) else ""
    return instant(text, "DATE" if _DATE.fullmatch(text) else "TIMESTAMP")


def moment(value: Instant, *, last: bool = False) -> datetime:
    """The first (or last) moment of an instant, in UTC."""
    if isinstance(value.value, datetime):
        return value.value
    clock = datetime.max.time() if last else datetime.min.time()
    return datetime.combine(value.value, clock, UTC)


def box(numbers: Sequence[object]) -> Box:
    """``BBOX(minx,miny,maxx,maxy)`` as the request wrote it; six numbers drop the heights."""
    clean = tuple(_number(value) for value in numbers)
    if len(clean) not in (4, 6):
        raise filter_syntax("BBOX 需要 4 个数。", "BBOX takes four numbers.")
    return Box(clean if len(clean) == 4 else (*clean[:2], *clean[3:5]))


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise filter_syntax("坐标必须是有限的数。", "coordinates must be finite numbers.")
    if abs(value) > 1e9:
        raise filter_syntax("坐标超出范围。", "a coordinate is out of range.")
    return float(value)


def shape(geometry: dict[str, Any]) -> Shape:
    """A GeoJSON geometry of sound structure and numbers; rings are looked at when it is put on the ground."""
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        members = geometry.get("geometries")
        if not isinstance(members, list) or not members or not all(isinstance(m, dict) for m in members):
            raise _malformed()
        if any(member.get("type") not in _KINDS for member in members):
            raise _malformed()
        return Shape({"type": kind, "geometries": [shape(member).geometry for member in members]})
    if kind not in _KINDS:
        raise _malformed()
    levels = {"Point": 0, "LineString": 1, "MultiPoint": 1, "Polygon": 2, "MultiLineString": 2}.get(kind, 3)
    return Shape({"type": kind, "coordinates": _coordinates(geometry.get("coordinates"), levels)})


def _coordinates(value: object, levels: int) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _malformed()
    if levels:
        return [_coordinates(part, levels - 1) for part in value]
    if not 2 <= len(value) <= 3:
        raise _malformed()
    return [_number(number) for number in value[:2]]


def _malformed() -> Exception:
    return filter_syntax(
        "几何写法不正确，例如 POLYGON((113.1 23.0,113.2 23.0,113.2 23.1,113.1 23.0))。",
        "the geometry is malformed; write for example POLYGON((113.1 23.0,113.2 23.0,113.2 23.1,113.1 23)).",
    )
