"""Facilities, pump stations and river reaches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from .buildings import buildings
from .frame import CITY, lay, rng
from .graph import Link, links
from .homes import Building
from .land import parcels
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
    "school": "市教育局",
    "kindergarten": "市教育局",
    "college": "市教育局",
    "hospital": "市卫生健康委员会",
    "clinic": "市卫生健康委员会",
    "fire_station": "市消防救援支队",
    "police_station": "市公安局",
    "shelter": "市应急管理局",
    "service_outlet": "市数据局",
    "government": "市机关事务管理局",
    "community_centre": "街道办事处",
    "elderly_care": "市民政局",
    "cultural": "市文化和旅游局",
    "sports": "市体育局",
    "market": "市商务局",
    "park": "市园林管理处",
    "bus_station": "市公交集团",
    "rail_station": "铁路车站",
    "parking": "市停车管理中心",
    "charging_station": "市电力公司",
    "waste_station": "市环境卫生管理处",
    "public_toilet": "市环境卫生管理处",
    "water_works": "市水务集团",
    "sewage_works": "市排水管理中心",
    "substation": "市电力公司",
    "emergency_depot": "市应急管理局",
}
SIZE = {
    "school": (900, 3200),
    "kindergarten": (180, 420),
    "college": (6000, 21000),
    "hospital": (300, 1600),
    "clinic": (40, 110),
    "fire_station": (25, 60),
    "police_station": (30, 80),
    "service_outlet": (40, 160),
    "government": (120, 900),
    "community_centre": (60, 160),
    "elderly_care": (120, 480),
    "cultural": (400, 1800),
    "sports": (2000, 32000),
    "market": (90, 420),
    "park": (800, 4000),
    "bus_station": (40, 160),
    "rail_station": (3000, 3000),
    "parking": (120, 420),
    "charging_station": (8, 40),
    "waste_station": (60, 240),
    "public_toilet": (8, 24),
    "water_works": (120000, 120000),
    "sewage_works": (50000, 100000),
    "substation": (110, 220),
    "emergency_depot": (2000, 2000),
    "shelter": (2500, 14000),
}


def address(x: float, y: float) -> str:
    """Street and number of a place, from the nearest named street."""
    tree, made = _street_tree()
    i = int(tree.nearest(Point(x, y)))
    number = int(made[i].line.project(Point(x, y)) / 8) * 2 + 2
    district = "东澜区" if _east().intersects(Point(x, y)) else "泽城区"
    return f"{CITY}{district}{made[i].name}{number}号"


def street_at(x: float, y: float) -> str:
    """The nearest street that has a name."""
    tree, made = _street_tree()
    return made[int(tree.nearest(Point(x, y)))].name


@cache
def _east() -> MultiPolygon | Polygon:
    """The second district, prepared for many questions."""
    shape = next(a.shape for a in areas() if a.level == 2 and a.code[4:6] == "02")
    shapely.prepare(shape)
    return shape


@cache
def _street_tree() -> tuple[shapely.STRtree, tuple[Link, ...]]:
    made = tuple(k for k in links() if k.name)
    return shapely.STRtree([k.line for k in made]), made


def parcel_point(number: int, shape: Polygon) -> Point:
    """The middle of the parcel's largest building, else of the parcel."""
    own = [b.shape for b in _by_parcel().get(number, [])]
    at = (max(own, key=lambda g: g.area) if own else shape).representative_point()
    return lay(Point(at.x, at.y))


@cache
def _by_parcel() -> dict[int, list[Building]]:
    found: dict[int, list[Building]] = {}
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
            out.append(
                _make(parcel_point(n, p.shape), p.site.name, p.site.facility, draw, GRADE.get(p.name, ""))
            )
        elif p.use == "080404":
            out.append(
                _make(
                    parcel_point(n, p.shape),
                    f"{_quarter(p.shape)}{_count(numbers, p.shape, '幼')}幼儿园",
                    "kindergarten",
                    draw,
                )
            )
        elif p.use == "1401" and p.zone not in ("corridor",) and p.site is None and p.shape.area > 3_000:
            out.append(
                _make(
                    parcel_point(n, p.shape),
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


def _quarter(shape: BaseGeometry) -> str:
    at = shape.representative_point()
    name = next(a.name for a in areas() if a.level == 4 and a.shape.intersects(at))
    return name.removesuffix("社区").removesuffix("村")


def _count(numbers: dict[str, int], shape: BaseGeometry, what: str) -> str:
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
        kinds = [
            ("community_centre", f"{area.name}党群服务中心"),
            ("service_outlet", f"{area.name}便民服务站"),
            ("public_toilet", f"{plain}公共厕所"),
            ("parking", f"{plain}公共停车场"),
            ("charging_station", f"{plain}充电站"),
            ("elderly_care", f"{plain}日间照料中心"),
        ]
        for (kind, name), k in zip(kinds, picked, strict=False):
            at = houses[k].shape.representative_point()
            out.append(_make(lay(Point(at.x, at.y)), name, kind, draw))
    return out
