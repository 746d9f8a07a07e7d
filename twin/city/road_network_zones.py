"""Zones of the traffic models and the connectors that join them to the roads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.road_class import road_classes
from twin.city.road_network import CENTROID, CONNECTOR, RoadLinks, RoadNetwork, RoadNodes, Zones

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import Codes, Indices, Numbers


@dataclass(frozen=True, slots=True)
class Joining:
    """How zones reach the roads: at most ``most`` nodes within ``reach_m``, none farther than ``wider`` times the nearest
    (but 100 m at least), at ``speed_km_h`` as the crow flies and without congestion."""

    reach_m: float = 1500.0
    most: int = 3
    wider: float = 2.0
    speed_km_h: float = 20.0


def joined(
    nodes: RoadNodes,
    links: RoadLinks,
    banned: tuple[Indices, Indices],
    places: tuple[Codes, Numbers, Numbers, Numbers],
    srid: int | None,
    how: Joining | None = None,
) -> RoadNetwork:
    """The network with its zones: their centroids are the first nodes, the connectors the last links.

    ``places``: code, easting and northing (m), and population of the zones. A zone without a road in reach stays
    without connectors. Zones are joined to nodes of roads that trips may begin at (``RoadClass.joined``) with a
    way in and a way out. Centroids that the city drew come first in ``nodes`` (``ordered``); none is passed through.
    """
    how = how or Joining()
    code, x, y, population = places
    count = code.size
    zone, node, distance = _pairs(nodes, links, x, y, how)
    start, end = zone.astype(np.int32), (node + count).astype(np.int32)
    there = _connectors(code, start, end, distance, how.speed_km_h, True)
    back = _connectors(code, end, start, distance, how.speed_km_h, False)
    moved = _moved(links, count)
    everything = RoadNodes(
        np.concatenate([code, nodes.code]),
        np.concatenate([x, nodes.x]),
        np.concatenate([y, nodes.y]),
        np.concatenate([np.full(count, None, object), nodes.kind]),
    )
    return RoadNetwork(
        srid,
        everything,
        _stacked([moved, there, back]),
        *banned,
        Zones(code, x, y, population, np.arange(count, dtype=np.int32)),
        count + int((nodes.kind == CENTROID).sum()),
    )


def ordered(nodes: RoadNodes, zone: Codes) -> tuple[RoadNodes, Codes]:
    """Nodes and the zones of each (or None) with the centroids first and the other nodes of zones behind them."""
    centroid = nodes.kind == CENTROID
    with_zone = np.array([code is not None for code in zone], bool)
    order = np.argsort(np.where(centroid, 0, np.where(with_zone, 1, 2)), kind="stable")
    return RoadNodes(nodes.code[order], nodes.x[order], nodes.y[order], nodes.kind[order]), zone[order]


def at_nodes(
    nodes: RoadNodes, links: RoadLinks, banned: tuple[Indices, Indices], zone: Codes, srid: int | None
) -> RoadNetwork:
    """The network whose zones are nodes of its own: nothing is joined, the city draws the connectors where there are any.

    ``nodes`` and ``zone`` as ``ordered`` gives them; a centroid without a zone is one by its own code.
    """
    centroids = int((nodes.kind == CENTROID).sum())
    count = max(centroids, int(np.count_nonzero([code is not None for code in zone])))
    code = np.array([own or node for own, node in zip(zone[:count], nodes.code[:count], strict=True)], object)
    index, people = np.arange(count, dtype=np.int32), np.full(count, np.nan)
    zones = Zones(code, nodes.x[:count], nodes.y[:count], people, index, "road_node")
    return RoadNetwork(srid, nodes, links, *banned, zones, centroids)


def _pairs(
    nodes: RoadNodes, links: RoadLinks, x: Numbers, y: Numbers, how: Joining
) -> tuple[NDArray[np.intp], NDArray[np.intp], Numbers]:
    """Zone, node and distance of every connector."""
    can = _open_nodes(nodes, links)
    if not can.size or not x.size:
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    tree = shapely.STRtree(shapely.points(nodes.x[can], nodes.y[can]))
    zone, found = tree.query(shapely.points(x, y), predicate="dwithin", distance=how.reach_m)
    distance = np.hypot(nodes.x[can][found] - x[zone], nodes.y[can][found] - y[zone])
    order = np.lexsort((can[found], distance, zone))
    zone, found, distance = zone[order], found[order], distance[order]
    first = np.searchsorted(zone, np.arange(x.size))
    rank = np.arange(zone.size) - first[zone]
    nearest = distance[np.minimum(first, max(zone.size - 1, 0))][zone] if zone.size else distance
    kept = (rank < how.most) & (distance <= np.maximum(how.wider * nearest, 100.0))
    return zone[kept], can[found[kept]], distance[kept]


def _open_nodes(nodes: RoadNodes, links: RoadLinks) -> NDArray[np.intp]:
    classes = road_classes()
    fit = np.array([classes[kind].joined for kind in links.road_class], bool)
    begin, end = np.zeros(len(nodes), bool), np.zeros(len(nodes), bool)
    begin[links.tail[fit]] = True
    end[links.head[fit]] = True
    return np.nonzero(begin & end)[0]


def _connectors(
    code: Codes, tail: Indices, head: Indices, distance: Numbers, speed: float, leaving: bool
) -> RoadLinks:
    zone, count = tail if leaving else head, tail.size
    nothing = np.full(count, None, object)
    return RoadLinks(
        code=code[zone], forward=np.full(count, leaving), tail=tail, head=head,
        road_class=np.full(count, CONNECTOR, object), lanes=np.full(count, np.nan), length=distance,
        free_speed=np.full(count, speed), free_time=3.6 * distance / speed, capacity=np.full(count, np.inf),
        function=np.full(count, "bpr", object), alpha=np.zeros(count), power=np.ones(count),
        toll=np.zeros(count), name=nothing, shape=nothing,
    )  # fmt: skip


def _moved(links: RoadLinks, by: int) -> RoadLinks:
    columns = {name: getattr(links, name) for name in RoadLinks.__slots__}
    columns |= {"tail": (links.tail + by).astype(np.int32), "head": (links.head + by).astype(np.int32)}
    return RoadLinks(**columns)


def _stacked(parts: list[RoadLinks]) -> RoadLinks:
    return RoadLinks(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in RoadLinks.__slots__}
    )
