"""From a network and its demands to the arrays of the kernels: curves, costs, trips by bush, room for the bushes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.assignment.arrays import Bushes, Graph, Links, Trips
from twin.engines.traffic.assignment.delay import AKCELIK, CONICAL, CONSTANT, POWER, QUARTIC, Curves
from twin.engines.traffic.network import Delay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.assignment.demand import Demand
    from twin.engines.traffic.assignment.equilibrium import Aim
    from twin.engines.traffic.assignment.expansion import Expansion
    from twin.engines.traffic.network import Network

    type Numbers = NDArray[np.float64]


def graph(expansion: Expansion) -> Graph:
    """The expansion as the kernels take it."""
    return Graph(expansion.start, expansion.tail, expansion.head, expansion.through)


def curves(network: Network, expansion: Expansion, aim: Aim) -> Curves:
    """Delay functions by arc, or for the system optimum their marginal costs; turns are constant."""
    constant = (network.free_time == 0) | ~np.isfinite(network.free_time)
    bpr = network.function == Delay.BPR
    constant |= bpr & ((network.alpha == 0) | (network.power == 0) | np.isposinf(network.capacity))
    steady = np.where(bpr & (network.power == 0), network.free_time * (1 + network.alpha), network.free_time)
    kind = np.select(
        [constant, bpr & (network.power == 4), bpr, network.function == Delay.CONICAL],
        [CONSTANT, QUARTIC, POWER, CONICAL],
        AKCELIK,
    )
    marginal = aim == "system"
    a = np.where(bpr & marginal, network.alpha * (1 + network.power), network.alpha)
    capacity = np.where(constant, 1.0, network.capacity)
    return Curves(
        expansion.arcs(kind).astype(np.int8),
        expansion.arcs(np.where(constant, steady, network.free_time), expansion.turn_time),
        expansion.arcs(capacity, 1.0),
        expansion.arcs(1.0 / capacity, 1.0),
        expansion.arcs(a),
        expansion.arcs(network.power),
        np.array([float(marginal)]),
    )


def fixed_costs(
    network: Network, demands: Sequence[Demand], closed: NDArray[np.bool_], expansion: Expansion
) -> Numbers:
    """(demands, arcs) what the classes add to the time; infinite where they may not drive."""
    shut = closed | np.isposinf(network.free_time)
    return np.stack([expansion.arcs(np.where(shut, np.inf, one.fixed_cost(network))) for one in demands])


@dataclass(frozen=True, slots=True)
class Matrix:
    """Trips between nodes, sorted by class, origin and destination, each pair once; ``intrazonal`` veh/h were left out."""

    demand: NDArray[np.int32]
    origin: NDArray[np.int32]
    destination: NDArray[np.int32]
    pcu: Numbers
    intrazonal: float

    def trips(self) -> Trips:
        """The same by bush."""
        change = (np.diff(self.demand, prepend=-1) != 0) | (np.diff(self.origin, prepend=-1) != 0)
        first = np.flatnonzero(change)
        start = np.append(first, self.origin.size).astype(np.int64)
        return Trips(self.origin[first], self.demand[first], start, self.destination, self.pcu.copy())


def matrix(demands: Sequence[Demand]) -> Matrix:
    """All classes' trips that leave their node, in pcu/h."""
    which = np.concatenate([np.full(one.trips.size, k, np.int32) for k, one in enumerate(demands)])
    origin = np.concatenate([one.origin for one in demands]).astype(np.int32)
    destination = np.concatenate([one.destination for one in demands]).astype(np.int32)
    trips = np.concatenate([one.trips for one in demands]).astype(np.float64)
    stays = origin == destination
    goes = ~stays & (trips > 0)
    pcu = (trips * np.array([one.pce for one in demands])[which])[goes]
    which, origin, destination = which[goes], origin[goes], destination[goes]
    order = np.lexsort((destination, origin, which))
    which, origin, destination, pcu = which[order], origin[order], destination[order], pcu[order]
    new = np.ones(pcu.size, dtype=np.bool_)
    new[1:] = (np.diff(which) != 0) | (np.diff(origin) != 0) | (np.diff(destination) != 0)
    first = np.flatnonzero(new)
    whole = np.add.reduceat(pcu, first) if first.size else pcu
    return Matrix(which[first], origin[first], destination[first], whole, float(trips[stays].sum()))


def links(expansion: Expansion, fixed: Numbers) -> Links:
    """Links without flow."""
    arcs = expansion.tail.size
    return Links(np.zeros(arcs), np.zeros(arcs), np.zeros(arcs), fixed)


def empty(bushes: int, nodes: int, arcs: int) -> Bushes:
    """Room for new bushes; memory is taken as it is written to."""
    room = int(bushes * min(nodes * 1.3, arcs) * 1.2) + nodes + arcs
    at, held, count, flow_at, flow_held, core = np.zeros((6, bushes), np.int64)
    return Bushes(
        np.empty(room, np.int32),
        np.empty(room),
        at,
        held,
        count,
        flow_at,
        flow_held,
        core,
        np.zeros(2, np.int64),
    )


def copied(bushes: Bushes, which: NDArray[np.int64], spare: int) -> Bushes:
    """The bushes of these numbers (-1: an empty one) side by side without gaps, with ``spare`` room behind them."""
    known = which >= 0
    count = np.where(known, bushes.count[which], 0)
    core = np.where(known, bushes.core[which], 0)
    at = np.cumsum(count) - count
    flow_at = np.cumsum(core) - core
    ends = np.array([count.sum(), core.sum()], dtype=np.int64)
    link = np.empty(int(ends[0]) + spare, np.int32)
    flow = np.empty(int(ends[1]) + spare)
    for new, old in enumerate(which):
        if old >= 0:
            a, n, f, m = bushes.at[old], count[new], bushes.flow_at[old], core[new]
            link[at[new] : at[new] + n] = bushes.link[a : a + n]
            flow[flow_at[new] : flow_at[new] + m] = bushes.flow[f : f + m]
    return Bushes(link, flow, at, count.copy(), count, flow_at, core.copy(), core, ends)
