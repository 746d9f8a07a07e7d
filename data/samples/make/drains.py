"""Storm sewers under the streets: trees that fall by gravity to outfalls on the river, the creek and the canal.

Sized by the rational method with a simple design intensity and Manning's formula for full pipes; rates in m3/s,
diameters in mm of the usual series, elevations in m.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from . import plan
from .frame import lay
from .graph import Key, links, nodes
from .relief import height_at

SERIES = (400, 500, 600, 800, 1000, 1200, 1350, 1500, 1650, 1800, 2000, 2200, 2400, 2600, 2800, 3000)
MANNING = 0.013
COVER = 1.0  # least cover that the design aims at; the rule is 0.70 m below a carriageway
SPACING = 58.0
RUNOFF = 0.62


@dataclass
class Manhole:
    at: Key
    ground: float
    invert: float = 0.0
    area: float = 0.0  # ha that drain here with all above
    ins: int = 0
    code: str = ""


@dataclass
class Pipe:
    start: int
    end: int
    line: LineString
    diameter: int = 300
    start_invert: float = 0.0
    end_invert: float = 0.0
    code: str = ""


@dataclass
class Outfall:
    at: Key
    receiving: str
    gate: bool
    invert: float = 0.0
    code: str = ""


@dataclass
class Network:
    manholes: list[Manhole] = field(default_factory=list)
    pipes: list[Pipe] = field(default_factory=list)
    outfalls: list[Outfall] = field(default_factory=list)


@cache
def _sewered(number: int) -> bool:
    link = links()[number]
    at = link.line.interpolate(0.5, normalized=True)
    zone = plan.zone_at(at.x, at.y)
    if plan.river().distance(link.line) < 45 or (
        link.line.length < 70 and plan.brooks().distance(link.line) < 1
    ):
        return False  # a bridgehead on a levee or bank
    return (
        link.kind not in ("rural", "expressway")
        and not link.bridge
        and not link.underpass
        and zone not in ("farm", "village")
    )


def _outfalls() -> dict[Key, tuple[str, Point]]:
    """Junctions with an outfall: name of the receiving water and the place on its bank."""
    found: dict[Key, tuple[str, Point]] = {}
    waters = (
        ("泽江", plan.river(), 150.0, 190.0),
        ("玉带河", plan.creek_axis().buffer(12), 46.0, 150.0),
        ("港渠", plan.canal_axis().buffer(9), 42.0, 150.0),
    )
    at_sewer = {end for n, link in enumerate(links()) if _sewered(n) for end in link.ends}
    at_sewer = {end for end in at_sewer if plan.brooks().distance(Point(end)) > 6.0}
    for name, water, reach, apart in waters:
        taken: list[Key] = []
        near = [k for k in nodes() if k in at_sewer and 6.0 < water.distance(Point(k)) < reach]
        for key in sorted(near, key=_levels().__getitem__):
            if key in found or any(np.hypot(key[0] - a, key[1] - b) < apart for a, b in taken):
                continue
            bank = water.exterior.interpolate(water.exterior.project(Point(key)))
            taken.append(key)
            found[key] = (name, lay(Point(bank.x, bank.y)))
    return found


Forest = dict[Key, tuple[int, Key]]


def _loads(forest: Forest, roots: list[Key]) -> dict[Key, float]:
    """Length of street (m) that drains to each outfall."""
    root_of: dict[Key, Key] = {key: key for key in roots}
    load = dict.fromkeys(roots, 0.0)
    for key, (i, parent) in forest.items():
        way = [key]
        while parent not in root_of:
            way.append(parent)
            parent = forest[parent][1]
        root_of.update(dict.fromkeys(way, root_of[parent]))
        load[root_of[key]] += links()[i].line.length
    return load


def _balanced(roots: list[Key]) -> Forest:
    """The best of several rounds in which an outfall that many streets reach becomes dearer to reach."""
    price = dict.fromkeys(roots, 0.0)
    best, least = _forest(price), np.inf
    for step in range(40):
        forest = _forest(price)
        load = _loads(forest, roots)
        strain = sum(v**2 for v in load.values())
        if strain < least:
            best, least = forest, strain
        for key in roots:
            price[key] = max(0.0, price[key] + 0.12 / (1 + step / 6) * (load[key] - 2_600.0))
    return best


@cache
def _levels() -> dict[Key, float]:
    """Elevation of the junctions (m)."""
    keys = np.array(list(nodes()))
    return dict(zip(nodes(), height_at(keys[:, 0], keys[:, 1]).tolist(), strict=True))


def _forest(price: dict[Key, float]) -> Forest:
    """For each junction the link and the junction that its water goes to: cheapest way, uphill is dear."""
    made = links()
    best = dict(price)
    out: Forest = {}
    heap = [(cost, key) for key, cost in price.items()]
    level = _levels()
    while heap:
        cost, key = heapq.heappop(heap)
        if cost > best[key]:
            continue
        for i in nodes()[key]:
            if not _sewered(i):
                continue
            a, b = made[i].ends
            other = b if a == key else a
            climb = max(0.0, level[key] - level[other])
            step = cost + made[i].line.length + 350.0 * climb
            if other not in price and step < best.get(other, np.inf):
                best[other] = step
                out[other] = (i, key)
                heapq.heappush(heap, (step, other))
    return out


class _Builder:
    def __init__(self) -> None:
        self.net = Network()
        self.at: dict[Key, int] = {}

    def manhole(self, at: Key, *, shared: bool = True) -> int:
        if shared and at in self.at:
            return self.at[at]
        ground = float(height_at(np.array([at[0]]), np.array([at[1]]))[0])
        self.net.manholes.append(Manhole(at, ground))
        number = len(self.net.manholes) - 1
        if shared:
            self.at[at] = number
        return number

    def run(self, line: LineString) -> None:
        """A chain of pipes from the first to the last point of a line, manholes at even spacing."""
        count = max(1, int(np.ceil(line.length / SPACING)))
        places = np.linspace(0.0, line.length, count + 1)
        previous = self.manhole(lay(Point(line.coords[0])).coords[0])
        for a, b in pairwise(places.tolist()):
            part = substring(line, a, b)
            inner = b < line.length - 1e-6
            end = lay(Point(part.coords[-1])).coords[0] if inner else line.coords[-1]
            here = self.manhole(end)
            start = self.net.manholes[previous].at
            self.net.pipes.append(Pipe(previous, here, lay(LineString([start, *part.coords[1:-1], end]))))
            previous = here


def _lay_out() -> tuple[Network, dict[int, int]]:
    """All pipes in their direction of flow, and the manhole of each outfall."""
    roots = _outfalls()
    forest = _balanced(list(roots))
    made, build = links(), _Builder()
    reached = set(roots) | set(forest)
    tree = {i: (key, parent) for key, (i, parent) in forest.items()}
    for i, link in enumerate(made):
        if not _sewered(i) or link.ends[0] not in reached or link.ends[1] not in reached:
            continue
        if i in tree:
            key, _ = tree[i]
            line = _off_bank(link.line)
            build.run(line if link.ends[0] == key else line.reverse())
        elif link.line.length > 60:
            _both_ways(build, _off_bank(link.line))
    ends: dict[int, int] = {}
    for key, (name, bank) in roots.items():
        if key not in build.at:
            continue
        build.net.outfalls.append(Outfall((bank.x, bank.y), name, name == "泽江"))
        ends[build.at[key]] = len(build.net.outfalls) - 1
    return build.net, ends


@cache
def _banks() -> BaseGeometry:
    return plan.brooks().buffer(24)


def _off_bank(line: LineString) -> LineString:
    """A street without the stretch on the bank at a bridge, where no sewer begins."""
    rest = line.difference(_banks())
    parts = [g for g in shapely.get_parts(rest) if g.length > 20]
    return parts[0] if len(parts) == 1 else line


def _both_ways(build: _Builder, line: LineString) -> None:
    """A street that joins two trees drains from its middle to both ends; the two heads stand 8 m apart."""
    length = line.length
    build.run(substring(line, length / 2 - 4, 0.0))
    build.run(substring(line, length / 2 + 4, length))


def _diameter(area: float, slope: float) -> int:
    """The least pipe of the series that carries the design flow of ``area`` ha at a slope."""
    flow = RUNOFF * area * 0.23 * (area + 1.0) ** -0.13
    for size in SERIES:
        if 0.3117 / MANNING * (size / 1000) ** (8 / 3) * slope**0.5 >= flow:
            return size
    return SERIES[-1]


def _least_slope(size: int) -> float:
    return max(0.0004, 0.0014 * float((400 / size) ** 1.1))


def _order(net: Network) -> list[int]:
    """Pipe numbers from the heads down."""
    leaving = {p.start: i for i, p in enumerate(net.pipes)}
    waiting = [0] * len(net.manholes)
    for p in net.pipes:
        waiting[p.end] += 1
    ready = [m for m in range(len(net.manholes)) if waiting[m] == 0]
    out = []
    while ready:
        m = ready.pop()
        if m not in leaving:
            continue
        i = leaving[m]
        out.append(i)
        waiting[net.pipes[i].end] -= 1
        if waiting[net.pipes[i].end] == 0:
            ready.append(net.pipes[i].end)
    return out


def _size(net: Network, pipes: list[Pipe], order: list[int]) -> None:
    """Areas, diameters and inverts from the heads to the outfalls: crowns never step up, cover never below the aim."""
    arriving: dict[int, list[Pipe]] = defaultdict(list)
    for i in order:
        p = pipes[i]
        top, low = net.manholes[p.start], net.manholes[p.end]
        top.area += 0.0094 * p.line.length
        fall = (top.ground - low.ground) / max(p.line.length, 1.0)
        widest = max((q.diameter for q in arriving[p.start]), default=400)
        p.diameter = max(widest, _diameter(top.area, max(0.7 * fall, _least_slope(widest))))
        size = p.diameter / 1000
        crowns = [q.end_invert + q.diameter / 1000 for q in arriving[p.start]]
        crown = min([top.ground - COVER, *crowns])
        p.start_invert = round(crown - size, 3)
        end_crown = min(crown - _least_slope(p.diameter) * p.line.length, low.ground - COVER)
        p.end_invert = min(round(end_crown - size, 3), p.start_invert - 0.002)
        top.invert = p.start_invert
        low.area += top.area
        arriving[p.end].append(p)
        low.ins += 1


@cache
def network() -> Network:
    net, ends = _lay_out()
    for m, k in ends.items():  # the last pipe goes below the levee to the bank
        net.manholes.append(Manhole(net.outfalls[k].at, 1e3))
        line = LineString([net.manholes[m].at, net.outfalls[k].at])
        net.pipes.append(Pipe(m, len(net.manholes) - 1, line))
    order = _order(net)
    _size(net, net.pipes, order)
    last = {net.pipes[i].end: net.pipes[i] for i in order}
    first_dummy = len(net.manholes) - len(ends)
    for n, k in enumerate(ends.values()):
        net.outfalls[k].invert = last[first_dummy + n].end_invert
        net.outfalls[k].code = f"YSK{k + 1:04d}"
        net.manholes[first_dummy + n].code = net.outfalls[k].code
    rank = sorted(
        range(first_dummy), key=lambda m: (-round(net.manholes[m].at[1] / 100), net.manholes[m].at[0])
    )
    for n, m in enumerate(rank, start=1):
        net.manholes[m].code = f"YSJ{n:06d}"
    for n, i in enumerate(order, start=1):
        net.pipes[i].code = f"YSG{n:06d}"
    return net


def depth_of(pipe: Pipe) -> float:
    """Least cover over the crown of a pipe at its two ends (m)."""
    net = network()
    size = pipe.diameter / 1000
    a = net.manholes[pipe.start].ground - pipe.start_invert - size
    b = net.manholes[pipe.end].ground - pipe.end_invert - size
    return float(min(a, b))


def near_manhole(x: float, y: float) -> int:
    places = np.array([m.at for m in network().manholes if m.ground < 900])
    return int(np.argmin(np.hypot(places[:, 0] - x, places[:, 1] - y)))


def lines() -> np.ndarray:
    return np.array([p.line for p in network().pipes], dtype=object)


def total_length() -> float:
    return float(shapely.length(lines()).sum())
