"""The full solver does what every run must do: close its account, repeat itself, go on, stay within its walls."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.flood import Boundary, Domain, Edge, Frames, GreenAmpt, Inflow, Rain, Result, simulate

FULL = "shallow_water"


def wild(
    seed: int,
    *,
    relief: float,
    cell: float,
    manning: float,
    pond: float,
    intensity: float,
    boundary: Boundary,
    soil: bool,
    dtype: Any = np.float32,
) -> tuple[Result, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, cols = int(rng.integers(3, 30)), int(rng.integers(3, 70))
    z = 500.0 + relief * rng.random((rows, cols))
    z[rng.random((rows, cols)) < 0.1] = np.nan
    shut = rng.random((rows, cols)) < 0.2
    z[0, 0], shut[0, 0] = 500.0, False
    out = simulate(
        Domain(z, cell, manning, blocked=shut, infiltration=5.0, initial_depth=pond,
               green_ampt=GreenAmpt(5.0, 100.0, 0.3) if soil else None),
        rain=Rain(np.array([0.0, 100.0]), np.array([intensity, intensity / 3])),
        inflows=[Inflow(np.array([0]), np.array([0]), np.array([0.0, 50.0, 100.0]), np.array([0.0, cell / 5, 0.0]))],
        boundary=boundary, duration_s=120.0, threads=1, solver="shallow_water", dtype=dtype,
    )  # fmt: skip
    return out, ~np.isnan(z), shut


EDGES = {
    "closed": Boundary.closed(), "free": Boundary.free(), "slope": Boundary.free(slope=0.01),
    "level": Boundary((Edge("west", "level", times_s=np.array([0.0, 100.0]), values=np.array([500.0, 502.0])),)),
    "discharge": Boundary((Edge("west", "discharge", times_s=np.array([0.0, 90.0]), values=np.array([0.0, 9.0])),)),
}  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000), relief=st.floats(0.0, 20.0), cell=st.sampled_from([1.0, 5.0, 30.0]),
    manning=st.floats(0.01, 0.2), pond=st.floats(0.0, 3.0), intensity=st.floats(0.0, 300.0),
    boundary=st.sampled_from(["closed", "free", "slope", "level"]), soil=st.booleans(),
)  # fmt: skip
def test_closure(boundary: str, **more: Any) -> None:
    out, valid, shut = wild(boundary=EDGES[boundary], **more)
    assert abs(out.ledger.relative_error) <= 1e-6
    for name in ("max_depth", "max_speed", "max_hazard", "depth", "wet_duration_s", "qx", "qy"):
        values = getattr(out, name)
        assert np.isfinite(values[valid]).all(), name
        assert np.isnan(values[~valid]).all(), name
        assert (values[shut & valid] == 0).all() or name.startswith("q"), name
    assert (out.depth[valid] >= 0).all()


def stormy(**more: Any) -> Result:
    rng = np.random.default_rng(2)
    blocked = rng.random((60, 140)) < 0.1
    blocked[40, 100] = False
    ground = Domain(rng.random((60, 140)), 5.0, 0.03, blocked=blocked, infiltration=4.0)
    pour = Inflow(np.array([40]), np.array([100]), np.array([0.0, 600.0]), np.array([5.0, 0.0]))
    rain = Rain(np.array([0.0, 150.0]), np.array([90.0, 20.0]))
    settings = {"duration_s": 300.0, "threads": 1, "solver": FULL, "boundary": Boundary.free()} | more
    return simulate(ground, rain=rain, inflows=[pour], **settings)


def test_the_same_bits_again_and_after_a_stop() -> None:
    whole = stormy(frames=Frames(150.0, lambda _t, _v: None))
    part = stormy(duration_s=150.0, keep_end=True)
    on = stormy(start=part.end)
    for name in ("depth", "max_depth", "max_speed", "max_hazard", "arrival_s", "qx", "qy"):
        assert getattr(whole, name).tobytes() == getattr(on, name).tobytes(), name
    assert whole.ledger == on.ledger


@pytest.mark.long
def test_the_same_bits_on_two_threads() -> None:
    one, two = stormy(), stormy(threads=2)
    assert one.depth.tobytes() == two.depth.tobytes()
    assert one.qx.tobytes() == two.qx.tobytes()


def test_a_spring_on_a_plain_spreads_evenly() -> None:
    n = 61
    out = simulate(
        Domain(np.zeros((n, n)), 5.0, 0.05), duration_s=600.0, solver="shallow_water", threads=1,
        inflows=[Inflow(np.array([n // 2]), np.array([n // 2]), np.array([0.0, 900.0]), np.array([2.0, 2.0]))],
    )  # fmt: skip
    h = out.depth
    assert h.max() > 0.05
    for other in (h[::-1], h[:, ::-1], h.T):
        assert np.abs(h - other).max() < 1e-4


@pytest.mark.parametrize("edge", ["free", "level"])
def test_a_channel_carries_its_flow_to_the_edge(edge: str) -> None:
    """Uniform flow down a slope comes to Manning's depth, whatever kind of edge feeds or ends it."""
    cols, slope, n, q = 60, 0.002, 0.03, 1.0
    depth = (q * n / np.sqrt(slope)) ** 0.6
    z = np.tile(-slope * 5.0 * np.arange(cols), (4, 1))
    times = np.array([0.0, 1e6])
    west = Edge("west", "discharge", times_s=times, values=np.full(2, q * 20.0))
    ends = {
        "free": Edge("east", "free", slope=slope),
        "level": Edge("east", "level", times_s=times, values=np.full(2, z[0, -1] + depth)),
    }
    out = simulate(
        Domain(z, 5.0, n, initial_depth=depth), boundary=Boundary((west, ends[edge])), duration_s=1800.0, solver="shallow_water",
        threads=1,
    )  # fmt: skip
    assert out.depth[2, 5:-5] == pytest.approx(depth, rel=0.03)
    assert out.qx[2, 5:-5] == pytest.approx(q, rel=0.01)
    assert abs(out.ledger.relative_error) < 1e-6
