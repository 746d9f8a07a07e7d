"""Isochrones: the roads reached in time, widened to both sides, as valid polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.ops import substring

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.accessibility.ways import Stretches, Ways

    type Shapes = NDArray[np.object_]

_STRAIGHTER_M = 2.0  # lines are simplified by this before they are widened
_WHOLE = 0.999


def polygon(
    ways: Ways, lines: Shapes, found: Stretches, buffer_m: float, inside: Shapes, smaller: MultiPolygon
) -> MultiPolygon:
    """Every stretch reached, widened by ``buffer_m``; holes of less than the widened road's own width are closed.

    ``inside``: further points (the facilities) that lie in it, as does ``smaller``, the isochrone of a shorter time.
    """
    parts = _drawn(ways, lines, found)
    wide = [
        *shapely.buffer(shapely.simplify(parts, _STRAIGHTER_M), buffer_m, quad_segs=2),
        *shapely.buffer(inside, buffer_m, quad_segs=2),
        smaller,
    ]
    merged = shapely.union_all(np.array(wide, object))
    least = 4.0 * buffer_m**2
    pieces = [one for one in shapely.get_parts(merged) if one.geom_type == "Polygon"]
    filled = [
        Polygon(p.exterior, [hole for hole in p.interiors if Polygon(hole).area > least]) for p in pieces
    ]
    made = shapely.make_valid(MultiPolygon(filled))
    return MultiPolygon([one for one in shapely.get_parts(made) if one.geom_type == "Polygon"])


def _drawn(ways: Ways, lines: Shapes, found: Stretches) -> Shapes:
    """The stretches as lines; each line once where it is reached whole from either end."""
    line = np.full(ways.tail.size, -1, np.int32)
    ahead = np.zeros(ways.tail.size, bool)
    for links, forward in ((ways.along, True), (ways.against, False)):
        there = np.flatnonzero(links >= 0)
        line[links[there]], ahead[links[there]] = there, forward
    whole: set[int] = set()
    parts: list[tuple[int, float, float]] = []
    for link, start, end in zip(found.link.tolist(), found.start.tolist(), found.end.tolist(), strict=True):
        number = int(line[link])
        if number < 0 or end <= start:
            continue
        if start <= 0 and end >= _WHOLE:
            whole.add(number)
        else:
            parts.append((number, start, end) if ahead[link] else (number, 1.0 - end, 1.0 - start))
    drawn = [lines[number] for number in sorted(whole)]
    drawn += [substring(lines[n], a, b, normalized=True) for n, a, b in parts if n not in whole]
    out = np.empty(len(drawn), object)
    out[:] = drawn
    return out
