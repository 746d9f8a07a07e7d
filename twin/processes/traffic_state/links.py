"""The links' states: the background corrected by what was read, with levels, handed over as a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.city.road_network import CONNECTOR
from twin.city.traffic_index import LEVELS, rules
from twin.processes.context import Features
from twin.processes.traffic_state.background import FREE_SPEED_SD, LEAST_COUNT, count_links, place_of
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.state.fusion import Estimate
    from twin.engines.traffic.state.fusion import Observed as Readings
    from twin.processes.context import RunContext
    from twin.processes.traffic.observed import Observed
    from twin.processes.traffic_state.background import Background

    type Numbers = NDArray[np.float64]
    type Places = NDArray[np.intp]

ONE_CAR = 0.20  # relative spread of one car's speed about the mean of the traffic
FLOATING_BIAS = 0.05  # that more cars do not average away
ENOUGH = 5  # readings that tell how far off the background's speeds are
ODD_SPEED = (
    0.35,
    2.0,
)  # of the free-flow speed: what nine in ten readings stay below is never so small or so great
ODD_FLOW = 1.5  # of the capacity, likewise
SHOWN = 10  # detectors named in a note


@dataclass(frozen=True, slots=True)
class State:
    """Of the roads (positions in the network's links ``road``, connectors left out): ``speed`` km/h and ``flow`` pcu/h
    (None: unknown) with uncertainties, ``level`` positions in LEVELS; ``used``: source, links, mean relative sd."""

    road: Places
    speed: Estimate
    flow: Estimate | None
    level: Places
    used: list[tuple[str, int, float]]


def fused(network: RoadNetwork, seen: Observed, ground: Background) -> State:
    """Speeds of all sources on the background's speeds, counts on its flows."""

    links = network.links
    road = np.flatnonzero(links.road_class != CONNECTOR)
    speeds = _speeds(network, seen)
    off = _off(speeds, ground.speed)
    speed = _carried(network, ground.speed, np.full(len(links), off), speeds)
    flow = None
    if ground.flow is not None:
        counted, value, error = count_links(network, seen)
        from twin.engines.traffic.state.fusion import Observed as Readings

        sd = error * np.maximum(value, LEAST_COUNT) / np.maximum(value, 1.0)
        read = [Readings("detector", counted, np.maximum(value, 1.0), sd)]
        # trips already moved to the counts leave nothing to carry along: what differs is the counting station's own
        off_flow = np.full(len(links), max(ground.flow_sd, 0.05))
        flow = _carried(network, np.maximum(ground.flow, 1.0), off_flow, read, along=ground.fit is None)
    free = np.asarray(links.free_speed, float)[road]
    shown = np.minimum(speed.value[road], 1.2 * free)
    level = rules().link_levels(shown, free, links.road_class[road].tolist())
    used = [
        (one.source, int(np.unique(one.link).size), float(one.sd.mean())) for one in speeds if one.link.size
    ]
    return State(
        road,
        _only(speed, road, shown),
        None if flow is None else _only(flow, road, flow.value[road]),
        level,
        used,
    )


def _only(one: Estimate, road: Places, value: Numbers) -> Estimate:
    from twin.engines.traffic.state.fusion import Estimate

    return Estimate(value, one.sd[road], one.information[road], [one.sources[i] for i in road.tolist()])


def _carried(
    network: RoadNetwork, value: Numbers, sd: Numbers, read: list[Readings], *, along: bool = True
) -> Estimate:
    from twin.engines.traffic.state.fusion import alone, distances, fuse, merge

    seen = merge(read, value.size)[0]
    links = network.links
    if not along:
        return fuse(value, sd, read, alone(seen, value.size), seen)
    apart = distances(links.tail, links.head, links.length, len(network.nodes), seen)
    return fuse(value, sd, read, apart, seen)


def _speeds(network: RoadNetwork, seen: Observed) -> list[Readings]:
    """Speeds read in the last interval, by source."""
    from twin.engines.traffic.state.fusion import Observed as Readings

    place = place_of(network)
    last, who = seen.speed[-1], seen.detectors
    error = reading_error(who.speed_error, seen.flow[-1], seen.step_min)
    fixed = [
        (place[(road, bool(way))], last[i], error[i])
        for i, (road, way) in enumerate(zip(who.road_code, who.forward, strict=True))
        if (road, bool(way)) in place and np.isfinite(last[i]) and last[i] > 0
    ]
    cars = seen.floating
    moving = [
        (place[(road, way)], cars.speed[i], np.hypot(ONE_CAR / np.sqrt(cars.samples[i]), FLOATING_BIAS))
        for i, (road, way) in enumerate(zip(cars.road_code, cars.forward, strict=True))
        if (road, way) in place and cars.speed[i] > 0
    ]
    return [_readings(Readings, "detector", fixed), _readings(Readings, "floating_car", moving)]


def reading_error(stated: Numbers, flow: Numbers, step_min: float) -> Numbers:
    """Relative standard deviation of detectors' speeds: what they state, and what the few cars of an interval (``flow`` veh/h,
    NaN: not counted) differ by chance from the traffic."""
    cars = np.nan_to_num(np.maximum(flow * step_min / 60.0, 1.0), nan=np.inf)
    return np.hypot(stated, ONE_CAR / np.sqrt(cars))


def _readings(kind: type[Readings], source: str, rows: list[tuple[int, float, float]]) -> Readings:
    table = np.array(rows, float).reshape(-1, 3)
    return kind(source, table[:, 0].astype(np.intp), table[:, 1], table[:, 2])


def _off(read: list[Readings], background: Numbers) -> float:
    """How far off the background's speeds are (relative), as the readings tell; robust."""
    ratio = np.concatenate([np.log(one.value / background[one.link]) for one in read])
    if ratio.size < ENOUGH:
        return FREE_SPEED_SD
    return float(np.clip(np.sqrt(np.mean(np.clip(ratio, -1.0, 1.0) ** 2)), 0.05, 0.6))


def write(run: RunContext, network: RoadNetwork, seen: Observed, state: State) -> None:
    """The layer ``traffic_state``."""
    links, road = network.links, state.road
    speed, flow = state.speed, state.flow

    def rounded(values: Numbers, digits: int) -> list[float]:
        return np.round(values, digits).tolist()  # type: ignore[no-any-return]

    unknown = [None] * road.size
    free = np.asarray(links.free_speed, float)[road]
    columns = {
        "road_code": links.code[road].tolist(),
        "forward": links.forward[road].tolist(),
        "name": links.name[road].tolist(),
        "class": links.road_class[road].tolist(),
        "speed": rounded(speed.value, 1),
        "speed_sd": rounded(speed.value * speed.sd, 2),
        "flow": unknown if flow is None else rounded(flow.value, 0),
        "flow_sd": unknown if flow is None else rounded(flow.value * flow.sd, 0),
        "free_speed": rounded(free, 1),
        "ratio": rounded(speed.value / free, 3),
        "level": [LEVELS[i] for i in state.level.tolist()],
        "information": rounded(speed.information, 3),
        "sources": [", ".join(one) or "model" for one in speed.sources],
        "saturation": unknown
        if flow is None
        else rounded(flow.value / np.maximum(links.capacity[road], 1.0), 3),
        "valid_from": [seen.start_of_last] * road.size,
        "valid_to": [seen.end] * road.size,
    }
    run.write_features("traffic_state", Features(columns, np.array(links.shape[road].tolist(), dtype=object)))


def notes(network: RoadNetwork, seen: Observed) -> tuple[Text, ...]:
    """Detectors on no road of the network, and those whose readings look like ones in another unit."""
    place, who = place_of(network), seen.detectors
    at = np.array(
        [place.get((road, bool(way)), -1) for road, way in zip(who.road_code, who.forward, strict=True)]
    )
    read = np.isfinite(seen.speed).any(0) | np.isfinite(seen.flow).any(0)
    lost = np.flatnonzero(read & (at < 0))
    known = np.flatnonzero(read & (at >= 0))
    speed, flow = (_high(part[:, known]) for part in (seen.speed, seen.flow))
    ratio = speed / np.maximum(np.asarray(network.links.free_speed, float)[at[known]], 1.0)
    full = flow / np.maximum(np.asarray(network.links.capacity, float)[at[known]], 1.0)
    told = (
        (lost, "所在路段或方向不在路网中，未使用", "on a road or direction that the network does not have; not used"),
        (known[ratio > ODD_SPEED[1]], "速度远高于自由流速度，请核对单位", "much faster than free flow; check the unit"),
        (known[ratio < ODD_SPEED[0]], "速度始终远低于自由流速度，请核对单位", "always much slower than free flow; check the unit"),
        (known[full > ODD_FLOW], "流量远超通行能力，请核对单位", "flows far beyond capacity; check the unit"),
    )  # fmt: skip
    return tuple(
        _named([who.code[i] for i in found.tolist()], zh, en) for found, zh, en in told if found.size
    )


def _named(codes: list[str], zh: str, en: str) -> Text:
    more = len(codes) > SHOWN
    return Text(
        zh=f"{len(codes)} 个检测器（{'、'.join(codes[:SHOWN])}{' 等' if more else ''}）：{zh}。",
        en=f"{len(codes)} detectors ({', '.join(codes[:SHOWN])}{' ...' if more else ''}): {en}.",
    )


def _high(values: Numbers) -> Numbers:
    """(detectors,) what nine in ten readings stay below, NaN where none came."""
    if not values.size:
        return np.zeros(values.shape[1])
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(values).sum(0)
    return np.asarray(
        np.take_along_axis(ordered, np.maximum((0.9 * count).astype(int) - 1, 0)[None], axis=0)[0]
    )
