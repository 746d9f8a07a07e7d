"""The street mesh: main roads from the plan, collectors and local streets by cutting the faces between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon

from . import plan
from .frame import EXTENT, lay, rng
from .names import INDUSTRY, LANES, LOGISTICS, VIRTUES
from .shapes import box_of, chord, cut, extended, faces

if TYPE_CHECKING:
    from collections.abc import Iterator

# Zone → (block area that is left whole m2, area from which a cut is a collector m2, jitter of a cut)
MESH: dict[str, tuple[float, float, float]] = {
    "old_town": (9_500, 1e9, 1.0),
    "old_res": (31_000, 220_000, 0.25),
    "cbd": (23_000, 200_000, 0.1),
    "station": (40_000, 200_000, 0.1),
    "res": (46_000, 230_000, 0.12),
    "new_res": (52_000, 230_000, 0.08),
    "campus": (330_000, 1e9, 0.1),
    "hightech": (52_000, 260_000, 0.05),
    "logistics": (110_000, 400_000, 0.05),
    "industry": (88_000, 330_000, 0.05),
    "village": (36_000, 1e9, 0.6),
    "farm": (190_000, 1e9, 0.35),
}
SNAP = 48.0


@dataclass
class Street:
    name: str
    kind: str
    line: LineString


@dataclass
class Mesh:
    """Streets so far, and the points where cuts meet their borders: later cuts go on from there."""

    streets: list[Street]
    anchors: list[tuple[float, float, int]] = field(default_factory=list)
    pools: dict[str, Iterator[str]] = field(default_factory=dict)


def _pool(kind: str) -> Iterator[str]:
    draw = rng(f"street names {kind}")
    if kind == "lane":
        words, ends = LANES, ["巷", "街", "弄", "后巷", "前街"]
    elif kind == "industry":
        words, ends = INDUSTRY, ["路", "一路", "二路", "三路", "四路", "五路"]
    elif kind == "logistics":
        words, ends = LOGISTICS, ["路", "一路", "二路", "三路"]
    else:
        words, ends = VIRTUES, ["路", "街", "东路", "西路", "南街", "北街", "一路", "二路", "三路"]
    for end in ends:
        order = draw.permutation(len(words))
        yield from (f"{words[i]}{end}" for i in order)


def _name(mesh: Mesh, zone: str, kind: str) -> str:
    if kind == "rural":
        return ""
    pool = {"old_town": "lane", "industry": "industry", "hightech": "industry", "logistics": "logistics"}.get(
        zone, "city"
    )
    return next(mesh.pools.setdefault(pool, _pool(pool)))


def _snap(mesh: Mesh, polygon: Polygon, at: np.ndarray) -> tuple[np.ndarray, int | None]:
    """An end of a cut moved onto an older cut's end on the same border, or off a corner."""
    ring = polygon.exterior
    near = [
        (np.hypot(at[0] - x, at[1] - y), x, y, i)
        for x, y, i in mesh.anchors
        if np.hypot(at[0] - x, at[1] - y) < SNAP and ring.distance(Point(x, y)) < 0.1
    ]
    if near:
        _, x, y, i = min(near)
        return np.array([x, y]), i
    return at, None


def _kind(zone: str, area: float, collector_from: float) -> str:
    if zone in ("village", "farm"):
        return "rural"
    if zone == "old_town":
        return "lane"
    return "collector" if area > collector_from else "local"


def _curve(p: np.ndarray, q: np.ndarray, jitter: float, draw: np.random.Generator) -> LineString:
    """From p to q: two bends in an old street, a slight bow in a new one."""
    d = q - p
    n = np.array([-d[1], d[0]])
    if jitter > 0.5:
        inner = [p + d * f + n * draw.normal(0, 0.05) for f in (0.33, 0.66)]
        return LineString([p, *inner, q])
    bow = draw.normal(0, 0.02 * (1 + 2 * jitter))
    inner = [p + d * f + n * bow * 4 * f * (1 - f) for f in (0.25, 0.5, 0.75)]
    return LineString([p, *inner, q])


def _try(
    mesh: Mesh, polygon: Polygon, zone: str, draw: np.random.Generator
) -> tuple[LineString, str | None] | None:
    """One cut across the long side of a face, or None where none fits."""
    jitter = MESH[zone][2]
    shape = box_of(polygon)
    along = np.array([np.cos(shape.angle), np.sin(shape.angle)])
    ratio = shape.long / max(shape.short, 1.0)
    share = 0.5 if ratio < 2.4 else float(draw.choice([0.34, 0.5, 0.66]))
    offset = (share - 0.5 + draw.normal(0, 0.03 + 0.06 * jitter)) * shape.long
    centre = np.array([shape.x, shape.y]) + along * offset
    angle = shape.angle + np.pi / 2 + draw.normal(0, 0.02 + 0.2 * jitter)
    line = chord(polygon, (float(centre[0]), float(centre[1])), angle)
    if line is None or line.length < 45:
        return None
    (p, i), (q, j) = (_snap(mesh, polygon, np.asarray(c)) for c in (line.coords[0], line.coords[-1]))
    if np.hypot(*(q - p)) < 45:
        return None
    drawn = _curve(p, q, jitter, draw)
    name = next((mesh.streets[k].name for k in (i, j) if k is not None and mesh.streets[k].name), None)
    return drawn, name


def _divide(mesh: Mesh, face: Polygon, draw: np.random.Generator) -> None:
    pending = [face]
    while pending:
        polygon = pending.pop()
        at = polygon.representative_point()
        zone = plan.zone_at(at.x, at.y)
        whole, collector_from, _ = MESH[zone]
        if polygon.area < whole * draw.uniform(1.25, 1.75):
            continue
        for _ in range(6):
            found = _try(mesh, polygon, zone, draw)
            if found is None:
                continue
            line, name = found
            pieces = cut(polygon, line)
            if len(pieces) < 2 or min(g.area for g in pieces) < 0.22 * polygon.area:
                continue
            kind = _kind(zone, polygon.area, collector_from)
            mesh.streets.append(Street(name or _name(mesh, zone, kind), kind, extended(line)))
            for x, y in (line.coords[0], line.coords[-1]):
                mesh.anchors.append((x, y, len(mesh.streets) - 1))
            pending += pieces
            break


def barriers() -> list[LineString]:
    """Lines that no street crosses unless the plan says so."""
    water = shapely.union_all([plan.river(), plan.brooks(), plan.lake()])
    rail = plan.rail_land()
    return [water.boundary, rail.boundary]


def streets() -> list[Street]:
    """All streets, main ones first; ends overlap a little and are trimmed by the graph."""
    main = [Street(name, kind, line) for name, kind, line in plan.roads()]
    mesh = Mesh(list(main))
    blocked = shapely.union_all([plan.river(), plan.brooks(), plan.lake(), plan.rail_land()])
    draw = rng("streets")
    parts = faces([*(s.line for s in main), EXTENT.boundary, *barriers()])
    for face in parts:
        if blocked.contains(face.representative_point()) or face.area < 9_000:
            continue
        _divide(mesh, face, draw)
    return [Street(s.name, s.kind, lay(s.line)) for s in mesh.streets]
