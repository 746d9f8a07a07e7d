"""Delay at signals: Highway Capacity Manual (6th edition, chapter 19) and Webster (1958), level of service by table.

Flows, capacities and saturation flows in veh/h (any one unit of vehicles), times in s.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]


def uniform_delay(cycle: Any, green: Any, saturation: Any, progression: Any = 1.0) -> Numbers:
    """d1 (s/veh), HCM 6 eq. 19-20: cycle (s), effective green (s), degree of saturation (1), progression factor (1)."""
    share = np.asarray(green, np.float64) / cycle
    delay = 0.5 * cycle * (1 - share) ** 2 / np.maximum(1 - np.minimum(1.0, saturation) * share, 1e-9)
    return np.asarray(progression * delay, np.float64)


def overflow_delay(
    capacity: Any, saturation: Any, period_h: float = 0.25, actuation: float = 0.5, metering: Any = 1.0
) -> Numbers:
    """d2 (s/veh), HCM 6 eq. 19-26: capacity (veh/h), degree of saturation, period (h), k (0.5 for fixed time), I."""
    x = np.asarray(saturation, np.float64)
    inner = (x - 1) ** 2 + 8 * actuation * metering * x / np.maximum(np.asarray(capacity) * period_h, 1e-9)
    return np.asarray(900 * period_h * ((x - 1) + np.sqrt(inner)), np.float64)


def initial_queue_delay(queue: Any, capacity: Any, flow: Any, period_h: float = 0.25) -> Numbers:
    """d3 (s/veh) of ``queue`` vehicles that wait at the start of the period, HCM 6 eq. 19-27 to 19-33."""
    waiting, able, asked = (np.asarray(value, np.float64) for value in (queue, capacity, flow))
    over = asked >= able
    newly = np.where(over, period_h * (asked - able), 0.0)
    lasting = np.where(over, period_h, np.minimum(period_h, waiting / np.maximum(able - asked, 1e-9)))
    left = waiting + lasting * (asked - able)
    area = 0.5 * lasting * (waiting + left - newly) + (left**2 - newly**2 - waiting**2) / (2 * able)
    return np.asarray(3600.0 * area / np.maximum(asked * period_h, 1e-9), np.float64)


def webster_delay(cycle: Any, green: Any, flow: Any, saturation_flow: Any) -> Numbers:
    """Webster's two-term delay with his factor 0.9 (s/veh), Road Research Technical Paper 39 (1958), for x < 1."""
    share = np.asarray(green, np.float64) / cycle
    x = np.asarray(flow, np.float64) / (share * saturation_flow)
    first = cycle * (1 - share) ** 2 / (2 * (1 - share * x))
    return np.asarray(0.9 * (first + 3600.0 * x**2 / (2 * np.asarray(flow) * (1 - x))), np.float64)


def webster_cycle(lost: float, ratios: Any, shortest: float = 30.0, longest: float = 180.0) -> float:
    """C0 = (1.5 L + 5) / (1 - Y) (s) for the lost time of a cycle (s) and the critical flow ratios; the longest where Y
    leaves no finite one."""
    total = float(np.sum(ratios))
    if total >= 0.95:
        return longest
    return float(np.clip((1.5 * lost + 5.0) / (1.0 - total), shortest, longest))


def permitted_saturation(opposing: Any, critical_gap: float = 4.5, follow_up: float = 2.5) -> Numbers:
    """Saturation flow (veh/h) of a turn through gaps of an opposing flow (veh/h), HCM 6 eq. 19-3 of chapter 31."""
    rate = np.maximum(np.asarray(opposing, np.float64), 1e-6) / 3600.0
    return np.asarray(3600.0 * rate * np.exp(-rate * critical_gap) / -np.expm1(-rate * follow_up), np.float64)


@cache
def thresholds() -> tuple[tuple[str, float], ...]:
    """The shipped levels of service with the greatest delay (s/veh) of each, best first; above the last it is F."""
    rows = tomllib.loads(resources.files(__package__).joinpath("hcm.toml").read_text(encoding="utf-8"))
    return tuple((level, float(limit)) for level, limit in rows["delay"].items())


def level_of_service(delay: float, saturation: float = 0.0) -> str:
    """A to F by control delay (s/veh); F where demand exceeds capacity."""
    if saturation > 1.0:
        return "F"
    return next((level for level, limit in thresholds() if delay <= limit), "F")
