"""What water meets beside the ground: levee crests, culverts through levee and railway, a drainage pump, soils."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, MultiPolygon, Point

from . import plan
from .frame import EXTENT, lay
from .relief import CREST, OLD_TOWN, height_at
from .waters import river_level

PIECE = 400.0  # length of levee that one crest level stands for
MOUTH = 16.0  # the levee stops this far beside creek and canal, which flow into the river
SANDY, CLAYEY = 420.0, 620.0  # natural levee along the river; heavy ground around lake and old town


@dataclass(frozen=True)
class Structure:
    """A culvert or pump from its upper to its lower end; levels in m, sizes in m."""

    code: str
    name: str
    kind: str
    line: LineString
    width: float
    height: float | None
    start: float
    end: float
    one_way: bool
    capacity: float | None = None
    on: float | None = None
    off: float | None = None


def _height(x: float, y: float) -> float:
    return float(height_at(np.array([x]), np.array([y]))[0])


def _pieces(line: LineString) -> list[LineString]:
    stops = np.linspace(0.0, line.length, max(2, round(line.length / PIECE)) + 1)
    return [lay(shapely.ops.substring(line, a, b)) for a, b in itertools.pairwise(stops)]


@cache
def dikes() -> tuple[tuple[str, str, LineString, float], ...]:
    """Code, name, line and crest of the levees, piece by piece: the crest falls with the river."""
    out = []
    mouths = plan.brooks().buffer(MOUTH)
    for bank, line in zip(("北", "南"), plan.levees(), strict=True):
        found = shapely.get_parts(line.intersection(EXTENT).difference(mouths))
        pieces = [piece for part in found if part.length > 30.0 for piece in _pieces(part)]
        for n, piece in enumerate(pieces, start=1):
            middle = piece.interpolate(0.5, normalized=True)
            crest = round(CREST - 0.0001 * middle.x, 2)
            out.append((f"DD{bank == '南':d}{n:03d}", f"泽江{bank}堤", piece, crest))
    return tuple(out)


def _through_levee() -> list[Structure]:
    """Flap culverts from the low ground behind the north levee to the river."""
    out = []
    inner, outer = plan.offset_bank(60.0, north=True), plan.offset_bank(-6.0, north=True)
    for n, share in enumerate((0.18, 0.36, 0.55, 0.78), start=1):
        a = inner.interpolate(share, normalized=True)
        b = outer.interpolate(outer.project(a))
        top, water = _height(a.x, a.y), float(river_level(np.array(b.x)))
        out.append(
            Structure(f"HS{n:03d}", f"北堤{n}号穿堤涵", "culvert", lay(LineString([a, b])), 1.5, None,
                      round(top - 0.3, 2), round(max(water + 0.3, top - 3.0), 2), True)
        )  # fmt: skip
    return out


def _through_railway(first: int) -> list[Structure]:
    """Box culverts through the railway embankment."""
    out = []
    axis = plan.rail_axis()
    for n, share in enumerate((0.2, 0.35, 0.6, 0.75)):
        middle = axis.interpolate(share, normalized=True)
        ahead = axis.interpolate(axis.project(middle) + 5.0)
        along = np.array([ahead.x - middle.x, ahead.y - middle.y])
        across = np.array([-along[1], along[0]]) / np.hypot(*along) * 24.0
        ends = [(middle.x - across[0], middle.y - across[1]), (middle.x + across[0], middle.y + across[1])]
        ends.sort(key=lambda end: -_height(*end))
        levels = [round(_height(*end) - 0.2, 2) for end in ends]
        out.append(
            Structure(f"HS{first + n:03d}", f"铁路{n + 1}号涵", "culvert", lay(LineString(ends)), 2.0, 1.5,
                      levels[0], levels[1], False)
        )  # fmt: skip
    return out


def _pump(number: int) -> Structure:
    """From the hollow of the old town over the levee."""
    a = Point(*OLD_TOWN)
    outer = plan.offset_bank(-6.0, north=True)
    b = outer.interpolate(outer.project(a))
    ground = _height(a.x, a.y)
    water = round(float(river_level(np.array(b.x))), 2)
    return Structure(
        f"HS{number:03d}", "鼓楼排涝泵", "pump", lay(LineString([a, b])), 1.2, None, round(ground - 1.0, 2), water, True,
        capacity=4.0, on=round(ground + 0.30, 2), off=round(ground + 0.05, 2),
    )  # fmt: skip


@cache
def structures() -> tuple[Structure, ...]:
    levee = _through_levee()
    railway = _through_railway(len(levee) + 1)
    return (*levee, *railway, _pump(len(levee) + len(railway) + 1))


@cache
def soils() -> tuple[tuple[str, str, MultiPolygon], ...]:
    """Code, texture and place: sandy loam along the river, clay loam around lake and old town, silt loam elsewhere."""
    sandy = lay(plan.river().buffer(SANDY, quad_segs=6).simplify(2.0).intersection(EXTENT))
    heavy = shapely.union_all(
        [plan.lake().buffer(CLAYEY, quad_segs=6), Point(*OLD_TOWN).buffer(CLAYEY, quad_segs=12)]
    )
    clay = lay(heavy.intersection(EXTENT).difference(sandy))
    silt = lay(EXTENT.difference(sandy).difference(clay))
    named = (("TR001", "sandy_loam", sandy), ("TR002", "clay_loam", clay), ("TR003", "silt_loam", silt))
    return tuple((code, texture, _multi(shape)) for code, texture, shape in named)


def _multi(shape: shapely.Geometry) -> MultiPolygon:
    return MultiPolygon(
        [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 1.0]
    )
