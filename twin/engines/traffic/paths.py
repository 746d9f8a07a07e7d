"""Shortest paths from one or many sources: Dijkstra (1959) on a 4-ary heap with decrease-key.

The times equal those of ``scipy.sparse.csgraph.dijkstra`` to the last bit: both are the least of the sums taken from the
source on. Links of infinite cost are closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from twin.engines.traffic.jit import compiled, merged

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

Array = Any


class Fan(NamedTuple):
    """Links sorted by the node that they leave: those of node n are ``start[n]:start[n + 1]`` of the others.

    ``start`` (nodes + 1,), ``head`` (links,) the node that a link enters, ``link`` (links,) its number in the caller's arrays.
    """

    start: Indices
    head: Indices
    link: Indices


def fan_out(tail: ArrayLike, head: ArrayLike, nodes: int) -> Fan:
    """Sort directed links by their tail; give ``fan_out(head, tail, nodes)`` to search against the direction."""
    first = np.asarray(tail, dtype=np.int32)
    link = np.argsort(first, kind="stable").astype(np.int32)
    start = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(first, minlength=nodes), out=start[1:])
    return Fan(start, np.ascontiguousarray(np.asarray(head, dtype=np.int32)[link]), link)


def nearest(
    fan: Fan,
    cost: ArrayLike,
    sources: ArrayLike,
    *,
    limit: float = np.inf,
    passable: NDArray[np.bool_] | None = None,
) -> tuple[Numbers, Indices]:
    """Time from the nearest source to each node, and the position of that source in ``sources`` (-1 beyond ``limit``).

    ``cost``: (links,) in the caller's order, none negative. ``passable``: (nodes,) whether paths may pass through a node;
    they begin and end anywhere.
    """
    time = np.full(fan.start.size - 1, np.inf)
    owner = np.full(time.size, -1, dtype=np.int32)
    _grow(fan.start, fan.head, _sorted(fan, cost), np.asarray(sources, dtype=np.int32), float(limit),
          _through(passable, time.size), time, owner)  # fmt: skip
    return time, owner


def many(
    fan: Fan,
    cost: ArrayLike,
    sources: ArrayLike,
    *,
    limit: float = np.inf,
    passable: NDArray[np.bool_] | None = None,
) -> Numbers:
    """Times (sources, nodes) from each source by itself; infinite where there is no way or it is beyond ``limit``."""
    starts = np.asarray(sources, dtype=np.int32)
    times = np.full((starts.size, fan.start.size - 1), np.inf)
    _grow_each(fan.start, fan.head, _sorted(fan, cost), starts, float(limit),
               _through(passable, times.shape[1]), times)  # fmt: skip
    return times


def tree(
    fan: Fan, cost: ArrayLike, source: int, *, passable: NDArray[np.bool_] | None = None
) -> tuple[Numbers, Indices]:
    """Times (nodes,) from one source and the link by which each node is reached (-1 at the source and where none is)."""
    ordered = _sorted(fan, cost)
    time = np.full(fan.start.size - 1, np.inf)
    by = np.full(time.size, -1, dtype=np.int32)
    _grow_tree(fan.start, fan.head, ordered, source, _through(passable, time.size), time, by)
    return time, np.where(by >= 0, fan.link[by], -1).astype(np.int32)


def _sorted(fan: Fan, cost: ArrayLike) -> Numbers:
    return np.ascontiguousarray(np.asarray(cost, dtype=np.float64)[fan.link])


def _through(passable: NDArray[np.bool_] | None, nodes: int) -> NDArray[np.bool_]:
    return np.ones(nodes, dtype=np.bool_) if passable is None else np.asarray(passable, dtype=np.bool_)


@merged
def rise(heap: Array, place: Array, key: Array, node: int, slot: int) -> None:
    """Move a node up from a slot of the heap to where its key belongs."""
    value = key[node]
    while slot > 0:
        above = (slot - 1) >> 2
        other = heap[above]
        if key[other] <= value:
            break
        heap[slot] = other
        place[other] = slot
        slot = above
    heap[slot] = node
    place[node] = slot


@merged
def take(heap: Array, place: Array, key: Array, size: int) -> Any:
    """Remove and return the node of least key; its place becomes -1. The heap then holds ``size - 1``."""
    least = heap[0]
    place[least] = -1
    size -= 1
    if size == 0:
        return least
    node = heap[size]
    value = key[node]
    slot = 0
    while True:
        child = 4 * slot + 1
        if child >= size:
            break
        best, best_value = child, key[heap[child]]
        for other in range(child + 1, min(child + 4, size)):
            if key[heap[other]] < best_value:
                best, best_value = other, key[heap[other]]
        if best_value >= value:
            break
        heap[slot] = heap[best]
        place[heap[slot]] = slot
        slot = best
    heap[slot] = node
    place[node] = slot
    return least


@compiled
def _grow(  # noqa: C901
    start: Array, head: Array, cost: Array, sources: Array, limit: float, through: Array, time: Array, owner: Array
) -> None:  # fmt: skip
    """Labels of the nearest of several sources; of two equally near ones the earlier keeps the node. The keys lie beside
    the heap: they are compared far oftener than they change (a fourth quicker than through the nodes, measured)."""
    heap = np.empty(time.size, np.int32)
    keys = np.empty(time.size, np.float64)
    place = np.full(time.size, -1, np.int32)
    size = 0
    for k in range(sources.size):
        node = sources[k]
        if owner[node] < 0:
            time[node], owner[node] = 0.0, k
            heap[size], keys[size], place[node] = node, 0.0, size
            size += 1
    while size > 0:
        node, now = heap[0], keys[0]
        place[node] = -1
        size -= 1
        if size > 0:
            last, value, slot = heap[size], keys[size], 0
            while True:
                child = 4 * slot + 1
                if child >= size:
                    break
                best, least = child, keys[child]
                for other in range(child + 1, min(child + 4, size)):
                    if keys[other] < least:
                        best, least = other, keys[other]
                if least >= value:
                    break
                moved = heap[best]
                heap[slot], keys[slot], place[moved] = moved, least, slot
                slot = best
            heap[slot], keys[slot], place[last] = last, value, slot
        who = owner[node]
        if not through[node] and sources[who] != node:
            continue
        for k in range(start[node], start[node + 1]):
            to = head[k]
            reached = now + cost[k]
            if reached < time[to] and reached <= limit:
                slot = place[to]
                if slot < 0:
                    slot = size
                    size += 1
                time[to], owner[to] = reached, who
                while slot > 0:
                    above = (slot - 1) >> 2
                    if keys[above] <= reached:
                        break
                    moved = heap[above]
                    heap[slot], keys[slot], place[moved] = moved, keys[above], slot
                    slot = above
                heap[slot], keys[slot], place[to] = to, reached, slot


@compiled
def _grow_each(
    start: Array, head: Array, cost: Array, sources: Array, limit: float, through: Array, times: Array
) -> None:  # fmt: skip
    owner = np.empty(times.shape[1], np.int32)
    for k in range(sources.size):
        owner[:] = -1
        _grow(start, head, cost, sources[k : k + 1], limit, through, times[k], owner)


@compiled
def _grow_tree(
    start: Array, head: Array, cost: Array, source: int, through: Array, time: Array, by: Array
) -> None:  # fmt: skip
    heap = np.empty(time.size, np.int32)
    place = np.full(time.size, -1, np.int32)
    size = 1
    time[source] = 0.0
    heap[0] = source
    place[source] = 0
    while size > 0:
        node = take(heap, place, time, size)
        size -= 1
        if node != source and not through[node]:
            continue
        now = time[node]
        for k in range(start[node], start[node + 1]):
            to = head[k]
            reached = now + cost[k]
            if reached < time[to]:
                if place[to] < 0:
                    slot = size
                    size += 1
                else:
                    slot = place[to]
                time[to] = reached
                by[to] = k
                rise(heap, place, time, to, slot)
