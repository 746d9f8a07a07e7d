"""Which plans the signals of a SUMO network run: the city's, or those that a run of ``signal-timing`` proposed instead."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from twin.errors import Problem, TwinError
from twin.processes.traffic import plans
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.signals.program import Program
    from twin.engines.traffic.signals.sumo_net import SignalJunction, SignalNet
    from twin.processes.context import RunContext
    from twin.processes.traffic.simulated import SumoCity

PROPOSED, JUNCTIONS = "signal_plan_proposed", "signal_junction"
LAYERS = (plans.LAYER, PROPOSED, JUNCTIONS)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class InForce:
    """``net``: the signals with the programs that they run; ``in_file``: those that the network file holds; ``road``: code of
    the road of each edge; ``code``: of the node of each signal; ``unplanned``: nodes that run the programs of the file."""

    net: SignalNet
    in_file: tuple[Program, ...]
    road: Mapping[str, str]
    code: Mapping[str, str]
    unplanned: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def programs(self) -> list[Program]:
        """Those that differ from the network file's."""
        pairs = zip(self.net.junctions, self.in_file, strict=True)
        return [one.program for one, file in pairs if one.program != file]


def in_force(run: RunContext, network: RoadNetwork, city: SumoCity, proposed: UUID | None = None) -> InForce:
    """The signals of ``city``, made of ``network``, with their plans.

    Raises TWIN-761 where ``proposed`` is no run of ``signal-timing`` that the actor may see.
    """
    from twin.engines.traffic.signals.sumo_net import read_signals

    net = read_signals(city.scenario.net)
    road = {name: str(network.links.code[i]) for name, i in city.edge.items()}
    enters = {name: str(network.nodes.code[network.links.head[i]]) for name, i in city.edge.items()}
    table = plans.read(run)
    if proposed is not None:
        table |= _proposed(run, proposed)
    doubled = with_a_stage_twice(table)
    codes, junctions, unplanned = {}, [], []
    for one in net.junctions:
        kept = str(network.nodes.code[city.node[one.name]]) if one.name in city.node else one.name
        code = planned(one, kept, enters, table)
        codes[one.name] = code
        built = plans.program(one, table[code], road) if code in table and code not in doubled else None
        if built is None:
            unplanned.append(code)
        junctions.append(one if built is None else replace(one, program=built))
    in_file = tuple(one.program for one in net.junctions)
    there = {code: table[code] for code in codes.values() if code in table}
    problems = tuple(findings(there, unplanned, doubled, set(road.values())))
    return InForce(replace(net, junctions=tuple(junctions)), in_file, road, codes, tuple(unplanned), problems)


def planned(
    junction: SignalJunction, kept: str, enters: Mapping[str, str], table: Mapping[str, object]
) -> str:
    """The node whose plan the junction runs: of several nodes that were made one the only one that has a plan."""
    edges = {one.from_edge for row in junction.signals for one in row}
    members = {enters[edge] for edge in edges if edge in enters} | {kept}
    with_plan = sorted(members & set(table))
    return with_plan[0] if len(with_plan) == 1 else kept


def _proposed(run: RunContext, of: UUID) -> dict[str, list[plans.Row]]:
    if not run.features(JUNCTIONS, columns=["node_code"], run=of).columns["node_code"]:
        raise TwinError(
            "TWIN-761",
            f"没有可见的信号配时结果 {of}，或它没有成功；请核对运行编号，或留空使用现行配时。",
            f"There is no run {of} of signal-timing that you may see, or it did not succeed; check the id, or leave it empty "
            "for the plans in force.",
            status=422,
            where="signals",
        )
    return plans.read(run, PROPOSED, of)


def with_a_stage_twice(table: Mapping[str, Sequence[plans.Row]]) -> set[str]:
    """Nodes whose rows are not one plan."""
    return {node for node, rows in table.items() if max(Counter(row.stage for row in rows).values()) > 1}


def findings(
    table: Mapping[str, Sequence[plans.Row]], unplanned: list[str], doubled: set[str], roads: set[str]
) -> Iterator[Problem]:
    """What of the plans could not be taken as it stands."""
    twice = sorted(doubled & set(table))
    if twice:
        yield Problem(
            "TWIN-762",
            Text(
                zh=f"{len(twice)} 个路口的配时有重复的阶段序号（例如多套分时段方案），未采用：{_some(twice)}。",
                en=f"{len(twice)} junctions have plans with a stage number more than once (plans of several times of day?), "
                f"which are not used: {_some(twice)}.",
            ),
            fatal=False,
        )
    strange = sorted(
        {f"{node} {name}" for node, rows in table.items() for row in rows for name in row.turns if name not in roads}
    )  # fmt: skip
    if strange:
        yield Problem(
            "TWIN-763",
            Text(
                zh=f"配时所列的 {len(strange)} 处进口路段不在所仿真的路网中：{_some(strange)}。",
                en=f"{len(strange)} approach roads named by plans are not part of the network simulated: {_some(strange)}.",
            ),
            fatal=False,
        )
    short = sorted({node for node, rows in table.items() for row in rows if row.green < row.minimum})
    if short:
        yield Problem(
            "TWIN-764",
            Text(
                zh=f"{len(short)} 个路口的现行绿灯短于其最小绿灯，以绿灯为最小绿灯：{_some(short)}。",
                en=f"{len(short)} junctions have greens below their minimum green; the green stands for the minimum: {_some(short)}.",
            ),
            fatal=False,
        )
    if unplanned:
        yield Problem(
            "TWIN-765",
            Text(
                zh=f"{len(unplanned)} 个路口没有可用的配时（无方案，或有转向永远得不到绿灯），"
                f"以 netconvert 的缺省方案为准：{_some(unplanned)}。",
                en=f"{len(unplanned)} junctions have no usable plan (none, or a movement never gets green); netconvert's default "
                f"stands in: {_some(unplanned)}.",
            ),
            fatal=False,
        )


def _some(named: Sequence[str]) -> str:
    return ", ".join(named[:SHOWN]) + (" …" if len(named) > SHOWN else "")
