"""The ground says which solver it asks for, and why."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.flood import Domain, FloodInputError, Regime, regime


def plane(slope: float, n: float = 0.03, noise: float = 0.0) -> Domain:
    z = np.tile(-slope * 5.0 * np.arange(60), (40, 1))
    return Domain(z + noise * np.random.default_rng(0).random(z.shape), 5.0, n)


@pytest.mark.parametrize(
    ("slope", "n", "solver"),
    [
        (0.001, 0.03, "inertial"),
        (0.01, 0.05, "inertial"),
        (0.005, 0.01, "shallow_water"),
        (0.05, 0.03, "shallow_water"),
    ],
)
def test_planes(slope: float, n: float, solver: str) -> None:
    found = regime(plane(slope, n))
    assert found.solver == solver
    exact = 0.1 ** (1 / 6) * np.sqrt(slope) / (n * np.sqrt(9.80665))
    assert found.froude_median == pytest.approx(exact, rel=1e-6)
    assert found.supercritical_share == (1.0 if exact > 1 else 0.0)
    assert found.slope_median == pytest.approx(slope)
    assert found.reason.zh
    assert f"{found.froude_median:.2f}" in found.reason.en


def test_walls_are_no_ground() -> None:
    z = plane(0.001).z.copy()
    z[10:20, 10:20] += 8.0
    assert regime(Domain(z, 5.0, 0.03)).solver == "inertial"
    shut = np.zeros(z.shape, bool)
    shut[10:20, 10:20] = True
    assert regime(Domain(z, 5.0, 0.03, blocked=shut)).supercritical_share == 0.0


def test_a_dam_break_is_seen() -> None:
    depth = np.where(np.arange(60) < 30, 3.0, 0.0) * np.ones((40, 1))
    found = regime(Domain(np.zeros((40, 60)), 5.0, 0.03, initial_depth=depth))
    assert found.solver == "shallow_water"
    assert found.breach_m == pytest.approx(3.0)
    hump = np.zeros((40, 60))
    hump[:, 20:25] = 4.0  # a lake beside a wall of 4 m is at rest
    still = Domain(hump, 5.0, 0.03, initial_depth=np.maximum(2.0 - hump, 0.0))
    assert regime(still).breach_m == 0.0


def test_one_cell_and_holes() -> None:
    lone = np.full((5, 5), np.nan)
    lone[2, 2] = 3.0
    found = regime(Domain(lone, 5.0, 0.03))
    assert isinstance(found, Regime)
    assert (found.solver, found.froude_p99) == ("inertial", 0.0)


def test_a_depth_of_nothing_is_refused() -> None:
    with pytest.raises(FloodInputError) as caught:
        regime(plane(0.01), depth_m=0.0)
    assert caught.value.where == "depth_m"
