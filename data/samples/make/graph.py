"""The routable road graph: streets noded where they cross, dangling ends trimmed, one link between two junctions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon, Point
from shapely.ops import linemerge

from . import plan
from .frame import EXTENT, GRID
from .plan import RANK
from .shapes import polygons
from .streets import Street, streets

Key = tuple[float, float]
UNDERPASSES = ("北环路", "建设路", "人民路", "朝阳路")


@dataclass
class Link:
    name: str
    kind: str
    line: LineString
    bridge: bool = False
    underpass: bool = False

    @property
    def ends(self) -> tuple[Key, Key]:
        c = self.line.coords
        return (c[0][0], c[0][1]), (c[-1][0], c[-1][1])


@cache
def crossings() -> tuple[MultiPolygon, MultiPolygon]:
    """Where a city road dives below the railway, with its ramps (190 m), and where the expressway spans it."""
    rail = plan.rail_axis()
    under, above = [], []
    for name, kind, line in plan.roads():
        if kind == "expressway":
            above.append(line.intersection(rail).buffer(70))
        elif name in UNDERPASSES:
            under.append(line.intersection(rail).buffer(95))
    return MultiPolygon(polygons(shapely.union_all(under))), MultiPolygon(polygons(shapely.union_all(above)))


def _segments(made: list[Street]) -> list[Link]:
    """Noded pieces with the attributes of the street they lie on (the higher class where two lie together)."""
    under, above = crossings()
    water = [plan.river().boundary, plan.brooks().boundary, EXTENT.boundary, under.boundary, above.boundary]
    lines = np.array([s.line for s in made], object)
    noded = shapely.unary_union([*lines, *water], grid_size=GRID)
    pieces = np.array([g for g in shapely.get_parts(noded) if g.length > 0], object)
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    tree = shapely.STRtree(lines)
    at, street = tree.query(middle, predicate="dwithin", distance=0.05)
    best: dict[int, int] = {}
    for i, s in zip(at.tolist(), street.tolist(), strict=True):
        if i not in best or RANK[made[s].kind] < RANK[made[best[i]].kind]:
            best[i] = s
    inside = shapely.contains_properly(EXTENT, middle)
    wet = shapely.union_all([plan.river(), plan.brooks()])
    over = shapely.contains(wet, middle)
    out = []
    for i, s in sorted(best.items()):
        if inside[i]:
            name, kind = made[s].name, made[s].kind
            high = bool(over[i]) or (kind == "expressway" and above.contains(middle[i]))
            low = kind != "expressway" and name in UNDERPASSES and under.contains(middle[i])
            out.append(Link(name, kind, pieces[i], high, low))
    return out


def _degree(links: list[Link]) -> dict[Key, list[int]]:
    at: dict[Key, list[int]] = defaultdict(list)
    for i, link in enumerate(links):
        for end in link.ends:
            at[end].append(i)
    return at


def _on_edge(key: Key) -> bool:
    return key[0] in (0.0, EXTENT.bounds[2]) or key[1] in (0.0, EXTENT.bounds[3])


def _trim(links: list[Link]) -> list[Link]:
    """Dead ends go: short overlaps, minor streets that a water or railway stops, bridges to nowhere."""
    while True:
        at = _degree(links)
        drop = {
            i
            for key, ids in at.items()
            if len(ids) == 1 and not _on_edge(key)
            for i in ids
            if links[i].line.length < 170 or links[i].kind not in ("expressway", "arterial")
        }
        if not drop:
            return links
        links = [link for i, link in enumerate(links) if i not in drop]


def _merge(links: list[Link]) -> list[Link]:
    """Chains of pieces of one street between junctions become one link."""
    at = _degree(links)
    owner = list(range(len(links)))

    def root(i: int) -> int:
        while owner[i] != i:
            owner[i] = owner[owner[i]]
            i = owner[i]
        return i

    for ids in at.values():
        if len(ids) == 2 and ids[0] != ids[1]:
            a, b = (links[i] for i in ids)
            if (a.name, a.kind, a.bridge, a.underpass) == (b.name, b.kind, b.bridge, b.underpass):
                owner[root(ids[0])] = root(ids[1])
    chains: dict[int, list[int]] = defaultdict(list)
    for i in range(len(links)):
        chains[root(i)].append(i)
    out = []
    for members in chains.values():
        first = links[members[0]]
        line = linemerge([links[i].line for i in members]) if len(members) > 1 else first.line
        parts = [line] if isinstance(line, LineString) else list(line.geoms)
        out += [Link(first.name, first.kind, part, first.bridge, first.underpass) for part in parts]
    return out


def _largest_component(links: list[Link]) -> list[Link]:
    at = _degree(links)
    seen: dict[Key, int] = {}
    for start in at:
        if start in seen:
            continue
        mark, pending = len(set(seen.values())), [start]
        seen[start] = mark
        while pending:
            for i in at[pending.pop()]:
                for end in links[i].ends:
                    if end not in seen:
                        seen[end] = mark
                        pending.append(end)
    marks, counts = np.unique(list(seen.values()), return_counts=True)
    main = int(marks[np.argmax(counts)])
    return [link for link in links if seen[link.ends[0]] == main]


@cache
def links() -> tuple[Link, ...]:
    """The road links, ordered from south-west to north-east of their middles."""
    made = _merge(_trim(_segments(streets())))
    made = _largest_component(_merge(_trim(made)))
    for link in made:
        a, b = link.ends
        if (a[0] + a[1]) > (b[0] + b[1]):
            link.line = link.line.reverse()
        link.line = LineString([p for p, q in pairwise(link.line.coords) if p != q] + [link.line.coords[-1]])
    made.sort(key=lambda k: (round(k.line.centroid.y / 250), k.line.centroid.x))
    return tuple(made)


@cache
def nodes() -> dict[Key, tuple[int, ...]]:
    """Junctions and the links that meet there."""
    at = _degree(list(links()))
    return {key: tuple(at[key]) for key in sorted(at, key=lambda k: (round(k[1] / 250), k[0]))}


def near_node(x: float, y: float) -> Key:
    return min(nodes(), key=lambda k: Point(k).distance(Point(x, y)))
