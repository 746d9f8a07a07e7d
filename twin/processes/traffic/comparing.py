"""Before and after a closure: rows of links, and what the trips that have no way any more cost before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.road_network import CONNECTOR
from twin.processes.context import Features
from twin.processes.traffic.rows import named, roads, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import Numbers, RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.traffic.closing import Changed

NOTICED = 0.5  # pcu/h: smaller changes of flow count as none


@dataclass(frozen=True, slots=True)
class Lost:
    """Trips that the closure cuts off, and what they cost before: veh/h, veh.h/h, veh.km/h."""

    trips: float
    time_h: float
    distance_km: float


def effects(network: RoadNetwork, base: Equilibrium, after: Equilibrium, to: Changed) -> NDArray[np.object_]:
    """(links,) codes of the vocabulary ``traffic_effect``."""
    capacity = network.links.capacity
    change = after.flow - base.flow
    found = np.full(change.size, "same", object)
    found[change > NOTICED] = "more"
    found[change < -NOTICED] = "less"
    found[(base.flow <= capacity) & (after.flow > capacity)] = "breaks"
    found[to.slowed(network)] = "slowed"
    found[to.closed] = "closed"
    return found


def links(network: RoadNetwork, base: Equilibrium, after: Equilibrium, to: Changed) -> Features:
    """One row per directed link."""
    index, table = roads(network), network.links
    shut = to.closed
    time = np.where(shut, np.nan, after.time)
    change = after.flow - base.flow
    columns: dict[str, list[Any]] = {
        **named(network, index),
        "class": table.road_class[index].tolist(),
        "effect": effects(network, base, after, to)[index].tolist(),
        "depth": rounded(np.where(to.depth > 0, to.depth, np.nan)[index]),
        "free_speed": rounded(to.shared[index], 2),
        "flow_base": rounded(base.flow[index]),
        "flow": rounded(after.flow[index]),
        "flow_change": rounded(change[index]),
        "flow_shift": rounded(np.abs(change)[index]),
        "time_base": rounded(base.time[index]),
        "time": rounded(time[index]),
        "time_change": rounded((time - base.time)[index]),
        "saturation_base": rounded((base.flow / table.capacity)[index], 4),
        "saturation": rounded((after.flow / table.capacity)[index], 4),
    }
    return Features(columns, table.shape[index])


def newly_lost(base: Equilibrium, after: Equilibrium) -> NDArray[np.bool_]:
    """Which of the trips cut off after were not cut off before."""
    old = base.cut_off
    known = set(zip(old.demand.tolist(), old.origin.tolist(), old.destination.tolist(), strict=True))
    new = after.cut_off
    keys = zip(new.demand.tolist(), new.origin.tolist(), new.destination.tolist(), strict=True)
    return np.array([key not in known for key in keys], bool)


def lost(network: RoadNetwork, base: Equilibrium, after: Equilibrium) -> Lost:
    """The trips newly cut off, by the fastest routes before: at equilibrium all routes in use are as fast."""
    which = newly_lost(base, after)
    cut = after.cut_off
    trips = cut.trips[which]
    if not trips.size:
        return Lost(0.0, 0.0, 0.0)
    seconds, metres = _routes(network, base, cut.origin[which], cut.destination[which])
    return Lost(float(trips.sum()), float(trips @ seconds) / 3600.0, float(trips @ metres) / 1000.0)


def _routes(
    network: RoadNetwork, base: Equilibrium, origin: NDArray[np.int32], destination: NDArray[np.int32]
) -> tuple[Numbers, Numbers]:
    """Seconds and metres (on roads) of the fastest routes at the base's times; turn bans are left out of account."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    table, first, nodes = network.links, network.first_through, len(network.nodes)
    head = np.where(table.head < first, table.head + nodes, table.head)  # zones are ends, never on the way
    time = np.maximum(base.time, 1e-6)
    metres = np.where(table.road_class == CONNECTOR, 0.0, table.length)
    order = np.lexsort((time, head, table.tail))
    fresh = np.ones(order.size, bool)
    fresh[1:] = (np.diff(table.tail[order]) != 0) | (np.diff(head[order]) != 0)
    best = order[fresh]
    size = nodes + first
    graph = csr_array((time[best], (table.tail[best], head[best])), shape=(size, size))
    step = {
        (int(a), int(b)): float(m) for a, b, m in zip(table.tail[best], head[best], metres[best], strict=True)
    }
    sources, which = np.unique(origin, return_inverse=True)
    seconds, before = dijkstra(graph, indices=sources, return_predecessors=True)
    target = np.where(destination < first, destination + nodes, destination)
    far = np.array(
        [_length(before[row], int(end), step) for row, end in zip(which, target, strict=True)], np.float64
    )
    return np.nan_to_num(seconds[which, target], posinf=0.0), far


def _length(before: NDArray[np.int32], end: int, step: dict[tuple[int, int], float]) -> float:
    total, node = 0.0, end
    while before[node] >= 0:
        total += step[(int(before[node]), node)]
        node = int(before[node])
    return total
