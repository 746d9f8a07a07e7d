"""Sensors and cameras where a city puts them: in manholes, below the railway, on banks, roofs, gantries, corners."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import shapely
from shapely.geometry import Point

from . import plan
from .frame import lay, rng
from .graph import links, nodes
from .places import facilities
from .plan import WIDTHS
from .spots import Spot, corner, of_city, of_water, on_links, spread
from .units import areas

MAKERS = ("甲测仪器", "乙感科技", "丙联物联", "丁智传感")
UNIT = {
    "water_level": "m",
    "water_depth": "m",
    "flow": "m3/s",
    "rainfall": "mm",
    "pressure": "kPa",
    "gas_concentration": "%LEL",
    "pm25": "ug/m3",
    "air_temperature": "Cel",
    "noise": "dB",
    "traffic_flow": "veh/h",
    "traffic_speed": "km/h",
    "manhole_cover": "1",
    "water_quality": "1",
    "settlement": "mm",
}
TYPE = {
    "water_level": "SW",
    "water_depth": "JS",
    "flow": "LL",
    "rainfall": "YL",
    "pressure": "YA",
    "gas_concentration": "RQ",
    "pm25": "KQ",
    "air_temperature": "QW",
    "noise": "ZS",
    "traffic_flow": "JT",
    "traffic_speed": "CS",
    "manhole_cover": "JG",
    "water_quality": "SZ",
    "settlement": "CJ",
}


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
    groups = [*of_water(draw), *of_city(draw)]
    rest = TOTAL - sum(len(s) for _, s in groups)
    groups.append(("traffic_speed", spread(on_links("车速", ("arterial", "collector", "local")), rest, draw)))
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


def _watched(draw: np.random.Generator) -> list[Spot]:
    """Junctions of main streets, underpasses, public buildings, the levee."""
    main = {"expressway", "arterial", "collector"}
    made = links()
    crossings = [k for k, ids in nodes().items() if sum(made[i].kind in main for i in ids) >= 3]
    out = spread([(k[0], k[1], corner(k), 6.5) for k in crossings], 74, draw)
    for link in made:
        if link.underpass:
            p = link.line.interpolate(0.3, normalized=True)
            out.append((p.x, p.y, f"{link.name}下穿通道", 5.0))
    kinds = ("school", "park", "government", "hospital", "bus_station", "rail_station")
    out += spread([(f.at.x, f.at.y, f.name, 5.0) for f in facilities() if f.kind in kinds], 30, draw)
    bank = plan.offset_bank(60.0, north=True)
    for n, s in enumerate(np.linspace(0.15, 0.85, 12), start=1):
        p = bank.interpolate(float(s), normalized=True)
        out.append((p.x, p.y, f"泽江堤防{n}号", 8.0))
    return out[:120]


@cache
def cameras() -> tuple[Camera, ...]:
    """120 of them; each looks along the street beside it."""
    draw, out = rng("cameras"), []
    tree = shapely.STRtree([k.line for k in links()])
    for n, (x, y, name, mount) in enumerate(_watched(draw), start=1):
        near = links()[int(tree.nearest(Point(x, y)))]
        a, b = np.array(near.line.coords[0]), np.array(near.line.coords[-1])
        bearing = float(np.degrees(np.arctan2(*(b - a))) % 360)
        side = WIDTHS[near.kind] / 2 - 1.5
        kind = str(draw.choice(["dome", "fixed", "checkpoint", "panoramic"], p=[0.46, 0.28, 0.18, 0.08]))
        code = f"{_county(x, y)}0102{'131' if kind == 'dome' else '132'}0{n:06d}"
        status = str(draw.choice(["online", "offline", "maintenance"], p=[0.95, 0.03, 0.02]))
        out.append(
            Camera(
                code=code,
                at=lay(Point(x + side * 0.5, y - side * 0.5)),
                name=f"{name}摄像机",
                kind=kind,
                direction=round(bearing, 1),
                angle=60.0 if kind == "fixed" else 90.0,
                reach=120.0 if kind == "checkpoint" else 80.0,
                mount=mount,
                status=status,
                installed=_installed(draw),
                urn=f"urn:yunze:camera:{code}",
            )
        )
    return tuple(out)
