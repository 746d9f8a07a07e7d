"""Where a place joins the roads: the nearest link and the position along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Positions:
    """(places,) the link's position among the lines (-1: none near enough), metres from the line's beginning, and
    metres to the line (infinite where there is none)."""

    line: Indices
    along: Numbers
    away: Numbers

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which places have a link."""
        return self.line >= 0


def nearest(lines: NDArray[np.object_], places: NDArray[np.object_], limit: float) -> Positions:
    """The nearest of ``lines`` within ``limit`` m of each of ``places`` (shapely points, same CRS in metres)."""
    line = np.full(places.size, -1, np.int32)
    along, away = np.zeros(places.size), np.full(places.size, np.inf)
    if lines.size and places.size:
        (place, near), distance = shapely.STRtree(lines).query_nearest(
            places, max_distance=limit, all_matches=False, return_distance=True
        )
        line[place], away[place] = near, distance
        along[place] = shapely.line_locate_point(lines[near], places[place])
    return Positions(line, along, away)


def named(lines: NDArray[np.object_], places: NDArray[np.object_], line: Indices, limit: float) -> Positions:
    """The position on the ``line`` that a place names (-1: none named), else, or beyond ``limit`` m, on the nearest."""
    found = nearest(lines, places, limit)
    told = np.flatnonzero(line >= 0)
    away = shapely.distance(lines[line[told]], places[told])
    near = away <= limit
    kept = told[near]
    found.line[kept], found.away[kept] = line[kept], away[near]
    found.along[kept] = shapely.line_locate_point(lines[line[kept]], places[kept])
    return found
