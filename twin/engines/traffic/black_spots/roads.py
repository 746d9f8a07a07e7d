"""Links of one name joined to roads, roads cut into sections, and the fullest window on each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Roads:
    """``road``: (edges,) the road that each edge belongs to; ``offset``: (edges,) m from the road's beginning to where
    the edge begins along it; ``reversed``: (edges,) whether the edge runs against the road; ``length``: (roads,) m."""

    road: Indices
    offset: Numbers
    reversed: NDArray[np.bool_]
    length: Numbers

    def along(self, edge: Indices, position: Numbers, length: Numbers) -> Numbers:
        """(points,) m from the road's beginning of points ``position`` m from the tail of ``edge`` of ``length`` m."""
        here = np.where(self.reversed[edge], length[edge] - position, position)
        return np.asarray(self.offset[edge] + here, np.float64)


@dataclass(frozen=True, slots=True)
class Sections:
    """Roads in equal parts of at most a unit's length: ``first``: (roads + 1,) number of each road's first section;
    ``length``: (sections,) m; ``start``: (sections,) m from the road's beginning."""

    first: Indices
    length: Numbers
    start: Numbers

    @property
    def road(self) -> Indices:
        """(sections,) the road of each."""
        return np.repeat(np.arange(self.first.size - 1, dtype=np.int32), np.diff(self.first))

    def of(self, road: Indices, along: Numbers) -> Indices:
        """(points,) the section that lies ``along`` m down ``road``."""
        step = np.floor(along / self.length[self.first[road]] + 1e-9).astype(np.int32)
        return np.asarray(self.first[road] + np.clip(step, 0, np.diff(self.first)[road] - 1), np.int32)


def join(tail: Indices, head: Indices, length: Numbers, group: Indices) -> Roads:
    """Edges of one ``group`` (a name) that meet end to end become one road; where three or more of them meet it ends."""
    meet: dict[tuple[int, int], list[int]] = defaultdict(list)
    for edge, (a, b, g) in enumerate(zip(tail.tolist(), head.tolist(), group.tolist(), strict=True)):
        meet[g, a].append(2 * edge)
        meet[g, b].append(2 * edge + 1)
    road = np.full(tail.size, -1, np.int32)
    offset, against = np.zeros(tail.size), np.zeros(tail.size, bool)
    lengths: list[float] = []
    begins = [end for ends in meet.values() if len(ends) != 2 for end in ends]
    for begin in [*begins, *range(0, 2 * tail.size, 2)]:  # loops begin where they are met first
        end: int | None = begin
        if road[begin // 2] >= 0:
            continue
        gone = 0.0
        while end is not None and road[end // 2] < 0:
            edge = end // 2
            road[edge], offset[edge], against[edge] = len(lengths), gone, bool(end % 2)
            gone += float(length[edge])
            node = int(tail[edge] if end % 2 else head[edge])
            ends = meet[int(group[edge]), node]
            end = next((one for one in ends if one != (end ^ 1)), None) if len(ends) == 2 else None
        lengths.append(gone)
    return Roads(road, offset, against, np.array(lengths))


def sections(roads: Roads, unit: float) -> Sections:
    """Cut each road into the fewest equal parts of at most ``unit`` m."""
    count = np.maximum(np.ceil(roads.length / unit - 1e-6), 1).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    length = np.repeat(roads.length / count, count)
    start = length * (np.arange(first[-1]) - np.repeat(first[:-1], count))
    return Sections(first, length, start)


@dataclass(frozen=True, slots=True)
class Window:
    """The fullest stretch of ``unit`` m that begins at a crash: ``members`` are positions in the arrays it came from."""

    start: float
    end: float
    members: Indices


def windows(along: Numbers, weight: Numbers, unit: float) -> list[Window]:
    """Windows of ``unit`` m on one road, the heaviest first, none sharing a point with another."""
    order = np.argsort(along, kind="stable")
    place, heavy = along[order], weight[order]
    free = np.ones(place.size, bool)
    found: list[Window] = []
    ends = np.searchsorted(place, place + unit, side="right")
    while free.any():
        total = np.concatenate([[0.0], np.cumsum(np.where(free, heavy, 0.0))])
        sums = np.where(free, total[ends] - total[:-1], -1.0)
        best = int(np.argmax(sums))
        inside = np.arange(best, ends[best])[free[best : ends[best]]]
        found.append(Window(float(place[best]), float(place[inside[-1]]), order[inside].astype(np.int32)))
        free[inside] = False
    return found


def heaviest(found: Sequence[Window], weight: Numbers) -> Window:
    """The window with the greatest weight; the first of equals."""
    return max(found, key=lambda one: float(weight[one.members].sum()))
