"""The road network from the city's layers, and the engines' arrays of it.

A process that calls ``road_network`` declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.road_network import RoadNodes
from twin.city.road_network_links import Fault, Roads, directed, turns
from twin.city.road_network_zones import Joining, at_nodes, joined, ordered
from twin.errors import TwinError

if TYPE_CHECKING:
    from twin.city.road_network import Codes, Indices, Numbers, RoadLinks, RoadNetwork
    from twin.engines.traffic.network import Network
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import ZoneKind

LAYERS = ("road_node", "road_link", "turn_restriction", "grid_cell")
COMMUNITY, TOWN = 12, 9  # leading digits of a grid code that name the community and the town (GB/T 30428.1)


@dataclass(frozen=True, slots=True)
class Read:
    """The network, the nodes and roads as drawn, and what was left out of the network or looked wrong on the way."""

    network: RoadNetwork
    nodes: RoadNodes
    roads: Roads
    faults: list[Fault]


def road_network(
    run: RunContext, *, zones: ZoneKind = "grid_cell", joining: Joining | None = None
) -> RoadNetwork:
    """The city's roads with zones of the grid cells (or of the communities or towns these belong to), or of the road nodes
    that name one.

    Zone centroids are the first nodes, connectors made here the last links (class "connector"). Raises TWIN-710 where the city
    has no road that motor vehicles could use.
    """
    return read(run, zones=zones, joining=joining).network


def read(run: RunContext, *, zones: ZoneKind = "grid_cell", joining: Joining | None = None) -> Read:
    """``road_network`` with what was found on the way. Raises TWIN-710."""
    nodes, zone = _nodes(run)
    roads = _roads(run)
    links, faults = directed(nodes, roads)
    if not len(links):
        raise TwinError(
            "TWIN-710",
            "路网为空：road_link 中没有机动车可用的路段；请先导入道路路段和节点。",
            "There is no road network: road_link holds no road that motor vehicles could use; import road nodes and links first.",
            status=422,
            where="road_link",
        )
    *banned, lost = _turns(run, nodes, links)
    bans = (banned[0], banned[1])
    if zones == "node":
        network = at_nodes(nodes, links, bans, zone, run.srid)
    else:
        network = joined(nodes, links, bans, _zones(run, zones), run.srid, joining)
    return Read(network, nodes, roads, faults + _lost(nodes, lost))


def arrays(network: RoadNetwork, *, free_speed: Numbers | None = None) -> Network:
    """The engines' arrays: nodes and links keep their positions, times are seconds.

    ``free_speed``: (links,) km/h instead of the network's; a link at 0 keeps its own speed and is to be closed.
    Raises ``ValueError`` for a network whose zones are not its first nodes.
    """
    from twin.engines.traffic.network import Delay, Network

    links, zones = network.links, len(network.zones)
    if not np.array_equal(network.zones.node, np.arange(zones)):
        raise ValueError("the zones must be the network's first nodes")
    return Network(
        nodes=len(network.nodes),
        zones=zones,
        first_through=network.first_through,
        tail=links.tail,
        head=links.head,
        length=links.length,
        free_time=free_times(network, free_speed),
        capacity=links.capacity,
        alpha=links.alpha,
        power=links.power,
        function=np.array([Delay[name.upper()] for name in links.function], np.int8),
        toll=links.toll,
        turn_from=network.banned_from,
        turn_to=network.banned_to,
        turn_time=np.full(network.banned_from.size, np.inf),
    )


def free_times(network: RoadNetwork, free_speed: Numbers | None = None) -> Numbers:
    """Seconds at the free speed; where ``free_speed`` (km/h) is the network's own or 0, to the bit the network's."""
    own = network.links.free_time
    if free_speed is None:
        return own
    slowed = (free_speed != network.links.free_speed) & (free_speed > 0) & (network.links.length > 0)
    changed = own.copy()
    changed[slowed] = 3.6 * network.links.length[slowed] / free_speed[slowed]
    return changed


def _nodes(run: RunContext) -> tuple[RoadNodes, Codes]:
    """The nodes and the zones of each, or None: centroids and zones first."""
    found = run.features("road_node", columns=["code", "kind", "zone"])
    nodes = RoadNodes(
        _objects(found.columns["code"]),
        np.asarray(shapely.get_x(found.shapes), np.float64),
        np.asarray(shapely.get_y(found.shapes), np.float64),
        _objects(found.columns["kind"]),
    )
    return ordered(nodes, _objects(found.columns["zone"]))


def _roads(run: RunContext) -> Roads:
    same = (
        "code",
        "from_node",
        "to_node",
        "direction",
        "lanes",
        "lanes_backward",
        "capacity",
        "free_speed",
        "name",
        "length",
        "free_time",
        "delay_function",
        "delay_a",
        "delay_b",
        "toll",
    )
    found = run.features("road_link", columns=[*same, "class"])
    columns = {name: found.columns[name] for name in same}
    return Roads(**columns, road_class=found.columns["class"], shape=found.shapes)


def _turns(run: RunContext, nodes: RoadNodes, links: RoadLinks) -> tuple[Indices, Indices, list[str]]:
    names = ("from_link", "via_node", "to_link", "kind")
    found = run.features("turn_restriction", columns=names).columns
    return turns(links, nodes, list(zip(*(found[name] for name in names), strict=True)))


def _lost(nodes: RoadNodes, lost: list[str]) -> list[Fault]:
    place = {code: i for i, code in enumerate(nodes.code)}
    return [
        Fault("lost_turn", "road_node", code, float(nodes.x[place[code]]), float(nodes.y[place[code]]))
        for code in lost
    ]


def _zones(run: RunContext, kind: ZoneKind) -> tuple[Codes, Numbers, Numbers, Numbers]:
    """Code, place and population of the zones; a zone of several cells lies at the middle of its people."""
    found = run.features("grid_cell", columns=["code", "status", "population"])
    kept = np.array([state != "void" for state in found.columns["status"]], bool)
    code = _objects(found.columns["code"])[kept]
    people = np.array([np.nan if n is None else float(n) for n in found.columns["population"]])[kept]
    middle = shapely.centroid(found.shapes[kept])
    x, y = np.asarray(shapely.get_x(middle), float), np.asarray(shapely.get_y(middle), float)
    digits = {"community": COMMUNITY, "town": TOWN}.get(kind)
    if digits is None or not code.size:
        return code, x, y, people
    name, owner = np.unique(np.array([str(one)[:digits] for one in code]), return_inverse=True)
    weight = np.nan_to_num(people) + 1e-3  # cells without people still have a place
    total = np.bincount(owner, weights=weight)
    return (
        name.astype(object),
        np.bincount(owner, weights=weight * x) / total,
        np.bincount(owner, weights=weight * y) / total,
        np.bincount(owner, weights=np.nan_to_num(people)),
    )


def _objects(values: list[object]) -> Codes:
    found = np.empty(len(values), object)
    found[:] = values
    return found
