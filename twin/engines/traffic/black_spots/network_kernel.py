"""Kernel density of points along a network.

The equal-split discontinuous kernel of Okabe, Satoh and Sugihara (2009, IJGIS 23:7-32): mass that meets a junction of
n links goes on in equal parts into the n - 1 others; it turns round at dead ends. The kernel is the biweight (quartic),
integrated over each lixel, so that every point's mass stays on the network to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.black_spots.mixture import learn
from twin.engines.traffic.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.black_spots.lixels import Lixels

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

Array = Any

_LEAST = 1e-4  # a share of a point's mass that is not split any further but left where it is
_STACK = 4096
BANDWIDTHS = (25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0)


@dataclass(frozen=True, slots=True)
class Density:
    """``mass``: (lixels,) points (weighted) that the kernel puts on each piece; ``own``: (points,) what each of them put
    on the piece where it lies."""

    bandwidth: float
    mass: Numbers
    own: Numbers


def density(lixels: Lixels, edge: Indices, position: Numbers, weight: Numbers, bandwidth: float) -> Density:
    """Spread (points,) weights from ``position`` m along ``edge`` over ``bandwidth`` m of the network in each direction."""
    mass = np.zeros(int(lixels.first[-1]))
    own = np.zeros(edge.size)
    at = np.clip(position, 0.0, lixels.length[edge])
    _spread(
        lixels.tail, lixels.head, lixels.length, lixels.first, lixels.at, lixels.end,
        np.asarray(edge, np.int32), at, np.asarray(weight, np.float64), float(bandwidth), mass, own,
    )  # fmt: skip
    return Density(float(bandwidth), mass, own)


def mixed(
    lixels: Lixels,
    edge: Indices,
    position: Numbers,
    weight: Numbers,
    bandwidths: Sequence[float] = BANDWIDTHS,
) -> Density:
    """A mixture of the densities of several bandwidths and of an even spread over the network.

    The shares maximise the leave-one-out likelihood of the points themselves (expectation maximisation); ``bandwidth`` is
    the mean of the bandwidths by their shares.
    """
    tried = [density(lixels, edge, position, weight, one) for one in bandwidths]
    piece = lixels.of(edge, position)
    total, long = float(weight.sum()), float(lixels.length.sum())
    rest = np.maximum(total - weight, 1e-12) * lixels.piece[piece]
    seen = [np.maximum(one.mass[piece] - one.own, 0.0) / rest for one in tried]
    shares = learn(np.column_stack([*seen, np.full(edge.size, 1.0 / long)]), weight)
    mass = shares[-1] * total * lixels.piece / long
    own = shares[-1] * weight * lixels.piece[piece] / long
    for share, one in zip(shares[:-1], tried, strict=True):
        mass += share * one.mass
        own += share * one.own
    width = float(shares[:-1] @ np.asarray(bandwidths)) / max(float(shares[:-1].sum()), 1e-12)
    return Density(width, mass, own)


@compiled
def _integral(distance: float, bandwidth: float) -> Any:
    """Mass of the biweight kernel between 0 and ``distance``; half of all beyond the bandwidth."""
    u = distance / bandwidth
    if u >= 1.0:
        return 0.5
    return 0.9375 * (u - 2.0 * u**3 / 3.0 + u**5 / 5.0)


@compiled
def _along(
    length: Array, first: Array, edge: int, forward: bool, start: float, travelled: float, share: float, bandwidth: float,
    mass: Array,
) -> Any:  # fmt: skip
    """Lay down ``share`` from ``start`` to the edge's end or the bandwidth's; the distance at the end."""
    count = first[edge + 1] - first[edge]
    size = length[edge] / count
    step = min(max(int(start / size), 0), count - 1)
    if not forward and step > 0 and start <= step * size:
        step -= 1
    here, before = start, _integral(travelled, bandwidth)
    while 0 <= step < count and travelled < bandwidth:
        there = (step + 1) * size if forward else step * size
        if forward and step == count - 1:
            there = length[edge]
        travelled += abs(there - here)
        after = _integral(travelled, bandwidth)
        mass[first[edge] + step] += share * (after - before)
        here, before = there, after
        step += 1 if forward else -1
    return travelled


@compiled
def _spread(
    tail: Array, head: Array, length: Array, first: Array, at: Array, end: Array, edge: Array, position: Array, weight: Array,
    bandwidth: float, mass: Array, own: Array,
) -> None:  # fmt: skip
    """Depth first over the walks that do not turn back, one point and direction after the other."""
    edges = np.empty(_STACK, np.int32)
    ahead = np.empty(_STACK, np.bool_)
    starts = np.empty(_STACK)
    gone = np.empty(_STACK)
    shares = np.empty(_STACK)
    for point in range(edge.size):
        count = first[edge[point] + 1] - first[edge[point]]
        lies = min(int(position[point] / length[edge[point]] * count), count - 1) + first[edge[point]]
        held = mass[lies]
        for direction in range(2):
            edges[0], ahead[0] = edge[point], direction == 0
            starts[0], gone[0], shares[0] = position[point], 0.0, weight[point]
            top = 1
            while top > 0:
                top -= 1
                e, forward, share = edges[top], ahead[top], shares[top]
                travelled = _along(length, first, e, forward, starts[top], gone[top], share, bandwidth, mass)
                if travelled >= bandwidth:
                    continue
                came = 2 * e + 1 if forward else 2 * e
                node = head[e] if forward else tail[e]
                ways = at[node + 1] - at[node]
                if share < _LEAST * weight[point] or top + ways >= _STACK:
                    last = first[e + 1] - 1 if forward else first[e]
                    mass[last] += share * (0.5 - _integral(travelled, bandwidth))
                    continue
                for k in range(at[node], at[node + 1]):
                    if end[k] != came or ways == 1:
                        out = end[k] // 2
                        edges[top], ahead[top] = out, end[k] % 2 == 0
                        starts[top] = 0.0 if end[k] % 2 == 0 else length[out]
                        gone[top] = travelled
                        shares[top] = share / max(ways - 1, 1)
                        top += 1
        own[point] = mass[lies] - held
