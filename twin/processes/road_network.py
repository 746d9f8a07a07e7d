"""``road-network``: the roads as a network for traffic, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pydantic import ConfigDict

from twin.processes.context import Features
from twin.processes.models import Inputs, Outputs, Value, field, titled
from twin.processes.registry import process
from twin.processes.traffic.asked import ZONES, ZoneKind
from twin.processes.traffic.network import LAYERS
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.road_network import RoadNetwork
    from twin.city.road_network_links import Fault
    from twin.processes.context import RunContext

SHOWN = 20


class NetworkInputs(Inputs):
    """What may be asked."""

    zones: ZoneKind = field("交通小区", "Zones", "grid_cell", terms=ZONES)
    reach_m: float = field(
        "小区到路网的最大距离", "Farthest way from a zone to a road", 1500.0, unit="m", gt=0, le=20000
    )


class FaultRow(Value):
    """One kind of fault."""

    model_config = ConfigDict(json_schema_extra=titled("一类问题", "Kind of fault"))

    kind: str = field("类型", "Kind")
    name_zh: str = field("问题", "Fault (Chinese)")
    name_en: str = field("问题（英文）", "Fault")
    count: int = field("数量", "Count")
    codes: tuple[str, ...] = field("编号（至多 20 个）", "Codes (20 at most)")


class ClassRow(Value):
    """Roads of one class."""

    model_config = ConfigDict(json_schema_extra=titled("一个道路等级", "Class of roads"))

    road_class: str = field("道路等级", "Class")
    links: int = field("有向路段", "Directed links")
    length_km: float = field("有向里程", "Length of directed links", unit="km")
    lane_km: float = field("车道里程", "Lane kilometres", unit="km")


class NetworkOutputs(Outputs):
    """The network in figures, and its faults by kind; the places are the layer."""

    nodes: int = field("节点", "Nodes")
    links: int = field("有向路段", "Directed links")
    connectors: int = field("小区连接线", "Connectors")
    zones: int = field("交通小区", "Zones")
    banned_turns: int = field("禁止的转向", "Banned turns")
    parts: int = field("强连通部分", "Strongly connected parts")
    main_part: float = field("最大部分所占节点", "Share of the nodes in the largest part", unit="1")
    left_out: int = field("未纳入的路段", "Roads left out")
    classes: tuple[ClassRow, ...] = field("按道路等级", "By class")
    faults: tuple[FaultRow, ...] = field("问题", "Faults")


@process(
    name="road-network",
    version="1.0.0",
    title=Text(zh="路网检查", en="Road network report"),
    description=Text(
        zh="由道路路段、节点、转向限制和单元网格建立交通路网（有向路段、禁转、小区与连接线），并报告孤岛、断头、缺失与异常属性、"
        "重复路段、首尾同点、无出入口的小区等问题。",
        en="Makes the network for traffic of road links, nodes, turn restrictions and grid cells (directed links, banned "
        "turns, zones and connectors), and reports islands, dead ends, missing and unlikely attributes, roads drawn twice, "
        "self-loops, zones without access and others.",
    ),
    inputs=NetworkInputs,
    outputs=NetworkOutputs,
    example={"zones": "grid_cell"},
    reads=LAYERS,
    writes=("road_fault",),
    quick=True,
)
def road_network(inputs: NetworkInputs, run: RunContext) -> NetworkOutputs:
    """Raises ``TwinError`` TWIN-710 where there is no road for motor vehicles."""
    from twin.city.road_network_report import components, examine
    from twin.city.road_network_zones import Joining
    from twin.processes.traffic.network import read

    run.progress(0.1, "读取路网", "reading the network")
    found = read(run, zones=inputs.zones, joining=Joining(reach_m=inputs.reach_m))
    network = found.network
    run.progress(0.5, "检查路网", "examining the network")
    faults = examine(network, found.nodes, found.roads, found.faults)
    _write(run, faults)
    roads = network.links.road_class != "connector"
    used = np.ones(len(network.nodes), bool)
    used[network.zones.node] = np.isin(
        network.zones.node, [network.links.tail[roads], network.links.head[roads]]
    )
    part = components(network, "strong")[used]
    return NetworkOutputs(
        nodes=len(found.nodes),
        links=int(roads.sum()),
        connectors=int((~roads).sum()),
        zones=len(network.zones),
        banned_turns=int(network.banned_from.size),
        parts=int(np.unique(part).size),
        main_part=float((part == 0).mean()),
        left_out=len({fault.code for fault in faults if fault.left_out}),
        classes=_classes(network),
        faults=_by_kind(run, faults),
    )


def _write(run: RunContext, faults: Sequence[Fault]) -> None:
    columns: dict[str, list[Any]] = {
        "kind": [fault.kind for fault in faults],
        "layer": [fault.thing for fault in faults],
        "code": [fault.code for fault in faults],
        "attribute": [fault.attribute for fault in faults],
        "value": [fault.value for fault in faults],
        "left_out": [fault.left_out for fault in faults],
    }
    places = shapely.points([fault.x for fault in faults], [fault.y for fault in faults])
    run.write_features("road_fault", Features(columns, np.asarray(places, object)))


def _classes(network: RoadNetwork) -> tuple[ClassRow, ...]:
    links = network.links
    rows = []
    for name in sorted(set(links.road_class) - {"connector"}):
        mine = links.road_class == name
        length = links.length[mine] / 1000.0
        lanes = float((length * np.nan_to_num(links.lanes[mine])).sum())
        rows.append(
            ClassRow(
                road_class=name,
                links=int(mine.sum()),
                length_km=round(float(length.sum()), 3),
                lane_km=round(lanes, 3),
            )
        )
    return tuple(rows)


def _by_kind(run: RunContext, faults: Sequence[Fault]) -> tuple[FaultRow, ...]:
    terms = run.catalog.vocabularies["road_fault_kind"].terms
    counts = Counter(fault.kind for fault in faults)
    return tuple(
        FaultRow(
            kind=kind,
            name_zh=terms[kind].zh,
            name_en=terms[kind].en,
            count=counts[kind],
            codes=tuple(dict.fromkeys(fault.code for fault in faults if fault.kind == kind))[:SHOWN],
        )
        for kind in terms
        if counts[kind]
    )
