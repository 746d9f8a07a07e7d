"""``traffic-closure``: roads closed, slowed or under water, and the traffic brought to a new equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from uuid import UUID

import numpy as np
from pydantic import ConfigDict, model_validator

from twin.processes.models import Inputs, Outputs, codes_of, field, laid_out, run_of
from twin.processes.registry import process
from twin.processes.traffic.asked import Asked, Code
from twin.processes.traffic.closing import AreaChange, Changed, FeatureChange, FloodChange, RoadChange
from twin.processes.traffic.solving import LAYERS
from twin.processes.traffic.told import IterationRow, Note
from twin.processes.traffic.water import LAYERS as WATER
from twin.processes.validation import impossible
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.context import RunContext

WRITES = ("traffic_link_change", "traffic_critical_link", "traffic_closure_cut_off")
# The junction in the middle of the sample city: its roads closed, and the five busiest links of all ranked.
EXAMPLE = {
    "assignment": {"period": "am_peak", "zones": "community"},
    "areas": [
        {
            "area": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [114.1518, 30.0195],
                        [114.1531, 30.0195],
                        [114.1531, 30.0207],
                        [114.1518, 30.0207],
                        [114.1518, 30.0195],
                    ]
                ],
            }
        }
    ],
    "rank": 5,
}
SHOWN = 50


LAYOUT = laid_out(
    ("base", "roads", "areas", "features", "flood"),
    (
        ("无基准时的分配", "Assignment where there is none", ("assignment",)),
        ("关键路段", "Critical links", ("rank", "candidates", "rank_gap")),
        ("计算", "Computation", ("gap", "max_iterations")),
    ),
)


class ClosureInputs(Inputs):
    """The traffic before, what is closed or slowed, and whether to rank the critical links."""

    model_config = ConfigDict(json_schema_extra=LAYOUT)

    base: UUID | None = field(
        "基准分配", "Assignment before", None, extra=run_of("traffic-assignment"),
        description=Text(
            zh="空：按下面的设置先求基准。状态保留 7 天。",
            en="Empty: the traffic before is computed first, by the settings below. Kept for 7 days.",
        ),
    )  # fmt: skip
    assignment: Asked = field("无基准时的分配", "Assignment where there is none", Asked())
    roads: tuple[RoadChange, ...] = field("路段", "Roads", (), max_length=2000)
    areas: tuple[AreaChange, ...] = field("范围", "Areas", (), max_length=100)
    features: tuple[FeatureChange, ...] = field(
        "要素", "Features", (), max_length=20,
        description=Text(
            zh="任一要素图层中的要素（案件、施工范围、积水点等）所触及的道路。",
            en="The roads that features of any layer touch: cases, road works, places where water stands.",
        ),
    )  # fmt: skip
    flood: FloodChange | None = field("内涝", "Flood", None)
    gap: float = field("相对间隙", "Relative gap", 1e-6, unit="1", ge=1e-13, le=0.1)
    max_iterations: int = field("最多迭代次数", "Most iterations", 500, ge=1, le=10_000)
    rank: int = field(
        "逐一封闭的路段数", "Links to close one by one", 0, ge=0, le=500,
        description=Text(
            zh="取候选中流量最大的若干有向路段，排出关键路段；0：不排。",
            en="The busiest directed links, ranked by what their closure costs; 0 for none.",
        ),
    )  # fmt: skip
    rank_gap: float = field("排序的相对间隙", "Relative gap of the ranking", 1e-4, unit="1", ge=1e-12, le=0.1)
    candidates: tuple[Code, ...] = field(
        "排序的候选路段", "Candidates of the ranking", (), max_length=500, extra=codes_of("road_link")
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.roads or self.areas or self.features or self.flood is not None or self.rank):
            raise impossible(
                "roads", "没有可封闭的：请给出路段、范围、要素、内涝模拟，或逐一封闭的路段数（rank）。",
                "Nothing to close: give roads, areas, features, a flood run, or how many links to rank.",
            )  # fmt: skip
        return self

    def published(self) -> bool:
        """What a flood run does is for everybody; closures and slowings of one's own are a what-if."""
        return not self.roads and not self.areas and not self.features

    def layers(self) -> tuple[tuple[str, str], ...]:
        """The layers whose features close roads."""
        return tuple((f"features.{number}.layer", one.layer) for number, one in enumerate(self.features))


class ClosureOutputs(Outputs):
    """What the closure costs, and how exactly that is known; the links are the layer."""

    closed: int = field("封闭的有向路段", "Directed links closed")
    slowed: int = field("减速的有向路段", "Directed links slowed")
    breaks: int = field("因绕行超饱和的有向路段", "Directed links that break")
    break_codes: tuple[str, ...] = field("超饱和路段（至多 50 个）", "Links that break (50 at most)")
    affected: float = field("原经过封闭路段的出行", "Trips that used the closed links", unit="veh/h")
    cut_off: float = field("被切断的出行", "Trips newly cut off", unit="veh/h")
    cut_off_before: float = field("原已不可达", "Cut off before", unit="veh/h")
    time_base_h: float = field("原总时间", "Time in all before", unit="veh.h/h")
    time_h: float = field("总时间", "Time in all", unit="veh.h/h")
    delay_h: float = field(
        "延误", "Delay", unit="veh.h/h",
        description=Text(zh="未被切断的出行增加的时间。", en="What the trips that still have a way take longer."),
    )  # fmt: skip
    delay_min: float = field("每车延误", "Delay of a vehicle", unit="min")
    distance_base_km: float = field("原总里程", "Distance in all before", unit="veh.km/h")
    distance_km: float = field("总里程", "Distance in all", unit="veh.km/h")
    detour_km: float = field("绕行里程", "Detours", unit="veh.km/h")
    gap: float = field("达到的相对间隙", "Relative gap reached", unit="1")
    gap_base: float = field("基准的相对间隙", "Relative gap before", unit="1")
    converged: bool = field("达到要求", "As exact as asked")
    unchanged: bool = field("与基准完全相同", "Exactly as before")
    ranked: int = field("排序的路段", "Links ranked")
    iterations: tuple[IterationRow, ...] = field("迭代过程", "Iterations")
    notes: tuple[Note, ...] = field("提示", "Notes")
    engine_s: float = field("重新均衡的时间", "Time to the new equilibrium", unit="s")


@dataclass(frozen=True, slots=True)
class Before:
    """The network and its equilibrium before anything is closed."""

    network: RoadNetwork
    equilibrium: Equilibrium
    notes: tuple[Note, ...]


@process(
    name="traffic-closure",
    version="1.0.0",
    title=Text(zh="道路封闭影响", en="Road closure"),
    description=Text(
        zh="按路段、范围或某次内涝的某一时刻封闭道路或降低车速（水深-车速：Pregnolato 等 2017），从基准分配的路径出发重新均衡，给出延误、"
        "绕行、被切断的出行和因绕行超饱和的路段；可逐一封闭路段，排出关键路段。",
        en="Closes or slows roads by list, by area or by a flood run at a time (depth to speed: Pregnolato et al. 2017), finds the new "
        "equilibrium from the routes of the one before, and tells delay, detours, the trips cut off and the links that break "
        "under the detours; ranks the most critical links by closing them one by one.",
    ),
    inputs=ClosureInputs,
    outputs=ClosureOutputs,
    example=EXAMPLE,
    reads=(*LAYERS, *WATER),
    writes=WRITES,
)
def traffic_closure(inputs: ClosureInputs, run: RunContext) -> ClosureOutputs:
    """Raises what ``traffic-assignment`` does, TWIN-711 for no such flood run, TWIN-716 for unknown roads, TWIN-690 and 691 for
    features that are not there, TWIN-720 and 721 for a base that is not there or of another network."""
    from twin.processes.traffic import comparing, rows
    from twin.processes.traffic.closing import changed

    before = _before(inputs, run)
    network, base = before.network, before.equilibrium
    names = [one.name for one in base.demands]
    to = changed(run, network, names, inputs.roads, inputs.areas, inputs.flood, inputs.features)
    after = _after(inputs, run, network, base, to)
    run.progress(0.75, "输出结果", "handing over the results")
    run.write_features("traffic_link_change", comparing.links(network, base, after, to))
    run.write_features("traffic_closure_cut_off", rows.cut_off(network, names, after.cut_off))
    ranked = _rank(inputs, run, network, base) if inputs.rank else 0
    return _outputs(before, after, to, ranked)


def _before(inputs: ClosureInputs, run: RunContext) -> Before:
    from twin.processes.traffic import told
    from twin.processes.traffic.earlier import earlier
    from twin.processes.traffic.solving import question, solve

    if inputs.base is not None:
        network, equilibrium = earlier(inputs.base, run, "base")
        return Before(network, equilibrium, ())
    asked = question(inputs.assignment, run)
    found = solve(
        asked, run, gap=inputs.gap, max_iterations=inputs.max_iterations, aim="user", start=None, end=0.5
    )
    return Before(asked.network, found, told.notes(asked, found))


def _after(
    inputs: ClosureInputs, run: RunContext, network: RoadNetwork, base: Equilibrium, to: Changed
) -> Equilibrium:
    """The new equilibrium; the base itself, to the bit, where nothing has changed."""
    from twin.engines.traffic.assignment import Cancelled, assign
    from twin.processes.traffic.closing import applied
    from twin.processes.traffic.solving import watched

    if to.nothing(network):
        return base
    slowed, demands = applied(network, base.network, base.demands, to)
    progress, cancelled = watched(run, inputs.gap, 0.5, 0.75)
    try:
        return assign(
            slowed, demands, gap=inputs.gap, aim=base.aim, start=base, closed=base.closed | to.closed,
            max_iterations=inputs.max_iterations, progress=progress, cancelled=cancelled,
        )  # fmt: skip
    except Cancelled:
        run.check()
        raise


def _rank(inputs: ClosureInputs, run: RunContext, network: RoadNetwork, base: Equilibrium) -> int:
    """Close the busiest candidates one by one; hand over the ranking and return its length."""
    from twin.processes.traffic.ranking import candidates, rank

    chosen = candidates(network, base, inputs.candidates, inputs.rank)
    run.write_features("traffic_critical_link", rank(run, network, base, chosen, inputs.rank_gap))
    return int(chosen.size)


def _outputs(before: Before, after: Equilibrium, to: Changed, ranked: int) -> ClosureOutputs:
    from twin.processes.traffic import closing, comparing, told

    network, base = before.network, before.equilibrium
    lost = comparing.lost(network, base, after)
    far = [told.distance_km(network, one) for one in (base, after)]
    roads = network.links.road_class != "connector"
    breaks = (comparing.effects(network, base, after, to) == "breaks") & roads
    delay = (after.total_time - base.total_time) / 3600.0 + lost.time_h
    served = float(sum(one.trips.sum() for one in after.demands)) - after.cut_off.total - after.intrazonal
    return ClosureOutputs(
        closed=int((to.closed & roads).sum()),
        slowed=int((to.slowed(network) & roads).sum()),
        breaks=int(breaks.sum()),
        break_codes=tuple(dict.fromkeys(network.links.code[breaks].tolist()))[:SHOWN],
        affected=_affected(base, np.flatnonzero(to.closed & roads)),
        cut_off=lost.trips,
        cut_off_before=base.cut_off.total,
        time_base_h=base.total_time / 3600.0,
        time_h=after.total_time / 3600.0,
        delay_h=delay,
        delay_min=60.0 * delay / served if served > 0 else 0.0,
        distance_base_km=far[0],
        distance_km=far[1],
        detour_km=far[1] - far[0] + lost.distance_km,
        gap=after.gap,
        gap_base=base.gap,
        converged=after.converged,
        unchanged=after is base,
        ranked=ranked,
        iterations=told.iterations(after),
        notes=(*before.notes, *told.said(closing.notes(to))),
        engine_s=round(after.iterations[-1].cpu_s, 3) if after.iterations and after is not base else 0.0,
    )


def _affected(base: Equilibrium, closed: Sequence[int] | np.ndarray) -> float:
    return float(base.select_link(np.asarray(closed)).trips.sum()) if len(closed) else 0.0
