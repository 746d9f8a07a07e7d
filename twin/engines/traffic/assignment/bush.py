"""Bushes: for each origin and class an acyclic set of links that holds its flow, widened and trimmed to what can be better.

A bush is kept as a run of links in topological order, those into one node side by side; each node that can be reached
has at least one. The links of the nodes that lead to a destination come first (the core, with a flow each), the others are
the branches of the shortest-path tree on which nobody travels.

A bush takes up a link (i, j) of the shortest-path tree where the longest used way to i is shorter than that to j (Dial 2006,
Transp. Res. B 40, 917: improvement rule; Nie 2010, ibid. 44, 73: with the least costs), so that it stays acyclic: from one
node to the next along its links the longest used cost, or off the used links the least cost from where they were left, never falls.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.engines.traffic.assignment.delay import Curves, cost, refresh
from twin.engines.traffic.jit import compiled
from twin.engines.traffic.paths import rise, take

Array = Any
_DUST = 1e-13  # share of a node's flow that is rounding and not travel


class Graph(NamedTuple):
    """Links sorted by tail: ``start`` (nodes + 1,), ``tail``, ``head`` (links,), ``through`` (nodes,)."""

    start: Array
    tail: Array
    head: Array
    through: Array


class Trips(NamedTuple):
    """Per bush: ``origin``, row of fixed costs ``user``, and its destinations ``start[b]:start[b + 1]`` of ``node``, ``pcu``."""

    origin: Array
    user: Array
    start: Array
    node: Array
    pcu: Array


class Links(NamedTuple):
    """State of the links: ``flow`` pcu/h, ``time`` (the cost that flow makes) and ``slope``; ``fixed`` (users, links)."""

    flow: Array
    time: Array
    slope: Array
    fixed: Array


class Bushes(NamedTuple):
    """Slots of ``link`` and ``flow``: bush b has ``count[b]`` links from ``at[b]``, the first ``core[b]`` with flows from ``flow_at[b]``.

    ``room``, ``flow_room`` (bushes,): what a slot holds; ``top`` (2,): where the free ends of ``link`` and ``flow`` begin.
    """

    link: Array
    flow: Array
    at: Array
    room: Array
    count: Array
    flow_at: Array
    flow_room: Array
    core: Array
    top: Array


class Desk(NamedTuple):
    """Working space of one origin at a time, (nodes,) unless said; ``links``, ``flows`` (links,)."""

    least: Array
    most: Array
    by: Array
    through_flow: Array
    heap: Array
    place: Array
    group: Array
    group_end: Array
    extra: Array
    mark: Array
    stack: Array
    links: Array
    flows: Array


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


@compiled
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
def reorder(graph: Graph, run: Array, flow: Array, core: int, d: Desk, origin: int) -> Any:
    """The new bush in ``d.links``, ``d.flows``: used links, and the shortest-path tree as far as it leaves no cycle.

    Needs ``d.least``, ``d.by``, and the flows of the nodes in ``d.through_flow``. Returns its links and those of the core.
    """
    nodes = d.least.size
    for node in range(nodes):
        d.mark[node] = 0
        d.extra[node] = d.by[node]
        d.group[node] = 0
        d.group_end[node] = 0
    _longest(graph, run, flow, core, d, origin)
    d.mark[origin] = 2
    count = 0
    k = 0
    while k < core:
        node = graph.head[run[k]]
        if d.through_flow[node] > 0.0:
            count = _emit(graph, run, flow, d, node, count)
        k = d.group_end[node]
    used = count
    for node in range(nodes):
        if d.mark[node] == 0 and d.by[node] >= 0:
            count = _emit(graph, run, flow, d, node, count)
    return count, used


@compiled
def _longest(graph: Graph, run: Array, flow: Array, core: int, d: Desk, origin: int) -> None:
    """Groups of links by head; and which link of the tree a node with flow may take up (``d.extra``, else -1)."""
    k = 0
    while k < core:
        node = graph.head[run[k]]
        d.group[node] = k
        while k < core and graph.head[run[k]] == node:
            k += 1
        d.group_end[node] = k
        link = d.by[node]
        if d.through_flow[node] <= 0.0 or link < 0:
            continue
        for j in range(d.group[node], k):
            if run[j] == link and flow[j] > 0.0:
                d.extra[node] = -1
        if d.extra[node] >= 0:
            at = graph.tail[link]
            while d.through_flow[at] <= 0.0 and at != origin:
                at = graph.tail[d.by[at]]
            if d.most[at] + (d.least[graph.tail[link]] - d.least[at]) >= d.most[node]:
                d.extra[node] = -1


@compiled
def _emit(graph: Graph, run: Array, flow: Array, d: Desk, node: int, count: int) -> Any:
    """Write the links into a node behind those into all nodes before it."""
    size = 1
    d.stack[0] = node
    while size > 0:
        node = d.stack[size - 1]
        if d.mark[node] == 0:
            d.mark[node] = 1
            size = _before(graph, run, flow, d, node, size)
        elif d.mark[node] == 1:
            d.mark[node] = 2
            size -= 1
            count = _write(run, flow, d, node, count)
        else:
            size -= 1
    return count


@compiled
def _before(graph: Graph, run: Array, flow: Array, d: Desk, node: int, size: int) -> Any:
    """Put on the stack what must be written before a node."""
    if d.through_flow[node] > 0.0:
        for j in range(d.group[node], d.group_end[node]):
            if flow[j] > 0.0 and d.mark[graph.tail[run[j]]] == 0:
                d.stack[size] = graph.tail[run[j]]
                size += 1
    if d.extra[node] >= 0 and d.mark[graph.tail[d.extra[node]]] == 0:
        d.stack[size] = graph.tail[d.extra[node]]
        size += 1
    return size


@compiled
def _write(run: Array, flow: Array, d: Desk, node: int, count: int) -> Any:
    """Write the links into a node: those used, and the one taken up."""
    if d.through_flow[node] > 0.0:
        for j in range(d.group[node], d.group_end[node]):
            if flow[j] > 0.0:
                d.links[count] = run[j]
                d.flows[count] = flow[j]
                count += 1
    if d.extra[node] >= 0:
        d.links[count] = d.extra[node]
        d.flows[count] = 0.0
        count += 1
    return count


@compiled
def store(b: int, bushes: Bushes, d: Desk, count: int, core: int) -> bool:
    """Put the bush on the desk into its slot, or into a new one; False where the arrays are full."""
    if count > bushes.room[b]:
        room = count + count // 16
        if bushes.top[0] + room > bushes.link.size:
            return False
        bushes.at[b], bushes.room[b] = bushes.top[0], room
        bushes.top[0] += room
    if core > bushes.flow_room[b]:
        room = core + core // 16
        if bushes.top[1] + room > bushes.flow.size:
            return False
        bushes.flow_at[b], bushes.flow_room[b] = bushes.top[1], room
        bushes.top[1] += room
    bushes.count[b], bushes.core[b] = count, core
    at, flow_at = bushes.at[b], bushes.flow_at[b]
    for k in range(count):
        bushes.link[at + k] = d.links[k]
    for k in range(core):
        bushes.flow[flow_at + k] = d.flows[k]
    return True


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
        d.through_flow[:] = 0.0
        for k in range(trips.start[b], trips.start[b + 1]):
            if d.least[trips.node[k]] < np.inf:
                d.through_flow[trips.node[k]] = trips.pcu[k]
            else:
                missed[k] = True
        count, core = _tree(graph, d, origin)
        if not store(b, bushes, d, count, core):
            return b
        _load(curves, links, bushes, b)
    return trips.origin.size


@compiled
def _tree(graph: Graph, d: Desk, origin: int) -> Any:
    """The shortest-path tree as a bush on the desk, those with trips behind them first, and its flows."""
    d.mark[:] = 0
    d.mark[origin] = 2
    d.extra[:] = d.by
    count = 0
    for node in range(d.by.size):
        if d.through_flow[node] > 0.0 and node != origin and d.mark[node] == 0:
            count = branch(graph, d, node, count)
    core = count
    for node in range(d.by.size):
        if d.by[node] >= 0 and d.mark[node] == 0:
            count = branch(graph, d, node, count)
    for k in range(core - 1, -1, -1):
        link = d.links[k]
        d.flows[k] = d.through_flow[graph.head[link]]
        d.through_flow[graph.tail[link]] += d.flows[k]
    return count, core


@compiled
def branch(graph: Graph, d: Desk, node: int, count: int) -> Any:
    """Write the links from where the tree is written to a node."""
    size = 0
    while d.mark[node] == 0:
        d.mark[node] = 2
        d.stack[size] = d.by[node]
        size += 1
        node = graph.tail[d.by[node]]
    for k in range(size - 1, -1, -1):
        d.links[count] = d.stack[k]
        count += 1
    return count


@compiled
def _load(curves: Curves, links: Links, bushes: Bushes, b: int) -> None:
    """Add a bush's flows to the links and bring their costs up to date."""
    at, flow_at = bushes.at[b], bushes.flow_at[b]
    for k in range(bushes.core[b]):
        link = bushes.link[at + k]
        links.flow[link] += bushes.flow[flow_at + k]
        links.time[link], links.slope[link] = cost(curves, link, links.flow[link])
