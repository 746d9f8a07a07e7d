"""Sensors and cameras where a city puts them: in manholes, below the railway, on banks, roofs, gantries, corners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import shapely
from shapely.geometry import Point

from . import plan
from .drains import Manhole, network
from .frame import EXTENT, lay, rng
from .graph import Key, links, nodes
from .mains import gas, water
from .places import facilities, pumps
from .plan import RANK, WIDTHS
from .units import areas

MAKERS = ("甲测仪器", "乙感科技", "丙联物联", "丁智传感")
UNIT = {
    "water_level": "m", "water_depth": "m", "flow": "m3/s", "rainfall": "mm", "pressure": "kPa", "gas_concentration": "%LEL",
    "pm25": "ug/m3", "air_temperature": "Cel", "noise": "dB", "traffic_flow": "veh/h", "traffic_speed": "km/h",
    "manhole_cover": "1", "water_quality": "1", "settlement": "mm",
}  # fmt: skip
TYPE = {
    "water_level": "SW", "water_depth": "JS", "flow": "LL", "rainfall": "YL", "pressure": "YA", "gas_concentration": "RQ",
    "pm25": "KQ", "air_temperature": "QW", "noise": "ZS", "traffic_flow": "JT", "traffic_speed": "CS", "manhole_cover": "JG",
    "water_quality": "SZ", "settlement": "CJ",
}  # fmt: skip


@dataclass(frozen=True)
class Device:
    code: str
    at: Point
    name: str
    prop: str
    maker: str
    model: str
    status: str
    installed: date
    mount: float
    urn: str


@dataclass(frozen=True)
class Camera:
    code: str
    at: Point
    name: str
    kind: str
    direction: float
    angle: float
    reach: float
    mount: float
    status: str
    installed: date
    urn: str


Spot = tuple[float, float, str, float]


def _spread(spots: list[Spot], count: int, draw: np.random.Generator) -> list[Spot]:
    """``count`` of the spots, each the farthest of a few candidates from those taken: even, but not regular."""
    if len(spots) <= count:
        return spots
    place = np.array([[s[0], s[1]] for s in spots])
    taken = [int(draw.integers(len(spots)))]
    reach = np.hypot(*(place - place[taken[0]]).T)
    while len(taken) < count:
        some = draw.integers(0, len(spots), 24)
        best = int(some[np.argmax(reach[some])])
        taken.append(best)
        reach = np.minimum(reach, np.hypot(*(place - place[best]).T))
    return [spots[i] for i in sorted(set(taken))]


def corner(key: Key) -> str:
    """``人民路-中山路口``, from the two most important streets that meet."""
    met = sorted({(RANK[links()[i].kind], links()[i].name) for i in nodes()[key] if links()[i].name})
    names = list(dict.fromkeys(name for _, name in met))[:2]
    return f"{'-'.join(names)}口" if len(names) > 1 else f"{names[0]}路段" if names else "路段"


def _manhole_spots(pick: list[Manhole], what: str) -> list[Spot]:
    return [(m.at[0], m.at[1], f"{m.code}{what}", -1.0) for m in pick]


def _link_spots(what: str, kinds: tuple[str, ...]) -> list[Spot]:
    out = []
    for link in links():
        if link.kind in kinds and link.line.length > 120 and link.name:
            p = link.line.interpolate(0.5, normalized=True)
            out.append((p.x, p.y, f"{link.name}{what}", 6.5))
    return out


def _groups(draw: np.random.Generator) -> list[tuple[str, list[Spot]]]:
    manholes = [m for m in network().manholes if m.ground < 900]
    hollow = [m for m in manholes if np.hypot(m.at[0] - 2330, m.at[1] - 1180) < 420]
    wide = [network().manholes[p.start] for p in network().pipes if p.diameter >= 1200]
    low = []
    for link in links():
        if link.underpass:
            for share in (0.42, 0.58):
                p = link.line.interpolate(share, normalized=True)
                low.append((p.x, p.y, f"{link.name}下穿通道积水", 0.3))
    dip = [(m.at[0], m.at[1], f"{m.code}路面积水", 0.2) for m in hollow]
    river = plan.river_axis().intersection(EXTENT)
    banks = [
        plan.river().exterior.interpolate(
            plan.river().exterior.project(river.interpolate(s, normalized=True))
        )
        for s in np.linspace(0.06, 0.94, 9)
    ]
    for axis, name in ((plan.creek_axis(), "玉带河"), (plan.canal_axis(), "港渠")):
        banks += [
            axis.intersection(EXTENT).interpolate(s, normalized=True) for s in (0.08, 0.3, 0.52, 0.74, 0.92)
        ]
        del name
    water_names = ["泽江"] * 9 + ["玉带河"] * 5 + ["港渠"] * 5
    gauges = [
        (b.x, b.y, f"{n}{i + 1}号水位站", 4.0)
        for i, (b, n) in enumerate(zip(banks, water_names, strict=True))
    ]
    gauges += [
        (p.at.x, p.at.y, f"{p.name}集水池水位", -2.0) for p in pumps() if p.kind in ("storm", "drainage")
    ]
    roofs = [
        (f.at.x, f.at.y, f"{f.name}雨量站", 12.0)
        for f in facilities()
        if f.kind in ("school", "government", "fire_station", "water_works", "college")
    ]
    air = [
        (f.at.x, f.at.y, f"{f.name}空气站", 15.0)
        for f in facilities()
        if f.kind in ("school", "park", "hospital", "sports")
    ]
    noise = [
        (f.at.x, f.at.y, f"{f.name}噪声点", 4.0)
        for f in facilities()
        if f.kind in ("hospital", "school", "community_centre")
    ]
    mains = [
        (k.line.coords[0][0], k.line.coords[0][1], f"{k.start}管网压力", -1.0)
        for k in water()
        if k.diameter >= 300
    ]
    feeds = [
        (*k.line.interpolate(0.5, normalized=True).coords[0], f"{k.code}流量", -1.2)
        for k in water()
        if k.diameter >= 800
    ]
    valves = [(k.line.coords[0][0], k.line.coords[0][1], f"{k.start}燃气井浓度", -0.6) for k in gas()]
    outlets = [(o.at[0], o.at[1], f"{o.code}排口流量", 1.0) for o in network().outfalls]
    rail = [
        (p.x, p.y, f"铁路路基沉降{n + 1}号点", 0.0)
        for n, p in enumerate(
            plan.rail_axis().intersection(EXTENT).interpolate(s, normalized=True)
            for s in np.linspace(0.2, 0.75, 6)
        )
    ]
    clean = [
        (b.x, b.y, f"{n}{i + 1}号水质站", 0.0)
        for i, (b, n) in enumerate(zip(banks, water_names, strict=True))
        if i % 2 == 0
    ]
    return [
        ("water_depth", low + _spread(dip, 26, draw)),
        ("water_level", gauges + _spread(_manhole_spots(wide, "井下液位"), 55, draw)),
        ("manhole_cover", _spread(_manhole_spots(manholes, "井盖"), 36, draw)),
        ("flow", _spread(outlets, 20, draw) + _spread(feeds, 10, draw)),
        ("rainfall", _spread(roofs, 24, draw)),
        ("pressure", _spread(mains, 26, draw)),
        ("gas_concentration", _spread(valves, 46, draw)),
        ("pm25", _spread(air, 14, draw)),
        ("air_temperature", _spread(air, 8, draw)),
        ("noise", _spread(noise, 12, draw)),
        ("traffic_flow", _spread(_link_spots("断面流量", ("expressway", "arterial", "collector")), 66, draw)),
        ("water_quality", clean),
        ("settlement", rail),
    ]


def _installed(draw: np.random.Generator) -> date:
    return date(2018, 3, 1) + timedelta(days=int(draw.integers(0, 2700)))


def _county(x: float, y: float) -> str:
    at = Point(x, y)
    return next((a.code[:6] for a in areas() if a.level == 2 and a.shape.intersects(at)), "990101")


TOTAL = 400


@cache
def sensors() -> tuple[Device, ...]:
    """Exactly 400: the groups above, then traffic speed on more streets."""
    draw, out = rng("sensors"), []
    groups = _groups(draw)
    rest = TOTAL - sum(len(s) for _, s in groups)
    groups.append(
        ("traffic_speed", _spread(_link_spots("车速", ("arterial", "collector", "local")), rest, draw))
    )
    for prop, spots in groups:
        for n, (x, y, name, mount) in enumerate(spots, start=1):
            code = f"{_county(x, y)}{TYPE[prop]}{n:04d}"
            maker = int(draw.integers(len(MAKERS)))
            status = str(
                draw.choice(["online", "offline", "fault", "maintenance"], p=[0.925, 0.035, 0.02, 0.02])
            )
            at = lay(Point(float(np.clip(x, 1, 5999)), float(np.clip(y, 1, 4999))))
            out.append(
                Device(
                    code,
                    at,
                    name,
                    prop,
                    MAKERS[maker],
                    f"{TYPE[prop]}-{maker + 1}00",
                    status,
                    _installed(draw),
                    mount,
                    f"urn:yunze:sensor:{code}",
                )
            )
    return tuple(out)


@cache
def cameras() -> tuple[Camera, ...]:
    """120: junctions of main streets, underpasses, squares, schools, banks; each looks along a street or at its subject."""
    draw, out = rng("cameras"), []
    kinds = {"expressway", "arterial", "collector"}
    crossings = [
        k for k, ids in nodes().items() if len(ids) >= 3 and sum(links()[i].kind in kinds for i in ids) >= 3
    ]
    spots = _spread([(k[0], k[1], corner(k), 6.5) for k in crossings], 74, draw)
    spots += [
        (*link.line.interpolate(0.3, normalized=True).coords[0], f"{link.name}下穿通道", 5.0)
        for link in links()
        if link.underpass
    ]
    spots += _spread(
        [
            (f.at.x, f.at.y, f.name, 5.0)
            for f in facilities()
            if f.kind in ("school", "park", "government", "hospital", "bus_station", "rail_station")
        ],
        30,
        draw,
    )
    bank = plan.offset_bank(60.0, north=True)
    spots += [
        (*bank.interpolate(s, normalized=True).coords[0], f"泽江堤防{n + 1}号", 8.0)
        for n, s in enumerate(np.linspace(0.15, 0.85, 12))
    ]
    lines = shapely.STRtree([k.line for k in links()])
    for n, (x, y, name, mount) in enumerate(spots[:120], start=1):
        near = links()[int(lines.nearest(Point(x, y)))]
        a, b = np.array(near.line.coords[0]), np.array(near.line.coords[-1])
        bearing = float(np.degrees(np.arctan2(*(b - a))) % 360)
        side = WIDTHS[near.kind] / 2 - 1.5
        kind = str(draw.choice(["dome", "fixed", "checkpoint", "panoramic"], p=[0.46, 0.28, 0.18, 0.08]))
        code = f"{_county(x, y)}01{2:02d}{'131' if kind == 'dome' else '132'}0{n:06d}"
        status = str(draw.choice(["online", "offline", "maintenance"], p=[0.95, 0.03, 0.02]))
        at = lay(Point(x + side * 0.5, y - side * 0.5))
        out.append(
            Camera(
                code,
                at,
                f"{name}摄像机",
                kind,
                round(bearing, 1),
                60.0 if kind == "fixed" else 90.0,
                120.0 if kind == "checkpoint" else 80.0,
                mount,
                status,
                _installed(draw),
                f"urn:yunze:camera:{code}",
            )
        )
    return tuple(out)
