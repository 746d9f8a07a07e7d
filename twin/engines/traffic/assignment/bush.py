"""Bushes: for each origin and class an acyclic set of links that holds its flow, widened and trimmed to what can be better.

A bush is kept as a run of links in topological order, those into one node side by side; each node that can be reached
has at least one. The links of the nodes that lead to a destination come first (the core, with a flow each), the others are
the branches of the shortest-path tree on which nobody travels.

A bush takes up a link (i, j) of the shortest-path tree where the longest used way to i is shorter than that to j (Dial 2006,
Transp. Res. B 40, 917: improvement rule; Nie 2010, ibid. 44, 73: with the least costs), so that it stays acyclic: from one
node to the next along its links the longest used cost, or off the used links the least cost from where they were left, never falls.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.traffic.assignment.arrays import Array, Bushes, Desk, Graph, Links, Trips
from twin.engines.traffic.assignment.delay import Curves, cost, refresh
from twin.engines.traffic.assignment.order import plain_tree, reorder
from twin.engines.traffic.jit import compiled, merged
from twin.engines.traffic.paths import rise, take

_DUST = 1e-13  # share of a node's flow that is rounding and not travel


@compiled
def desk(nodes: int, links: int) -> Desk:
    """Empty working space."""
    return Desk(
        np.full(nodes, np.inf), np.zeros(nodes), np.full(nodes, -1, np.int32), np.zeros(nodes),
        np.empty(nodes, np.int32), np.full(nodes, -1, np.int32),
        np.zeros(nodes, np.int32), np.zeros(nodes, np.int32), np.full(nodes, -1, np.int32),
        np.zeros(nodes, np.int8), np.empty(2 * nodes + links, np.int32),
        np.empty(links + nodes, np.int32), np.empty(links + nodes),
    )  # fmt: skip


@compiled
def relax(graph: Graph, time: Array, fixed: Array, d: Desk, origin: int, size: int) -> None:
    """Settle the nodes in the heap (``size`` of them): least costs ``d.least`` and the links ``d.by`` that give them."""
    while size > 0:
        node = take(d.heap, d.place, d.least, size)
        size -= 1
        if node != origin and not graph.through[node]:
            continue
        now = d.least[node]
        for link in range(graph.start[node], graph.start[node + 1]):
            to = graph.head[link]
            reached = now + (time[link] + fixed[link])
            if reached < d.least[to]:
                if d.place[to] < 0:
                    slot = size
                    size += 1
                else:
                    slot = d.place[to]
                d.least[to] = reached
                d.by[to] = link
                rise(d.heap, d.place, d.least, to, slot)


@compiled
def label(graph: Graph, links: Links, fixed: Array, run: Array, d: Desk, origin: int) -> None:
    """Least costs from an origin: first along its bush, then mended wherever a link outside is better."""
    d.least[:] = np.inf
    d.by[:] = -1
    d.least[origin] = 0.0
    for link in run:
        reached = d.least[graph.tail[link]] + (links.time[link] + fixed[link])
        to = graph.head[link]
        if reached < d.least[to]:
            d.least[to] = reached
            d.by[to] = link
    size = 0
    for node in range(d.least.size):
        now = d.least[node]
        if now == np.inf or (node != origin and not graph.through[node]):
            continue
        for link in range(graph.start[node], graph.start[node + 1]):
            to = graph.head[link]
            reached = now + (links.time[link] + fixed[link])
            if reached < d.least[to]:
                d.least[to] = reached
                d.by[to] = link
                if d.place[to] < 0:
                    slot = size
                    size += 1
                else:
                    slot = d.place[to]
                rise(d.heap, d.place, d.least, to, slot)
    relax(graph, links.time, fixed, d, origin, size)


@compiled
def settle(graph: Graph, run: Array, flow: Array, d: Desk) -> None:
    """Make flows balance at each node again, from the last to the first; needs the trips in ``d.through_flow``.

    Where rounding left less than a 1e-13th of a node's flow on a link, the others take it.
    """
    k = run.size
    while k > 0:
        end = k
        node = graph.head[run[k - 1]]
        total = 0.0
        while k > 0 and graph.head[run[k - 1]] == node:
            k -= 1
            total += flow[k]
        want = d.through_flow[node]
        if end - k == 1:
            flow[k] = want
        elif want == 0.0:
            flow[k:end] = 0.0
        else:
            _share(graph, run, flow, d, k, end, total, want)
        for j in range(k, end):
            d.through_flow[graph.tail[run[j]]] += flow[j]


@merged
def _share(
    graph: Graph, run: Array, flow: Array, d: Desk, k: int, end: int, total: float, want: float
) -> None:  # fmt: skip
    kept = 0.0
    for j in range(k, end):
        if flow[j] <= _DUST * total:
            flow[j] = 0.0
        kept += flow[j]
    if kept == 0.0:
        flow[k] = want
        return
    if kept != want:
        for j in range(k, end):
            flow[j] *= want / kept


@compiled
def excess(graph: Graph, links: Links, fixed: Array, run: Array, flow: Array, d: Desk, origin: int) -> Any:
    """What travel on the bush costs beyond the least costs; the longest used ways in ``d.most``."""
    total = 0.0
    d.most[origin] = 0.0
    node = origin
    for k in range(run.size):
        link = run[k]
        if graph.head[link] != node:
            node = graph.head[link]
            d.most[node] = 0.0
        if flow[k] > 0.0:
            tail = graph.tail[link]
            own = links.time[link] + fixed[link]
            d.most[node] = max(d.most[node], d.most[tail] + own)
            total += flow[k] * ((d.least[tail] + own) - d.least[node])
    return total


@compiled
def update(
    graph: Graph, trips: Trips, links: Links, bushes: Bushes, d: Desk, first: int, tally: Array
) -> Any:  # fmt: skip
    """Relabel, balance, trim and widen each bush from ``first`` on, at costs that stay as they are.

    ``tally`` (2,) gains the excess cost over shortest paths and the cost on shortest paths. Returns the bush at which the
    arrays were full, or their number.
    """
    for b in range(first, trips.origin.size):
        origin = trips.origin[b]
        fixed = links.fixed[trips.user[b]]
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        run = bushes.link[at : at + bushes.count[b]]
        flow = bushes.flow[flow_at : flow_at + core]
        label(graph, links, fixed, run, d, origin)
        d.through_flow[:] = 0.0
        least = 0.0
        for k in range(trips.start[b], trips.start[b + 1]):
            if trips.pcu[k] > 0.0:
                d.through_flow[trips.node[k]] = trips.pcu[k]
                least += trips.pcu[k] * d.least[trips.node[k]]
        settle(graph, run[:core], flow, d)
        more = excess(graph, links, fixed, run[:core], flow, d, origin)
        count, used = reorder(graph, run, flow, core, d, origin)
        if not store(b, bushes, d, count, used):
            return b
        tally[0] += more
        tally[1] += least
    return trips.origin.size


@compiled
def load_all(curves: Curves, links: Links, bushes: Bushes) -> None:
    """Flows of the links from those of all bushes, and their costs."""
    links.flow[:] = 0.0
    for b in range(bushes.at.size):
        at, flow_at = bushes.at[b], bushes.flow_at[b]
        for k in range(bushes.core[b]):
            links.flow[bushes.link[at + k]] += bushes.flow[flow_at + k]
    refresh(curves, links.flow, links.time, links.slope)


@compiled
def store(b: int, bushes: Bushes, d: Desk, count: int, core: int) -> bool:
    """Put the bush on the desk into its slot, or into a new one; False where the arrays are full."""
    room = count + count // 16 if count > bushes.room[b] else 0
    flow_room = core + core // 16 if core > bushes.flow_room[b] else 0
    if bushes.top[0] + room > bushes.link.size or bushes.top[1] + flow_room > bushes.flow.size:
        return False
    if room > 0:
        bushes.at[b], bushes.room[b] = bushes.top[0], room
        bushes.top[0] += room
    if flow_room > 0:
        bushes.flow_at[b], bushes.flow_room[b] = bushes.top[1], flow_room
        bushes.top[1] += flow_room
    bushes.count[b], bushes.core[b] = count, core
    at, flow_at = bushes.at[b], bushes.flow_at[b]
    for k in range(count):
        bushes.link[at + k] = d.links[k]
    for k in range(core):
        bushes.flow[flow_at + k] = d.flows[k]
    return True


@compiled
def seat(trips: Trips, b: int, d: Desk, missed: Array) -> None:
    """The bush's trips in ``d.through_flow``; those without a way (``d.least``) are marked in ``missed``."""
    d.through_flow[:] = 0.0
    for k in range(trips.start[b], trips.start[b + 1]):
        if d.least[trips.node[k]] < np.inf:
            d.through_flow[trips.node[k]] = trips.pcu[k]
        else:
            missed[k] = True


@compiled
def grow(
    graph: Graph, trips: Trips, curves: Curves, links: Links, bushes: Bushes, d: Desk, first: int, missed: Array
) -> Any:  # fmt: skip
    """Load each bush from ``first`` on, all on shortest paths at the flows so far; demand without a way is marked in ``missed``.

    Returns the bush at which the arrays were full, or their number.
    """
    for b in range(first, trips.origin.size):
        origin = trips.origin[b]
        fixed = links.fixed[trips.user[b]]
        d.least[:] = np.inf
        d.by[:] = -1
        d.least[origin] = 0.0
        d.heap[0] = origin
        d.place[origin] = 0
        relax(graph, links.time, fixed, d, origin, 1)
        seat(trips, b, d, missed)
        count, core = plain_tree(graph, d, origin)
        if not store(b, bushes, d, count, core):
            return b
        _load(curves, links, bushes, b)
    return trips.origin.size


@compiled
def _load(curves: Curves, links: Links, bushes: Bushes, b: int) -> None:
    """Add a bush's flows to the links and bring their costs up to date."""
    at, flow_at = bushes.at[b], bushes.flow_at[b]
    for k in range(bushes.core[b]):
        link = bushes.link[at + k]
        links.flow[link] += bushes.flow[flow_at + k]
        links.time[link], links.slope[link] = cost(curves, link, links.flow[link])
