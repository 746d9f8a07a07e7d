"""Shifts of flow within a bush from the longest used way into a node to the least, until both cost the same.

From the last node to the first: both ways are followed back to where they part, and Newton's step on the difference of their
costs moves flow, held between nothing and the least flow of the longer one (Dial 2006, Transp. Res. B 40, 917). Where the
difference is left large, because the functions bend, the step is repeated inside the bracket found.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.engines.traffic.assignment.arrays import Array, Bushes, Graph, Links, Trips
from twin.engines.traffic.assignment.delay import Curves, cost
from twin.engines.traffic.jit import compiled, merged

_ROUNDING = 4e-16  # of the costs compared, by the number of links
_REPEATS = 30
_ENOUGH = 0.1  # what one shift may leave of a difference


class Bench(NamedTuple):
    """Working space, by position in the bush: nodes (nodes,), ``tail`` (links,); ``place`` is by node."""

    place: Array
    first: Array
    least: Array
    most: Array
    low: Array
    high: Array
    tail: Array
    joins: Array
    short: Array
    long: Array


@compiled
def bench(nodes: int, links: int) -> Bench:
    """Empty working space."""
    return Bench(
        np.empty(nodes, np.int32), np.empty(nodes + 1, np.int32), np.empty(nodes), np.empty(nodes),
        np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(links + nodes, np.int32),
        np.empty(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes, np.int32),
    )  # fmt: skip


@compiled
def unfold(graph: Graph, run: Array, w: Bench, origin: int) -> Any:
    """Number the nodes of a bush by their order; the positions that several links enter are its ``joins``."""
    w.place[origin] = 0
    nodes, joins = 0, 0
    last = -1
    for k in range(run.size):
        link = run[k]
        node = graph.head[link]
        if node != last:
            if nodes > 0 and k - w.first[nodes] > 1:
                w.joins[joins] = nodes
                joins += 1
            nodes += 1
            w.first[nodes] = k
            w.place[node] = nodes
            last = node
        w.tail[k] = w.place[graph.tail[link]]
    if nodes > 0 and run.size - w.first[nodes] > 1:
        w.joins[joins] = nodes
        joins += 1
    w.first[nodes + 1] = run.size
    return nodes, joins


@compiled
def ways(links: Links, fixed: Array, run: Array, flow: Array, w: Bench, nodes: int) -> Any:
    """Least and longest used costs of each node and the links that give them; returns the excess cost of travel."""
    total = 0.0
    w.least[0] = 0.0
    w.most[0] = 0.0
    for p in range(1, nodes + 1):
        k = w.first[p]
        end = w.first[p + 1]
        if end - k == 1:
            link = run[k]
            own = links.time[link] + fixed[link]
            w.least[p] = w.least[w.tail[k]] + own
            w.most[p] = w.most[w.tail[k]] + own
            w.low[p] = k
            w.high[p] = k
            continue
        least, most, low, high = np.inf, -1.0, k, -1
        for j in range(k, end):
            link = run[j]
            own = links.time[link] + fixed[link]
            reached = w.least[w.tail[j]] + own
            if reached < least:
                least, low = reached, j
            if flow[j] > 0.0:
                reached = w.most[w.tail[j]] + own
                if reached > most:
                    most, high = reached, j
        for j in range(k, end):
            if flow[j] > 0.0:
                total += flow[j] * ((w.least[w.tail[j]] + links.time[run[j]] + fixed[run[j]]) - least)
        w.least[p], w.low[p], w.high[p] = least, low, high
        w.most[p] = most if high >= 0 else least
        if high < 0:
            w.high[p] = low
    return total


@merged
def part(flow: Array, w: Bench, p: int) -> Any:
    """Follow both ways into a node back to where they part; returns their numbers of links, and what can move."""
    a, b = w.low[p], w.high[p]
    if a == b:
        return 0, 0, 0.0
    w.short[0] = a
    w.long[0] = b
    shorts, longs = 1, 1
    most = flow[b]
    i, j = w.tail[a], w.tail[b]
    while i != j:
        if i > j:
            k = w.low[i]
            w.short[shorts] = k
            shorts += 1
            i = w.tail[k]
        else:
            k = w.high[j]
            w.long[longs] = k
            longs += 1
            most = min(most, flow[k])
            j = w.tail[k]
    return shorts, longs, most


@compiled
def shift(
    curves: Curves, links: Links, fixed: Array, run: Array, flow: Array, w: Bench, p: int
) -> None:  # fmt: skip
    """Move flow into one node from its longest used way to its least."""
    shorts, longs, most = part(flow, w, p)
    if most <= 0.0:
        return
    cheap, cheap_slope = total(links, fixed, run, w.short, shorts)
    dear, dear_slope = total(links, fixed, run, w.long, longs)
    gain = dear - cheap
    noise = _ROUNDING * (shorts + longs) * dear
    if gain <= noise:
        return
    enough = max(_ENOUGH * gain, noise)
    bottom, top, moved = 0.0, most, 0.0
    bounded = False
    for n in range(_REPEATS):
        if abs(gain) <= enough or (gain > 0.0 and moved >= most):
            return
        slope = cheap_slope + dear_slope
        goal = moved + gain / slope if slope > 0.0 else top
        if goal >= top and not bounded:
            goal = top
        elif goal >= top or goal <= bottom or n % 3 == 2:
            goal = 0.5 * (bottom + top)
        step = goal - moved
        push(curves, links, run, flow, w.short, shorts, step)
        push(curves, links, run, flow, w.long, longs, -step)
        moved = goal
        cheap, cheap_slope = total(links, fixed, run, w.short, shorts)
        dear, dear_slope = total(links, fixed, run, w.long, longs)
        gain = dear - cheap
        if gain > 0.0:
            bottom = moved
        else:
            top, bounded = moved, True


@merged
def total(links: Links, fixed: Array, run: Array, way: Array, size: int) -> Any:
    """Cost of a way and its slope."""
    own, slope = 0.0, 0.0
    for k in range(size):
        link = run[way[k]]
        own += links.time[link] + fixed[link]
        slope += links.slope[link]
    return own, slope


@merged
def push(
    curves: Curves, links: Links, run: Array, flow: Array, way: Array, size: int, step: float
) -> None:  # fmt: skip
    """Add flow to a way, and bring the costs of its links up to date."""
    for k in range(size):
        at = way[k]
        flow[at] = max(flow[at] + step, 0.0)
        link = run[at]
        links.flow[link] = max(links.flow[link] + step, 0.0)
        links.time[link], links.slope[link] = cost(curves, link, links.flow[link])


@compiled
def sweep(
    graph: Graph, trips: Trips, curves: Curves, links: Links, bushes: Bushes, w: Bench, left: Array, least: float, passes: int
) -> Any:  # fmt: skip
    """Shift once over every bush whose excess, as last found (``left``), is at least ``least``; returns their excess."""
    whole = 0.0
    for b in range(trips.origin.size):
        if left[b] < least:
            whole += left[b]
            continue
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        run = bushes.link[at : at + core]
        flow = bushes.flow[flow_at : flow_at + core]
        fixed = links.fixed[trips.user[b]]
        nodes, joins = unfold(graph, run, w, trips.origin[b])
        for n in range(passes):
            more = ways(links, fixed, run, flow, w, nodes)
            if n == 0:
                left[b] = more
                whole += more
                if more < least:
                    break
            for k in range(joins - 1, -1, -1):
                shift(curves, links, fixed, run, flow, w, w.joins[k])
    return whole
