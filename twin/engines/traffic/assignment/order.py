"""The links of a bush in topological order: those that carry flow or lead to it, then the branches without."""

from __future__ import annotations

from typing import Any

from twin.engines.traffic.assignment.arrays import Array, Desk, Graph
from twin.engines.traffic.jit import compiled, merged


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
    used = _core(
        graph.tail,
        graph.head,
        run,
        flow,
        core,
        d.group,
        d.group_end,
        d.extra,
        d.mark,
        d.stack,
        d.links,
        d.flows,
        d.through_flow,
    )
    return _branches(graph.tail, d.by, d.mark, d.stack, d.links, used), used


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
def _core(
    tail: Array, head: Array, run: Array, flow: Array, core: int, group: Array, end: Array, extra: Array, mark: Array,
    stack: Array, links: Array, flows: Array, whole: Array,
) -> Any:  # fmt: skip
    """Write the links into the nodes with flow, and into all nodes before them, each behind those into its tails."""
    count, size, k = 0, 0, 0
    while k < core or size > 0:
        if size == 0:
            stack[0] = head[run[k]]
            size = 1
            k = end[stack[0]]
            if whole[stack[0]] <= 0.0:
                size = 0
                continue
        node = stack[size - 1]
        state = mark[node]
        if state == 2:
            size -= 1
            continue
        mark[node] = state + 1
        if state == 0:
            size = _before(tail, run, flow, group[node], end[node], extra[node], mark, stack, size)
            continue
        size -= 1
        for j in range(group[node], end[node]):
            if flow[j] > 0.0:
                links[count] = run[j]
                flows[count] = flow[j]
                count += 1
        if extra[node] >= 0:
            links[count] = extra[node]
            flows[count] = 0.0
            count += 1
    return count


@merged
def _before(
    tail: Array, run: Array, flow: Array, first: int, end: int, extra: int, mark: Array, stack: Array, size: int
) -> Any:  # fmt: skip
    """Put on the stack what must be written before a node."""
    for j in range(first, end):
        if flow[j] > 0.0 and mark[tail[run[j]]] == 0:
            stack[size] = tail[run[j]]
            size += 1
    if extra >= 0 and mark[tail[extra]] == 0:
        stack[size] = tail[extra]
        size += 1
    return size


@compiled
def plain_tree(graph: Graph, d: Desk, origin: int) -> Any:
    """The shortest-path tree as a bush on the desk, those with trips behind them first, and its flows."""
    d.mark[:] = 0
    d.mark[origin] = 2
    core = _stems(graph.tail, d.by, d.through_flow, d.mark, d.stack, d.links)
    count = _branches(graph.tail, d.by, d.mark, d.stack, d.links, core)
    for k in range(core - 1, -1, -1):
        link = d.links[k]
        d.flows[k] = d.through_flow[graph.head[link]]
        d.through_flow[graph.tail[link]] += d.flows[k]
    return count, core


@compiled
def _stems(tail: Array, by: Array, trips: Array, mark: Array, stack: Array, links: Array) -> Any:
    """Write the links of the tree that lead to the nodes with trips."""
    count = 0
    for node in range(by.size):
        if trips[node] > 0.0 and mark[node] == 0:
            count = branch(tail, by, mark, stack, links, node, count)
    return count


@compiled
def _branches(tail: Array, by: Array, mark: Array, stack: Array, links: Array, count: int) -> Any:
    """Write the links of the tree to all nodes that none leads to yet."""
    for node in range(by.size):
        if mark[node] == 0 and by[node] >= 0:
            count = branch(tail, by, mark, stack, links, node, count)
    return count


@merged
def branch(
    tail: Array, by: Array, mark: Array, stack: Array, links: Array, node: int, count: int
) -> Any:  # fmt: skip
    """Write the links from where the tree is written to a node."""
    size = 0
    while mark[node] == 0:
        mark[node] = 2
        stack[size] = by[node]
        size += 1
        node = tail[by[node]]
    for k in range(size - 1, -1, -1):
        links[count] = stack[k]
        count += 1
    return count
