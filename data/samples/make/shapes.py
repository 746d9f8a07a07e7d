"""Geometry that several parts need: smooth lines, rectangles, cuts, coverages without gap or overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.interpolate import CubicSpline
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.ops import split

from .frame import GRID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry


class Box(NamedTuple):
    """The least rotated rectangle: centre, direction of the long side (radians), long and short side (m)."""

    x: float
    y: float
    angle: float
    long: float
    short: float


def spline(points: Sequence[tuple[float, float]], step: float = 20.0) -> LineString:
    """A smooth line through the points, a vertex about each ``step`` metres before thinning to 0.2 m."""
    p = np.asarray(points, float)
    chord = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(p, axis=0).T) ** 0.7)])
    if len(p) == 2:
        return LineString(p)
    curve = CubicSpline(chord, p)
    length = float(np.hypot(*np.diff(p, axis=0).T).sum())
    dense = curve(np.linspace(0.0, chord[-1], max(8, int(length / step))))
    return LineString(dense).simplify(0.2)


def box_of(polygon: BaseGeometry) -> Box:
    ring = np.asarray(polygon.minimum_rotated_rectangle.exterior.coords)
    a, b = ring[1] - ring[0], ring[2] - ring[1]
    la, lb = float(np.hypot(*a)), float(np.hypot(*b))
    axis = a if la >= lb else b
    angle = float(np.arctan2(axis[1], axis[0])) % np.pi
    centre = ring[:4].mean(axis=0)
    return Box(float(centre[0]), float(centre[1]), angle, max(la, lb), min(la, lb))


def rectangle(x: float, y: float, width: float, depth: float, angle: float) -> Polygon:
    """A rectangle about its centre, ``width`` along ``angle`` (radians from east)."""
    c, s = np.cos(angle), np.sin(angle)
    corner = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * np.array([width / 2, depth / 2])
    return Polygon(corner @ np.array([[c, s], [-s, c]]) + np.array([x, y]))


def polygons(geometry: BaseGeometry | None) -> list[Polygon]:
    """The polygons inside any geometry."""
    if geometry is None or geometry.is_empty:
        return []
    if isinstance(geometry, Polygon):
        return [geometry]
    return [g for part in getattr(geometry, "geoms", []) for g in polygons(part)]


def largest(geometry: BaseGeometry) -> Polygon:
    """The largest polygon of a geometry; an empty one where there is none."""
    return max(polygons(geometry), key=lambda g: g.area, default=Polygon())


def extended(line: LineString) -> LineString:
    """The line with 1.5 m more at both ends, so that a cut is a whole cut after rounding."""
    p = np.asarray(line.coords)
    head = p[0] + (p[0] - p[1]) / np.hypot(*(p[0] - p[1])) * 1.5
    tail = p[-1] + (p[-1] - p[-2]) / np.hypot(*(p[-1] - p[-2])) * 1.5
    return LineString([head, *p, tail])


def cut(polygon: Polygon, line: LineString) -> list[Polygon]:
    """The pieces of a polygon on both sides of a line, specks below 1 m2 dropped."""
    return [g for g in polygons(split(polygon, extended(line))) if g.area > 1.0]


def chord(polygon: Polygon, through: tuple[float, float], angle: float) -> LineString | None:
    """The stretch inside the polygon of the straight line through a point, the one nearest to that point."""
    reach = np.array([np.cos(angle), np.sin(angle)]) * 6000.0
    at = np.asarray(through)
    inside = LineString([at - reach, at + reach]).intersection(polygon)
    parts = [g for g in getattr(inside, "geoms", [inside]) if isinstance(g, LineString) and g.length > 1.0]
    return min(parts, key=lambda g: g.distance(Point(at)), default=None)


def ribbon(line: LineString, left: NDArray[np.float64], right: NDArray[np.float64]) -> Polygon:
    """The band from ``left`` to ``right`` metres beside each vertex of a line (left of its direction is positive)."""
    p = np.asarray(line.coords)
    t = np.gradient(p, axis=0)
    t /= np.hypot(t[:, 0], t[:, 1])[:, None]
    n = np.column_stack([-t[:, 1], t[:, 0]])
    ring = np.vstack([p + n * left[:, None], (p - n * right[:, None])[::-1]])
    return largest(shapely.make_valid(Polygon(ring)))


def faces(lines: Iterable[BaseGeometry]) -> list[Polygon]:
    """The faces of linework noded on the lattice: a coverage with exactly shared edges."""
    noded = shapely.unary_union(shapely.set_precision(np.array(list(lines), object), GRID), grid_size=GRID)
    made = shapely.polygonize([noded])
    return sorted(polygons(made), key=lambda g: (round(g.centroid.y), round(g.centroid.x)))


def dissolve(parts: Sequence[Polygon]) -> Polygon | MultiPolygon:
    """The union of faces of one coverage, edges untouched."""
    return shapely.normalize(shapely.coverage_union_all(np.array(parts, object)))


def neighbours(parts: Sequence[Polygon]) -> dict[int, dict[int, float]]:
    """Who shares an edge with whom, and how long it is (m)."""
    tree = shapely.STRtree(list(parts))
    a, b = tree.query(list(parts), predicate="intersects")
    keep = a < b
    a, b = a[keep], b[keep]
    array = np.array(list(parts), object)
    shared = shapely.length(shapely.intersection(array[a], array[b]))
    found: dict[int, dict[int, float]] = {i: {} for i in range(len(array))}
    for i, j, length in zip(a.tolist(), b.tolist(), shared.tolist(), strict=True):
        if length > 0.5:
            found[i][j] = length
            found[j][i] = length
    return found
