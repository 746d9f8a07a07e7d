"""Water that a discharge edge brings to the full solver: through the face itself, all of it, alike on every side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.flood import Boundary, Domain, Edge, FloodInputError, Result, simulate
from twin.engines.flood.shallow_edges import coming

G = 9.80665
FULL = "shallow_water"
SIDES = ("west", "north", "east", "south")
TIMES = np.array([0.0, 20.0, 60.0, 100.0])
FLOW = np.array([0.0, 12.0, 12.0, 3.0])


def turned(array: np.ndarray, side: str) -> np.ndarray:
    """A (rows, cols) array made for the west side, so that its west side becomes ``side``."""
    return {"west": array, "north": array.T, "east": array[:, ::-1], "south": array.T[::-1]}[side]


def ground(seed: int, fall: float, relief: float, pond: float) -> tuple[np.ndarray, np.ndarray]:
    """Bed and depth, 20 x 45 cells of 2 m: ``fall`` eastward, a bank that cuts the inflow's stretch in wet and dry."""
    rng = np.random.default_rng(seed)
    z = 20.0 - fall * 2.0 * np.arange(45) + relief * rng.random((20, 45))
    z[8:12, :6] += 1.5
    depth = np.where(np.arange(20)[:, None] < 10, pond, 0.0) * np.ones((20, 45))
    depth[8:12, :6] = 0.0
    return z, depth


def flood(z: np.ndarray, depth: np.ndarray, side: str = "west", **more: Any) -> Result:
    asked: dict[str, Any] = {
        "boundary": Boundary((Edge(side, "discharge", times_s=TIMES, values=FLOW),)),  # type: ignore[arg-type]
        "duration_s": 120.0, "threads": 1, "dtype": np.float64, "solver": FULL,
    }  # fmt: skip
    return simulate(Domain(z, 2.0, 0.03, initial_depth=depth), **asked | more)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000), fall=st.floats(-0.05, 0.1), relief=st.floats(0.0, 2.0), pond=st.floats(0.0, 3.0),
    dtype=st.sampled_from([np.float32, np.float64]),
)  # fmt: skip
def test_all_of_it_comes_and_none_else(
    seed: int, fall: float, relief: float, pond: float, dtype: type
) -> None:
    """Down and up the slope, over dry and wet cells: the series' volume is in the ledger, and the ledger closes."""
    out = flood(*ground(seed, fall, relief, pond), dtype=dtype)
    volume = float(np.trapezoid(FLOW, TIMES))
    assert out.ledger.inflow == pytest.approx(volume, rel=1e-12)
    assert out.ledger.boundary_in == 0.0
    assert abs(out.ledger.error) <= (1e-12 if dtype is np.float64 else 1e-6) * volume
    assert np.isfinite(out.depth).all()
    assert (out.depth >= 0).all()
    assert out.max_speed.max() < 30.0


@pytest.mark.parametrize("side", SIDES[1:])
def test_every_side_does_the_same(side: str) -> None:
    z, depth = ground(3, 0.01, 0.3, 0.5)
    z[:, 10:] += 0.05 * np.arange(20)[:, None]
    west = flood(z, depth)
    other = flood(np.ascontiguousarray(turned(z, side)), np.ascontiguousarray(turned(depth, side)), side=side)
    np.testing.assert_allclose(other.depth, turned(west.depth, side), atol=2e-6)
    np.testing.assert_allclose(other.max_speed, turned(west.max_speed, side), atol=2e-3)


@pytest.mark.parametrize("fall", [0.02, -0.01])
def test_the_same_bits_after_a_stop_and_on_two_threads(fall: float) -> None:
    z, depth = ground(5, fall, 0.3, 0.5)
    whole = flood(z, depth, gauges=[(0, 0)], gauge_interval_s=60.0)
    part = flood(z, depth, gauges=[(0, 0)], gauge_interval_s=60.0, duration_s=60.0, keep_end=True)
    on = flood(z, depth, gauges=[(0, 0)], gauge_interval_s=60.0, start=part.end)
    two = flood(z, depth, gauges=[(0, 0)], gauge_interval_s=60.0, threads=2)
    for name in ("depth", "max_depth", "max_speed", "qx", "qy"):
        assert getattr(on, name).tobytes() == getattr(whole, name).tobytes(), name
        assert getattr(two, name).tobytes() == getattr(whole, name).tobytes(), name
    assert on.ledger == whole.ledger


@pytest.mark.parametrize("froude", [0.1, 0.5, 0.8, 1.3, 2.0])
def test_uniform_flow_begins_at_the_edge(froude: float) -> None:
    """A channel whose flow is as deep everywhere as Manning has it: the cell at the edge too, slow or shooting."""
    n, h = 0.02, 0.5
    q = froude * h * np.sqrt(G * h)
    slope = (q * n) ** 2 / h ** (10 / 3)
    z = np.tile(-slope * 2.0 * np.arange(60), (3, 1))
    # as deep downstream: held where waves can come back, else free to shoot out
    held = Edge("east", "level", times_s=np.array([0.0]), values=np.array([z[0, -1] + h]))
    east = held if froude < 1 else Edge("east", "free", slope=slope)
    west = Edge("west", "discharge", times_s=np.array([0.0, 1e5]), values=np.full(2, q * 6.0))
    out = simulate(
        Domain(z, 2.0, n, initial_depth=h), boundary=Boundary((west, east)), duration_s=900.0, threads=1, solver=FULL
    )  # fmt: skip
    assert out.depth[1, :40] == pytest.approx(h, rel=5e-3)
    assert out.depth[1, 0] == pytest.approx(out.depth[1, 5], rel=5e-4)


def test_what_a_later_stretch_takes_comes_through_the_rest() -> None:
    z, depth = ground(7, 0.01, 0.0, 0.5)
    west = Edge("west", "discharge", times_s=TIMES, values=FLOW)
    held = Edge("west", "level", start=0, stop=8, times_s=np.array([0.0]), values=np.array([20.5]))
    out = flood(z, depth, boundary=Boundary((west, held)))
    assert out.ledger.inflow == pytest.approx(np.trapezoid(FLOW, TIMES), rel=1e-12)
    assert abs(out.ledger.relative_error) < 1e-12
    over = Edge("west", "free")
    with pytest.raises(FloodInputError, match="no open cell"):
        flood(z, depth, boundary=Boundary((west, over)))


@settings(max_examples=300, deadline=None)
@given(
    depth=st.floats(0.0, 20.0), inward=st.floats(-15.0, 15.0), q=st.floats(1e-8, 100.0), slope=st.floats(-1.0, 1.0),
    n=st.floats(0.005, 0.3),
)  # fmt: skip
def test_depth_at_which_water_comes(depth: float, inward: float, q: float, slope: float, n: float) -> None:
    """Either the outgoing invariant is kept, or nothing goes out: the water shoots in, at normal depth, or is critical."""
    h = coming(depth, inward, q, slope, n * n)
    critical = (q * q / G) ** (1 / 3)
    if h > critical * (1 + 1e-9):
        invariant = inward - 2 * np.sqrt(G * depth)
        assert q / h - 2 * np.sqrt(G * h) == pytest.approx(invariant, rel=1e-6, abs=1e-9)
    elif h < critical * (1 - 1e-9):
        assert slope > 0
        assert q == pytest.approx(h ** (5 / 3) * np.sqrt(slope) / n, rel=1e-9)
    else:
        assert h == pytest.approx(critical)
