"""Incidents that detectors betray: readings far below the usual at the hour, and a jump between neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

DEVIATE = 3.0
LASTING = 2  # steps in a row
DROP = 0.25  # of the usual speed, at least: what is statistically odd but hardly felt is no incident
FLOOR_KM_H, FLOOR_PERCENT = 3.0, 2.0
BESIDE_MIN = 15
NEAR_MIN = 45  # by so much a rush hour may come sooner or later than on other days
BELOW = 0.8  # of the slowest of other days: what they were like as well is no incident
DAYS_A_SLOW = 8  # of so many days one may have had an incident itself
STANDING_PERCENT = 50.0  # occupancy of a detector that a queue stands on
MANY = 5  # detectors that have something in common
OCCUPANCY_JUMP = (
    0.08,
    0.5,
)  # California algorithm: difference as a share of the road, and relative to upstream
_MAD = 1.4826  # standard deviation of a normal law over its median absolute deviation


@dataclass(frozen=True, slots=True)
class Incident:
    """At one detector: positions of its first and last time (inclusive), ``going_on`` at the end of the series; lowest
    speed, the usual speed then (km/h), the greatest deviate, and whether occupancies of the detector and the next one
    downstream confirm it (None: no such pair)."""

    detector: int
    first: int
    last: int
    going_on: bool
    speed: float
    usual: float
    deviate: float
    confirmed: bool | None


def deviates(values: Numbers, floor: float, step_min: int, first_min: int = 0) -> tuple[Numbers, Numbers]:
    """Standard deviate of each reading from those of other days at nearly the same hour, and their median.

    ``values`` (times, detectors), NaN where none; ``first_min`` local minutes of the first time since a Monday's midnight.
    Working days are judged by working days, weekends by weekends, where two others of the kind are known. Robust form of the
    standard normal deviate (Dudek, Messer and Nuckles 1974): median and median absolute deviation, so that former
    incidents spoil little. NaN where fewer than three readings of other days are known.
    """
    times, detectors = values.shape
    day, reach = 1440 // step_min, max(BESIDE_MIN // step_min, 1)
    lead = first_min % 1440 // step_min
    days = -(-(times + lead) // day)
    grid = _by_day(values, lead, days * day)
    around = np.stack(
        [np.roll(grid, -o, axis=0) for o in range(-reach, reach + 1)]
    )  # (window, times, detectors)
    folded = around.reshape(2 * reach + 1, days, day, detectors)
    z, usual = np.full((days, day, detectors), np.nan), np.full((days, day, detectors), np.nan)
    for number in range(days):
        others = folded[:, _others(days, number, first_min)].reshape(-1, day, detectors)
        count = np.isfinite(others).sum(0)
        middle = _median(others)
        spread = np.maximum(_MAD * _median(np.abs(others - middle)), floor)
        found = (grid.reshape(days, day, detectors)[number] - middle) / spread
        z[number] = np.where(count >= 3, found, np.nan)
        usual[number] = np.where(count >= 3, middle, np.nan)
    whole = slice(lead, lead + times)
    return z.reshape(-1, detectors)[whole], usual.reshape(-1, detectors)[whole]


def _by_day(values: Numbers, lead: int, whole: int) -> Numbers:
    """(whole days, detectors), NaN before and after the readings."""
    grid = np.full((whole, values.shape[1]), np.nan)
    grid[lead : lead + len(values)] = values
    return grid


def _others(days: int, number: int, first_min: int) -> NDArray[np.bool_]:
    """The days that one is judged by: those of its kind where there are two, else all others."""
    weekend = (first_min // 1440 + np.arange(days)) % 7 >= 5
    other = np.arange(days) != number
    alike: NDArray[np.bool_] = other & (weekend == weekend[number])
    return alike if alike.sum() >= 2 else other


def slowest(speed: Numbers, step_min: int, first_min: int = 0) -> Numbers:
    """(times, detectors) the lowest speed of other days within ``NEAR_MIN`` of the hour; of every ``DAYS_A_SLOW`` of them the
    slowest is left out, since it may have been an incident. Infinite where other days have no readings."""
    times, detectors = speed.shape
    day, reach = 1440 // step_min, max(NEAR_MIN // step_min, 1)
    lead = first_min % 1440 // step_min
    days = -(-(times + lead) // day)
    grid = np.nan_to_num(_by_day(speed, lead, days * day), nan=np.inf)
    low = grid.copy()
    for step in range(1, reach + 1):
        low[step:] = np.minimum(low[step:], grid[:-step])
        low[:-step] = np.minimum(low[:-step], grid[step:])
    folded = low.reshape(days, day, detectors)
    out = np.empty_like(folded)
    for number in range(days):
        others = np.sort(folded[_others(days, number, first_min)], axis=0)
        out[number] = others[len(others) // DAYS_A_SLOW] if len(others) else np.inf
    return out.reshape(-1, detectors)[lead : lead + times]


def _median(values: Numbers) -> Numbers:
    """Median over the first axis without NaN, NaN where there is nothing."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(values).sum(0)
    low, high = np.maximum((count - 1) // 2, 0), count // 2
    picked = (
        np.take_along_axis(ordered, at[None], axis=0)[0] for at in (low, np.minimum(high, len(values) - 1))
    )
    return np.asarray(sum(picked) / 2.0)


def detect(
    speed: Numbers,
    occupancy: Numbers | None,
    step_min: int,
    downstream: NDArray[np.intp] | None = None,
    *,
    first_min: int = 0,
    deviate: float = DEVIATE,
    lasting: int = LASTING,
) -> list[Incident]:
    """Incidents in ``speed`` (times, detectors; km/h) with ``occupancy`` (same shape, %, or None), of any time.

    A reading is odd when its speed lies ``deviate`` below the usual at the hour, a quarter below it, a fifth below the
    ``slowest`` of other days (a rush hour that comes at another time is no incident), and as far below what the detectors have
    in common (nor is one heavier than usual), and its occupancy, where read, half as far above; ``lasting`` odd ones in a row
    make an incident, which lasts until the speed is within half of that. No speed at a detector that is occupied for
    ``STANDING_PERCENT`` of the time is none: a queue stands on it.
    ``downstream`` (detectors,): the next detector along the road or -1; where both give occupancy, the tests 1 and 2 of
    the California algorithm (Payne and Tignor 1978) confirm or not.
    """
    if occupancy is not None:
        speed = np.where(np.isnan(speed) & (occupancy >= STANDING_PERCENT), 0.0, speed)
    z, usual = deviates(speed, FLOOR_KM_H, step_min, first_min)
    felt = speed <= (1 - DROP) * usual
    odd = (z - _common(z) <= -deviate) & (z <= -deviate) & felt
    odd &= speed <= BELOW * slowest(speed, step_min, first_min)
    still = felt & (z <= -deviate / 2)
    if occupancy is not None:
        risen, _ = deviates(occupancy, FLOOR_PERCENT, step_min, first_min)
        odd &= ~np.isfinite(risen) | (risen >= deviate / 2)
    found = []
    for detector in range(speed.shape[1]):
        for first, last in _stretches(odd[:, detector], still[:, detector], lasting):
            rows = slice(first, last + 1)
            lowest = first + int(np.nanargmin(speed[rows, detector]))
            found.append(
                Incident(
                    detector,
                    first,
                    last,
                    last == len(speed) - 1,
                    float(speed[lowest, detector]),
                    float(usual[lowest, detector]),
                    float(-np.nanmin(z[rows, detector])),
                    _confirmed(occupancy, downstream, detector, rows),
                )
            )
    return found


def _common(z: Numbers) -> Numbers:
    """(times, 1) median deviate of all detectors where it is below 0 and many enough are read, else 0."""
    middle = np.nan_to_num(_median(z.T))[:, None]
    return np.where(np.isfinite(z).sum(1, keepdims=True) >= MANY, np.minimum(middle, 0.0), 0.0)


def _stretches(odd: NDArray[np.bool_], still: NDArray[np.bool_], lasting: int) -> list[tuple[int, int]]:
    """First and last of the odd readings in a row, and on while it is ``still`` so."""
    edge = np.diff(np.concatenate([[0], odd.astype(np.int8), [0]]))
    out: list[tuple[int, int]] = []
    for first, after in zip(
        np.flatnonzero(edge == 1).tolist(), np.flatnonzero(edge == -1).tolist(), strict=True
    ):
        if after - first < lasting or (out and first <= out[-1][1]):
            continue
        end = after
        while end < len(still) and still[end]:
            end += 1
        out.append((first, end - 1))
    return out


def _confirmed(
    occupancy: Numbers | None, downstream: NDArray[np.intp] | None, detector: int, rows: slice
) -> bool | None:
    if occupancy is None or downstream is None or downstream[detector] < 0:
        return None
    here, there = occupancy[rows, detector], occupancy[rows, downstream[detector]]
    both = np.isfinite(here) & np.isfinite(there)
    if not both.any():
        return None
    difference = (here - there)[both] / 100.0
    relative = difference / np.maximum(here[both] / 100.0, 1e-6)
    return bool(((difference >= OCCUPANCY_JUMP[0]) & (relative >= OCCUPANCY_JUMP[1])).any())
