"""Levels of the waters, and their centre lines as reaches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from shapely.geometry import LineString, Point

from . import plan
from .frame import EXTENT, lay

# Water level (m) of creek and canal at these shares of their way: they cut in, then run flat, then drop to the river.
AT = (0.0, 0.36, 0.92, 1.0)
LEVELS = {"玉带河": (24.4, 19.6, 16.9, 16.0), "港渠": (24.3, 18.9, 16.4, 15.6)}


def river_level(x: np.ndarray) -> np.ndarray:
    """Level of the river (m): it falls 0.2 m/km."""
    return 15.9 - 0.0002 * x


def level_at(name: str, at: Point) -> float:
    """Level of a water beside a point (m)."""
    if name == "泽江":
        return float(river_level(np.array(at.x)))
    axis = plan.creek_axis() if name == "玉带河" else plan.canal_axis()
    return float(np.interp(axis.project(at, normalized=True), AT, LEVELS[name]))


@dataclass(frozen=True)
class Reach:
    code: str
    name: str
    kind: str
    line: LineString
    width: float
    bed: float
    bank: float
    downstream: str


@cache
def reaches() -> tuple[Reach, ...]:
    """The river in six reaches, creek and canal in three each; drawn downstream to the point where they join."""
    axis = lay(plan.river_axis().intersection(EXTENT))
    marks = sorted([axis.project(Point(w.coords[-1])) for w in (plan.creek_axis(), plan.canal_axis())])
    stops = [
        0.0,
        marks[0],
        (2 * marks[0] + marks[1]) / 3,
        (marks[0] + 2 * marks[1]) / 3,
        marks[1],
        (marks[1] + axis.length) / 2,
        axis.length,
    ]
    out, parts = [], _pieces(axis, stops)
    for n, part in enumerate(parts, start=1):
        after = f"HD{n + 1:03d}" if n < len(parts) else ""
        width = 2 * plan.river().boundary.distance(part.interpolate(0.5, normalized=True))
        out.append(
            Reach(
                f"HD{n:03d}", "泽江", "river", part, round(width, 1), round(10.4 - 0.18 * n, 2), 24.9, after
            )
        )
    for name, kind, line, width, mouth in (
        ("玉带河", "stream", plan.creek_axis(), 24.0, marks[0]),
        ("港渠", "canal", plan.canal_axis(), 18.0, marks[1]),
    ):
        inner = line.intersection(EXTENT)
        end = axis.interpolate(mouth)
        inner = lay(LineString([*[c for c in inner.coords if axis.distance(Point(c)) > 60], (end.x, end.y)]))
        into = out[[round(s, 3) for s in stops].index(round(mouth, 3))].code
        first = len(out) + 1
        for k, part in enumerate(_pieces(inner, np.linspace(0, inner.length, 4).tolist())):
            after = f"HD{first + k + 1:03d}" if k < 2 else into
            bed = round(float(np.interp((k + 0.5) / 3, AT, LEVELS[name])) - 1.1, 2)
            out.append(Reach(f"HD{first + k:03d}", name, kind, part, width, bed, round(bed + 5.2, 2), after))
    return tuple(out)


def _pieces(line: LineString, stops: list[float]) -> list[LineString]:
    """A line cut at distances, neighbours sharing their end to the bit."""
    cuts = [lay(line.interpolate(s)).coords[0] for s in stops]
    cuts[0], cuts[-1] = line.coords[0], line.coords[-1]
    out = []
    for a, b, p, q in zip(stops[:-1], stops[1:], cuts[:-1], cuts[1:], strict=True):
        inner = [c for c in line.coords if a + 1 < line.project(Point(c)) < b - 1]
        out.append(LineString([p, *inner, q]))
    return out
