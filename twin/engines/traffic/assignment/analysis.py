"""Who drives where, read off the bushes: travel through selected links, and flows from link to link.

A bush tells the flow of its origin on each link, not which routes make it up. Where it matters, each node sends what comes in by
each link on in the same shares, which is the likeliest of all route patterns with these flows (largest entropy; Akamatsu 1997).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.assignment.arrays import Array, Bushes, Graph, Trips
from twin.engines.traffic.assignment.equilibrium import Equilibrium, Selection, Turns
from twin.engines.traffic.assignment.ground import graph
from twin.engines.traffic.assignment.problems import AssignmentInputError
from twin.engines.traffic.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


def select_link(equilibrium: Equilibrium, links: NDArray[Any]) -> Selection:
    """See ``Equilibrium.select_link``; ``links``: numbers, or a mask of all links."""
    net, forest = equilibrium.network, equilibrium.forest
    numbers = np.flatnonzero(links) if links.dtype == np.bool_ else links.astype(np.int64).ravel()
    if numbers.size == 0 or (numbers < 0).any() or (numbers >= net.links).any():
        raise AssignmentInputError(
            "links",
            f"应为 0 至 {net.links - 1} 的路段编号。",
            f"must be link numbers from 0 to {net.links - 1}.",
        )
    chosen = np.zeros(forest.expansion.tail.size, dtype=np.bool_)
    chosen[forest.expansion.arc[numbers]] = True
    trips = forest.trips
    flow, share = np.zeros(chosen.size), np.zeros(trips.node.size)
    _select(graph(forest.expansion), trips, forest.bushes, chosen, flow, share)
    through = np.flatnonzero(share > 0)
    b = np.repeat(np.arange(trips.origin.size), np.diff(trips.start))[through]
    pce = np.array([one.pce for one in equilibrium.demands])[trips.user[b]]
    return Selection(
        trips.user[b], trips.origin[b], trips.node[through], share[through] * trips.pcu[through] / pce,
        flow[forest.expansion.arc[: net.links]],
    )  # fmt: skip


def turns(equilibrium: Equilibrium, node: int | None = None) -> Turns:
    """See ``Equilibrium.turns``."""
    net, forest = equilibrium.network, equilibrium.forest
    if node is not None and not 0 <= node < net.nodes:
        raise AssignmentInputError(
            "node",
            f"应为 0 至 {net.nodes - 1} 的节点编号。",
            f"must be a node number from 0 to {net.nodes - 1}.",
        )
    leaving = np.argsort(net.tail, kind="stable").astype(np.int32)
    degree = np.bincount(net.tail, minlength=net.nodes)
    first = np.cumsum(degree) - degree
    slot = np.empty(net.links, dtype=np.int64)
    slot[leaving] = np.arange(net.links) - first[net.tail[leaving]]
    ways = degree[net.head]
    row = np.cumsum(ways) - ways
    came = np.repeat(np.arange(net.links, dtype=np.int32), ways)
    went = leaving[np.arange(came.size) - row[came] + first[net.head[came]]]
    flow = np.zeros(came.size)
    _turn(graph(forest.expansion), forest.trips, forest.bushes, forest.expansion.link, row, slot, flow)
    kept = flow > 0
    if node is not None:
        kept &= net.head[came] == node
    return Turns(came[kept], went[kept], flow[kept])


def mean_times(equilibrium: Equilibrium) -> dict[tuple[int, int, int], float]:
    """Mean time of the trips of each pair (demand, origin, destination) along its routes."""
    forest = equilibrium.forest
    trips, expansion = forest.trips, forest.expansion
    time = expansion.arcs(equilibrium.time, expansion.turn_time)
    mean = np.zeros(trips.node.size)
    _mean(graph(expansion), trips, forest.bushes, time, mean)
    b = np.repeat(np.arange(trips.origin.size), np.diff(trips.start))
    used = trips.pcu > 0
    keys = zip(
        trips.user[b][used].tolist(), trips.origin[b][used].tolist(), trips.node[used].tolist(), strict=True
    )
    return dict(zip(keys, mean[used].tolist(), strict=True))


@compiled
def _mean(g: Graph, trips: Trips, bushes: Bushes, time: Array, out: Array) -> None:
    nodes = g.through.size
    whole, group, end = np.zeros(nodes), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    mean = np.zeros(nodes)
    for b in range(trips.origin.size):
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        run = bushes.link[at : at + core]
        flow = bushes.flow[flow_at : flow_at + core]
        _inflows(g, run, flow, whole, group, end)
        mean[:] = 0.0
        for k in range(core):
            if flow[k] > 0.0:
                head = g.head[run[k]]
                mean[head] += (mean[g.tail[run[k]]] + time[run[k]]) * (flow[k] / whole[head])
        for k in range(trips.start[b], trips.start[b + 1]):
            out[k] = mean[trips.node[k]]


@compiled
def _inflows(g: Graph, run: Array, flow: Array, whole: Array, group: Array, end: Array) -> None:
    """Per node of a bush: its flow, and where its links stand."""
    whole[:] = 0.0
    group[:] = 0
    end[:] = 0
    for k in range(run.size):
        node = g.head[run[k]]
        if end[node] == 0:
            group[node] = k
        end[node] = k + 1
        whole[node] += flow[k]


@compiled
def _select(g: Graph, trips: Trips, bushes: Bushes, chosen: Array, out: Array, share: Array) -> None:
    nodes = g.through.size
    whole, group, end = np.zeros(nodes), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    before, after = np.zeros(nodes), np.zeros(nodes)
    for b in range(trips.origin.size):
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        run = bushes.link[at : at + core]
        flow = bushes.flow[flow_at : flow_at + core]
        used = False
        for k in range(core):
            used |= chosen[run[k]] and flow[k] > 0.0
        if not used:
            continue
        _inflows(g, run, flow, whole, group, end)
        before[:] = 0.0
        after[:] = 0.0
        for k in range(core):
            link = run[k]
            if flow[k] > 0.0:
                passed = 1.0 if chosen[link] else before[g.tail[link]]
                before[g.head[link]] += passed * flow[k] / whole[g.head[link]]
        for k in range(core - 1, -1, -1):
            link = run[k]
            if flow[k] > 0.0:
                head, tail = g.head[link], g.tail[link]
                later = 1.0 if chosen[link] else min(after[head] / whole[head], 1.0)
                after[tail] += flow[k] * later
                out[link] += flow[k] * (later + (1.0 - later) * before[tail])
        for k in range(trips.start[b], trips.start[b + 1]):
            if trips.pcu[k] > 0.0:
                share[k] = min(before[trips.node[k]], 1.0)


@compiled
def _turn(g: Graph, trips: Trips, bushes: Bushes, number: Array, row: Array, slot: Array, out: Array) -> None:
    """Flows from link to link by row and slot; through the inner turns of opened nodes as through one node."""
    nodes, links = g.through.size, row.size
    whole, group, end = np.zeros(nodes), np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    for b in range(trips.origin.size):
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        run = bushes.link[at : at + core]
        flow = bushes.flow[flow_at : flow_at + core]
        _inflows(g, run, flow, whole, group, end)
        for k in range(core):
            went = number[run[k]]
            if went >= links or flow[k] <= 0.0:
                continue
            node = g.tail[run[k]]
            for j in range(group[node], end[node]):
                if flow[j] <= 0.0:
                    continue
                came = number[run[j]]
                part = flow[k] * flow[j] / whole[node]
                if came < links:
                    out[row[came] + slot[went]] += part
                    continue
                inner = g.tail[run[j]]
                for i in range(group[inner], end[inner]):
                    if flow[i] > 0.0:
                        out[row[number[run[i]]] + slot[went]] += part * flow[i] / whole[inner]
