"""``traffic-assignment``: the trips of an hour on the city's roads, at equilibrium."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import numpy as np

from twin.processes.models import Inputs as ProcessInputs
from twin.processes.models import Outputs, codes_of, field, run_of
from twin.processes.registry import process
from twin.processes.traffic.asked import Asked, Code
from twin.processes.traffic.solving import LAYERS
from twin.processes.traffic.told import ClassRow, IterationRow, Note
from twin.text import Text

if TYPE_CHECKING:
    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.context import RunContext
    from twin.processes.traffic.solving import Question

WRITES = ("traffic_link", "traffic_turn", "traffic_select_link", "traffic_select_demand", "traffic_cut_off")
EXAMPLE = {"period": "am_peak", "zones": "grid_cell", "gap": 1e-6}


class AssignmentInputs(Asked, ProcessInputs):
    """The hour, zones, demand and classes; how exactly, for whose good, and what to look at."""

    aim: Literal["user", "system"] = field(
        "目标", "Aim", "user",
        terms={
            "user": Text(zh="用户均衡：无人改道可省时", en="User equilibrium: nobody gains by another route"),
            "system": Text(zh="系统最优：总时间最小", en="System optimum: least time in all"),
        },
    )  # fmt: skip
    gap: float = field("相对间隙", "Relative gap", 1e-6, unit="1", ge=1e-13, le=0.1)
    max_iterations: int = field("最多迭代次数", "Most iterations", 500, ge=1, le=10_000)
    select_links: tuple[Code, ...] = field(
        "选线分析的路段", "Links to select", (), max_length=200, extra=codes_of("road_link"),
        description=Text(zh="经过其中任一路段（两个方向）的出行。", en="Trips over any of them, in either direction."),
    )  # fmt: skip
    turns: bool = field("输出转向流量", "Turning flows", True)
    warm_start: UUID | None = field(
        "接续的分配", "Assignment to go on from", None, extra=run_of("traffic-assignment"),
        description=Text(
            zh="路网相同的一次分配：从其路径出发，需求可以不同；状态保留 7 天。",
            en="An assignment on the same network, whose routes are taken up; the demand may differ. Kept for 7 days.",
        ),
    )  # fmt: skip

    def published(self) -> bool:
        """A what-if stays with the asker."""
        return self.aim == "user" and self.demand.factor == 1.0 and not self.tolls and not self.delays


class AssignmentOutputs(Outputs):
    """How the network does, and how exactly that is known; the links are the layer."""

    gap: float = field("达到的相对间隙", "Relative gap reached", unit="1")
    converged: bool = field("达到要求", "As exact as asked")
    objective: float = field(
        "目标函数", "Objective", description=Text(zh="单位为秒·pcu/h。", en="In s.pcu/h.")
    )
    trips: float = field("出行", "Trips", unit="veh/h")
    cut_off: float = field("不可达出行", "Trips cut off", unit="veh/h")
    time_h: float = field("总出行时间", "Time in all", unit="veh.h/h")
    distance_km: float = field("总里程", "Distance in all", unit="veh.km/h")
    mean_speed: float = field("平均车速", "Mean speed", unit="km/h")
    over_capacity: int = field("超饱和有向路段", "Directed links over capacity")
    links: int = field("有向路段", "Directed links")
    zones: int = field("交通小区", "Zones")
    selected_trips: float | None = field(
        "经过所选路段的出行", "Trips over the selected links", None, unit="veh/h"
    )
    zones_without_access: tuple[str, ...] = field("没有出入口的小区", "Zones without access")
    classes: tuple[ClassRow, ...] = field("分车种", "By class")
    iterations: tuple[IterationRow, ...] = field("迭代过程", "Iterations")
    notes: tuple[Note, ...] = field("提示", "Notes")
    engine_s: float = field("求解时间", "Time to solve", unit="s")


@process(
    name="traffic-assignment",
    version="1.0.0",
    title=Text(zh="交通分配", en="Traffic assignment"),
    description=Text(
        zh="把某一小时的出行分配到路网：用户均衡或系统最优（基于灌木丛的算法，可达机器精度），多车种、通行费与里程权重、禁转；"
        "给出各有向路段的流量、时间、车速、饱和度，路口转向流量，选线分析，以及不可达的出行。",
        en="The trips of an hour on the road network: user equilibrium or system optimum (bush-based, to machine precision), with "
        "classes of users, tolls and distance weights and banned turns; flow, time, speed and saturation of each directed "
        "link, turning flows, select-link analysis, and the trips without a way.",
    ),
    inputs=AssignmentInputs,
    outputs=AssignmentOutputs,
    example=EXAMPLE,
    reads=LAYERS,
    writes=WRITES,
)
def traffic_assignment(inputs: AssignmentInputs, run: RunContext) -> AssignmentOutputs:
    """Read the layers, solve, hand over the results and keep the routes for runs that go on from them.

    Raises TWIN-710, 713 to 716 for what the city lacks, TWIN-700 to 709 for what the engine refuses, and TWIN-720, 721 for a
    warm start that is not there or of another network.
    """
    from twin.processes.traffic import rows
    from twin.processes.traffic.solving import known_roads, question, solve

    asked = question(inputs, run)
    network = asked.network
    if inputs.select_links:
        known_roads(network, inputs.select_links, "select_links")
    start = None if inputs.warm_start is None else _start(inputs.warm_start, run, network)
    found = solve(
        asked, run, gap=inputs.gap, max_iterations=inputs.max_iterations, aim=inputs.aim, start=start
    )
    run.progress(0.92, "输出结果", "handing over the results")
    names = [one.name for one in found.demands]
    run.write_features("traffic_link", rows.links(network, found))
    run.write_features("traffic_cut_off", rows.cut_off(network, names, found.cut_off))
    if inputs.turns:
        run.write_features("traffic_turn", rows.turns(network, found))
    through = _select(inputs, run, asked, found)
    keep(run, asked, found)
    return _outputs(asked, found, through)


def _select(inputs: AssignmentInputs, run: RunContext, asked: Question, found: Equilibrium) -> float | None:
    """Hand over the trips over the selected links; returns their sum."""
    from twin.processes.context import Features
    from twin.processes.traffic import rows

    if not inputs.select_links:
        return None
    links = asked.network.links
    chosen = np.nonzero(
        np.isin(links.code.astype(str), inputs.select_links) & (links.road_class != "connector")
    )[0]
    through = found.select_link(chosen)
    names = [one.name for one in found.demands]
    run.write_features("traffic_select_link", rows.selected(asked.network, found, chosen, through))
    run.write_features("traffic_select_demand", Features(rows.pairs(asked.network, names, through), None))
    return float(through.trips.sum())


def _start(of: UUID, run: RunContext, network: RoadNetwork) -> Equilibrium:
    from twin.processes.traffic.earlier import fitting, kept_by

    kept = kept_by(of, run, "warm_start")
    fitting(kept, network, of, "warm_start")
    return kept.equilibrium


def keep(run: RunContext, asked: Question, found: Equilibrium) -> None:
    """Keep the equilibrium with its routes for closures and warm starts."""
    from twin.processes.traffic.state import save

    with tempfile.TemporaryDirectory(prefix="twin-state-") as folder:
        run.keep_state(save(Path(folder) / "equilibrium.npz", asked.network, found), 0.0)


def _outputs(asked: Question, found: Equilibrium, through: float | None) -> AssignmentOutputs:
    from twin.processes.traffic import told

    network = asked.network
    return AssignmentOutputs(
        gap=found.gap,
        converged=found.converged,
        objective=found.objective,
        trips=float(sum(one.trips.sum() for one in found.demands)),
        cut_off=found.cut_off.total,
        time_h=found.total_time / 3600.0,
        distance_km=told.distance_km(network, found),
        mean_speed=told.mean_speed(network, found),
        over_capacity=told.over_capacity(network, found),
        links=int((network.links.road_class != "connector").sum()),
        zones=len(network.zones),
        selected_trips=through,
        zones_without_access=asked.without_access[:200],
        classes=told.classes(network, found, asked.trips),
        iterations=told.iterations(found),
        notes=told.notes(asked, found),
        engine_s=round(found.iterations[-1].cpu_s, 3) if found.iterations else 0.0,
    )
