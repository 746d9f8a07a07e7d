"""Readings of many detectors at even steps, and what their time of day says of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.forecast.problems import faulty

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

DAY_MIN = 1440
SMOOTHED_MIN = 30.0
TWO_WEEKS = 14
_LEAN = 0.5  # days of the course common to all that a detector's own days are weighed against


@dataclass(frozen=True, slots=True)
class Series:
    """``values``: (times, detectors) readings in the detectors' unit, NaN where none came. ``step_min``: minutes between
    two times, a divisor of a day. ``first_min``: minutes of the first time since a Monday's midnight (local time)."""

    values: Numbers
    step_min: int
    first_min: int = 0

    def __post_init__(self) -> None:
        """Raises TWIN-646."""
        if self.values.ndim != 2 or self.values.size == 0:
            raise faulty("values", "须为（时刻，检测器）的二维数组", "must be an array (times, detectors)")
        if not 1 <= self.step_min <= 60 or DAY_MIN % self.step_min:
            raise faulty(
                "step_min", "须整除一天且不超过 60 分钟", "must divide a day and be at most 60 minutes"
            )
        if np.isinf(self.values).any():
            raise faulty("values", "含无穷大", "holds infinite readings")

    @property
    def day(self) -> int:
        """Steps in a day."""
        return DAY_MIN // self.step_min

    def slots(self, position: NDArray[np.intp]) -> NDArray[np.intp]:
        """Step of the week at each position (0: Monday's midnight); positions may lie beyond the readings."""
        return (position + self.first_min // self.step_min) % (7 * self.day)

    def until(self, end: int) -> Series:
        """The readings before position ``end``."""
        return Series(self.values[:end], self.step_min, self.first_min)


@dataclass(frozen=True, slots=True)
class Profile:
    """The usual reading: (7 days x steps, detectors), in the detectors' unit."""

    usual: Numbers

    def at(self, slots: NDArray[np.intp]) -> Numbers:
        """Usual readings at steps of the week: (slots, detectors)."""
        return self.usual[slots]


def profile(series: Series) -> Profile:
    """Mean by time of day, smoothed over half an hour; working days and weekends apart once two weeks are known.

    A detector that was seen at few days leans on the course that all detectors have in common.
    """
    position = np.arange(len(series.values))
    slots = series.slots(position)
    weekend = slots >= 5 * series.day
    split = len(series.values) >= TWO_WEEKS * series.day
    usual = np.empty((7, series.day, series.values.shape[1]))
    for days, chosen in ((slice(0, 5), ~weekend), (slice(5, 7), weekend)):
        rows = chosen if split else np.ones_like(chosen)
        usual[days] = _course(series.values[rows], slots[rows] % series.day, series.day, series.step_min)
    return Profile(usual.reshape(7 * series.day, -1))


def _course(values: Numbers, slot: NDArray[np.intp], day: int, step_min: int) -> Numbers:
    seen = np.isfinite(values)
    filled = np.where(seen, values, 0.0)
    total, count = np.zeros((day, values.shape[1])), np.zeros((day, values.shape[1]))
    np.add.at(total, slot, filled)
    np.add.at(count, slot, seen.astype(np.float64))
    overall = filled.sum(0) / np.maximum(seen.sum(0), 1)
    overall = np.where(seen.any(0), overall, np.nanmean(values) if seen.any() else 0.0)
    width = max(round(3 * SMOOTHED_MIN / step_min), 1)
    offsets = np.arange(-width, width + 1)
    weights = np.exp(-0.5 * (offsets * step_min / SMOOTHED_MIN) ** 2)
    total, count = (
        sum(w * np.roll(part, o, axis=0) for o, w in zip(offsets, weights, strict=True))
        for part in (total, count)
    )
    common = (total.sum(1) - (count * overall).sum(1)) / np.maximum(count.sum(1), 1e-9)
    lean = _LEAN * weights.sum()
    result: Numbers = (total + lean * (overall + common[:, None])) / (count + lean)
    return result
