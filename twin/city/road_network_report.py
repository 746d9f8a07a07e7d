"""What is wrong with a road network before anybody trusts a computation on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.city.road_class import road_classes
from twin.city.road_network import CENTROID, CONNECTOR
from twin.city.road_network_links import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork, RoadNodes
    from twin.city.road_network_links import Roads

LOOSE_M = 1.0  # farther from its node, a road does not end there
ALIKE_M = 1.0  # two roads between the same nodes that are nowhere farther apart are one drawn twice
SPEED_FACTOR = 2.5  # from the class's speed
LANE_PCU_H = (100.0, 2600.0)  # capacity of a lane: no lane is known to carry more than about 2,600
KNOWN_ENDS = ("end", "boundary", CENTROID)


def examine(network: RoadNetwork, nodes: RoadNodes, roads: Roads, left_out: Sequence[Fault]) -> list[Fault]:
    """Every fault: those of the roads left out, then of drawing, of attributes, of the graph and of the zones.

    ``nodes`` and ``roads`` are those that ``network`` was made of.
    """
    found = list(left_out)
    unusable = {fault.code for fault in left_out if fault.left_out}
    fit = [
        i
        for i in range(len(roads))
        if roads.code[i] not in unusable and road_classes()[roads.road_class[i]].driven
    ]
    found += _loose(nodes, roads, fit)
    found += _twice(roads, fit)
    found += _attributes(roads, fit)
    found += _parts(network)
    found += _dead_ends(nodes, roads, fit)
    found += _zones(network)
    return found


def _middle(roads: Roads, i: int) -> tuple[float, float]:
    point = shapely.line_interpolate_point(roads.shape[i], 0.5, normalized=True)
    return float(point.x), float(point.y)


def _loose(nodes: RoadNodes, roads: Roads, fit: Sequence[int]) -> Iterator[Fault]:
    index = {code: n for n, code in enumerate(nodes.code)}
    for name, place in ((roads.from_node, 0), (roads.to_node, -1)):
        node = np.array([index[name[i]] for i in fit], np.intp)
        end = shapely.get_point(roads.shape[fit], place)
        x, y = shapely.get_x(end), shapely.get_y(end)
        apart = np.hypot(nodes.x[node] - x, nodes.y[node] - y)
        for k in np.nonzero(apart > LOOSE_M)[0]:
            yield Fault(
                "loose_end",
                "road_link",
                roads.code[fit[k]],
                float(x[k]),
                float(y[k]),
                round(float(apart[k]), 2),
            )


def _twice(roads: Roads, fit: Sequence[int]) -> Iterator[Fault]:
    """Roads that lie on one another and lead the same way; the two directions of a road may be drawn each for itself."""
    ways: dict[tuple[str, str], list[int]] = defaultdict(list)
    found: set[int] = set()
    for i in fit:
        there = (roads.from_node[i], roads.to_node[i])
        for way in {"forward": (there,), "backward": (there[::-1],)}.get(
            roads.direction[i], (there, there[::-1])
        ):
            near = (shapely.hausdorff_distance(roads.shape[i], roads.shape[j]) <= ALIKE_M for j in ways[way])
            if i not in found and any(near):
                found.add(i)
                yield Fault("duplicate", "road_link", roads.code[i], *_middle(roads, i))
            ways[way].append(i)


def _attributes(roads: Roads, fit: Sequence[int]) -> Iterator[Fault]:
    times = roads.free_time or [None] * len(roads)
    for i in fit:
        if roads.road_class[i] == CONNECTOR:
            continue
        usual, way = road_classes()[roads.road_class[i]], roads.direction[i]
        lanes = [roads.lanes[i]] * (way != "backward") + [roads.lanes_backward[i]] * (way != "forward")
        speed, capacity = roads.free_speed[i], roads.capacity[i]
        base = Fault("missing", "road_link", roads.code[i], *_middle(roads, i))
        for attribute, gap in (
            ("lanes", any(not n for n in lanes)), ("free_speed", speed is None and times[i] is None), ("capacity", capacity is None)
        ):  # fmt: skip
            if gap:
                yield replace(base, attribute=attribute)
        if speed is not None and not 1 / SPEED_FACTOR <= speed / usual.free_speed <= SPEED_FACTOR:
            yield replace(base, kind="outlier", attribute="free_speed", value=float(speed))
        each = (
            None
            if capacity is None
            else capacity / max(max((n or 0 for n in lanes), default=0) or usual.lanes, 1)
        )
        if each is not None and not LANE_PCU_H[0] <= each <= LANE_PCU_H[1]:
            yield replace(base, kind="outlier", attribute="capacity", value=float(capacity or 0.0))


def components(network: RoadNetwork, connection: str) -> NDArray[np.int32]:
    """(nodes,) the part of the road graph (connectors left out) that each node is in, "weak" or "strong", by falling size."""
    links = network.links
    roads = links.road_class != CONNECTOR
    size = (len(network.nodes),) * 2
    graph = coo_array((np.ones(int(roads.sum())), (links.tail[roads], links.head[roads])), shape=size)
    count, part = connected_components(graph, connection=connection)
    rank = np.empty(count, np.int32)
    rank[np.argsort(-np.bincount(part, minlength=count), kind="stable")] = np.arange(count)
    found: NDArray[np.int32] = rank[part]
    return found


def _parts(network: RoadNetwork) -> Iterator[Fault]:
    """Islands (no way to the rest at all) and traps (a way in or a way out is missing), one fault a part."""
    links, nodes = network.links, network.nodes
    weak, strong = components(network, "weak"), components(network, "strong")
    roads = links.road_class != CONNECTOR
    used = np.zeros(len(nodes), bool)
    used[links.tail[roads]] = used[links.head[roads]] = True
    for kind, part, within in (("island", weak, used), ("trap", strong, used & (weak == 0))):
        for number in np.unique(part[within]):
            if number == 0:
                continue
            mine = np.nonzero((part == number) & within)[0]
            touching = roads & (np.isin(links.tail, mine) | np.isin(links.head, mine))
            code = str(links.code[np.nonzero(touching)[0][0]])
            size = float(np.unique(links.code[touching].astype(str)).size)
            yield Fault(
                kind, "road_link", code, float(nodes.x[mine].mean()), float(nodes.y[mine].mean()), size
            )


def _dead_ends(nodes: RoadNodes, roads: Roads, fit: Sequence[int]) -> Iterator[Fault]:
    degree = Counter(code for i in fit for code in (roads.from_node[i], roads.to_node[i]))
    for n, code in enumerate(nodes.code):
        if degree[code] == 1 and nodes.kind[n] not in KNOWN_ENDS:
            yield Fault("dead_end", "road_node", code, float(nodes.x[n]), float(nodes.y[n]))


def _zones(network: RoadNetwork) -> Iterator[Fault]:
    """Zones with people (or unknown people) and no connector to the main part of the roads, nor a place on it."""
    links, zones = network.links, network.zones
    main = components(network, "strong") == 0
    way = (links.road_class == CONNECTOR) & main[links.head]
    reached = np.isin(zones.node, links.tail[way]) | main[zones.node]
    for i in np.nonzero(~reached & ~(zones.population <= 0))[0]:
        people = zones.population[i]
        yield Fault(
            "zone_without_access", zones.layer, str(zones.code[i]), float(zones.x[i]), float(zones.y[i]),
            None if np.isnan(people) else float(people),
        )  # fmt: skip
