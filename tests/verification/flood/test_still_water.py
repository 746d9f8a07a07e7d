"""Water that should not move, or should come to rest where volume says."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, Rain, simulate
from twin.engines.flood.solver import Solver


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-6), (np.float64, 1e-12)])
def test_lake_at_rest_over_humps(report: Report, dtype: type, tolerance: float) -> None:
    """Level 0.875 m over humps of which some stand dry (after Bermudez & Vazquez 1994): not a drop may move."""
    y, x = np.mgrid[0:80, 0:120] * 0.5
    z = np.exp(-((x - 20) ** 2 + (y - 20) ** 2) / 20.0) + 0.5 * np.exp(
        -((x - 45) ** 2 + (y - 15) ** 2) / 30.0
    )
    out = simulate(
        Domain(z, 0.5, 0.02, initial_depth=np.maximum(0.875 - z, 0.0)),
        duration_s=300.0,
        dtype=dtype,
        threads=1,
    )
    wet = z < 0.8
    name = f"lake at rest {np.dtype(dtype).name}"
    source = "still water over humps, level 0.875 m"
    report.hold(
        name,
        source,
        "level error, m",
        np.abs(z + out.depth.astype(float) - 0.875)[wet].max(),
        max(tolerance, 2e-7),
    )
    report.hold(name, source, "greatest unit discharge, m2/s", np.abs([out.qx, out.qy]).max(), tolerance)
    assert out.depth[z > 0.9].max() == 0.0


def test_filling_a_basin_to_the_level_of_its_volume(report: Report) -> None:
    """100 mm of rain in an hour on a closed bowl; the pond's level must be that of its stage-volume curve."""
    y, x = np.mgrid[0:60, 0:60] * 10.0
    z = 4.0 * (((x - 295) ** 2 + (y - 295) ** 2) / 300.0**2) + 100.0
    out = simulate(
        Domain(z, 10.0, 0.03),
        rain=Rain(np.array([0.0, 3600.0]), np.array([100.0, 0.0])),
        duration_s=8 * 3600.0,
    )
    volume = 0.1 * z.size * 100.0
    stage = brentq(lambda level: np.maximum(level - z, 0).sum() * 100.0 - volume, 100.0, 110.0)
    pond = out.depth > 0.05
    source = "stage-volume curve of the grid"
    report.hold(
        "filling a basin",
        source,
        "volume error, relative",
        out.depth.sum(dtype=float) * 100 / volume - 1,
        1e-6,
    )
    # a film of some 1/10 mm is still on its way down the sides
    report.hold("filling a basin", source, "mean pond level error, m", out.level[pond].mean() - stage, 0.006)
    report.hold("filling a basin", source, "pond level unevenness, m", np.ptp(out.level[pond]), 0.002)
    report.hold("filling a basin", source, "ledger closure, relative", out.ledger.relative_error, 1e-6)


def test_two_basins_spill_over_the_sill(report: Report) -> None:
    """A full basin gives the next one only what stands above the sill between them."""
    z = np.zeros((10, 60))
    z[:, 30] = 1.0
    depth = np.where(np.arange(60) < 30, 1.5, 0.0) * np.ones((10, 1))
    out = simulate(Domain(z, 5.0, 0.03, initial_depth=depth), duration_s=4 * 3600.0)
    held = out.depth[:, :30].mean()
    report.hold("spill over a sill", "sill level 1 m", "upper pond above the sill, m", held - 1.0, 0.003)
    given = (1.5 - held) * 30 / 29
    report.hold(
        "spill over a sill", "volume balance", "lower pond error, m", out.depth[:, 31:].mean() - given, 2e-3
    )
    report.hold(
        "spill over a sill", "volume balance", "ledger closure, relative", out.ledger.relative_error, 1e-6
    )


@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
@pytest.mark.parametrize(
    ("dtype", "level", "seconds", "tolerance"),
    [(np.float32, 0.7, 100.0, 1e-4), (np.float64, 0.7, 100.0, 1e-12), (np.float64, 10.0, 300.0, 1e-12)],
)
def test_lake_at_rest_on_rough_ground(
    report: Report, solver: Solver, dtype: type, level: float, seconds: float, tolerance: float
) -> None:
    """Steps, walls, blocked and missing cells, a shore everywhere or deep water, the level held at all edges: still nothing
    may move."""
    rng = np.random.default_rng(11)
    y, x = np.mgrid[0:90, 0:130]
    z = 2.0 * np.sin(x / 9.0) * np.cos(y / 7.0) + rng.normal(0.0, 0.15, x.shape)
    z[:, 43] = z[45, :32] = 5.0
    z[10:20, 40:60] = z[-5:, :3] = np.nan
    held = [
        Edge(side, "level", times_s=np.array([0.0, 1e5]), values=np.full(2, level))  # type: ignore[arg-type]
        for side in ("west", "east", "north", "south")
    ]
    out = simulate(
        Domain(z, 2.0, 0.03, initial_depth=np.nan_to_num(np.maximum(level - z, 0.0)), blocked=rng.random(z.shape) < 0.1),
        duration_s=seconds, solver=solver, dtype=dtype, threads=1, boundary=Boundary(tuple(held)),
    )  # fmt: skip
    moved = max(float(np.nanmax(np.abs(out.qx))), float(np.nanmax(np.abs(out.qy))))
    report.hold(
        f"lake at rest on rough ground, {solver} {np.dtype(dtype).name}", f"still water, level {level:g} m",
        "greatest unit discharge, m2/s", moved, tolerance,
    )  # fmt: skip
