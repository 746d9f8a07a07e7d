"""From what the learners say to one forecast with its interval, by how they did on a part of the history held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.forecast.forecaster import Parts

    type Numbers = NDArray[np.float64]
    type Seen = NDArray[np.bool_]

LEVEL = 0.8  # share of readings that the interval is to hold
# city, neurons, usual reading, last reading: what is added of each difference to the own regression's forecast
PRIOR = np.array([0.5, 0.7, 0.0, 0.0])
_TRUST = 1.0  # in the prior, as a multiple of what the held-back part says
_TRUST_MEDIAN = 0.1  # likewise, that the networks' median needs no correction
_ROUNDS = 12  # of reweighted least squares
_NEAR = 0.05  # residuals below this share of their mean size weigh alike
_ENOUGH = 40_000  # readings that tell a step's weights


@dataclass(frozen=True, slots=True)
class Prediction:
    """Forecasts (origins, ahead, detectors) in the detectors' unit: expected reading, the reading that half of the cases
    fall below, and the bounds that ``LEVEL`` of the readings fall between; ``doubt`` (origins, detectors) 0 where the
    detector was read at the origin, towards 1 the less was known of it."""

    mean: Numbers
    median: Numbers
    lower: Numbers
    upper: Numbers
    doubt: Numbers


@dataclass(frozen=True, slots=True)
class Blend:
    """``weights`` (ahead, 4) of the four differences; ``median`` (ahead, 5) of those that correct the networks' median;
    ``widening`` (ahead,) of the interval, as a share of its width."""

    weights: Numbers
    median: Numbers
    widening: Numbers

    def predict(self, parts: Parts) -> Prediction:
        """The learners' words as one forecast."""
        own = parts.own.astype(np.float64)
        mean = own + np.einsum("hp,pohk->ohk", self.weights, _parts(parts))
        low, median, high = self._bounds(parts, mean)
        wide = self.widening[:, None] * (high - low)
        return Prediction(
            mean,
            median,
            np.minimum(low - wide, np.minimum(mean, median)),
            np.maximum(high + wide, np.maximum(mean, median)),
            parts.doubt.astype(np.float64),
        )

    def _bounds(self, parts: Parts, mean: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        own = parts.own.astype(np.float64)
        shift = mean - own - parts.neurons
        low, median, high = (own + quantile for quantile in parts.quantiles.astype(np.float64))
        return low + shift, median + np.einsum("hp,pohk->ohk", self.median, _corrections(parts)), high + shift


def _parts(parts: Parts) -> Numbers:
    """(4, origins, ahead, detectors) differences to the own regression's forecast."""
    last = np.broadcast_to(parts.last[:, None], parts.own.shape)
    return np.stack([parts.city, parts.neurons, parts.usual - parts.own, last - parts.own]).astype(np.float64)


def _corrections(parts: Parts) -> Numbers:
    """(5, origins, ahead, detectors) differences to the networks' median: the city's word, the own regression's, the networks'
    mean, the usual and the last reading."""
    median = parts.own + parts.quantiles[1]
    last = np.broadcast_to(parts.last[:, None], median.shape)
    told = [
        parts.city,
        parts.own - median,
        parts.own + parts.neurons - median,
        parts.usual - median,
        last - median,
    ]
    return np.stack(told).astype(np.float64)


def _least_sizes(said: Numbers, left: Numbers) -> Numbers:
    """Weights of ``said`` (differences, n) that make the sum of absolute ``left`` (n,) small, drawn to none (iteratively
    reweighted least squares)."""
    step = max(left.size // _ENOUGH, 1)
    some, goal = said[:, ::step], left[::step]
    weights = np.zeros(len(said))
    near = _NEAR * float(np.abs(goal).mean()) + 1e-9
    for _ in range(_ROUNDS):
        each = some / np.maximum(np.abs(goal - weights @ some), near)
        gram = each @ some.T
        weights = np.linalg.solve(
            gram + np.diag(_TRUST_MEDIAN * np.diag(gram)) + 1e-9 * np.eye(len(said)), each @ goal
        )
    return weights


def learn(parts: Parts, read: Numbers) -> Blend:
    """Weights for each step ahead on held-back readings ``read`` (origins, ahead, detectors; NaN where none): least squares for the
    mean, drawn to the prior, least absolute deviations for the median; intervals widened until they hold ``LEVEL`` of the readings
    (Romano, Patterson and Candes 2019, Conformalized quantile regression)."""
    different, left = _parts(parts), read - parts.own
    ahead = left.shape[1]
    weights, middle = np.tile(PRIOR, (ahead, 1)), np.zeros((ahead, 5))
    corrections, off = _corrections(parts), left - parts.quantiles[1]
    for step in range(ahead):
        seen = np.isfinite(left[:, step])
        if not seen.any():
            continue
        said = different[:, :, step][:, seen]
        gram = said @ said.T
        pull = _TRUST * np.diag(np.diag(gram)) + 1e-9 * np.eye(4)
        weights[step] = np.linalg.solve(gram + pull, said @ left[:, step][seen] + pull @ PRIOR)
        middle[step] = _least_sizes(corrections[:, :, step][:, seen], off[:, step][seen])
    first = Blend(weights, middle, np.zeros(ahead))
    told = first.predict(parts)
    low, _, high = first._bounds(parts, told.mean)
    widening = np.zeros(ahead)
    for step in range(ahead):
        seen = np.isfinite(read[:, step])
        if seen.any():
            y, a, b = read[:, step][seen], low[:, step][seen], high[:, step][seen]
            widening[step] = np.quantile(np.maximum(a - y, y - b) / np.maximum(b - a, 1e-6), LEVEL)
    return Blend(weights, middle, np.maximum(widening, -0.45))
