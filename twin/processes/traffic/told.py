"""Outputs that assignments and closures share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import ConfigDict

from twin.city.road_network import CONNECTOR
from twin.errors import Problem
from twin.processes.models import Value, field, titled
from twin.processes.traffic.solving import named
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.traffic.demand import Trips
    from twin.processes.traffic.solving import Question


class IterationRow(Value):
    """One iteration of the solution."""

    model_config = ConfigDict(json_schema_extra=titled("一次迭代", "Iteration"))

    gap: float = field("相对间隙", "Relative gap", unit="1")
    objective: float = field("目标函数", "Objective")
    cpu_s: float = field("处理器时间", "CPU time", unit="s")


class ClassRow(Value):
    """One class of users."""

    model_config = ConfigDict(json_schema_extra=titled("一个车种", "Class of users"))

    name: str = field("车种", "Class")
    source: str = field("需求来源", "Source of the demand")
    trips: float = field("车次", "Trips", unit="veh/h")
    inside: float = field("小区内出行（不上路网）", "Trips within a zone (not on the network)", unit="veh/h")
    cut_off: float = field("不可达", "Cut off", unit="veh/h")
    time_h: float = field("总时间", "Time in all", unit="veh.h/h")
    distance_km: float = field("总里程", "Distance in all", unit="veh.km/h")


class Note(Value):
    """Something worth knowing about the network or the demand."""

    model_config = ConfigDict(json_schema_extra=titled("提示", "Note"))

    code: str = field("代码", "Code")
    zh: str = field("说明", "Note (Chinese)")
    en: str = field("说明（英文）", "Note")


def iterations(found: Equilibrium) -> tuple[IterationRow, ...]:
    return tuple(
        IterationRow(gap=one.gap, objective=one.objective, cpu_s=round(one.cpu_s, 4))
        for one in found.iterations
    )


def classes(network: RoadNetwork, found: Equilibrium, trips: dict[str, Trips]) -> tuple[ClassRow, ...]:
    rows = []
    for k, one in enumerate(found.demands):
        flow = found.class_flow[k]
        used = flow > 0
        mine = trips.get(one.name)
        rows.append(
            ClassRow(
                name=one.name,
                source=mine.source if mine else "table",
                trips=float(one.trips.sum()),
                inside=mine.inside if mine else 0.0,
                cut_off=float(found.cut_off.trips[found.cut_off.demand == k].sum()),
                time_h=float(flow[used] @ found.time[used]) / 3600.0,
                distance_km=distance_km(network, found, k),
            )
        )
    return tuple(rows)


def distance_km(network: RoadNetwork, found: Equilibrium, demand: int | None = None) -> float:
    """Vehicle kilometres an hour on roads (connectors left out), of one class or of all."""
    roads = network.links.road_class != CONNECTOR
    flow = found.class_flow.sum(0) if demand is None else found.class_flow[demand]
    return float(flow[roads] @ network.links.length[roads]) / 1000.0


def notes(asked: Question, found: Equilibrium) -> tuple[Note, ...]:
    """Roads left out of the network, zones without access, what the engine let pass, a balance that was not met."""
    return said([*(named(asked, one) for one in found.problems), *_of_network(asked), *_of_demand(asked)])


def said(problems: Iterable[Problem]) -> tuple[Note, ...]:
    return tuple(Note(code=one.code, zh=one.text.zh, en=one.text.en) for one in problems)


def _of_network(asked: Question) -> Iterator[Problem]:
    left_out = list(dict.fromkeys(fault.code for fault in asked.faults if fault.left_out))
    if left_out:
        count, shown = len(left_out), _some(left_out)
        yield Problem(
            "TWIN-717",
            Text(
                zh=f"{count} 条道路未纳入路网（首尾同点、无长度、无通行能力或节点不存在）：{shown}；见 road-network。",
                en=f"{count} roads are not part of the network (self-loops, no length, no capacity or an unknown node): "
                f"{shown}; see road-network.",
            ),
            fatal=False,
        )
    if asked.without_access:
        count, shown = len(asked.without_access), _some(asked.without_access)
        yield Problem(
            "TWIN-718",
            Text(
                zh=f"{count} 个有人口或出行的小区没有可达的道路，其出行不可达或未推算：{shown}。",
                en=f"{count} zones with people or trips have no road in reach; their trips are cut off, or none were estimated: {shown}.",
            ),
            fatal=False,
        )


def _of_demand(asked: Question) -> Iterator[Problem]:
    worst = max((one.unbalanced for one in asked.trips.values()), default=0.0)
    if worst > 1e-6:
        yield Problem(
            "TWIN-719",
            Text(
                zh=f"重力模型的行列总量未能平衡，相差 {worst:.1e}（相对总量）：部分小区之间没有路径。",
                en=f"The gravity model could not meet its totals, by {worst:.1e} of all trips: some zones have no way between them.",
            ),
            fatal=False,
        )


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:20]) + (" …" if len(codes) > 20 else "")


def mean_speed(network: RoadNetwork, found: Equilibrium) -> float:
    """km/h of all vehicles on roads; 0 where nobody drives."""
    roads = network.links.road_class != CONNECTOR
    flow = found.class_flow.sum(0)
    used = roads & (flow > 0)
    hours = float(flow[used] @ found.time[used]) / 3600.0
    return float(flow[used] @ network.links.length[used]) / 1000.0 / hours if hours > 0 else 0.0


def over_capacity(network: RoadNetwork, found: Equilibrium) -> int:
    roads = network.links.road_class != CONNECTOR
    return int(np.count_nonzero(found.flow[roads] > network.links.capacity[roads]))
