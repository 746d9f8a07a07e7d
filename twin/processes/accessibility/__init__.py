"""``accessibility``: how soon people reach facilities or help reaches them, who shares what is supplied, before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.processes.accessibility import network, people, writing
from twin.processes.accessibility.inputs import EXAMPLE, AccessibilityInputs
from twin.processes.accessibility.outputs import AccessibilityOutputs, KindReached, Within
from twin.processes.accessibility.times import gini, spread
from twin.processes.registry import process
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.accessibility.network import Net
    from twin.processes.accessibility.people import Crowd, Targets
    from twin.processes.accessibility.times import Spread
    from twin.processes.accessibility.writing import Timed
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]


@process(
    name="accessibility",
    version="1.0.0",
    title=Text(zh="可达性", en="Accessibility"),
    description=Text(
        zh="等时圈、最近设施、响应时间、两步移动搜寻与 15 分钟生活圈，按自由流、拥堵、封闭后或积水时的时间，逐网格、逐建筑，可对比前后。",
        en="Isochrones, nearest facility, response times, floating catchments and the 15-minute city by free-flow, congested or "
        "flooded times, for grid cells and buildings, before and after.",
    ),
    inputs=AccessibilityInputs,
    outputs=AccessibilityOutputs,
    example=EXAMPLE,
    reads=(*network.LAYERS, "facility"),
    writes=writing.LAYERS,
)
def accessibility(inputs: AccessibilityInputs, run: RunContext) -> AccessibilityOutputs:
    """Read, bring places to the roads, search from the facilities, sum up. Raises TWIN-710 to 712 and 740 to 743."""
    targets, grid = people.facilities(run, inputs), people.cells(run)
    net = network.driven(run, inputs) if inputs.mode == "car" else network.walked(run, inputs)
    run.progress(0.2, "计算到最近设施的时间", "computing times")
    states = _states(run, inputs, net, targets)
    timed = writing.timed(net, grid, states, inputs.snap_m)
    crowd = timed
    if inputs.buildings:
        crowd = writing.timed(net, people.buildings(run, grid), states, inputs.snap_m)
        writing.write_buildings(run, crowd, targets)
    run.check()
    run.progress(0.5, "两步移动搜寻与生活圈", "catchments and the 15-minute city")
    access, ratio = _catchment(inputs, net, states, targets, timed)
    reached, kinds = _daily(run, inputs, timed.crowd, net)
    writing.write_cells(run, timed, targets, access, reached)
    writing.write_facilities(run, targets, states["base"].sources, timed, ratio)
    run.check()
    run.progress(0.7, "绘制等时圈", "drawing isochrones")
    areas = writing.write_isochrones(run, inputs, net, states, targets, crowd) if inputs.isochrones else {}
    return _outputs(inputs, targets, states, crowd, areas, (access, grid.people), (reached, kinds))


def _states(run: RunContext, inputs: AccessibilityInputs, net: Net, targets: Targets) -> dict[str, Spread]:
    """The reach of the facilities in the base and, where asked for, in the variant."""
    sources = net.places(targets.point, inputs.snap_m)
    asked = {"base": inputs.base} | ({"variant": inputs.variant} if inputs.variant is not None else {})
    return {
        name: spread(network.times(run, net, state), sources, inputs.direction, 60.0 * inputs.turnout_min)
        for name, state in asked.items()
    }


def _catchment(
    inputs: AccessibilityInputs, net: Net, states: dict[str, Spread], targets: Targets, timed: Timed
) -> tuple[Numbers | None, Numbers | None]:
    """Supply in reach per person of each cell and the ratio of each facility, in the base state."""
    from twin.engines.traffic.accessibility.catchment import floating_catchment
    from twin.engines.traffic.accessibility.ways import times

    if inputs.catchment is None:
        return None, None
    base = states["base"]
    found = times(base.ways, base.sources, timed.places, 60.0 * inputs.catchment.rings_min[-1]) + base.start_s
    ratio, access = floating_catchment(
        found, targets.capacity, timed.crowd.people, inputs.catchment.rings_min, inputs.catchment.weights
    )
    return access, ratio


def _daily(
    run: RunContext, inputs: AccessibilityInputs, grid: Crowd, net: Net
) -> tuple[dict[str, NDArray[np.bool_]], tuple[KindReached, ...]]:
    """By kind: which cells reach one on foot in time."""
    if inputs.daily is None:
        return {}, ()
    foot = net if inputs.mode == "walk" else network.walked(run, inputs)
    homes = foot.places(grid.point, inputs.snap_m)
    reached, told, total = {}, [], max(float(grid.people.sum()), 1e-9)
    for kind, points in people.by_kind(run, inputs.daily.kinds).items():
        found, _ = spread(foot.ways, foot.places(points, inputs.snap_m), "to", 0.0).at(homes)
        reached[kind] = found <= 60.0 * inputs.daily.minutes
        share = float(grid.people[reached[kind]].sum()) / total
        told.append(KindReached(kind=kind, facilities=points.size, share=round(share, 4)))
    return reached, tuple(told)


def _outputs(
    inputs: AccessibilityInputs,
    targets: Targets,
    states: dict[str, Spread],
    crowd: Timed,
    areas: dict[tuple[str, float], float],
    supply: tuple[Numbers | None, Numbers],
    daily: tuple[dict[str, NDArray[np.bool_]], tuple[KindReached, ...]],
) -> AccessibilityOutputs:
    residents, base, variant = crowd.crowd.people, crowd.time["base"], crowd.time.get("variant")
    total = float(residents.sum())
    access, here = supply
    every = np.logical_and.reduce(list(daily[0].values())) if daily[0] else None
    gone = None if variant is None else np.isfinite(base) & ~np.isfinite(variant)
    late = (
        None
        if variant is None
        else np.isfinite(base)
        & np.isfinite(variant)
        & (variant - np.where(np.isfinite(base), base, 0.0) >= 60.0)
    )
    return AccessibilityOutputs(
        facilities=len(targets),
        off_road=int((states["base"].sources.line < 0).sum()),
        people=round(total, 1),
        within=tuple(_within(limit, crowd, areas, max(total, 1e-9)) for limit in inputs.minutes),
        median_min=_quantile(base, residents, 0.5),
        time_90_min=_quantile(base, residents, 0.9),
        unreached_people=round(float(residents[~np.isfinite(base)].sum()), 1),
        median_variant_min=None if variant is None else _quantile(variant, residents, 0.5),
        time_90_variant_min=None if variant is None else _quantile(variant, residents, 0.9),
        cut_off_people=None if gone is None else round(float(residents[gone].sum()), 1),
        slower_people=None if late is None else round(float(residents[late].sum()), 1),
        catchment_mean=None
        if access is None
        else round(1000 * float(access @ here) / max(float(here.sum()), 1e-9), 4),
        catchment_gini=None if access is None else round(gini(access, here), 4),
        all_kinds_share=None
        if every is None
        else round(float(here[every].sum()) / max(float(here.sum()), 1e-9), 4),
        kinds=daily[1],
    )


def _within(limit: float, crowd: Timed, areas: dict[tuple[str, float], float], total: float) -> Within:
    residents = crowd.crowd.people
    reached = {name: float(residents[time <= 60.0 * limit].sum()) for name, time in crowd.time.items()}
    later = reached.get("variant")
    return Within(
        minutes=limit,
        people=round(reached["base"], 1),
        share=round(reached["base"] / total, 4),
        area_km2=areas.get(("base", limit)),
        people_variant=None if later is None else round(later, 1),
        share_variant=None if later is None else round(later / total, 4),
        area_variant_km2=areas.get(("variant", limit)),
    )


def _quantile(time: Numbers, residents: Numbers, share: float) -> float | None:
    from twin.engines.traffic.accessibility.catchment import quantile

    found = quantile(time, residents, share)
    return round(found / 60.0, 3) if np.isfinite(found) else None
