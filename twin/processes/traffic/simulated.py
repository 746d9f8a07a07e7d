"""Traffic of an assignment as vehicles, and the roads they drive on as files for SUMO.

A process that calls ``loaded`` declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np

from twin.city.road_network import CONNECTOR, RoadLinks
from twin.errors import TwinError
from twin.processes.traffic import network as network_of
from twin.processes.traffic import solving

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from numpy.typing import NDArray

    from twin.city.road_network import Indices, Numbers, RoadNetwork
    from twin.engines.traffic.dynamics.sumo import Scenario
    from twin.engines.traffic.dynamics.walks import Vehicles
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import Asked

RESULTS = ("traffic_link", "traffic_turn")
LAYERS = (*solving.LAYERS, *RESULTS)
GAP = 1e-4  # of the assignment that is computed where none is named


@dataclass(frozen=True, slots=True)
class Loaded:
    """The network with flows: ``flow`` (links,), 0 on connectors; turns from link to link (positions), pcu/h."""

    network: RoadNetwork
    flow: Numbers
    turn_from: Indices
    turn_to: Indices
    turn_flow: Numbers

    @property
    def roads(self) -> NDArray[np.bool_]:
        """(links,) which links are roads."""
        return np.asarray(self.network.links.road_class != CONNECTOR, bool)


def loaded(run: RunContext, of: UUID | None, asked: Asked) -> Loaded:
    """Flows of the assignment run ``of``, or of one computed here as ``asked``.

    Raises TWIN-753 for a run without links that the actor may see, else what ``traffic-assignment`` raises.
    """
    return _computed(run, asked) if of is None else _read(run, of)


def _computed(run: RunContext, asked: Asked) -> Loaded:
    question = solving.question(asked, run)
    found = solving.solve(question, run, gap=GAP, max_iterations=200, aim="user", start=None, end=0.3)
    made, roads = found.turns(), question.network.links.road_class != CONNECTOR
    both = roads[made.from_link] & roads[made.to_link]
    return _without_u_turns(
        Loaded(
            question.network,
            np.where(roads, found.flow, 0.0),
            made.from_link[both],
            made.to_link[both],
            made.flow[both],
        )
    )


def _read(run: RunContext, of: UUID) -> Loaded:
    network = network_of.road_network(run)
    links = network.links
    place = {
        (code, bool(way)): i for i, (code, way) in enumerate(zip(links.code, links.forward, strict=True))
    }
    rows = run.features("traffic_link", columns=["road_code", "forward", "flow"], run=of).columns
    if not rows["road_code"]:
        raise TwinError(
            "TWIN-753",
            f"没有可见的交通分配 {of}，或它没有成功；请核对运行编号，或留空由本过程自行分配。",
            f"There is no assignment {of} that you may see, or it did not succeed; check the id, or leave it empty for "
            "this process to compute one.",
            status=422,
            where="base",
        )
    flow = np.zeros(len(links))
    for code, way, value in zip(rows["road_code"], rows["forward"], rows["flow"], strict=True):
        if (code, way) in place:
            flow[place[code, way]] = value
    names = ["from_road", "from_forward", "to_road", "to_forward", "flow"]
    turns = run.features("traffic_turn", columns=names, run=of).columns
    found = [
        (place[a, b], place[c, d], v)
        for a, b, c, d, v in zip(*(turns[name] for name in names), strict=True)
        if (a, b) in place and (c, d) in place
    ]
    pairs = np.array([row[:2] for row in found], np.int32).reshape(-1, 2)
    return _without_u_turns(
        Loaded(network, flow, pairs[:, 0], pairs[:, 1], np.array([row[2] for row in found], np.float64))
    )


def _without_u_turns(found: Loaded) -> Loaded:
    """Nobody turns back on the spot when driving for real; such trips end and begin anew there."""
    code = found.network.links.code
    kept = code[found.turn_from] != code[found.turn_to]
    return replace(
        found, turn_from=found.turn_from[kept], turn_to=found.turn_to[kept], turn_flow=found.turn_flow[kept]
    )


def cut(network: RoadNetwork, links: NDArray[np.intp], inner: NDArray[np.bool_]) -> RoadNetwork:
    """The network of these links only (in their order); signals stay at ``inner`` (nodes,) nodes alone."""
    place = np.full(len(network.links), -1, np.int32)
    place[links] = np.arange(links.size, dtype=np.int32)
    kind = network.nodes.kind.copy()
    kind[~inner & (kind == "signal")] = "junction"
    start, end = place[network.banned_from], place[network.banned_to]
    both = (start >= 0) & (end >= 0)
    return replace(
        network,
        nodes=replace(network.nodes, kind=kind),
        links=RoadLinks(**{name: getattr(network.links, name)[links] for name in RoadLinks.__slots__}),
        banned_from=start[both],
        banned_to=end[both],
    )


@dataclass(frozen=True, slots=True)
class SumoCity:
    """A SUMO scenario of the city's roads: ``edge`` edge id to position in the links, ``node`` id to position in the nodes."""

    scenario: Scenario
    edge: dict[str, int]
    node: dict[str, int]
    vehicles: int
    shortened: int


def sumo_city(
    network: RoadNetwork, links: NDArray[np.intp], inner: NDArray[np.bool_], vehicles: Vehicles, folder: Path,
    *, seconds: float, shut: frozenset[int] = frozenset(),
) -> SumoCity:  # fmt: skip
    """Write network and vehicles to ``folder``. ``links``: which links of ``network`` (positions) there are; routes are given
    by positions in ``network``. Vehicles whose route meets a link that is not there, or is ``shut``, seek their own way.

    Junctions drawn as several nodes are made one. Routes are cut short where netconvert found no lane for a turn.
    Raises TWIN-722 and TWIN-723 (SUMO not installed, network refused).
    """
    from twin.city.road_network_merge import merged
    from twin.engines.traffic.dynamics.sumo import Scenario
    from twin.engines.traffic.signals.sumo_net import connected
    from twin.files.sumo_network import JOIN_M, build, write_plain

    part = cut(network, links, inner)
    part, kept = merged(part, JOIN_M)
    plain = write_plain(part, folder)
    target = folder / "network.net.xml"
    build(plain, target)
    edge = {name: int(links[kept[i]]) for name, i in plain.edges.items()}
    names = {i: name for name, i in edge.items()}
    path = folder / "vehicles.rou.xml"
    count, shortened = _write_vehicles(path, vehicles, names, set(links.tolist()), shut, connected(target))
    return SumoCity(
        Scenario(target, (path,), 0.0, seconds, ("--ignore-route-errors", "true")),
        edge, dict(plain.nodes), count, shortened,
    )  # fmt: skip


def _write_vehicles(
    path: Path, vehicles: Vehicles, names: dict[int, str], there: set[int], shut: frozenset[int],
    able: set[tuple[str, str]],
) -> tuple[int, int]:  # fmt: skip
    """How many vehicles were written, and how many of them do not drive the whole of their route."""
    count = shortened = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('<routes>\n  <vType id="car" length="4.5" minGap="2.5" speedDev="0.1"/>\n')
        for number, (depart, route) in enumerate(
            zip(vehicles.departs.tolist(), vehicles.routes, strict=True)
        ):
            open_way = [names[i] for i in route if i in names and i not in shut]
            if not open_way:
                continue
            blocked = any(i in shut or i not in there for i in route)
            words = f'id="{number}" type="car" depart="{depart:.1f}" departLane="best" departSpeed="max"'
            if blocked:
                file.write(f"  <trip {words} from={quoteattr(open_way[0])} to={quoteattr(open_way[-1])}/>\n")
            else:
                driven = _drivable(open_way, able)
                shortened += len(driven) < len(open_way)
                file.write(f"  <vehicle {words}><route edges={quoteattr(' '.join(driven))}/></vehicle>\n")
            count += 1
        file.write("</routes>\n")
    return count, shortened


def _drivable(edges: list[str], able: set[tuple[str, str]]) -> list[str]:
    end = next((i + 1 for i, pair in enumerate(pairwise(edges)) if pair not in able), len(edges))
    return edges[:end]


def edge_values(
    edges: dict[str, list[float]], city: SumoCity, column: int, size: int, empty: Any = np.nan
) -> Numbers:
    """(links,) one measure of one interval of a drive, by position in the links."""
    found = np.full(size, empty, np.float64)
    for name, values in edges.items():
        if name in city.edge:
            found[city.edge[name]] = values[column]
    return found
