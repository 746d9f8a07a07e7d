"""The linear learners: each detector by its own past, and all by the whole city's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Single = NDArray[np.float32]
    type Places = NDArray[np.intp]

OWN_RIDGE = 30.0
CITY_RIDGE = 30.0
CITY_ROWS = 1500  # at most; the dual system has this size


@dataclass(frozen=True, slots=True)
class Own:
    """Ridge regression for each detector: ``weights`` (detectors, inputs, ahead) on inputs less ``centre`` (detectors,
    inputs), plus ``level`` (detectors, ahead)."""

    weights: Single
    centre: Single
    level: Single

    def expect(self, inputs: Single, detector: Places) -> Single:
        """(rows, inputs) -> (rows, ahead), in the detectors' unit."""
        moved = (inputs - self.centre[detector])[:, None, :]
        told = (moved @ self.weights[detector])[:, 0, :] + self.level[detector]
        return told.astype(np.float32)


def learn_own(inputs: Numbers, targets: Numbers, known: Numbers) -> Own:
    """``inputs`` (rows, detectors, inputs), ``targets`` (rows, detectors, ahead), ``known`` (rows, detectors) 1 where the
    targets were read, 0 where not: such rows count for nothing. Standardised inputs, penalty ``OWN_RIDGE``."""
    weight = known[..., None]
    count = np.maximum(weight.sum(0), 1.0)
    centre = (inputs * weight).sum(0) / count
    level = (targets * weight).sum(0) / count
    moved = (inputs - centre) * weight
    spread = np.sqrt((moved**2).sum(0) / count) + 1e-6
    moved /= spread
    gram = np.einsum("rdi,rdj->dij", moved, moved, optimize=True) + OWN_RIDGE * np.eye(inputs.shape[2])
    mixed = np.einsum("rdi,rdh->dih", moved, targets - level, optimize=True)
    found = np.linalg.solve(gram, mixed) / spread[..., None]
    return Own(found.astype(np.float32), centre.astype(np.float32), level.astype(np.float32))


@dataclass(frozen=True, slots=True)
class City:
    """What the whole city's deviations say of the rest: kernel ridge regression with a linear kernel (the dual of a
    vector autoregression on all lags of all detectors), ``rows`` (kept, lags x detectors), ``dual`` (kept, ahead x
    detectors), ``spread`` (lags x detectors,)."""

    rows: Single
    dual: Single
    spread: Single

    def expect(self, deviation: Single, now: Places, lags: int) -> Single:
        """(times, detectors) deviations -> (origins, ahead, detectors) to be added, in the detectors' unit."""
        kernel = (flat(deviation, now, lags) / self.spread) @ self.rows.T / self.rows.shape[1]
        found: Single = (kernel @ self.dual).reshape(now.size, -1, deviation.shape[1])
        return found


def flat(deviation: Single, now: Places, lags: int) -> Single:
    """(origins, lags x detectors)."""
    taken: Single = deviation[now[:, None] - np.arange(lags)].reshape(now.size, -1)
    return taken


def learn_city(deviation: Single, now: Places, lags: int, rest: Single) -> City:
    """``rest`` (origins, ahead, detectors): what the own regressions left, 0 where unknown."""
    chosen = np.unique(np.linspace(0, now.size - 1, min(now.size, CITY_ROWS)).astype(np.intp))
    rows = flat(deviation, now[chosen], lags)
    spread = rows.std(0) + np.float32(1e-3) * (rows.std() + np.float32(1e-6))
    rows = rows / spread
    kernel = (rows @ rows.T).astype(np.float64) / rows.shape[1]
    target = rest[chosen].reshape(chosen.size, -1).astype(np.float64)
    strength = CITY_RIDGE * max(chosen.size / 1250.0, 0.02)
    dual = np.linalg.solve(kernel + strength * np.eye(chosen.size), target)
    return City(rows, dual.astype(np.float32), spread)
