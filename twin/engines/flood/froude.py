"""Which solver the ground asks for: how many cells would carry supercritical flow.

The local inertial equations leave out the advection of momentum. That costs little while the Froude number stays well
below one (de Almeida & Bates 2013, Water Resour. Res. 49: errors of a few per cent up to about 0.5) and much beyond it
(no hydraulic jumps, no run-up, fronts that lag). Uniform flow of depth h down a slope S has, by Manning,
Fr = h^(1/6) sqrt(S) / (n sqrt(g)): the depth hardly counts, so that terrain and roughness alone can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check
from twin.engines.flood.inputs import Domain, Solver
from twin.engines.flood.layout import GRAVITY
from twin.text import Text

SUPERCRITICAL_SHARE = 0.05  # more of the ground than this: full equations
MEDIAN_FROUDE = 0.5  # or half of the ground beyond this
WALL_SLOPE = 1.0  # steeper is a wall, a kerb or a roof's edge, not ground that water runs down
BREACH_M = 1.0  # a drop of the initial water surface from one cell to the next: a dam break


@dataclass(frozen=True, slots=True)
class Regime:
    """What the terrain says; Froude numbers of uniform flow of ``depth_m`` down each cell's slope."""

    depth_m: float
    froude_median: float
    froude_p90: float
    froude_p99: float
    supercritical_share: float  # of the open ground, 0..1
    slope_median: float
    breach_m: float  # greatest fall of the initial water surface from a wet cell to the next, m
    solver: Solver
    reason: Text


def regime(domain: Domain, depth_m: float = 0.1) -> Regime:
    """Recommend a solver: the full equations when more than 5 % of the ground would be supercritical under ``depth_m`` of
    water, when half of it is beyond Fr = 0.5, or when the initial water has a step of 1 m (a dam break).

    Raises `FloodInputError` for a domain or depth that cannot be computed with.
    """
    valid = check.domain(domain)
    check.number("depth_m", depth_m, 0.0, 100.0)
    ground = valid if domain.blocked is None else valid & ~np.asarray(domain.blocked, bool)
    z = np.where(ground, np.asarray(domain.z, np.float64), np.nan)
    slope = np.hypot(_slope(z, domain.cell, 0), _slope(z, domain.cell, 1))
    counted = ground & (slope <= WALL_SLOPE)
    n = np.broadcast_to(np.asarray(domain.manning, np.float64), z.shape)
    froude = (depth_m ** (1 / 6) * np.sqrt(slope) / (n * np.sqrt(GRAVITY)))[counted]
    froude = froude if froude.size else np.zeros(1)
    median, p90, p99 = (float(x) for x in np.quantile(froude, (0.5, 0.9, 0.99)))
    share = float((froude > 1.0).mean())
    breach = _breach(domain.initial_depth, z)
    solver, reason = _advice(share, median, breach, depth_m)
    steep = float(np.median(slope[counted])) if counted.any() else 0.0
    return Regime(depth_m, median, p90, p99, share, steep, breach, solver, reason)


def _slope(z: NDArray[np.float64], cell: float, axis: int) -> NDArray[np.float64]:
    """Slope along an axis over two cells, over one beside the rim and holes, 0 where a cell stands alone."""
    before, after = np.full_like(z, np.nan), np.full_like(z, np.nan)
    step = np.diff(z, axis=axis) / cell
    lower = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
    upper = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
    before[lower], after[upper] = step, step
    both = 0.5 * (before + after)
    return np.abs(np.nan_to_num(np.where(np.isnan(both), np.where(np.isnan(before), after, before), both)))


def _breach(initial: Any, z: NDArray[np.float64]) -> float:
    """Greatest fall of the initial water surface from one cell to the next, m."""
    if initial is None:
        return 0.0
    depth = np.broadcast_to(np.asarray(initial, np.float64), z.shape)
    level, greatest = z + depth, 0.0
    for axis in (0, 1):
        fall = np.diff(level, axis=axis)
        here, there = np.delete(depth, -1, axis), np.delete(depth, 0, axis)
        found = np.where(fall < 0, np.minimum(-fall, here), np.minimum(fall, there))
        greatest = max(greatest, float(np.nanmax(found, initial=0.0)))
    return greatest


def _advice(share: float, median: float, breach: float, depth: float) -> tuple[Solver, Text]:
    if breach >= BREACH_M:
        return "shallow_water", Text(
            zh=f"初始水面相邻单元落差达 {breach:.2f} m，相当于溃坝；需要含动量对流的完整浅水方程。",
            en=f"The initial water surface falls {breach:.2f} m from one cell to the next, which is a dam break; it takes"
            " the full equations with the advection of momentum.",
        )
    told_zh = f"{depth:g} m 水深下，{share:.0%} 的地面为急流（Fr > 1），中位弗劳德数 {median:.2f}"
    told_en = (
        f"Under {depth:g} m of water {share:.0%} of the ground is supercritical (Fr > 1), the median Froude"
        f" number {median:.2f}"
    )
    if share > SUPERCRITICAL_SHARE or median > MEDIAN_FROUDE:
        return "shallow_water", Text(
            zh=f"{told_zh}；超过 {SUPERCRITICAL_SHARE:.0%} 或 {MEDIAN_FROUDE:g}，建议完整浅水方程。",
            en=f"{told_en}; beyond {SUPERCRITICAL_SHARE:.0%} or {MEDIAN_FROUDE:g}: take the full equations.",
        )
    return "inertial", Text(
        zh=f"{told_zh}；不超过 {SUPERCRITICAL_SHARE:.0%} 和 {MEDIAN_FROUDE:g}，局部惯性方程足够，且快数倍。",
        en=f"{told_en}; within {SUPERCRITICAL_SHARE:.0%} and {MEDIAN_FROUDE:g}: the local inertial equations will do,"
        " several times faster.",
    )
