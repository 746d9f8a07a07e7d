"""What would blow up a careless scheme: finite, not negative, booked to the drop, or refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.flood import Boundary, Domain, Edge, FloodInputError, Inflow, Rain, Result, Solver, simulate

SOLVERS: list[Solver] = ["inertial", "shallow_water"]
MAPS = ("max_depth", "max_speed", "max_hazard", "wet_duration_s", "depth", "level", "qx", "qy")


def series(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def sound(out: Result) -> None:
    """No hole in a map, no water below the bed, and the account closes."""
    for name in MAPS:
        assert np.isfinite(getattr(out, name)).all(), name
    assert (out.depth >= 0).all()
    assert np.isfinite(out.gauges.depth).all()
    assert (out.gauges.depth >= 0).all()
    assert abs(out.ledger.relative_error) <= 1e-6


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), solver=st.sampled_from(SOLVERS), cell=st.sampled_from([0.1, 1.0, 50.0]),
    relief=st.sampled_from([0.0, 5.0, 1000.0]), spikes=st.booleans(), manning=st.sampled_from([1e-9, 0.03, 10.0]),
    pond=st.sampled_from([0.0, 1e-6, 0.5, 50.0]), rain=st.sampled_from([0.0, 10_000.0]),
    poured=st.sampled_from([0.0, 1e-9, 5000.0]), through=st.sampled_from([0.0, 1e-9, 5000.0]),
    dt_max=st.sampled_from([10.0, 600.0]), dtype=st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_nothing_blows_up(
    seed: int, solver: Solver, cell: float, relief: float, spikes: bool, manning: float, pond: float, rain: float,
    poured: float, through: float, dt_max: float, dtype: Any,
) -> None:  # fmt: skip
    """Steep thin cells, spikes of the land's greatest heights, no roughness, a cloudburst, steps of ten minutes asked for."""
    rng = np.random.default_rng(seed)
    z = relief * rng.random((9, 14))
    if spikes:
        z[rng.random(z.shape) < 0.1] = 9000.0
        z[rng.random(z.shape) < 0.1] = -500.0
    west = Edge("west", "discharge", times_s=series(0, 20), values=np.full(2, through))
    out = simulate(
        Domain(z, cell, manning, initial_depth=pond), solver=solver, dtype=dtype, threads=1,
        rain=Rain(series(0.0), series(rain)), inflows=[Inflow(np.array([4]), np.array([7]), series(0, 20), np.full(2, poured))],
        boundary=Boundary((west, Edge("east", "free"), Edge("north", "free", slope=10.0))),
        duration_s=0.2 * cell, alpha=1.0, dt_max_s=dt_max, source_interval_s=dt_max, gauges=[(4, 0)], gauge_interval_s=1.0,
    )  # fmt: skip
    sound(out)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("before", [-5.0, 0.4])
def test_a_level_that_leaps_fills_no_higher_than_it_stands(solver: Solver, before: float) -> None:
    """20 m within a second against dry ground, or ground as good as dry: the first step must know of it."""
    z = np.zeros((5, 40)) + np.random.default_rng(1).random((5, 40))
    leap = Edge("west", "level", times_s=series(0, 1, 30, 60), values=series(before, 20, 20, -5))
    out = simulate(
        Domain(z, 2.0, 0.02), solver=solver, boundary=Boundary((leap, Edge("east", "free"))), duration_s=60.0, threads=1
    )  # fmt: skip
    sound(out)
    assert out.max_depth.max() < 2.0 * 20.0  # a wave thrown back by a wall stands no higher


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 1.5}, {"alpha": 0.0}, {"alpha": np.nan}, {"dt_max_s": 1e4}, {"dt_max_s": np.inf}, {"theta": 0.4}, {"film_m": 0.0},
        {"source_interval_s": 1e4}, {"duration_s": np.nan},
    ],
)  # fmt: skip
def test_steps_that_cannot_be_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(FloodInputError, match=next(iter(wrong))):
        simulate(Domain(np.zeros((4, 4)), 1.0, 0.03), **({"duration_s": 10.0} | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("manning", [0.0, -0.03, np.nan])
def test_no_roughness_at_all_is_refused(manning: float) -> None:
    with pytest.raises(FloodInputError, match="manning"):
        simulate(Domain(np.zeros((4, 4)), 1.0, manning), duration_s=10.0)
