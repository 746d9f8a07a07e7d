"""Land use: every square metre of the city in one parcel, edges shared exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box
from shapely.ops import linemerge

from . import plan
from .frame import EXTENT, HEIGHT, lay, rng
from .graph import links
from .massing import track
from .plan import WIDTHS
from .shapes import box_of, chord, cut, dissolve, faces, largest, neighbours, polygons
from .sites import SITES, Site
from .units import areas
from .uses import Piece, subdivide

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry


@dataclass
class Parcel:
    shape: Polygon | MultiPolygon
    use: str
    zone: str
    name: str = ""
    site: Site | None = None


@cache
def road_surface() -> MultiPolygon:
    """The land between the red lines, corners of blocks cut as at real junctions; the main river's bridges left out."""
    bands = [
        k.line.buffer(WIDTHS[k.kind] / 2, quad_segs=4, cap_style="flat" if k.bridge else "round")
        for k in links()
    ]
    whole = shapely.union_all(bands)
    rounded = (
        whole.buffer(9, quad_segs=2, join_style="mitre")
        .buffer(-9, quad_segs=2, join_style="mitre")
        .union(whole)
    )
    kept = rounded.simplify(0.15).intersection(EXTENT).difference(plan.river())
    return lay(
        MultiPolygon(
            [Polygon(p.exterior, [r for r in p.interiors if Polygon(r).area > 900]) for p in polygons(kept)]
        )
    )


def _greens() -> list[tuple[str, str, BaseGeometry]]:
    """Use, name and shape of strips that follow waters, railway and expressway; the first that claims a place has it."""
    river = plan.river()
    city = box(560, 0, 4420, HEIGHT)
    levee = river.buffer(50, quad_segs=3)
    shore = river.buffer(82, quad_segs=3)
    north = shapely.union_all([p for p in polygons(shore.difference(river)) if p.centroid.y > 0])
    axis = plan.river_axis()
    north = north.intersection(Polygon([(-600, 6000), *axis.coords, (6600, 6000)]))
    expressway = [line for _, kind, line in plan.roads() if kind == "expressway"]
    return [
        ("1401", "滨江绿带", north.intersection(city)),
        ("1311", "泽江堤防", levee),
        (
            "1401",
            "玉带河绿带",
            plan.creek_axis().buffer(38, cap_style="flat").intersection(box(0, 700, 2600, 4450)),
        ),
        (
            "1402",
            "港渠防护绿带",
            plan.canal_axis().buffer(30, cap_style="flat").intersection(box(0, 700, 6000, 4100)),
        ),
        ("1402", "铁路防护绿带", plan.rail_land().buffer(20, join_style="mitre")),
        ("1402", "快速路防护绿带", shapely.union_all(expressway).buffer(52, cap_style="flat")),
    ]


@cache
def corridors() -> tuple[tuple[str, str, BaseGeometry], ...]:
    """Everything that is no block, in order of precedence: use, name, shape."""
    return (
        ("1701", "泽江", plan.river()),
        ("1207", "", road_surface()),
        ("1701", "", plan.brooks()),
        ("1702", "月湖", plan.lake()),
        ("1201", "铁路用地", plan.rail_land()),
        *((use, name, lay(shape.intersection(EXTENT).simplify(0.1))) for use, name, shape in _greens()),
    )


@cache
def blocks() -> tuple[Polygon, ...]:
    """What lies between the corridors, strips too narrow to build on left out."""
    free = EXTENT.difference(shapely.union_all([c[2] for c in corridors()], grid_size=1 / 64))
    solid = [p for p in polygons(free) if p.area > 600 and not p.buffer(-7).is_empty]
    return tuple(sorted(solid, key=lambda p: (round(p.centroid.y / 100), p.centroid.x)))


def _carve(pieces: list[Piece], site: Site) -> None:
    """Give a site its land: the nearest block that is large enough, or the end of it that is nearest."""
    at = Point(*plan.warp(np.array([[site.x, site.y]], float))[0])
    fit = [p for p in pieces if p.site is None and p.shape.area > 0.75 * site.area]
    if not fit:
        return
    piece = min(fit, key=lambda p: p.shape.distance(at) + (40.0 if p.shape.area > 12 * site.area else 0.0))
    if piece.shape.area < 1.55 * site.area:
        piece.site = site
        return
    end = piece.shape
    while end.area > 1.55 * site.area:
        shape = box_of(end)
        part = min(max(site.area / end.area, 0.2), 0.5)
        along = np.array([np.cos(shape.angle), np.sin(shape.angle)])
        side = 1.0 if np.dot(np.array([at.x - shape.x, at.y - shape.y]), along) > 0 else -1.0
        where = np.array([shape.x, shape.y]) + along * side * (0.5 - part) * shape.long
        line = chord(end, (float(where[0]), float(where[1])), shape.angle + np.pi / 2)
        halves = cut(end, line) if line is not None else []
        if len(halves) < 2:
            break
        end = min(halves, key=lambda g: g.distance(at) + 1e-3 * g.centroid.distance(at))
        pieces += [Piece(g, piece.zone) for g in halves if g is not end]
    pieces.remove(piece)
    pieces.append(Piece(end, piece.zone, site))


def _pieces() -> list[Piece]:
    """The blocks after the sites of the plan took theirs and the zones' rules divided the rest."""
    pieces = []
    for shape in blocks():
        at = shape.representative_point()
        pieces.append(Piece(shape, plan.zone_at(at.x, at.y)))
    for site in SITES:
        _carve(pieces, site)
    draw = rng("parcels")
    pieces.sort(key=lambda p: (round(p.shape.centroid.y / 50), p.shape.centroid.x))
    return [part for piece in pieces for whole in subdivide(piece, draw) for part in _with_track(whole)]


def _with_track(piece: Piece) -> list[Piece]:
    """A school's sports ground as a parcel of its own inside it, under the same code."""
    oval = track(piece.shape) if piece.use in ("080401", "080402", "080403") else None
    if oval is None:
        return [piece]
    name = f"{piece.name}运动场" if piece.name else "运动场"
    rest = Piece(largest(piece.shape.difference(oval)), piece.zone, piece.site, piece.use, piece.name)
    return [Piece(oval, "track", None, piece.use, name), rest]


def _label(made: list[Polygon], sources: list[tuple[int, BaseGeometry]]) -> np.ndarray:
    """For each face the number of the source of least rank that holds it, -1 for none; sources stand in rank order."""
    shapes = [g for _, g in sources]
    tree = shapely.STRtree(shapes)
    at, source = tree.query(shapely.point_on_surface(np.array(made, object)), predicate="within")
    out = np.full(len(made), len(shapes))
    np.minimum.at(out, at, source)
    return np.where(out == len(shapes), -1, out)


def _absorb(made: list[Polygon], label: np.ndarray) -> None:
    """Slivers, and places nobody claimed, join the neighbour they border longest."""
    beside = neighbours(made)
    area = shapely.area(np.array(made, object))
    width = area / shapely.length(np.array(made, object))
    for i in np.argsort(area).tolist():
        if label[i] >= 0 and area[i] > 40 and width[i] > 0.35:
            continue
        near = {j: length for j, length in beside[i].items() if label[j] >= 0}
        if near and (label[i] < 0 or area[i] <= 40 or width[i] <= 0.35):
            j = max(near, key=lambda n: (near[n], n))
            label[i] = label[j]


def _road_parts() -> list[LineString]:
    """Borders of communities inside the road land, so that a parcel of road belongs to one community."""
    edges = shapely.union_all([a.shape.boundary for a in areas() if a.level == 4])
    inside = edges.intersection(road_surface())
    merged = linemerge([g for g in shapely.get_parts(inside) if isinstance(g, LineString)])
    return list(shapely.get_parts(merged))


@cache
def parcels() -> tuple[Parcel, ...]:
    """The coverage of the whole city: sorted from north-west to south-east."""
    pieces = _pieces()
    fixed = corridors()
    lines: Iterable[BaseGeometry] = [
        EXTENT.boundary,
        *(g.boundary for _, _, g in fixed),
        *(p.shape.boundary for p in pieces),
        *_road_parts(),
    ]
    made = faces(lines)
    communities = [a for a in areas() if a.level == 4]
    sources = [*enumerate(g for _, _, g in fixed), *enumerate((p.shape for p in pieces), start=len(fixed))]
    label = _label(made, sources)
    _absorb(made, label)
    home = _label(made, list(enumerate(a.shape for a in communities)))
    groups: dict[tuple[int, int], list[Polygon]] = {}
    for face, k, c in zip(made, label.tolist(), home.tolist(), strict=True):
        road = 0 <= k < len(fixed)
        groups.setdefault((k, c if road and fixed[k][0] == "1207" else -1), []).append(face)
    out = []
    for (k, _), parts in groups.items():
        whole = dissolve(parts)
        if k < len(fixed):
            out += [Parcel(g, fixed[k][0], "corridor", fixed[k][1]) for g in _split_parts(whole, fixed[k][0])]
        else:
            piece = pieces[k - len(fixed)]
            out.append(Parcel(whole, piece.use, piece.zone, piece.name, piece.site))
    out.sort(key=lambda p: (-round(p.shape.centroid.y / 100), p.shape.centroid.x))
    return tuple(out)


def _split_parts(whole: Polygon | MultiPolygon, use: str) -> list[Polygon | MultiPolygon]:
    """A road's land stays one multi-part parcel a community; waters and strips are single ones."""
    return [whole] if use == "1207" else list(polygons(whole))
