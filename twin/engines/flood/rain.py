"""Design storms: the Chicago hyetograph of a Chinese storm-intensity formula."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.problems import FloodInputError

Floats = NDArray[np.float64]


def storm_intensity(
    minutes: float | Floats, return_period_a: float, A1: float, C: float, b: float, n: float
) -> Floats:
    """Mean intensity (mm/min) of the greatest ``minutes`` of a storm: i = A1 (1 + C lg P) / (t + b)^n.

    GB 50014-2021 eq. 4.1.8 writes q = 167 A1 (1 + C lg P) / (t + b)^n in L/(s ha); 1 mm/min = 166.67 L/(s ha).
    """
    depth_rate = A1 * (1.0 + C * np.log10(return_period_a))
    return np.asarray(depth_rate / (np.asarray(minutes, np.float64) + b) ** n)


def chicago(
    duration_min: float, return_period_a: float, peak_ratio: float, A1: float, C: float, b: float, n: float,
    step_min: float = 5.0,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Step hyetograph ``(times_s, intensity_mm_h)`` of ``duration_min``, peaking at ``peak_ratio`` of it.

    Keifer & Chu (1957): seen from the peak, the rain within a time t/r before it (t/(1-r) after it) is the formula's
    depth, D(x) = x i(x); so each step holds exactly the integral of the curve and the whole storm T i(T).
    The last step is cut short (its intensity kept) where ``step_min`` does not divide the duration.
    """
    _check(duration_min, return_period_a, peak_ratio, b, n, step_min)
    edges = np.append(np.arange(0.0, duration_min - 1e-9 * step_min, step_min), duration_min)
    peak = peak_ratio * duration_min

    def depth(minutes: Floats) -> Floats:
        return minutes * storm_intensity(minutes, return_period_a, A1, C, b, n)

    def fallen(minute: Floats) -> Floats:
        """Depth (mm) up to each minute."""
        before = np.maximum(peak - minute, 0.0) / peak_ratio
        after = np.maximum(minute - peak, 0.0) / (1.0 - peak_ratio)
        return np.asarray(
            peak_ratio * (depth(np.asarray(duration_min)) - depth(before)) + (1 - peak_ratio) * depth(after)
        )

    depths = np.diff(fallen(edges))
    if (depths < 0).any() or not np.isfinite(depths).all():
        raise FloodInputError(
            "A1, C, b, n", "参数使累计雨量下降；请核对暴雨强度公式。",
            "make the cumulative depth fall; check the storm formula's parameters.",
        )  # fmt: skip
    return edges[:-1] * 60.0, depths / np.diff(edges) * 60.0


def _check(duration: float, period: float, ratio: float, b: float, n: float, step: float) -> None:
    bad = {
        "duration_min": not (np.isfinite(duration) and duration > 0),
        "return_period_a": not (np.isfinite(period) and period > 0),
        "peak_ratio": not 0.0 < ratio < 1.0,
        "b": not (np.isfinite(b) and b >= 0),
        "n": not 0.0 < n <= 1.0,
        "step_min": not 0.0 < step <= duration,
    }
    for name, is_bad in bad.items():
        if is_bad:
            raise FloodInputError(
                name, "超出允许范围（历时、重现期、步长大于 0，雨峰系数在 0 与 1 之间，n 不大于 1）。",
                "is out of range (duration, period, step > 0; peak ratio in (0, 1); b >= 0; 0 < n <= 1).",
            )  # fmt: skip
