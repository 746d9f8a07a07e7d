"""Who drives where in a rush hour, and what each street then carries: residents, jobs, quick ways, and streets that fill up.

No part of it is the service's own: what the service estimates from the readings is held against a truth made elsewhere.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from .buildings import buildings
from .frame import rng
from .graph import links, nodes
from .table_roads import LANE_CAPACITY, LANES, SPEED, node_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

DRIVES = 0.15  # car trips of a resident in the busiest hour: twice the rates that the service ships
FLOOR_M2 = 34.0  # of dwelling a head
DRAW = {"commercial": 9.0, "office": 5.0, "education": 4.0, "medical": 9.0, "government": 4.0, "transport": 5.0,
        "hotel": 2.0, "cultural": 3.0, "sports": 2.0, "industrial": 1.5, "warehouse": 0.5, "mixed": 2.5}  # fmt: skip
PER_MINUTE = 0.11  # of driving, by which far places draw less
JUNCTION_S = 6.0
PARTS = 8  # in which the trips are loaded, each on the ways that are quick by then
HOMES = ("residential", "apartment", "mixed", "dormitory")


@cache
def _ends() -> tuple[Numbers, Numbers]:
    """Residents and attraction of each junction: those of the buildings nearest to it."""
    at = [key for key, ids in nodes().items() if any(links()[i].kind != "expressway" for i in ids)]
    tree = shapely.STRtree(shapely.points(at))
    place = {key: n for n, key in enumerate(node_code())}
    number = np.array([place[key] for key in at])
    people, drawn = np.zeros(len(place)), np.zeros(len(place))
    near = tree.nearest([b.shape.representative_point() for b in buildings()])
    for b, n in zip(buildings(), number[near], strict=True):
        floor = b.shape.area * b.floors
        if b.use in HOMES:
            people[n] += floor * (0.5 if b.use == "mixed" else 1.0) * 0.7 / FLOOR_M2
        drawn[n] += floor / 1000.0 * DRAW.get(b.use, 0.4)
    return people, drawn


@cache
def _ways() -> tuple[NDArray[np.intp], Numbers, Numbers]:
    """(2 links, 2) ends, (2 links,) s at night and veh/h of room: the links along their line, then against it."""
    place = {key: n for n, key in enumerate(node_code())}
    ends = np.array([[place[a], place[b]] for a, b in (k.ends for k in links())])
    time = np.array([3.6 * k.line.length / SPEED[k.kind] + JUNCTION_S for k in links()])
    room = np.array([float(LANES[k.kind] * LANE_CAPACITY[k.kind]) for k in links()])
    return np.concatenate([ends, ends[:, ::-1]]), np.tile(time, 2), np.tile(room, 2)


def _graph(cost: Numbers, size: int) -> tuple[csr_array, dict[tuple[int, int], int]]:
    """The ways as a matrix, and which link a pair of nodes is: of parallel links the quickest."""
    ends, _, _ = _ways()
    order = np.argsort(-cost, kind="stable")
    number = {(int(a), int(b)): int(n) for n, (a, b) in zip(order, ends[order], strict=True)}
    kept = np.array(list(number.values()))
    return csr_array((cost[kept], (ends[kept, 0], ends[kept, 1])), shape=(size, size)), number


def _load(trips: Numbers, flow: Numbers, cost: Numbers) -> None:
    """Add the trips to the flow along quickest ways: from the far end of each tree inwards."""
    graph, number = _graph(cost, len(trips))
    far, before = dijkstra(graph, return_predecessors=True)
    for origin in np.flatnonzero(trips.sum(1)):
        carried = trips[origin].copy()
        for node in np.argsort(-far[origin], kind="stable"):
            back = int(before[origin, node])
            if back >= 0 and carried[node] > 0:
                flow[number[(back, int(node))]] += carried[node]
                carried[back] += carried[node]


@cache
def _trips() -> Numbers:
    """(nodes, nodes) from homes to activities in a whole rush hour; places draw more or less than their floor area says."""
    draw, (people, drawn) = rng("traffic demand"), _ends()
    _, time, _ = _ways()
    graph, _ = _graph(time, people.size)
    weight = np.exp(-PER_MINUTE * dijkstra(graph) / 60.0)
    np.fill_diagonal(weight, 0.0)
    weight *= drawn * draw.gamma(12.0, 1 / 12.0, people.size)
    weight *= np.exp(0.2 * draw.normal(size=weight.shape))
    made = people * DRIVES * draw.gamma(12.0, 1 / 12.0, people.size)
    return made[:, None] * weight / weight.sum(1, keepdims=True)


@cache
def rush(*, outward: bool) -> Numbers:
    """(links, 2) flow over capacity, along the line and against it, were a whole rush hour's trips outward, or homeward."""
    trips = _trips() if outward else _trips().T
    _, time, room = _ways()
    flow = np.zeros(time.size)
    for _ in range(PARTS):
        _load(trips / PARTS, flow, time * (1 + 0.5 * (flow / room) ** 4))
    return np.asarray((flow / room).reshape(2, -1).T)
