"""What the learners look at: for a detector at a time, its last readings, the usual ones, and what its neighbours do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.forecast.series import Profile, Series

    type Numbers = NDArray[np.float64]
    type Single = NDArray[np.float32]
    type Places = NDArray[np.intp]

NEIGHBOURS = 6


@dataclass(frozen=True, slots=True)
class Horizons:
    """``lags`` readings up to now give ``ahead`` readings to come, in steps."""

    lags: int
    ahead: int

    def origins(self, times: int) -> Places:
        """Positions of "now" that have all their lags and all their targets within ``times`` readings."""
        return np.arange(self.lags - 1, times - self.ahead)


@dataclass(frozen=True, slots=True)
class Field:
    """One filled copy of the readings: ``reading`` and ``doubt`` (times, detectors), ``usual`` at the same times and
    ``ahead`` steps further, ``around`` the deviation from the usual of each detector's surroundings."""

    reading: Single
    doubt: Single
    usual: Single
    around: Single

    @property
    def deviation(self) -> Single:
        """Reading less the usual one."""
        return self.reading - self.usual[: len(self.reading)]


def field(filled: Numbers, doubt: Numbers, usual: Numbers, weights: Numbers) -> Field:
    """Of filled deviations (times, detectors); ``usual`` (times + ahead, detectors); ``weights`` (detectors, detectors)
    with rows that sum to one, or zero."""
    single = np.float32
    reading = filled + usual[: len(filled)]
    return Field(
        reading.astype(single),
        doubt.astype(single),
        usual.astype(single),
        (filled @ weights.T).astype(single),
    )


def usual_of(series: Series, profile: Profile, ahead: int) -> Numbers:
    """The profile at the series' times and ``ahead`` steps beyond: (times + ahead, detectors)."""
    return profile.at(series.slots(np.arange(len(series.values) + ahead)))


def spread_over(ahead: int, count: int) -> Places:
    """``count`` steps (or fewer) that stand for 1..``ahead``, the last among them; 0-based."""
    return np.unique(np.round(np.linspace(ahead / count, ahead, min(count, ahead))).astype(np.intp) - 1)


@dataclass(frozen=True, slots=True)
class Rows:
    """Builds the learners' inputs: ``scale`` in the detectors' unit makes them about one; ``near`` (detectors,
    NEIGHBOURS) whom to look at."""

    horizons: Horizons
    scale: float
    centre: float
    near: Places
    day: int

    def own(self, field: Field, now: Places, detector: Places) -> Single:
        """(rows, lags + 5) last readings, newest first, and usual readings to come, in the detectors' unit."""
        lags = field.reading[now[:, None] - np.arange(self.horizons.lags), detector[:, None]]
        steps = spread_over(self.horizons.ahead, 5)
        coming = field.usual[now[:, None] + 1 + steps, detector[:, None]]
        return np.concatenate([lags, coming], axis=1)

    def all(
        self, field: Field, own: Single, expected: Single, now: Places, detector: Places, slots: Places
    ) -> Single:
        """(rows, inputs) for the network of neurons: own readings and expectation relative to the last reading, the
        surroundings and neighbours relative to their usual, doubts, time of day."""
        lags = self.horizons.lags
        last = own[:, :1]
        deviation = field.deviation
        back = np.unique([0, min(3, lags - 1), min(6, lags - 1)])
        near = self.near[detector]
        side = now[:, None]
        beside = [deviation[side - step, near] for step in back[:2]]
        around = field.around[side - back, detector[:, None]]
        forecast = expected[:, spread_over(self.horizons.ahead, 4)] - last
        usual_now = field.usual[now, detector][:, None] - last
        scaled = [last - self.centre, own[:, 1:] - last, usual_now, forecast, around, *beside]
        angle = 2 * np.pi * (slots % self.day)[:, None] / self.day * np.array([1.0, 2.0])
        weekend = (slots >= 5 * self.day)[:, None]
        doubts = [
            field.doubt[side - np.array([0, lags - 1]), detector[:, None]],
            field.doubt[side, near].mean(1, keepdims=True),
        ]
        return np.concatenate(
            [
                np.concatenate(scaled, axis=1) / np.float32(self.scale),
                *doubts,
                np.sin(angle),
                np.cos(angle),
                weekend,
            ],
            axis=1,
            dtype=np.float32,
        )


def neighbours(deviation: Numbers, residual: Numbers, graph: Numbers | None) -> tuple[Places, Numbers]:
    """Whom each detector looks at, and the weights of its surroundings.

    ``deviation``: (rows, detectors) now; ``residual``: (rows, detectors) what the detector's own past left unexplained
    ahead. Those count whose deviation now goes along with what is left; detectors that ``graph`` (detectors, detectors,
    larger is nearer, 0 unconnected) joins count more. Without a graph the surroundings are the correlated ones.
    """
    now = (deviation - deviation.mean(0)) / (deviation.std(0) + 1e-6)
    left = (residual - residual.mean(0)) / (residual.std(0) + 1e-6)
    score = (now.T @ left / len(now)) ** 2
    weights = (
        np.clip(now.T @ now / len(now), 0.0, 1.0) ** 2
        if graph is None
        else np.asarray(graph, np.float64).copy()
    )
    if graph is not None:
        score *= np.where((weights > 0) | (weights.T > 0), 1.0, 0.3)
    np.fill_diagonal(score, -1.0)
    np.fill_diagonal(weights, 0.0)
    if graph is None:  # the ten most alike
        cut = -np.sort(-weights, axis=1)[:, min(10, len(weights) - 1)][:, None]
        weights = np.where(weights >= cut, weights, 0.0)
    total = weights.sum(1, keepdims=True)
    near = np.argsort(-score, axis=0, kind="stable")[:NEIGHBOURS].T
    missing = NEIGHBOURS - near.shape[1]
    if missing > 0:
        near = np.concatenate([near, np.repeat(near[:, -1:], missing, axis=1)], axis=1)
    return near, np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
