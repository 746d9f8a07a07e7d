"""Whatever the ground and the weather, no water is made or lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.flood import Boundary, Domain, Edge, GreenAmpt, Inflow, Rain, simulate

CLOSURE = 1e-6  # of all water that came, float32


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000), relief=st.floats(0.0, 20.0), cell=st.sampled_from([1.0, 5.0, 30.0]),
    manning=st.floats(0.01, 0.2), pond=st.floats(0.0, 3.0), intensity=st.floats(0.0, 300.0), capacity=st.floats(0.0, 50.0),
    loss=st.floats(0.0, 20.0), blocked=st.floats(0.0, 0.5), holes=st.booleans(),
    boundary=st.sampled_from(["closed", "free", "slope", "level"]), soil=st.booleans(), theta=st.sampled_from([0.7, 0.9, 1.0]),
)  # fmt: skip
def test_closure(
    seed: int, relief: float, cell: float, manning: float, pond: float, intensity: float, capacity: float, loss: float,
    blocked: float, holes: bool, boundary: str, soil: bool, theta: float,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed)
    rows, cols = int(rng.integers(3, 30)), int(rng.integers(3, 70))
    z = 500.0 + relief * rng.random((rows, cols))
    if holes:
        z[rng.random((rows, cols)) < 0.1] = np.nan
    shut = rng.random((rows, cols)) < blocked
    z[0, 0], shut[0, 0] = 500.0, False
    edges = {
        "closed": Boundary.closed(), "free": Boundary.free(), "slope": Boundary.free(slope=0.01),
        "level": Boundary((Edge("west", "level", times_s=np.array([0.0, 300.0]), values=np.array([500.0, 502.0])),)),
    }  # fmt: skip
    out = simulate(
        Domain(z, cell, manning, blocked=shut, infiltration=capacity, initial_loss=loss, initial_depth=pond,
               green_ampt=GreenAmpt(5.0, 100.0, 0.3) if soil else None),
        rain=Rain(np.array([0.0, 200.0]), np.array([intensity, intensity / 3])),
        inflows=[Inflow(np.array([0]), np.array([0]), np.array([0.0, 100.0, 200.0]), np.array([0.0, cell / 5, 0.0]))],
        boundary=edges[boundary], duration_s=300.0, threads=1, theta=theta,
    )  # fmt: skip
    assert abs(out.ledger.relative_error) <= CLOSURE
    valid = ~np.isnan(z)
    for name in ("max_depth", "max_speed", "max_hazard", "depth", "wet_duration_s"):
        values = getattr(out, name)
        assert np.isfinite(values[valid]).all(), name
        assert np.isnan(values[~valid]).all(), name
        assert (values[valid] >= 0).all(), name
        assert (values[shut & valid] == 0).all(), name
    assert (out.max_depth[valid] >= out.depth[valid]).all()


@settings(max_examples=15, deadline=None)
@given(depth=st.floats(0.5, 10.0), intensity=st.floats(0.1, 5.0), cell=st.sampled_from([2.0, 5.0]))
def test_drizzle_on_a_deep_pond_is_kept(depth: float, intensity: float, cell: float) -> None:
    """1 mm/h on 2 m of water: each step's rain is under half a float32 unit of the depth, and must not vanish."""
    out = simulate(
        Domain(np.zeros((12, 40)), cell, 0.03, initial_depth=depth), rain=Rain(np.array([0.0]), np.array([intensity])),
        duration_s=600.0, threads=1,
    )  # fmt: skip
    gained = out.ledger.final_storage - out.ledger.initial
    assert abs(gained / out.ledger.rain - 1) < 1e-5
    assert abs(out.ledger.relative_error) < 1e-7


def test_float64_closes_to_rounding() -> None:
    rng = np.random.default_rng(5)
    out = simulate(
        Domain(rng.random((40, 60)), 2.0, 0.02, initial_depth=0.3, infiltration=10.0),
        rain=Rain(np.array([0.0]), np.array([80.0])), boundary=Boundary.free(), duration_s=900.0, dtype=np.float64,
    )  # fmt: skip
    assert abs(out.ledger.relative_error) < 1e-12


def test_steep_smooth_ground_makes_no_water() -> None:
    """Supercritical flow on 1:200 with n 0.01, where clipping makes up to 88 times the water (EA test 3 set-up)."""
    z = np.tile(10.0 - np.arange(60) * 5.0 / 200.0, (20, 1))
    z[:, 40:] = z[:, 39:40] + 0.5
    out = simulate(
        Domain(z, 5.0, 0.01), duration_s=600.0,
        inflows=[Inflow(np.arange(20), np.zeros(20, int), np.array([0, 5, 15, 25, 35.0]), np.array([0, 0, 65.5, 65.5, 0.0]))],
    )  # fmt: skip
    assert abs(out.ledger.inflow - 1310.0) < 1e-6
    assert abs(out.ledger.relative_error) < 1e-6


def test_rain_on_sleeping_ground_beside_a_flood_is_kept() -> None:
    """Rain wets tiles that have no part in the flow yet: no water may pass to or from them before they wake."""
    rng = np.random.default_rng(0)
    shut = rng.random((20, 45)) < 0.2
    shut[0, 0] = False
    pour = Inflow(np.array([0]), np.array([0]), np.array([0.0, 50.0]), np.array([0.0, 0.2]))
    out = simulate(
        Domain(np.zeros((20, 45)), 1.0, 0.06, blocked=shut), rain=Rain(np.array([0.0]), np.array([208.0])), inflows=[pour],
        duration_s=40.0, threads=1, dtype=np.float64,
    )  # fmt: skip
    assert abs(out.ledger.relative_error) < 1e-14
