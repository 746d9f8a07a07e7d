"""The roads as ways, for cars and on foot, and the times of a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

import numpy as np
import shapely

from twin.city.road_network import CONNECTOR
from twin.city.road_position import nearest
from twin.errors import TwinError
from twin.processes.accessibility.inputs import Closed, Congested, Flooded, Free
from twin.processes.traffic import network as roads
from twin.processes.traffic import water

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.accessibility.ways import Places, Ways
    from twin.processes.accessibility.inputs import AccessibilityInputs, State
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]
    type Shapes = NDArray[np.object_]

_NOT_ON_FOOT = ("motorway", "expressway", "ramp", "connector")
LAYERS = (*roads.LAYERS, *water.LAYERS, "traffic_link", "traffic_link_change")


@dataclass(frozen=True, slots=True)
class Net:
    """``ways`` with their lines (LineStrings as drawn) and the m/s off the roads; of cars the network they came from."""

    ways: Ways
    lines: Shapes
    off_road: float
    source: RoadNetwork | None

    def places(self, at: Shapes, limit_m: float) -> Places:
        """Points brought to the nearest line."""
        from twin.engines.traffic.accessibility.ways import Places

        found = nearest(self.lines, at, limit_m)
        length = (
            shapely.length(self.lines)[np.maximum(found.line, 0)] if self.lines.size else np.ones(at.size)
        )
        share = np.clip(found.along / np.maximum(length, 1e-9), 0.0, 1.0)
        return Places(found.line, share, np.where(found.found, found.away / self.off_road, np.inf))


def driven(run: RunContext, inputs: AccessibilityInputs) -> Net:
    """The directed roads with their turn bans at free-flow times. Raises TWIN-710 where there are none."""
    from twin.engines.traffic.accessibility.ways import Ways
    from twin.engines.traffic.assignment.expansion import expand

    network = roads.road_network(run)
    opened = expand(roads.arrays(network))
    links = len(network.links)
    tail, head = (
        opened.tail[opened.arc],
        opened.head[opened.arc],
    )  # the links in their order, then the inner turns
    drawn = np.flatnonzero(network.links.road_class != CONNECTOR)
    line = {code: i for i, code in enumerate(dict.fromkeys(network.links.code[drawn].tolist()))}
    along, against = (np.full(len(line), -1, np.int32) for _ in range(2))
    lines = np.empty(len(line), object)
    for link in drawn.tolist():
        number, forward = line[network.links.code[link]], bool(network.links.forward[link])
        (along if forward else against)[number] = link
        if forward or lines[number] is None:
            lines[number] = network.links.shape[link] if forward else network.links.shape[link].reverse()
    time = np.concatenate([network.links.free_time, opened.turn_time])
    ways = Ways(opened.start.size - 1, tail, head, time, along, against, opened.through)
    if time.size != tail.size or links > tail.size:
        raise AssertionError("links and turns do not add up")
    return Net(ways, lines, inputs.off_road_km_h / 3.6, network)


def walked(run: RunContext, inputs: AccessibilityInputs) -> Net:
    """Every road that one may walk along, both ways. Raises TWIN-740 where there are none."""
    from twin.engines.traffic.accessibility.ways import Ways

    nodes = run.features("road_node", columns=["code"])
    found = run.features("road_link", columns=["from_node", "to_node", "class"])
    place = {code: i for i, code in enumerate(nodes.columns["code"])}
    columns = zip(found.columns["from_node"], found.columns["to_node"], found.columns["class"], strict=True)
    kept = [
        i for i, (a, b, kind) in enumerate(columns) if a in place and b in place and kind not in _NOT_ON_FOOT
    ]
    if not kept:
        raise TwinError(
            "TWIN-740",
            "没有可步行的道路：road_link 中没有城市快速路以外的路段；请先导入道路路段和节点。",
            "There is no road to walk along: road_link holds none but expressways; import road nodes and links first.",
            status=422,
            where="road_link",
        )
    lines = found.shapes[kept]
    a = np.array([place[found.columns["from_node"][i]] for i in kept], np.int32)
    b = np.array([place[found.columns["to_node"][i]] for i in kept], np.int32)
    speed = inputs.walk_km_h / 3.6
    time = np.tile(shapely.length(lines) / speed, 2)
    count = np.arange(len(kept), dtype=np.int32)
    size = len(place)
    ways = Ways(
        size,
        np.concatenate([a, b]),
        np.concatenate([b, a]),
        time,
        count,
        count + len(kept),
        np.ones(size, bool),
    )
    return Net(ways, lines, speed, None)


def times(run: RunContext, net: Net, state: State) -> Ways:
    """The ways with the times of a state (cars). Raises TWIN-711 and TWIN-743 for a run that is not there."""
    network = net.source
    if network is None or isinstance(state, Free):
        return net.ways
    time = net.ways.time.copy()
    here = slice(0, len(network.links))
    if isinstance(state, Flooded):
        speed = water.link_speeds_under_flood(run, network, state.run, state.at_min, state.vehicle)
        time[here] = np.where(speed > 0, roads.free_times(network, speed), np.inf)
    elif isinstance(state, Congested):
        time[here] = _told(run, network, "traffic_link", state)
    elif isinstance(state, Closed):
        time[here] = _told(run, network, "traffic_link_change", state)
    else:
        assert_never(state)
    return net.ways.timed(time)


def _told(run: RunContext, network: RoadNetwork, layer: str, state: Congested | Closed) -> Numbers:
    """(links,) seconds as an earlier run left them, infinite where it closed the link; free-flow times of links that it
    says nothing of. Raises TWIN-743."""
    found = run.features(layer, columns=["road_code", "forward", "time"], run=state.run)
    if not len(found):
        raise TwinError(
            "TWIN-743",
            f"没有可见的行程时间（{layer}），运行 {state.run or '未发布'}；请先运行交通分配或封闭分析，或核对运行编号。",
            f"There are no times ({layer}) of run {state.run or 'newest published'} that you may see; assign traffic or "
            "close roads first, or check the id.",
            status=422,
            where=f"{state.kind}.run",
        )
    rows = zip(found.columns["road_code"], found.columns["forward"], found.columns["time"], strict=True)
    known = {(code, bool(forward)): np.inf if time is None else float(time) for code, forward, time in rows}
    links = network.links
    free = links.free_time.tolist()
    keys = zip(links.code.tolist(), links.forward.tolist(), free, links.shape.tolist(), strict=True)
    return np.array(
        [time if shape is None else known.get((code, forward), time) for code, forward, time, shape in keys]
    )
