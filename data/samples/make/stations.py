"""Pump stations: of the plan, below the railway crossings, at outfalls below the water, at the works."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from shapely.geometry import Point

from .drains import network
from .frame import lay
from .graph import links
from .land import parcels
from .places import parcel_point, street_at
from .relief import height_at
from .waters import level_at

Station = tuple[Point, str, str, float, float, int]  # place, name, kind, capacity, sump, pumps
DEEP = 2.0  # an outfall lies deeper below its water than this (m): it is pumped


@dataclass(frozen=True)
class Pump:
    """A station; its sump's levels in m, its capacity in m3/s."""

    code: str
    at: Point
    name: str
    kind: str
    capacity: float
    start: float
    stop: float
    pumps: int


def _of_sites() -> list[Station]:
    out: list[Station] = []
    manholes = [m for m in network().manholes if m.ground < 900]
    for n, p in enumerate(parcels()):
        if p.site is None or p.site.form not in ("pump", "water_works", "sewage"):
            continue
        at = parcel_point(n, p.shape)
        if p.site.form == "pump":
            sump = min(manholes, key=lambda m: np.hypot(m.at[0] - at.x, m.at[1] - at.y)).invert - 1.0
            drainage = "排涝" in p.name
            out.append((at, p.name, "drainage" if drainage else "storm", 12.0 if drainage else 6.5, sump, 4))
            continue
        water = p.site.form == "water_works"
        name = f"{p.name}{'送水' if water else '进水'}泵房"
        sump = float(height_at(np.array([at.x]), np.array([at.y]))[0]) - 5.0
        out.append((at, name, "water_supply" if water else "sewage", 2.4 if water else 1.6, sump, 3))
    return out


def _of_underpasses() -> list[Station]:
    out: list[Station] = []
    for link in links():
        if link.underpass:
            middle = link.line.interpolate(0.5, normalized=True)
            low = float(height_at(np.array([middle.x]), np.array([middle.y]))[0])
            beside = Point(middle.x + 30, middle.y + 24)
            out.append((beside, f"{link.name}下穿通道泵站", "storm", 1.2, low - 3.0, 3))
    return out


def _of_outfalls() -> list[Station]:
    out: list[Station] = []
    net = network()
    for p in net.pipes:
        outfall = next((o for o in net.outfalls if o.code == net.manholes[p.end].code), None)
        if outfall and outfall.invert < level_at(outfall.receiving, Point(outfall.at)) - DEEP:
            last = net.manholes[p.start]
            capacity = round(0.07 * last.area, 1)
            street = street_at(*last.at)
            again = sum(name.startswith(street) for _, name, *_ in out)
            name = f"{street}{'一二三四五六'[again]}号排口泵站"
            out.append(
                (Point(last.at[0] + 12, last.at[1] + 9), name, "storm", capacity, outfall.invert - 1.0, 4)
            )
    return out


@cache
def pumps() -> tuple[Pump, ...]:
    """All stations, those of the plan first."""
    out: list[Pump] = []
    for at, name, kind, capacity, sump, number in [*_of_sites(), *_of_underpasses(), *_of_outfalls()]:
        code, start, stop = f"BZ{len(out) + 1:03d}", round(sump + 1.2, 2), round(sump + 0.4, 2)
        out.append(Pump(code, lay(Point(at.x, at.y)), name, kind, capacity, start, stop, number))
    return tuple(out)
