"""Places where a city measures: in manholes, below the railway, on banks, roofs and along streets."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Point

from . import plan
from .drains import Manhole, network
from .frame import EXTENT
from .graph import Key, links, nodes
from .mains import gas, water
from .places import facilities
from .plan import RANK
from .stations import pumps

Spot = tuple[float, float, str, float]


def spread(spots: list[Spot], count: int, draw: np.random.Generator) -> list[Spot]:
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


def _in_manholes(pick: list[Manhole], what: str) -> list[Spot]:
    return [(m.at[0], m.at[1], f"{m.code}{what}", -1.0) for m in pick]


def on_links(what: str, kinds: tuple[str, ...]) -> list[Spot]:
    out = []
    for link in links():
        if link.kind in kinds and link.line.length > 120 and link.name:
            p = link.line.interpolate(0.5, normalized=True)
            out.append((p.x, p.y, f"{link.name}{what}", 6.5))
    return out


def _waters() -> list[tuple[str, Point]]:
    """Gauging places: nine on the river's bank, five on creek and canal each."""
    bank, river = plan.river().exterior, plan.river_axis().intersection(EXTENT)
    out = []
    for s in np.linspace(0.06, 0.94, 9):
        out.append(("泽江", bank.interpolate(bank.project(river.interpolate(float(s), normalized=True)))))
    for axis, name in ((plan.creek_axis(), "玉带河"), (plan.canal_axis(), "港渠")):
        inner = axis.intersection(EXTENT)
        out += [(name, inner.interpolate(s, normalized=True)) for s in (0.08, 0.3, 0.52, 0.74, 0.92)]
    return out


def _underpasses() -> list[Spot]:
    out = []
    for link in links():
        if link.underpass:
            for share in (0.42, 0.58):
                p = link.line.interpolate(share, normalized=True)
                out.append((p.x, p.y, f"{link.name}下穿通道积水", 0.3))
    return out


def _at_facilities(what: str, kinds: tuple[str, ...], mount: float) -> list[Spot]:
    return [(f.at.x, f.at.y, f"{f.name}{what}", mount) for f in facilities() if f.kind in kinds]


def _rail() -> list[Spot]:
    inner = plan.rail_axis().intersection(EXTENT)
    at = [inner.interpolate(float(s), normalized=True) for s in np.linspace(0.2, 0.75, 6)]
    return [(p.x, p.y, f"铁路路基沉降{n}号点", 0.0) for n, p in enumerate(at, start=1)]


def of_water(draw: np.random.Generator) -> list[tuple[str, list[Spot]]]:
    """Observed property and places of everything that watches water."""
    manholes = [m for m in network().manholes if m.ground < 900]
    hollow = [m for m in manholes if np.hypot(m.at[0] - 2330, m.at[1] - 1180) < 420]
    wide = [network().manholes[p.start] for p in network().pipes if p.diameter >= 1200]
    dip = [(m.at[0], m.at[1], f"{m.code}路面积水", 0.2) for m in hollow]
    waters = list(enumerate(_waters(), start=1))
    gauges: list[Spot] = [(b.x, b.y, f"{name}{n}号水位站", 4.0) for n, (name, b) in waters]
    sumps = [p for p in pumps() if p.kind in ("storm", "drainage")]
    gauges += [(p.at.x, p.at.y, f"{p.name}集水池水位", -2.0) for p in sumps]
    clean: list[Spot] = [(b.x, b.y, f"{name}{n}号水质站", 0.0) for n, (name, b) in waters[::2]]
    outlets = [(o.at[0], o.at[1], f"{o.code}排口流量", 1.0) for o in network().outfalls]
    large = [k for k in water() if k.diameter >= 300]
    mains = [(*k.line.coords[0], f"{k.start}管网压力", -1.0) for k in large]
    feeds = [
        (*k.line.interpolate(0.5, normalized=True).coords[0], f"{k.code}流量", -1.2)
        for k in large
        if k.diameter >= 800
    ]
    return [
        ("water_depth", _underpasses() + spread(dip, 26, draw)),
        ("water_level", gauges + spread(_in_manholes(wide, "井下液位"), 46, draw)),
        ("manhole_cover", spread(_in_manholes(manholes, "井盖"), 36, draw)),
        ("flow", spread(outlets, 20, draw) + spread(feeds, 10, draw)),
        ("pressure", spread(mains, 26, draw)),
        ("water_quality", clean),
    ]


def of_city(draw: np.random.Generator) -> list[tuple[str, list[Spot]]]:
    """Observed property and places of all else: rain, gas, air, noise, traffic, settlement."""
    roofs = _at_facilities("雨量站", ("school", "government", "fire_station", "water_works", "college"), 12.0)
    air = _at_facilities("空气站", ("school", "park", "hospital", "sports"), 15.0)
    noise = _at_facilities("噪声点", ("hospital", "school", "community_centre"), 4.0)
    valves = [(*k.line.coords[0], f"{k.start}燃气井浓度", -0.6) for k in gas()]
    streets = on_links("断面流量", ("expressway", "arterial", "collector"))
    return [
        ("rainfall", spread(roofs, 24, draw)),
        ("gas_concentration", spread(valves, 46, draw)),
        ("pm25", spread(air, 14, draw)),
        ("air_temperature", spread(air, 8, draw)),
        ("noise", spread(noise, 12, draw)),
        ("traffic_flow", spread(streets, 56, draw)),
        ("settlement", _rail()),
    ]
