"""Link states from all sources: each source's word weighed by its precision, and what is seen carried along the roads.

Every quantity is estimated as the logarithm of its ratio to a background (the assignment, or what the class of road lets
expect). The background's error is a Gaussian field along the roads; observed links correct it there and, the less the farther
off, around them (optimal interpolation: Gandin 1963, the analysis step of a Kalman filter).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Places = NDArray[np.intp]

REACH_M = 1200.0  # over which the background's error fades to 1/e
AFAR = 5.0  # reaches: nothing is carried farther
_FLOOR = 1e-9


@dataclass(frozen=True, slots=True)
class Observed:
    """Some readings of one source: ``link`` (k,) positions, ``value`` (k,) above 0, ``sd`` (k,) relative to the value."""

    source: str
    link: Places
    value: Numbers
    sd: Numbers


@dataclass(frozen=True, slots=True)
class Estimate:
    """(links,) each: ``value``, relative ``sd``, ``information``: how much of the background's variance the readings took
    away (0 none .. 1 all), and ``sources``: who read this very link, names in order, empty where nobody did."""

    value: Numbers
    sd: Numbers
    information: Numbers
    sources: list[tuple[str, ...]]


def merge(observed: list[Observed], links: int) -> tuple[Places, Numbers, Numbers, list[tuple[str, ...]]]:
    """One reading a link: inverse-variance mean of the logarithms. Returns links, logarithms, variances and sources."""
    weight, total = np.zeros(links), np.zeros(links)
    names: list[set[str]] = [set() for _ in range(links)]
    for one in observed:
        w = 1.0 / np.maximum(one.sd, 1e-3) ** 2
        np.add.at(weight, one.link, w)
        np.add.at(total, one.link, w * np.log(np.maximum(one.value, _FLOOR)))
        for link in one.link.tolist():
            names[link].add(one.source)
    seen = np.flatnonzero(weight > 0)
    return seen, total[seen] / weight[seen], 1.0 / weight[seen], [tuple(sorted(one)) for one in names]


def fuse(
    background: Numbers,
    background_sd: Numbers,
    observed: list[Observed],
    apart: Numbers,
    seen: Places,
) -> Estimate:
    """Correct the background (links,), above 0, with relative ``background_sd`` (links,).

    ``seen``: the links that anybody read, as ``merge`` gives them; ``apart`` (seen, links): metres along the roads from each
    of them (infinite: not connected), see ``distances``.
    """
    at, logs, variance, names = merge(observed, background.size)
    if not np.array_equal(at, seen):
        raise ValueError("apart must be of the links that were read")
    if not at.size:
        return Estimate(background.copy(), background_sd.copy(), np.zeros(background.size), names)
    alike = np.exp(-apart / REACH_M)
    alike[apart > AFAR * REACH_M] = 0.0
    inner = _definite(alike[:, at])
    spread = background_sd
    among = inner * np.outer(spread[at], spread[at]) + np.diag(variance)
    across = alike * np.outer(spread[at], spread)
    gain = np.linalg.solve(among, across)  # (seen, links)
    innovation = logs - np.log(np.maximum(background[at], _FLOOR))
    moved = gain.T @ innovation
    taken = np.clip((across * gain).sum(0) / np.maximum(spread**2, _FLOOR), 0.0, 0.999)
    return Estimate(background * np.exp(moved), spread * np.sqrt(1.0 - taken), taken, names)


def _definite(alike: Numbers) -> Numbers:
    """Nearest correlation matrix: distances along roads need not make one."""
    even = (alike + alike.T) / 2
    value, vector = np.linalg.eigh(even)
    if value[0] >= 1e-8:
        return np.asarray(even)
    fixed = (vector * np.maximum(value, 1e-8)) @ vector.T
    scale = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(scale, scale))


def alone(seen: Places, links: int) -> Numbers:
    """(seen, links) distances that carry nothing from a link that was read to any other."""
    out = np.full((seen.size, links), np.inf)
    out[np.arange(seen.size), seen] = 0.0
    return out


def distances(
    tail: NDArray[np.int32], head: NDArray[np.int32], length: Numbers, nodes: int, seen: Places
) -> Numbers:
    """(seen, links) metres along the roads between the middles of links, the direction of travel left aside; links that
    run between the same two nodes in opposite directions are taken as far apart as a link is long plus ``REACH_M``, since
    the two directions of a road are not congested together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import dijkstra

    ends = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((length, *ends))
    first = np.concatenate([[True], (np.diff(ends[0][order]) != 0) | (np.diff(ends[1][order]) != 0)])
    kept = order[first]  # parallel links: the shortest
    metres = np.maximum(length[kept], 0.1)
    graph = coo_array((metres, (ends[0][kept], ends[1][kept])), shape=(nodes, nodes)).tocsr()
    half = length / 2
    out = np.full((seen.size, tail.size), np.inf)
    for row, link in enumerate(seen.tolist()):
        reach = dijkstra(graph, directed=False, indices=[tail[link], head[link]], limit=AFAR * REACH_M)
        near = np.minimum(reach[:, tail], reach[:, head]).min(axis=0)
        out[row] = near + half + half[link]
        out[row, (tail == head[link]) & (head == tail[link])] = length[link] + REACH_M
        out[row, link] = 0.0
    return out
