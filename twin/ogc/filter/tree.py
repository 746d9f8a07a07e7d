"""The tree that a CQL2 text or document is read into: what may stand in a filter, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.ogc.problems import filter_too_big

if TYPE_CHECKING:
    from datetime import date, datetime

MAX_BYTES = 8192
MAX_DEPTH = 48
MAX_NODES = 1000

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/")
SPATIAL = (
    "s_intersects",
    "s_equals",
    "s_disjoint",
    "s_touches",
    "s_within",
    "s_overlaps",
    "s_crosses",
    "s_contains",
)
TEMPORAL = (
    "t_after",
    "t_before",
    "t_disjoint",
    "t_equals",
    "t_intersects",
    "t_contains",
    "t_during",
    "t_finishedby",
    "t_finishes",
    "t_meets",
    "t_metby",
    "t_overlappedby",
    "t_overlaps",
    "t_startedby",
    "t_starts",
)
FUNCTIONS = ("casei", *SPATIAL, *TEMPORAL)


@dataclass(frozen=True, slots=True)
class Property:
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """A text, number or truth value."""

    value: str | int | float | bool


@dataclass(frozen=True, slots=True)
class Instant:
    """A date, or a moment with time zone."""

    value: date | datetime


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``start`` to ``end``, both included; None is open."""

    start: Property | Instant | None
    end: Property | Instant | None


@dataclass(frozen=True, slots=True)
class Shape:
    """A GeoJSON geometry in the CRS of the filter, axes as the request wrote them (authority order)."""

    geometry: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Box:
    """A bounding box in the filter's CRS, as the request wrote it."""

    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function on its arguments; ``op`` is the lower-case name of CQL2-JSON."""

    op: str
    args: tuple[Node, ...]


type Node = Property | Value | Instant | Interval | Shape | Box | Call


class Budget:
    """Counts the parts of a filter while it is read, so that a small text cannot ask for much work."""

    def __init__(self) -> None:
        self.nodes = 0
        self.depth = 0

    def node(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise filter_too_big(
                f"过滤表达式超过 {MAX_NODES} 个部分，请拆成几次请求。",
                f"the filter has more than {MAX_NODES} parts; split it into several requests.",
            )

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise filter_too_big(
                f"过滤表达式嵌套超过 {MAX_DEPTH} 层，请去掉多余的括号。",
                f"the filter is nested deeper than {MAX_DEPTH} levels; remove brackets.",
            )

    def leave(self) -> None:
        self.depth -= 1


def check_size(text: str) -> None:
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise filter_too_big(
            f"过滤表达式超过 {MAX_BYTES} 字节。", f"the filter is longer than {MAX_BYTES} bytes."
        )
