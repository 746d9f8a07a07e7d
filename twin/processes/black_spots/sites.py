"""Junctions and road sections: which crashes belong to which, what each is exposed to, where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from shapely.geometry import MultiLineString
from shapely.ops import substring

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.black_spots.roads import Roads, Sections
    from twin.processes.black_spots.case import Crashes, Streets

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

_LEAST_FREE_M = 10.0  # a section with less road outside junctions is no site of its own
_MAIN = ("motorway", "expressway", "arterial")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of an edge that belongs to a section: metres from the edge's tail."""

    section: int
    edge: int
    start: float
    end: float
    free: float


@dataclass(frozen=True, slots=True)
class Sites:
    """The partition of the network.

    ``junctions``: (junctions,) nodes where three or more ends meet; ``reach``: (edges, 2) m at tail and head that belong
    to a junction. ``parts`` make up the sections; ``free``: (sections,) m outside junctions.
    """

    roads: Roads
    sections: Sections
    junctions: Indices
    junction_of_node: Indices
    reach: Numbers
    parts: list[Part]
    free: Numbers
    site_parts: dict[int, list[Part]]

    @property
    def counted(self) -> Indices:
        """The sections that are sites."""
        return np.flatnonzero(self.free >= _LEAST_FREE_M).astype(np.int32)


def build(streets: Streets, unit_m: float, junction_m: float) -> Sites:
    """Cut the roads: junctions with their arms up to ``junction_m``, and sections of at most ``unit_m`` m of one name."""
    from twin.engines.traffic.black_spots import roads as engine

    _, group = np.unique(
        np.array(
            [
                f"n:{name}" if name else f"c:{code}"
                for name, code in zip(streets.name, streets.code, strict=True)
            ]
        ),
        return_inverse=True,
    )
    joined = engine.join(streets.tail, streets.head, streets.length, group.astype(np.int32))
    cut = engine.sections(joined, unit_m)
    degree = streets.degree()
    junctions = np.flatnonzero(degree >= 3).astype(np.int32)
    lookup = np.full(degree.size, -1, np.int32)
    lookup[junctions] = np.arange(junctions.size)
    near = np.minimum(junction_m, streets.length / 2)
    reach = np.column_stack([np.where(lookup[end] >= 0, near, 0.0) for end in (streets.tail, streets.head)])
    parts = _parts(streets, joined, cut, reach)
    free = np.zeros(cut.length.size)
    of: dict[int, list[Part]] = {}
    for part in parts:
        free[part.section] += part.free
        of.setdefault(part.section, []).append(part)
    return Sites(joined, cut, junctions, lookup, reach, parts, free, of)


def _parts(streets: Streets, roads: Roads, cut: Sections, reach: Numbers) -> list[Part]:
    """Each edge split at the borders of the sections that it runs through."""
    out: list[Part] = []
    for edge, (road, offset, against, length) in enumerate(
        zip(
            roads.road.tolist(),
            roads.offset.tolist(),
            roads.reversed.tolist(),
            streets.length.tolist(),
            strict=True,
        )
    ):
        size, first = float(cut.length[cut.first[road]]), int(cut.first[road])
        last = int(cut.first[road + 1]) - 1
        step = min(int(offset / size + 1e-9), last - first)
        lo, stop = offset, offset + length
        while lo < stop - 1e-9:
            hi = stop if first + step == last else min(stop, (step + 1) * size)
            a, b = (stop - hi, stop - lo) if against else (lo - offset, hi - offset)
            open_a, open_b = max(a, reach[edge, 0]), min(b, length - reach[edge, 1])
            out.append(Part(first + step, edge, a, b, max(open_b - open_a, 0.0)))
            lo, step = hi, step + 1
    return out


def owners(sites: Sites, streets: Streets, found: Crashes) -> tuple[Indices, Indices]:
    """(crashes,) the junction (-1: none) and the section of each; one at a junction still lies on a section."""
    tail, head = (sites.junction_of_node[end[found.edge]] for end in (streets.tail, streets.head))
    left = streets.length[found.edge] - found.position
    at_tail = (tail >= 0) & (found.position <= sites.reach[found.edge, 0])
    at_head = (head >= 0) & (left <= sites.reach[found.edge, 1])
    nearer = at_tail & (~at_head | (found.position <= left))
    junction = np.where(nearer, tail, np.where(at_head, head, -1)).astype(np.int32)
    along = sites.roads.along(found.edge, found.position, streets.length)
    return junction, sites.sections.of(sites.roads.road[found.edge], along)


def columns_of_sections(sites: Sites, streets: Streets, flow: Numbers | None) -> tuple[Numbers, Numbers]:
    """Columns (sections counted, k) of the performance function, and the mean daily flow or NaN: a constant, a mark a
    road class, the logarithm of the flow."""
    keep = sites.counted
    size = sites.free.size
    kind, number = np.unique(streets.road_class.astype(str), return_inverse=True)
    shares, weighted = np.zeros((size, kind.size)), np.zeros(size)
    for part in sites.parts:
        shares[part.section, number[part.edge]] += part.free
        weighted[part.section] += part.free * (0.0 if flow is None else flow[part.edge])
    chosen = shares[keep].argmax(1)
    marks = [(chosen == k).astype(float) for k in _common(chosen, kind.size)]
    daily = weighted[keep] / sites.free[keep] if flow is not None else np.full(keep.size, np.nan)
    logs = [np.log(np.maximum(daily, 1.0))] if flow is not None else []
    return np.column_stack([np.ones(keep.size), *marks, *logs]), daily


def _common(chosen: NDArray[np.intp], kinds: int) -> list[int]:
    """Classes with enough sites for a mark of their own; the commonest is the base."""
    counts = np.bincount(chosen, minlength=kinds)
    return [k for k in range(kinds) if counts[k] >= 10 and k != int(counts.argmax())]


def columns_of_junctions(sites: Sites, streets: Streets, flow: Numbers | None) -> tuple[Numbers, Numbers]:
    """Columns (junctions, k) and the flow that enters (pcu/d) or NaN: a constant, a mark for four arms and more, one
    for main roads, the logarithm of the flow."""
    arms = streets.degree()[sites.junctions]
    main = np.zeros(streets.node.size)
    total = np.zeros(streets.node.size)
    is_main = np.isin(streets.road_class.astype(str), _MAIN).astype(float)
    for end in (streets.tail, streets.head):
        np.add.at(main, end, is_main)
        np.add.at(total, end, 0.0 if flow is None else flow / 2)
    daily = total[sites.junctions] if flow is not None else np.full(arms.size, np.nan)
    found = [np.ones(arms.size), (arms > 3).astype(float), (main[sites.junctions] >= 2).astype(float)]
    varied = [found[0], *(one for one in found[1:] if 5 <= one.sum() <= one.size - 5)]
    logs = [np.log(np.maximum(daily, 1.0))] if flow is not None else []
    return np.column_stack([*varied, *logs]), daily


def section_shape(sites: Sites, streets: Streets, section: int) -> tuple[MultiLineString, float]:
    """The lines of a section, junctions included, and their length."""
    parts = sites.site_parts[section]
    lines = [substring(streets.shape[part.edge], part.start, part.end) for part in parts]
    return MultiLineString([line for line in lines if line.length > 0]), sum(p.end - p.start for p in parts)


def junction_shape(sites: Sites, streets: Streets, junction: int) -> tuple[MultiLineString, float]:
    """The arms of a junction as far as they count, and their length."""
    node = int(sites.junctions[junction])
    lines = [
        substring(streets.shape[e], 0.0, float(sites.reach[e, 0]))
        for e in np.flatnonzero(streets.tail == node)
    ] + [
        substring(streets.shape[e], float(streets.length[e] - sites.reach[e, 1]), float(streets.length[e]))
        for e in np.flatnonzero(streets.head == node)
    ]
    kept = [line for line in lines if line.length > 0]
    return MultiLineString(kept), sum(line.length for line in kept)
