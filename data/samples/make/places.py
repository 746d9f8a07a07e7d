"""Facilities, pump stations and river reaches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon

from . import plan
from .buildings import buildings
from .drains import network
from .frame import CITY, EXTENT, lay, rng
from .graph import links
from .land import parcels
from .relief import height_at
from .units import areas


@dataclass(frozen=True)
class Facility:
    at: Point
    name: str
    kind: str
    capacity: int
    grade: str
    address: str
    operator: str


OPERATOR = {
    "school": "市教育局", "kindergarten": "市教育局", "college": "市教育局", "hospital": "市卫生健康委员会", "clinic": "市卫生健康委员会",
    "fire_station": "市消防救援支队", "police_station": "市公安局", "shelter": "市应急管理局", "service_outlet": "市数据局",
    "government": "市机关事务管理局", "community_centre": "街道办事处", "elderly_care": "市民政局", "cultural": "市文化和旅游局",
    "sports": "市体育局", "market": "市商务局", "park": "市园林管理处", "bus_station": "市公交集团", "rail_station": "铁路车站",
    "parking": "市停车管理中心", "charging_station": "市电力公司", "waste_station": "市环境卫生管理处", "public_toilet": "市环境卫生管理处",
    "water_works": "市水务集团", "sewage_works": "市排水管理中心", "substation": "市电力公司", "emergency_depot": "市应急管理局",
}  # fmt: skip
SIZE = {
    "school": (900, 3200), "kindergarten": (180, 420), "college": (6000, 21000), "hospital": (300, 1600), "clinic": (40, 110),
    "fire_station": (25, 60), "police_station": (30, 80), "service_outlet": (40, 160), "government": (120, 900),
    "community_centre": (60, 160), "elderly_care": (120, 480), "cultural": (400, 1800), "sports": (2000, 32000), "market": (90, 420),
    "park": (800, 4000), "bus_station": (40, 160), "rail_station": (3000, 3000), "parking": (120, 420), "charging_station": (8, 40),
    "waste_station": (60, 240), "public_toilet": (8, 24), "water_works": (120000, 120000), "sewage_works": (50000, 100000),
    "substation": (110, 220), "emergency_depot": (2000, 2000), "shelter": (2500, 14000),
}  # fmt: skip


def address(x: float, y: float) -> str:
    """Street and number of a place, from the nearest named street."""
    tree, made = _street_tree()
    i = int(tree.nearest(Point(x, y)))
    number = int(made[i].line.project(Point(x, y)) / 8) * 2 + 2
    district = (
        "东澜区"
        if any(a.level == 2 and a.code[4:6] == "02" and a.shape.intersects(Point(x, y)) for a in areas())
        else "泽城区"
    )
    return f"{CITY}{district}{made[i].name}{number}号"


@cache
def _street_tree() -> tuple[shapely.STRtree, tuple]:
    made = tuple(k for k in links() if k.name)
    return shapely.STRtree([k.line for k in made]), made


def _inside(number: int, shape: Polygon) -> Point:
    """The middle of the parcel's largest building, else of the parcel."""
    own = [b.shape for b in _by_parcel().get(number, [])]
    at = (max(own, key=lambda g: g.area) if own else shape).representative_point()
    return lay(Point(at.x, at.y))


@cache
def _by_parcel() -> dict:
    found: dict = {}
    for b in buildings():
        found.setdefault(b.parcel, []).append(b)
    return found


def _make(at: Point, name: str, kind: str, draw: np.random.Generator, grade: str = "") -> Facility:
    low, high = SIZE[kind]
    capacity = (
        int(round(draw.integers(low, high + 1), -1)) if high > 100 else int(draw.integers(low, high + 1))
    )
    return Facility(at, name, kind, capacity, grade, address(at.x, at.y), OPERATOR[kind])


GRADE = {
    "云泽市人民医院": "三级甲等",
    "云泽市中医医院": "三级乙等",
    "云泽市妇幼保健院": "二级甲等",
    "东澜区人民医院": "二级甲等",
}


@cache
def facilities() -> tuple[Facility, ...]:
    """Those of the plan's sites, then the small ones that every quarter has."""
    draw, out = rng("facilities"), []
    numbers: dict[str, int] = {}
    for n, p in enumerate(parcels()):
        if p.site is not None and p.site.facility:
            out.append(_make(_inside(n, p.shape), p.site.name, p.site.facility, draw, GRADE.get(p.name, "")))
        elif p.use == "080404":
            out.append(
                _make(
                    _inside(n, p.shape),
                    f"{_quarter(p.shape)}{_count(numbers, p.shape, '幼')}幼儿园",
                    "kindergarten",
                    draw,
                )
            )
        elif p.use == "1401" and p.zone not in ("corridor",) and p.site is None and p.shape.area > 3_000:
            out.append(
                _make(
                    _inside(n, p.shape),
                    f"{_quarter(p.shape)}{_count(numbers, p.shape, '园')}街心公园",
                    "park",
                    draw,
                )
            )
    out += _quarters(draw)
    for f in [f for f in out if f.kind in ("school", "sports", "college")]:
        out.append(
            _make(lay(Point(f.at.x + 9, f.at.y - 11)), f"{f.name}应急避难场所", "shelter", draw, "紧急避难")
        )
    return tuple(out)


def _quarter(shape: shapely.Geometry) -> str:
    at = shape.representative_point()
    name = next(a.name for a in areas() if a.level == 4 and a.shape.intersects(at))
    return name.removesuffix("社区").removesuffix("村")


def _count(numbers: dict[str, int], shape: shapely.Geometry, what: str) -> str:
    key = _quarter(shape) + what
    numbers[key] = numbers.get(key, 0) + 1
    return "" if numbers[key] == 1 else f"第{'一二三四五六七八九十'[min(numbers[key], 10) - 1]}"


def _quarters(draw: np.random.Generator) -> list[Facility]:
    """A service centre and an outlet in each community; toilets, car parks and charging points along its streets."""
    out = []
    houses = [
        b
        for b in buildings()
        if b.use in ("commercial", "mixed", "residential", "office") and 120 < b.shape.area < 3000
    ]
    tree = shapely.STRtree([b.shape for b in houses])
    for area in (a for a in areas() if a.level == 4):
        near = sorted(tree.query(area.shape, predicate="contains").tolist())
        plain = area.name.removesuffix("社区").removesuffix("村")
        picked = draw.permutation(near)[:6].tolist()
        kinds = [("community_centre", f"{area.name}党群服务中心"), ("service_outlet", f"{area.name}便民服务站"), ("public_toilet", f"{plain}公共厕所"),
                 ("parking", f"{plain}公共停车场"), ("charging_station", f"{plain}充电站"), ("elderly_care", f"{plain}日间照料中心")]  # fmt: skip
        for (kind, name), k in zip(kinds, picked, strict=False):
            at = houses[k].shape.representative_point()
            out.append(_make(lay(Point(at.x, at.y)), name, kind, draw))
    return out


@dataclass(frozen=True)
class Pump:
    code: str
    at: Point
    name: str
    kind: str
    capacity: float
    start: float
    stop: float
    pumps: int


@cache
def pumps() -> tuple[Pump, ...]:
    """Storm pump stations of the plan, one below each railway crossing, and those of the works."""
    out: list[Pump] = []

    def add(at: Point, name: str, kind: str, capacity: float, sump: float, number: int) -> None:
        out.append(
            Pump(
                f"BZ{len(out) + 1:03d}",
                lay(Point(at.x, at.y)),
                name,
                kind,
                capacity,
                round(sump + 1.2, 2),
                round(sump + 0.4, 2),
                number,
            )
        )

    manholes = [m for m in network().manholes if m.ground < 900]
    for n, p in enumerate(parcels()):
        if p.site is not None and p.site.form == "pump":
            at = _inside(n, p.shape)
            sump = min(manholes, key=lambda m: np.hypot(m.at[0] - at.x, m.at[1] - at.y)).invert - 1.0
            big = "排涝" in p.name
            add(at, p.name, "drainage" if big else "storm", {True: 12.0, False: 6.5}[big], sump, 4)
        elif p.use in ("1301", "1302") and p.site is not None:
            water = p.use == "1301"
            at = _inside(n, p.shape)
            ground = float(height_at(np.array([at.x]), np.array([at.y]))[0])
            add(
                at,
                f"{p.name}{'送水' if water else '进水'}泵房",
                "water_supply" if water else "sewage",
                2.4 if water else 1.6,
                ground - 5.0,
                3,
            )
    for link in links():
        if link.underpass:
            middle = link.line.interpolate(0.5, normalized=True)
            low = float(height_at(np.array([middle.x]), np.array([middle.y]))[0])
            beside = Point(middle.x + 30, middle.y + 24)
            add(beside, f"{link.name}下穿通道泵站", "storm", 1.2, low - 3.0, 3)
    return tuple(out)


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
    for name, kind, line, top, low, width, mouth in (
        ("玉带河", "stream", plan.creek_axis(), 23.2, 14.6, 24.0, marks[0]),
        ("港渠", "canal", plan.canal_axis(), 23.0, 14.4, 18.0, marks[1]),
    ):
        inner = line.intersection(EXTENT)
        end = axis.interpolate(mouth)
        inner = lay(LineString([*[c for c in inner.coords if axis.distance(Point(c)) > 60], (end.x, end.y)]))
        into = out[[round(s, 3) for s in stops].index(round(mouth, 3))].code
        first = len(out) + 1
        for k, part in enumerate(_pieces(inner, np.linspace(0, inner.length, 4).tolist())):
            after = f"HD{first + k + 1:03d}" if k < 2 else into
            bed = round(top + (low - top) * (k + 0.5) / 3, 2)
            out.append(Reach(f"HD{first + k:03d}", name, kind, part, width, bed, round(bed + 3.6, 2), after))
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
