"""Bushes of an earlier equilibrium made to fit other trips, or links that are closed.

What a bush has lost is cut off with all that hung on it alone; it is grown anew on shortest paths, and each node sends its
flow on in the shares it had.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.traffic.assignment.arrays import Array, Bushes, Desk, Graph, Links, Trips
from twin.engines.traffic.assignment.bush import excess, label, seat, settle, store
from twin.engines.traffic.assignment.order import branch, reorder
from twin.engines.traffic.jit import compiled


@compiled
def broken(trips: Trips, links: Links, bushes: Bushes, touched: Array) -> None:
    """Mark the bushes with flow on a link that its users may not drive."""
    for b in range(trips.origin.size):
        at, flow_at = bushes.at[b], bushes.flow_at[b]
        fixed = links.fixed[trips.user[b]]
        for k in range(bushes.core[b]):
            if fixed[bushes.link[at + k]] == np.inf and bushes.flow[flow_at + k] > 0.0:
                touched[b] = True
                break


@compiled
def replant(
    graph: Graph, trips: Trips, links: Links, bushes: Bushes, d: Desk, first: int, touched: Array, missed: Array
) -> Any:  # fmt: skip
    """Make the touched bushes from ``first`` on hold their trips on open links; trips without a way are marked in ``missed``.

    Returns the bush at which the arrays were full, or their number.
    """
    for b in range(first, trips.origin.size):
        if not touched[b]:
            continue
        origin = trips.origin[b]
        fixed = links.fixed[trips.user[b]]
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        old = bushes.link[at : at + bushes.count[b]]
        old_flow = bushes.flow[flow_at : flow_at + core]
        label(graph, links, fixed, old, d, origin)
        count = _graft(graph, links, fixed, old, old_flow, d, origin)
        run = d.links[:count].copy()
        flow = d.flows[:count].copy()
        seat(trips, b, d, missed)
        settle(graph, run, flow, d)
        excess(graph, links, fixed, run, flow, d, origin)
        count, used = reorder(graph, run, flow, count, d, origin)
        if not store(b, bushes, d, count, used):
            return b
    return trips.origin.size


@compiled
def _graft(
    graph: Graph, links: Links, fixed: Array, old: Array, old_flow: Array, d: Desk, origin: int
) -> Any:  # fmt: skip
    """The links that still hold, in their order, and branches of the shortest-path tree to the other nodes."""
    d.mark[:] = 0
    d.mark[origin] = 2
    count = 0
    k = 0
    while k < old.size:
        node = graph.head[old[k]]
        spare = -1
        begin = count
        while k < old.size and graph.head[old[k]] == node:
            link = old[k]
            if d.mark[graph.tail[link]] == 2 and links.time[link] + fixed[link] < np.inf:
                if k < old_flow.size and old_flow[k] > 0.0:
                    d.links[count] = link
                    d.flows[count] = old_flow[k]
                    count += 1
                elif spare < 0:
                    spare = link
            k += 1
        if count == begin and spare >= 0:
            d.links[count] = spare
            d.flows[count] = 0.0
            count += 1
        if count > begin:
            d.mark[node] = 2
    for node in range(d.by.size):
        if d.by[node] >= 0 and d.mark[node] == 0:
            before = count
            count = branch(graph.tail, d.by, d.mark, d.stack, d.links, node, count)
            d.flows[before:count] = 0.0
    return count


@compiled
def class_flows(trips: Trips, bushes: Bushes, flow: Array) -> None:
    """Flows (users, links) from those of the bushes."""
    for b in range(trips.origin.size):
        at, flow_at, user = bushes.at[b], bushes.flow_at[b], trips.user[b]
        for k in range(bushes.core[b]):
            flow[user, bushes.link[at + k]] += bushes.flow[flow_at + k]
