"""Made-up readings of detectors along one road."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rush(days: int = 6, detectors: int = 8, step_min: int = 15, seed: int = 1) -> NDArray[np.float64]:
    """Speeds (km/h) with two rush hours a day whose depth varies by the day and travels along the road, plus noise."""
    draw = np.random.default_rng(seed)
    per_day = 1440 // step_min
    minute = np.arange(days * per_day)[:, None] * step_min - 10.0 * np.arange(detectors)
    dip = np.zeros_like(minute)
    for hour, depth in ((8.0, 22.0), (18.0, 28.0)):
        strength = np.repeat(draw.uniform(0.5, 1.4, days), per_day)[:, None]
        dip += strength * depth * np.exp(-0.5 * (((minute % 1440) - 60 * hour) / 50.0) ** 2)
    drift = np.zeros(minute.shape)
    shock = draw.normal(size=minute.shape)
    for t in range(1, len(drift)):
        drift[t] = 0.9 * drift[t - 1] + shock[t]
    made: NDArray[np.float64] = 60.0 - dip + drift + 0.5 * draw.normal(size=minute.shape)
    return made


def walk(times: int = 600, detectors: int = 6, seed: int = 2) -> NDArray[np.float64]:
    """Readings that nothing can forecast better than the last one."""
    draw = np.random.default_rng(seed)
    made: NDArray[np.float64] = 50.0 + np.cumsum(draw.normal(size=(times, detectors)), axis=0)
    return made
