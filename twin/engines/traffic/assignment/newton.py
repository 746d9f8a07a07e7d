"""Newton's step for all bushes at once: where flows of many bushes depend on each other so much that sweeps and leaps creep.

Where costs of neighbouring links differ by many powers of ten, exchanges of flow between two ways of one bush, one after the
other, get nowhere: the problem is ill-conditioned. Here the exchanges ("cycles") that the used links of the bushes leave are
taken together: the least of the quadratic model of the objective (gradient g, slopes S of the links) with a damping R by cycle,

    y = -(R + Z' S Z)^-1 g = -R^-1 (g + Z' l),  (S^-1 + Z R^-1 Z') l = -Z R^-1 g  (Woodbury),

so that what has to be factorised grows with the links that slow down and not with the cycles. R = |g| / f with f the least
flow along the cycle: a cycle alone would not move more than there is (affine scaling).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, sparse

from twin.engines.traffic.assignment.arrays import Array, Bushes, Graph, Links, Trips
from twin.engines.traffic.assignment.shift import Bench, part, unfold
from twin.engines.traffic.jit import compiled

_MOST_LINKS = 4000  # a system of so many equations takes some seconds
_MOST_ENTRIES = 20_000_000
_LEAST = 1e-3  # of the mean gradient, that keeps the damping off zero


def direction(graph: Graph, trips: Trips, links: Links, bushes: Bushes, bench: Bench) -> Array | None:
    """Change of each bush's flows (as ``bushes.flow``), or None where there is nothing to exchange or too much to solve."""
    steep = np.flatnonzero((links.slope > 0.0) & (links.flow > 0.0))
    if steep.size > _MOST_LINKS:
        return None
    cycles, entries = _count(graph, trips, bushes, bench)
    if cycles == 0 or entries > _MOST_ENTRIES:
        return None
    start, slot = np.zeros(cycles + 1, np.int64), np.empty(entries, np.int64)
    link, sign = np.empty(entries, np.int32), np.empty(entries)
    gain, room = np.empty(cycles), np.empty(cycles)
    _cycles(graph, trips, links, bushes, bench, start, slot, link, sign, gain, room)
    size = np.abs(gain)
    mean = float(size @ room) / float(room.sum())
    if not mean > 0.0:
        return None
    give = room / np.maximum(size, _LEAST * mean)
    whole = sparse.csc_array((sign, link, start), shape=(links.flow.size, cycles))
    root = np.sqrt(links.slope[steep])
    own = sparse.diags_array(root) @ whole.tocsr()[steep]
    system = ((own * give) @ own.T).toarray()
    system[np.diag_indices_from(system)] += 1.0
    if not np.isfinite(system).all():
        return None
    try:
        solved = linalg.cho_solve(linalg.cho_factor(system, overwrite_a=True), -(own @ (give * gain)))
    except linalg.LinAlgError:
        return None
    step = -give * (gain + own.T @ solved)
    change = np.zeros(bushes.flow.size)
    np.add.at(change, slot, sign * np.repeat(step, np.diff(start)))
    return change if np.isfinite(change).all() else None


@compiled
def _open(graph: Graph, trips: Trips, bushes: Bushes, w: Bench, b: int) -> Any:
    """A bush unfolded; the links of most flow into its nodes are a tree, in ``w.low`` and ``w.high``."""
    at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
    run = bushes.link[at : at + core]
    flow = bushes.flow[flow_at : flow_at + core]
    nodes, _ = unfold(graph, run, w, trips.origin[b])
    for p in range(1, nodes + 1):
        w.low[p] = w.first[p]
        for k in range(w.first[p] + 1, w.first[p + 1]):
            if flow[k] > flow[w.low[p]]:
                w.low[p] = k
        w.high[p] = w.low[p]
    return run, flow, nodes


@compiled
def _count(graph: Graph, trips: Trips, bushes: Bushes, w: Bench) -> Any:
    """Cycles of all bushes, one for each used link beside the tree, and how many links they have in all."""
    cycles, entries = 0, 0
    for b in range(trips.origin.size):
        _, flow, nodes = _open(graph, trips, bushes, w, b)
        for p in range(1, nodes + 1):
            for k in range(w.first[p], w.first[p + 1]):
                if flow[k] > 0.0 and k != w.low[p]:
                    w.high[p] = k
                    shorts, longs, _ = part(flow, w, p)
                    cycles += 1
                    entries += shorts + longs
            w.high[p] = w.low[p]
    return cycles, entries


@compiled
def _cycles(
    graph: Graph, trips: Trips, links: Links, bushes: Bushes, w: Bench,
    start: Array, slot: Array, link: Array, sign: Array, gain: Array, room: Array,
) -> None:  # fmt: skip
    """Links of each cycle: +1 on the way by its own link, -1 on the tree's; what a unit costs more there, and the least flow."""
    cycle = 0
    for b in range(trips.origin.size):
        run, flow, nodes = _open(graph, trips, bushes, w, b)
        fixed = links.fixed[trips.user[b]]
        for p in range(1, nodes + 1):
            for k in range(w.first[p], w.first[p + 1]):
                if flow[k] > 0.0 and k != w.low[p]:
                    w.high[p] = k
                    shorts, longs, most = part(flow, w, p)
                    at, end = start[cycle], start[cycle] + longs + shorts
                    slot[at : at + longs] = w.long[:longs]
                    slot[at + longs : end] = w.short[:shorts]
                    sign[at : at + longs] = 1.0
                    sign[at + longs : end] = -1.0
                    gain[cycle], room[cycle] = 0.0, most
                    for n in range(at, end):
                        link[n] = run[slot[n]]
                        gain[cycle] += sign[n] * (links.time[link[n]] + fixed[link[n]])
                        room[cycle] = min(room[cycle], flow[slot[n]])
                        slot[n] += bushes.flow_at[b]
                    cycle += 1
                    start[cycle] = end
            w.high[p] = w.low[p]
