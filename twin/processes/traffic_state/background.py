"""What the links that nobody observed rest on: an assignment of the hour's trips, moved to the counts if asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.processes.traffic.demand import demand
from twin.processes.traffic.network import arrays
from twin.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Demand, Equilibrium
    from twin.engines.traffic.state.demand import Estimated
    from twin.processes.context import RunContext
    from twin.processes.traffic.observed import Observed
    from twin.processes.traffic_state import StateInputs

    type Numbers = NDArray[np.float64]

GAP = 1e-4
LEAST_COUNT = 20.0  # pcu/h: smaller counts are not more exact than one of this size
UNKNOWN_FLOW, FREE_SPEED_SD = 0.3, 0.3  # relative, of an assignment without counts and of the free speed


@dataclass(frozen=True, slots=True)
class Background:
    """(links,) km/h and pcu/h (None: no assignment), their relative standard deviations, the fit, and notes."""

    speed: Numbers
    flow: Numbers | None
    flow_sd: float
    fit: dict[str, Any] | None
    notes: tuple[Text, ...]


def background(inputs: StateInputs, run: RunContext, network: RoadNetwork, seen: Observed) -> Background:
    """By ``inputs.background``. Raises what the reading of trips and the assignment raise."""
    if inputs.background == "free_flow":
        note = Text(
            zh="背景为自由流：未观测路段的流量未知。",
            en="The background is free flow: flows of links not observed are unknown.",
        )
        return Background(_shown(network, network.links.free_speed), None, UNKNOWN_FLOW, None, (note,))
    from twin.engines.traffic.assignment import assign

    period = _period(seen.end, inputs.utc_offset_h) if inputs.period == "auto" else inputs.period
    run.progress(0.15, "读取出行需求", "reading the trips")
    prior = _prior(inputs, run, network, period)
    net = arrays(network)
    counts = count_links(network, seen)
    if inputs.background == "assigned" or counts[0].size == 0:
        notes = () if inputs.background == "assigned" else (
            Text(zh="此刻没有流量计数，OD 未修正。", en="No flows were counted at the time; the trips are the prior ones."),
        )  # fmt: skip
        found = assign(net, (prior,), gap=GAP)
        return Background(_speeds(network, found), found.flow, UNKNOWN_FLOW, None, (*notes, *_cut_off(found)))
    from twin.engines.traffic.state.demand import Counts, estimate

    def report(share: float) -> None:
        run.check()
        run.progress(0.2 + 0.55 * share, "由计数修正出行", "moving the trips to the counts")

    link, flow, error = counts
    told = estimate(
        net,
        (prior,),
        Counts(link, flow, error * np.maximum(flow, LEAST_COUNT)),
        gap=GAP,
        seed=run.seed,
        progress=report,
    )
    fit = _fit(told, prior, link.size)
    return Background(
        _speeds(network, told.equilibrium),
        told.equilibrium.flow,
        told.flow_sd,
        fit,
        _cut_off(told.equilibrium),
    )


def _period(end: datetime, utc_offset_h: float) -> str:
    """The peaks are 7 to 10 and 16:30 to 19:30 local time, the night 22 to 6."""
    hour = (end.hour + end.minute / 60 - 1e-6 + utc_offset_h) % 24
    if 7 <= hour < 10:
        return "am_peak"
    if 16.5 <= hour < 19.5:
        return "pm_peak"
    return "night" if hour >= 22 or hour < 6 else "off_peak"


def _prior(inputs: StateInputs, run: RunContext, network: RoadNetwork, period: str) -> Demand:
    from twin.engines.traffic.assignment import Demand

    trips = demand(run, network, period, ("car",), zones=inputs.zones)["car"]
    return Demand("car", trips.origin.astype(np.int32), trips.destination.astype(np.int32), trips.trips)


def place_of(network: RoadNetwork) -> dict[tuple[str, bool], int]:
    """Positions of directed links by code and direction."""
    pairs = zip(network.links.code.tolist(), network.links.forward.tolist(), strict=True)
    return {pair: i for i, pair in enumerate(pairs)}


def count_links(network: RoadNetwork, seen: Observed) -> tuple[NDArray[np.intp], Numbers, Numbers]:
    """Links with a flow counted now, pcu/h, and the relative error; several detectors of a link are averaged."""
    place = place_of(network)
    links: dict[int, list[tuple[float, float]]] = {}
    for who, flow in enumerate(seen.flow[-1].tolist()):
        at = place.get((seen.detectors.road_code[who], bool(seen.detectors.forward[who])))
        if at is not None and np.isfinite(flow):
            links.setdefault(at, []).append((flow, float(seen.detectors.flow_error[who])))
    link = np.array(sorted(links), np.intp)
    flow = np.array([np.mean([f for f, _ in links[i]]) for i in link.tolist()], float)
    return link, flow, np.array([np.mean([e for _, e in links[i]]) for i in link.tolist()], float)


def _speeds(network: RoadNetwork, found: Equilibrium) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        speed = 3.6 * network.links.length / found.time
    return _shown(network, speed)


def _shown(network: RoadNetwork, speed: Numbers) -> Numbers:
    """Connectors may have no time at all: any speed above 0 will do, they are not shown."""
    return np.where(np.isfinite(speed) & (speed > 0), np.maximum(speed, 1.0), 30.0)


def _fit(told: Estimated, prior: Demand, counts: int) -> dict[str, Any]:
    def share(values: Numbers) -> float:
        return round(float((values < 5).mean()), 3)

    return {
        "counts": int(counts),
        "geh_before": share(told.geh_before),
        "geh_after": share(told.geh_after),
        "held_out": int(told.held_out.size),
        "geh_held_out": share(told.held_out) if told.held_out.size else None,
        "trips_before": round(float(prior.trips.sum()), 1),
        "trips_after": round(float(sum(one.trips.sum() for one in told.demands)), 1),
        **{f"{name}_error": round(value, 3) for name, value in told.spread.items()},
    }


def _cut_off(found: Equilibrium) -> tuple[Text, ...]:
    lost = found.cut_off.total
    if lost <= 0:
        return ()
    return (
        Text(
            zh=f"每小时 {lost:.0f} 车次没有通路，未计入。",
            en=f"{lost:.0f} trips an hour have no way and are left out.",
        ),
    )
