"""A week of traffic for the detectors: trips on shortest ways, rush hours, speeds by load, weather of the day, a crash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .devices import sensors
from .driving import rush
from .frame import rng
from .graph import links
from .table_roads import LANE_CAPACITY, LANES, SPEED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .devices import Device

STEP_MIN = 15
START = datetime(2026, 6, 28, 16, 0, tzinfo=UTC)  # Monday 29 June, midnight in China
STEPS = 7 * 96 + 72  # to Monday 6 July, 18:00
DEAD_FROM = 5 * 96  # detectors that are not online have been silent since then
CRASH_FROM = STEPS - 4  # 17:00 on the last day
LENGTH_M = 6.5  # of a vehicle and the detector together
FLOATING_STEPS = 8


@dataclass(frozen=True)
class Station:
    """A detector on a link, seeing one direction."""

    device: Device
    link: int
    forward: bool
    counts: bool


@cache
def stations() -> tuple[Station, ...]:
    """The traffic sensors, each on the street below it."""
    tree = shapely.STRtree([k.line for k in links()])
    draw, out = rng("traffic detectors"), []
    for device in sensors():
        if device.prop in ("traffic_flow", "traffic_speed"):
            out.append(
                Station(
                    device,
                    int(tree.nearest(device.at)),
                    bool(draw.random() < 0.5),
                    device.prop == "traffic_flow",
                )
            )
    return tuple(out)


@cache
def loads() -> NDArray[np.float64]:
    """(steps, links, 2) flow over capacity, along the line and against it: to work in the morning, home in the evening."""
    hour = (np.arange(STEPS) % 96) / 4.0
    out = 0.25 + 0.6 / (1 + np.exp((hour - 13.0) * 0.9))
    parts = course()[:, None] * np.column_stack([out, 1 - out])
    return np.tensordot(parts, [rush(outward=True), rush(outward=False)], 1)


@cache
def course() -> NDArray[np.float64]:
    """(steps,) share of the busiest hour: two peaks on working days, one hump at weekends, each day a little different."""
    draw = rng("traffic days")
    hour = (np.arange(STEPS) % 96) / 4.0
    day = np.arange(STEPS) // 96
    awake = 1 / (1 + np.exp(-(hour - 6.2) * 2.2)) / (1 + np.exp((hour - 22.3) * 1.4))
    morning, evening = np.exp(-0.5 * ((hour - 8.0) / 0.9) ** 2), np.exp(-0.5 * ((hour - 17.9) / 1.1) ** 2)
    working = 0.06 + awake * (0.40 + 0.54 * morning + 0.42 * evening)
    weekend = 0.07 + awake * (0.36 + 0.22 * np.exp(-0.5 * ((hour - 15.5) / 3.0) ** 2))
    strength = draw.normal(1.0, 0.05, 9)
    return np.where(day % 7 >= 5, weekend, working) * strength[day]


@cache
def weather() -> NDArray[np.float64]:
    """(steps, stations) slow swings of the load that stations near each other share, about 1."""
    draw = rng("traffic swings")
    xy = np.array([[s.device.at.x, s.device.at.y] for s in stations()])
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    mix = np.linalg.cholesky(np.exp(-apart / 1500.0) + 1e-6 * np.eye(len(xy)))
    swing = np.zeros((STEPS, len(xy)))
    for step in range(1, STEPS):
        swing[step] = 0.88 * swing[step - 1] + mix @ draw.normal(size=len(xy))
    return np.exp(0.06 * swing)


def crash_station() -> int:
    """Which station sees the crash of the last evening: the busiest arterial one that is alive."""
    load = [
        loads()[-1, s.link, 0 if s.forward else 1]
        * (links()[s.link].kind == "arterial" and s.counts and s.device.status == "online")
        for s in stations()
    ]
    return int(np.argmax(load))


@dataclass(frozen=True)
class Readings:
    """(steps, stations): veh/h, km/h, %, and which came."""

    flow: NDArray[np.float64]
    speed: NDArray[np.float64]
    occupancy: NDArray[np.float64]
    came: NDArray[np.bool_]


@cache
def readings() -> Readings:
    draw = rng("traffic readings")
    at = stations()
    kinds = [links()[s.link].kind for s in at]
    load = np.column_stack([loads()[:, s.link, 0 if s.forward else 1] for s in at]) * weather()
    lanes, room = (np.array([float(table[k]) for k in kinds]) for table in (LANES, LANE_CAPACITY))
    free = np.array([float(SPEED[k]) for k in kinds]) * draw.uniform(0.9, 1.05, len(at))
    flow = np.minimum(load, 1.05) * room * lanes * (1 + 0.04 * draw.normal(size=load.shape))
    speed = free / (1 + 0.75 * load**4) + draw.normal(0, 1.2, load.shape)
    hit = crash_station()
    flow[CRASH_FROM:, hit] *= 0.6
    speed[CRASH_FROM:, hit] *= 0.2
    flow, speed = 4 * np.round(np.maximum(flow, 0) / 4), np.maximum(np.round(speed), 3)
    occupancy = np.clip(np.round(200 * flow / lanes / speed * LENGTH_M / 1000) / 2, 0, 100)
    came = draw.random(load.shape) > 0.01
    dead = np.array([s.device.status != "online" for s in at])
    came[DEAD_FROM:, dead] = False
    came[CRASH_FROM:, hit] = True
    return Readings(flow, speed, occupancy, came)


@dataclass(frozen=True)
class Passage:
    """Floating cars on a link in one interval."""

    link: int
    forward: bool
    step: int
    speed: float
    samples: int


@cache
def passages() -> tuple[Passage, ...]:
    """Of the last two hours, on the busier streets."""
    draw, out = rng("traffic floating"), []
    for n, link in enumerate(links()):
        if link.kind not in ("expressway", "arterial", "collector"):
            continue
        for side in (0, 1):
            for step in range(STEPS - FLOATING_STEPS, STEPS):
                load = loads()[step, n, side] * np.exp(0.08 * draw.normal())
                samples = int(draw.poisson(2.2 * load))
                if samples:
                    speed = (
                        SPEED[link.kind]
                        / (1 + 0.75 * load**4)
                        * np.exp(0.15 / np.sqrt(samples) * draw.normal())
                    )
                    out.append(Passage(n, side == 0, step, float(np.round(speed, 1)), samples))
    return tuple(out)


def when(step: int) -> datetime:
    """Start of an interval."""
    return START + timedelta(minutes=STEP_MIN * step)
