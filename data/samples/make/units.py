"""Administrative areas in five levels and the unit grid: all are unions of the same faces between roads."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import Polygon

from . import plan
from .frame import CITY, EXTENT, rng
from .graph import links
from .names import VIRTUES, pinyin
from .shapes import box_of, chord, cut, dissolve, faces, neighbours

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon

COUNTY = "9901"
SOUTH = plan.SOUTH_TOWN
WEIGHT = {
    "old_town": 3.2,
    "old_res": 2.2,
    "cbd": 2.4,
    "res": 1.7,
    "new_res": 1.4,
    "station": 1.4,
    "campus": 1.0,
}
GROUND = 62_000.0  # a rural face is cut into cells below this, m2
LEAST = 10_000.0  # and a cell below this joins a neighbour, m2


@dataclass
class Cell:
    """A unit grid cell: a face between roads, or several small ones of one grid area."""

    shape: Polygon
    street: int = -1
    community: int = -1
    area5: int = -1
    code: str = ""


@dataclass
class Area:
    code: str
    name: str
    name_en: str
    level: int
    parent: str
    shape: Polygon | MultiPolygon
    cells: list[int] = field(default_factory=list)


def _rural_cuts(face: Polygon) -> list[Polygon]:
    """A field face in halves until no piece is larger than ``GROUND``."""
    done, pending = [], [face]
    while pending:
        polygon = pending.pop()
        at = polygon.representative_point()
        river = plan.river().contains(at)
        limit = GROUND * (1.0 if plan.zone_at(at.x, at.y) in ("farm", "village") or river else 4.2)
        shape = box_of(polygon)
        line = chord(polygon, (shape.x, shape.y), shape.angle + np.pi / 2) if polygon.area > limit else None
        pieces = cut(polygon, line) if line is not None else []
        if len(pieces) > 1:
            pending += pieces
        else:
            done.append(polygon)
    return done


def _faces() -> list[Polygon]:
    lines = [*(k.line for k in links()), plan.river_axis().intersection(EXTENT), EXTENT.boundary]
    pieces = [p for face in faces(lines) for p in _rural_cuts(face)]
    return faces([*lines, *(p.exterior for p in pieces)])


def _zone(shape: Polygon) -> str:
    at = shape.representative_point()
    return plan.zone_at(at.x, at.y)


def _streets_of(parts: list[Polygon]) -> np.ndarray:
    """Street number of each face: that of the large face between main roads and river axis in which it lies."""
    main = [k.line for k in links() if k.kind in ("expressway", "arterial", "collector")]
    large = faces([*main, plan.river_axis().intersection(EXTENT), EXTENT.boundary])
    axis = plan.river_axis()
    outlines = [
        Polygon(plan.warp(np.asarray(shapely.segmentize(Polygon(s[4]), 80).exterior.coords)))
        for s in plan.STREETS
    ]
    river_y = np.asarray(axis.coords)
    street = []
    for face in large:
        at = face.representative_point()
        if at.y < np.interp(at.x, river_y[:, 0], river_y[:, 1]):
            street.append(len(plan.STREETS))
            continue
        street.append(int(np.argmin([o.distance(at) for o in outlines])))
    tree = shapely.STRtree(large)
    points = shapely.point_on_surface(np.array(parts, object))
    at, within = tree.query(points, predicate="within")
    out = np.zeros(len(parts), int)
    out[at] = np.array(street)[within]
    return out


def bisect(members: list[int], k: int, weight: np.ndarray, centre: np.ndarray) -> list[list[int]]:
    """``k`` compact groups of about equal weight, by halving across the longer axis."""
    if k <= 1 or len(members) <= 1:
        return [members]
    ids = np.array(members)
    spread = centre[ids] - np.average(centre[ids], axis=0, weights=weight[ids])
    axis = np.linalg.eigh((spread * weight[ids][:, None]).T @ spread)[1][:, -1]
    order = ids[np.argsort(spread @ axis, kind="stable")]
    share = np.cumsum(weight[order]) / weight[order].sum()
    at = int(np.searchsorted(share, (k // 2) / k))
    at = min(max(at, 1), len(order) - 1)
    return [
        *bisect(order[:at].tolist(), k // 2, weight, centre),
        *bisect(order[at:].tolist(), k - k // 2, weight, centre),
    ]


Beside = dict[int, dict[int, float]]


def _loose(group: np.ndarray, beside: Beside) -> list[np.ndarray]:
    """The members of every connected part of a group but its largest."""
    edges = [(i, j) for i, near in beside.items() for j in near if group[i] == group[j]]
    row, column = np.array(edges).T
    size = len(group)
    graph = coo_array((np.ones(len(row)), (row, column)), shape=(size, size))
    part = connected_components(graph, directed=False)[1]
    count = np.bincount(part)
    out = []
    for g in np.unique(group):
        own = np.unique(part[group == g])
        largest = own[np.argmax(count[own])]
        out += [np.flatnonzero(part == p) for p in own if p != largest]
    return out


def _mend(group: np.ndarray, within: np.ndarray, beside: Beside) -> None:
    """Splinters of a group join the neighbour group of the same parent that they border longest."""
    for _ in range(4):
        for component in _loose(group, beside):
            border: dict[int, float] = defaultdict(float)
            for i in component.tolist():
                for j, length in beside[i].items():
                    if group[j] != group[i] and within[j] == within[i]:
                        border[int(group[j])] += length
            if border:
                group[component] = max(border, key=border.__getitem__)


def _split(
    parent: np.ndarray,
    counts: dict[int, int],
    weight: np.ndarray,
    centre: np.ndarray,
    beside: Beside,
) -> np.ndarray:
    group = np.zeros(len(parent), int)
    number = 0
    for p, k in counts.items():
        for members in bisect(np.flatnonzero(parent == p).tolist(), k, weight, centre):
            group[members] = number
            number += 1
    _mend(group, parent, beside)
    return group


def _join_small(parts: list[Polygon], area5: np.ndarray, beside: Beside) -> list[list[int]]:
    """Groups of faces that make a cell: small faces join the neighbour of their own grid area."""
    owner = {i: [i] for i in range(len(parts))}
    of = list(range(len(parts)))
    for i in sorted(range(len(parts)), key=lambda n: parts[n].area):
        group = of[i]
        if sum(parts[m].area for m in owner[group]) >= LEAST:
            continue
        near: dict[int, float] = defaultdict(float)
        for m in owner[group]:
            for j, length in beside[m].items():
                if of[j] != group and area5[j] == area5[i]:
                    near[of[j]] += length
        if near:
            target = max(near, key=near.__getitem__)
            owner[target] += owner.pop(group)
            for m in owner[target]:
                of[m] = target
    return [sorted(g) for g in owner.values()]


@cache
def cells() -> tuple[Cell, ...]:
    """The unit grid: ordered by community, then north-west to south-east, coded 15 digits."""
    parts = _faces()
    centre = np.array([[g.centroid.x, g.centroid.y] for g in parts])
    weight = np.array([g.area * WEIGHT.get(_zone(g), 0.5) for g in parts])
    beside = neighbours(parts)
    street = _streets_of(parts)
    _mend(street, np.zeros(len(parts), int), beside)
    counts = dict(enumerate([*(s[3] for s in plan.STREETS), SOUTH[3]]))
    community = _split(street, counts, weight, centre, beside)
    area5 = _split(community, dict.fromkeys(range(community.max() + 1), 4), weight, centre, beside)
    made = []
    for group in _join_small(parts, area5, beside):
        shape = dissolve([parts[i] for i in group])
        first = group[0]
        made.append(Cell(shape, int(street[first]), int(community[first]), int(area5[first])))
    made.sort(key=lambda c: (c.community, -round(c.shape.centroid.y / 150), c.shape.centroid.x))
    _code(made)
    return tuple(made)


def _code(made: list[Cell]) -> None:
    streets = (*plan.STREETS, SOUTH)
    inside: Counter[int] = Counter()
    first = {s: min(c.community for c in made if c.street == s) for s in {c.street for c in made}}
    for cell in made:
        inside[cell.community] += 1
        number = cell.community - first[cell.street] + 1
        tail = number if streets[cell.street][0].endswith("街道") else 200 + number
        cell.code = f"{COUNTY}{streets[cell.street][2]}{streets[cell.street][1]}{tail:03d}{inside[cell.community]:03d}"


def _area(code: str, name: str, level: int, parent: str, members: list[int], suffix: str) -> Area:
    made = cells()
    plain = name.removesuffix(suffix) if suffix else name
    kind = {
        "街道": "Subdistrict",
        "镇": "Town",
        "社区": "Community",
        "村": "Village",
        "区": "District",
        "市": "City",
    }
    english = f"{pinyin(plain)} {kind[suffix]}"
    return Area(code, name, english, level, parent, dissolve([made[i].shape for i in members]), members)


@cache
def areas() -> tuple[Area, ...]:
    """City, districts, streets, communities, grid areas: parents before children."""
    made = cells()
    everything = list(range(len(made)))
    city = f"{COUNTY}00000000"
    out = [_area(city, CITY, 1, "", everything, "市")]
    by: dict[str, list[int]] = defaultdict(list)
    for i, cell in enumerate(made):
        for cut_at in (6, 9, 12):
            by[cell.code[:cut_at]].append(i)
    for name, tail in plan.DISTRICTS:
        out.append(_area(f"{COUNTY}{tail}000000", name, 2, city, by[COUNTY + tail], "区"))
    for name, tail, district, _, *_rest in (*plan.STREETS, SOUTH):
        code = f"{COUNTY}{district}{tail}"
        suffix = "街道" if name.endswith("街道") else "镇"
        out.append(_area(f"{code}000", name, 3, f"{COUNTY}{district}000000", by[code], suffix))
    names = _community_names(sorted(c for c in by if len(c) == 12))
    for code, (name, suffix) in names.items():
        out.append(_area(code, name, 4, f"{code[:9]}000", by[code], suffix))
        out += _grid_areas(code, name, by[code])
    out.sort(key=lambda a: (a.level, a.code))
    return tuple(out)


def _grid_areas(code: str, name: str, members: list[int]) -> list[Area]:
    made = cells()
    groups: dict[int, list[int]] = defaultdict(list)
    for i in members:
        groups[made[i].area5].append(i)
    out = []
    for n, group in enumerate(sorted(groups.values(), key=lambda g: g[0]), start=1):
        shape = dissolve([made[i].shape for i in group])
        english = f"{pinyin(name.removesuffix('社区').removesuffix('村'))} Grid Area {n}"
        out.append(
            Area(
                f"{code}{n:02d}",
                f"{name}第{'一二三四五六七八九'[n - 1]}网格片区",
                english,
                5,
                code,
                shape,
                group,
            )
        )
    return out


def _community_names(codes: list[str]) -> dict[str, tuple[str, str]]:
    """Names by street: virtues for communities, the villages of the plan for the town."""
    draw = rng("community names")
    words = [VIRTUES[i] for i in draw.permutation(len(VIRTUES))]
    villages = ["柳家湾", "石桥", "南垸", "渡口"]
    out = {}
    for n, code in enumerate(codes):
        rural = code[9] == "2"
        out[code] = (f"{villages.pop(0)}村", "村") if rural else (f"{words[n]}社区", "社区")
    return out
