"""Readings that did not come, estimated from the detectors that go along and from the last one that came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Seen = NDArray[np.bool_]

COMPANIONS = 16
_RIDGE = 0.05  # of the variance: noise that each reading has for itself


@dataclass(frozen=True, slots=True)
class Filler:
    """How the detectors vary together: ``cov`` (detectors, detectors) of deviations from the profile, ``near``
    (detectors, companions) the best correlated first, ``memory`` (detectors,) the correlation of two steps in a row."""

    cov: Numbers
    near: NDArray[np.intp]
    memory: Numbers

    def fill(self, deviation: Numbers) -> tuple[Numbers, Numbers]:
        """(times, detectors) deviations with NaN -> filled ones, and their doubt: 0 read, 1 nothing known.

        By conditional expectation of jointly normal deviations given the companions read at the same time, weighed by
        precision against the detector's last reading, whose worth fades by ``memory``; nothing later is looked at.
        """
        seen = np.isfinite(deviation)
        filled = np.where(seen, deviation, 0.0)
        doubt = np.where(seen, 0.0, 1.0)
        for detector in np.flatnonzero(~seen.all(0)).tolist():
            rows = np.flatnonzero(~seen[:, detector])
            guess, left = self._beside(detector, rows, deviation, seen)
            last, faded = self._before(detector, rows, deviation, seen)
            precise = 1 / np.maximum(left, 1e-6) + 1 / np.maximum(faded, 1e-6) - 1.0
            filled[rows, detector] = (
                guess / np.maximum(left, 1e-6) + last / np.maximum(faded, 1e-6)
            ) / precise
            doubt[rows, detector] = np.sqrt(np.clip(1 / precise, 0.0, 1.0))
        return filled, doubt

    def _beside(
        self, detector: int, rows: NDArray[np.intp], deviation: Numbers, seen: Seen
    ) -> tuple[Numbers, Numbers]:
        """Estimate from the companions, and the share of variance left, one small system for each pattern of gaps."""
        near = self.near[detector]
        bits = seen[np.ix_(rows, near)] @ (1 << np.arange(near.size))
        guess, left = np.zeros(rows.size), np.ones(rows.size)
        own = max(self.cov[detector, detector], 1e-9)
        for pattern in np.unique(bits):
            known = near[(pattern >> np.arange(near.size)) & 1 == 1]
            if not known.size:
                continue
            inner = self.cov[np.ix_(known, known)] + np.diag(_RIDGE * np.diag(self.cov)[known] + 1e-9)
            weight = np.linalg.solve(inner, self.cov[known, detector])
            here = bits == pattern
            guess[here] = deviation[np.ix_(rows[here], known)] @ weight
            left[here] = np.clip(1.0 - self.cov[known, detector] @ weight / own, 0.02, 1.0)
        return guess, left

    def _before(
        self, detector: int, rows: NDArray[np.intp], deviation: Numbers, seen: Seen
    ) -> tuple[Numbers, Numbers]:
        """The last reading, faded, and the share of variance left then."""
        position = np.where(seen[:, detector], np.arange(len(seen)), -1)
        last = np.maximum.accumulate(position)[rows]
        kept = np.where(last >= 0, self.memory[detector] ** np.maximum(rows - last, 0), 0.0)
        value = np.where(last >= 0, deviation[np.maximum(last, 0), detector], 0.0)
        return kept * value, np.clip(1.0 - kept**2, 0.02, 1.0)


def learn(deviation: Numbers) -> Filler:
    """Covariance of deviations (times, detectors) with NaN, over the times that both of a pair were read."""
    seen = np.isfinite(deviation)
    value = np.where(seen, deviation, 0.0)
    count = seen.T.astype(np.float64) @ seen
    cov = value.T @ value / np.maximum(count, 1.0)
    cov *= count / (count + 50.0)  # few common times say little of a pair
    spread = np.sqrt(np.maximum(np.diag(cov), 1e-9))
    alike = np.abs(cov / np.outer(spread, spread))
    np.fill_diagonal(alike, -1.0)
    near = np.argsort(-alike, axis=1, kind="stable")[:, : min(COMPANIONS, len(cov) - 1)]
    both = seen[1:] & seen[:-1]
    along = (value[1:] * value[:-1] * both).sum(0) / np.maximum((value[:-1] ** 2 * both).sum(0), 1e-9)
    return Filler(cov, near, np.clip(along, 0.0, 0.995))
