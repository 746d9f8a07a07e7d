"""Who uses an observed link: the share of each pair's trips that pass it, read off the bushes of an assignment.

Within a bush each node sends what comes in on in the shares of its links, as in ``Equilibrium.select_link``; several links at
once in one walk over each bush.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from twin.engines.traffic.assignment import Equilibrium

    type Numbers = NDArray[np.float64]

Array = Any
_LEAST = 1e-6
AT_ONCE = 512  # observed links in one walk


@dataclass(frozen=True, slots=True)
class Shares:
    """``share`` (observed links, pairs): part of each pair's pcu on each link; ``demand`` (pairs,) position among the
    equilibrium's demands, ``origin``, ``destination`` (pairs,) nodes, ``pcu`` (pairs,) of the pairs per hour."""

    share: csr_array
    demand: NDArray[np.int32]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    pcu: Numbers


def shares(equilibrium: Equilibrium, links: NDArray[np.intp]) -> Shares:
    """Of the pairs that travel; ``links``: (observed,) numbers of links, each once."""
    from scipy.sparse import csr_array, vstack

    forest = equilibrium.forest
    trips, bushes = forest.trips, forest.bushes
    bush = np.repeat(np.arange(trips.origin.size), np.diff(trips.start))
    arcs = forest.expansion.arc[links]
    parts = []
    for start in range(0, max(links.size, 1), AT_ONCE):
        some = arcs[start : start + AT_ONCE]
        column = np.full(forest.expansion.tail.size, -1, np.int64)
        column[some] = np.arange(some.size)
        before = np.zeros((forest.expansion.through.size, some.size))
        rows, cols, values = [], [], []
        for b in range(trips.origin.size):
            at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
            run, flow = bushes.link[at : at + core], bushes.flow[flow_at : flow_at + core]
            if not (column[run][flow > 0] >= 0).any():
                continue
            own = slice(trips.start[b], trips.start[b + 1])
            found = np.zeros((own.stop - own.start, some.size))
            _walk(
                run,
                flow,
                forest.expansion.tail,
                forest.expansion.head,
                column,
                before,
                trips.node[own],
                found,
            )
            pair, link = np.nonzero(found > _LEAST)
            rows.append(link)
            cols.append(pair + own.start)
            values.append(np.minimum(found[pair, link], 1.0))
        stacked = [np.concatenate(one) if one else np.zeros(0) for one in (values, rows, cols)]
        shape = (some.size, trips.node.size)
        parts.append(
            csr_array((stacked[0], (stacked[1].astype(np.int64), stacked[2].astype(np.int64))), shape=shape)
        )
    whole = vstack(parts, format="csr")
    return Shares(whole, trips.user[bush], trips.origin[bush], trips.node, np.asarray(trips.pcu))


@compiled
def _walk(
    run: Array, flow: Array, tail: Array, head: Array, column: Array, before: Array, node: Array, found: Array
) -> None:
    """``before`` (nodes, columns): share of a node's inflow that has passed each observed link."""
    whole = np.zeros(before.shape[0])
    for k in range(run.size):
        whole[head[run[k]]] += flow[k]
        before[head[run[k]], :] = 0.0
        before[tail[run[k]], :] = 0.0
    for k in range(run.size):
        if flow[k] <= 0.0:
            continue
        link = run[k]
        part = flow[k] / whole[head[link]]
        for j in range(before.shape[1]):
            before[head[link], j] += part * before[tail[link], j]
        if column[link] >= 0:
            j = column[link]
            before[head[link], j] += part * (1.0 - before[tail[link], j])
    for k in range(node.size):
        if whole[node[k]] > 0.0:
            for j in range(before.shape[1]):
                found[k, j] = before[node[k], j]
