"""Junctions drawn as several nodes a few metres apart made one, for models that cannot drive over links of no length."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.city.road_network import CONNECTOR, RoadLinks, RoadNetwork, RoadNodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import Indices

STRONGEST = ("signal", "interchange", "roundabout", "junction", "boundary", "end", "shape")


def merged(network: RoadNetwork, shortest_m: float) -> tuple[RoadNetwork, Indices]:
    """The network with the nodes at both ends of every road shorter than ``shortest_m`` made one, and the positions (in the
    given links) of the links that are left. Nodes keep their positions in the columns; those that became part of another
    have no links any more. Of roads between the same nodes that lie within ``shortest_m`` of each other the one with the
    greatest capacity stays. Bans stand where both links are left and still meet.
    """
    links, nodes = network.links, network.nodes
    roads = links.road_class != CONNECTOR
    short = roads & (links.length < shortest_m)
    size = (len(nodes),) * 2
    graph = coo_array((np.ones(int(short.sum())), (links.tail[short], links.head[short])), shape=size)
    count, group = connected_components(graph, connection="weak")
    first = np.full(count, len(nodes), np.int32)
    np.minimum.at(first, group, np.arange(len(nodes), dtype=np.int32))
    stands_for = first[group]
    tail, head = stands_for[links.tail], stands_for[links.head]
    fit = (tail != head) | ~roads
    fit[_beside(links, tail, head, fit & roads, shortest_m)] = False
    kept = np.nonzero(fit)[0].astype(np.int32)
    moved = _moved(nodes, group)
    left = RoadLinks(**{name: getattr(links, name)[kept] for name in RoadLinks.__slots__})
    left = replace(left, tail=tail[kept].astype(np.int32), head=head[kept].astype(np.int32))
    left = replace(left, shape=_ended(left, moved, np.bincount(group)[group] > 1))
    place = np.full(len(links), -1, np.int32)
    place[kept] = np.arange(kept.size, dtype=np.int32)
    start, end = place[network.banned_from], place[network.banned_to]
    both = (start >= 0) & (end >= 0)
    both[both] &= left.head[start[both]] == left.tail[end[both]]
    return replace(network, nodes=moved, links=left, banned_from=start[both], banned_to=end[both]), kept


def _beside(
    links: RoadLinks, tail: Indices, head: Indices, fit: NDArray[np.bool_], near_m: float
) -> list[int]:
    """Links that run beside a greater one from the same node to the same node."""
    between: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i in np.nonzero(fit)[0]:
        between[(int(tail[i]), int(head[i]))].append(int(i))
    found: list[int] = []
    for alike in between.values():
        ranked: list[int] = sorted(alike, key=lambda k: (-float(links.capacity[k]), str(links.code[k])))
        for n, one in enumerate(ranked[1:], start=1):
            shapes = (links.shape[other] for other in ranked[:n] if links.shape[other] is not None)
            mine = links.shape[one]
            if mine is not None and any(
                shapely.hausdorff_distance(mine, shape) <= near_m for shape in shapes
            ):
                found.append(one)
    return found


def _moved(nodes: RoadNodes, group: NDArray[np.int32]) -> RoadNodes:
    """Every node at the middle of its group, of the group's strongest kind."""
    size = np.bincount(group)
    rank = np.array([STRONGEST.index(k) if k in STRONGEST else len(STRONGEST) for k in nodes.kind])
    best = np.full(size.size, len(STRONGEST))
    np.minimum.at(best, group, rank)
    kinds = np.array([*STRONGEST, None], object)
    single = size[group] == 1
    return replace(
        nodes,
        x=np.where(single, nodes.x, np.bincount(group, weights=nodes.x)[group] / size[group]),
        y=np.where(single, nodes.y, np.bincount(group, weights=nodes.y)[group] / size[group]),
        kind=np.where(single, nodes.kind, kinds[best[group]]),
    )


def _ended(links: RoadLinks, nodes: RoadNodes, many: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The shapes, those at nodes that stand for several with their ends moved there."""
    shape = links.shape.copy()
    for i in np.nonzero(many[links.tail] | many[links.head])[0]:
        if shape[i] is None:
            continue
        points = shapely.get_coordinates(shape[i])
        points[0] = nodes.x[links.tail[i]], nodes.y[links.tail[i]]
        points[-1] = nodes.x[links.head[i]], nodes.y[links.head[i]]
        shape[i] = shapely.LineString(points)
    return shape
