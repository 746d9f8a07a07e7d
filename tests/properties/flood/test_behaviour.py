"""What every run must do: repeat itself, spread evenly, keep out of buildings, stop when asked."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.flood import (
    Boundary,
    Cancelled,
    Domain,
    Edge,
    GreenAmpt,
    Inflow,
    Rain,
    Result,
    Run,
    simulate,
)
from twin.engines.flood.solver import stable_alpha


def stormy(threads: int) -> Result:
    rng = np.random.default_rng(2)
    ground = Domain(
        rng.random((160, 200)),
        5.0,
        rng.uniform(0.02, 0.1, (160, 200)),
        blocked=rng.random((160, 200)) < 0.1,
        infiltration=4.0,
    )
    pour = Inflow(np.array([80]), np.array([100]), np.array([0.0, 600.0]), np.array([5.0, 0.0]))
    rain = Rain(np.array([0.0, 300.0]), np.array([90.0, 20.0]))
    return simulate(
        ground, rain=rain, inflows=[pour], boundary=Boundary.free(), duration_s=600.0, threads=threads
    )


def test_the_same_bits_again_and_on_two_threads() -> None:
    one, again, two = stormy(1), stormy(1), stormy(2)
    for name in ("depth", "max_depth", "max_speed", "max_hazard", "arrival_s", "qx", "qy"):
        assert (
            getattr(one, name).tobytes() == getattr(again, name).tobytes() == getattr(two, name).tobytes()
        ), name
    assert one.ledger == again.ledger == two.ledger


def test_a_spring_on_a_plain_spreads_evenly() -> None:
    n = 61
    out = simulate(
        Domain(np.zeros((n, n)), 5.0, 0.05), duration_s=900.0,
        inflows=[Inflow(np.array([n // 2]), np.array([n // 2]), np.array([0.0, 900.0]), np.array([2.0, 2.0]))],
    )  # fmt: skip
    h = out.depth
    assert h.max() > 0.05
    for other in (h[::-1], h[:, ::-1], h.T):
        assert np.abs(h - other).max() < 1e-5


def test_blocked_cells_stay_dry_and_their_rain_reaches_the_street() -> None:
    blocked = np.zeros((20, 20), bool)
    blocked[5:12, 6:15] = True
    out = simulate(
        Domain(np.zeros((20, 20)), 5.0, 0.03, blocked=blocked), rain=Rain(np.array([0.0, 600.0]), np.array([60.0, 0.0])),
        duration_s=1800.0,
    )  # fmt: skip
    assert (out.max_depth[blocked] == 0).all()
    assert np.isnan(out.arrival_s[blocked]).all()
    assert out.ledger.rain == pytest.approx(0.010 * 400 * 25, rel=1e-9)
    assert out.depth[~blocked].sum() * 25 == pytest.approx(0.010 * 400 * 25, rel=1e-5)


def test_cells_outside_are_nan_and_nowhere_else() -> None:
    z = np.zeros((12, 40))
    z[:, 30:] = np.nan
    out = simulate(Domain(z, 5.0, 0.03), rain=Rain(np.array([0.0]), np.array([36.0])), duration_s=1000.0)
    assert np.isnan(out.max_depth[:, 30:]).all()
    assert out.depth[:, :30] == pytest.approx(0.01, rel=1e-4)
    assert out.ledger.rain == pytest.approx(0.01 * 12 * 30 * 25)


def test_the_outline_of_the_domain_can_be_open() -> None:
    z = np.zeros((12, 40))
    z[:, 30:] = np.nan
    ground = Domain(z, 5.0, 0.03, initial_depth=1.0)
    out = simulate(ground, boundary=Boundary((Edge("outline", "free", slope=0.01),)), duration_s=600.0)
    assert out.ledger.outflow > 0.5 * out.ledger.initial
    assert abs(out.ledger.relative_error) < 1e-6


def test_a_held_level_fills_and_drains() -> None:
    ground = Domain(np.zeros((10, 30)), 5.0, 0.03, initial_depth=0.5)
    tide = Edge("west", "level", times_s=np.array([0.0, 600.0, 3600.0]), values=np.array([0.5, 1.0, 1.0]))
    out = simulate(ground, boundary=Boundary((tide,)), duration_s=7200.0)
    assert out.level == pytest.approx(1.0, abs=0.005)
    # the pond sways in and out meanwhile: the net volume counts
    assert out.ledger.boundary_in - out.ledger.outflow == pytest.approx(0.5 * 10 * 30 * 25, rel=0.02)


def test_a_discharge_edge_brings_its_volume() -> None:
    edge = Edge("north", "discharge", 5, 10, times_s=np.array([0.0, 100.0]), values=np.array([2.0, 2.0]))
    out = simulate(Domain(np.zeros((10, 30)), 5.0, 0.03), boundary=Boundary((edge,)), duration_s=300.0)
    assert out.ledger.inflow == pytest.approx(200.0)


def test_rain_by_zone_and_by_raster_agree() -> None:
    zones = np.repeat([[0, 1, -1]], 10, axis=0).repeat(10, axis=1)
    times = np.array([0.0, 100.0])
    by_zone = Rain(times, np.array([[36.0, 72.0], [0.0, 36.0]]), zones)
    grid = np.zeros((2, 10, 30))
    grid[0, :, :10], grid[0, :, 10:20], grid[1, :, 10:20] = 36.0, 72.0, 36.0
    ground = Domain(np.zeros((10, 30)), 5.0, 0.03)
    one = simulate(ground, rain=by_zone, duration_s=300.0)
    two = simulate(ground, rain=Rain(times, grid), duration_s=300.0)
    assert one.depth.tobytes() == two.depth.tobytes()
    assert one.ledger.rain == pytest.approx((0.001 + 0.002 + 0.001) * 100 * 25)


def test_initial_loss_then_capacity_then_runoff() -> None:
    ground = Domain(np.zeros((10, 10)), 5.0, 0.03, initial_loss=5.0, infiltration=10.0)
    out = simulate(ground, rain=Rain(np.array([0.0, 3600.0]), np.array([40.0, 0.0])), duration_s=3600.0)
    assert out.ledger.infiltration / 2500 == pytest.approx(0.015, rel=1e-3)
    assert out.depth == pytest.approx(0.025, rel=1e-3)


def test_green_ampt_against_its_implicit_equation() -> None:
    """Ponded from the start: F - S ln(1 + F/S) = K t. Chow, Maidment & Mays (1988) ex. 4.3.1's silt loam."""
    k, suction, deficit, hours = 6.5, 166.8, 0.340, 1.0
    s = suction * deficit
    ground = Domain(np.zeros((4, 4)), 5.0, 0.03, initial_depth=1.0, green_ampt=GreenAmpt(k, suction, deficit))
    out = simulate(ground, duration_s=hours * 3600.0)
    depth = 1000 * out.ledger.infiltration / 400
    assert depth - s * np.log(1 + depth / s) == pytest.approx(k * hours, rel=0.01)


def test_cancelling_stops_soon() -> None:
    asked: list[float] = []

    def stop() -> bool:
        asked.append(1.0)
        return len(asked) > 3

    with pytest.raises(Cancelled) as caught:
        simulate(Domain(np.zeros((100, 100)), 1.0, 0.03, initial_depth=2.0), duration_s=1e6, cancelled=stop)
    assert 0 < caught.value.reached_s < 1e6
    assert caught.value.code == "TWIN-511"


def test_progress_ends_at_one() -> None:
    told: list[float] = []
    simulate(
        Domain(np.zeros((50, 50)), 1.0, 0.03, initial_depth=1.0),
        duration_s=200.0,
        progress=told.append,
        progress_interval_s=0.0,
    )
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 2


def test_piecewise_equals_a_single_run_where_steps_agree() -> None:
    rng = np.random.default_rng(1)
    ground = Domain(rng.random((30, 40)), 5.0, 0.03, initial_depth=0.4)

    def fresh() -> Run:
        return Run(ground, None, [], Boundary.closed(), threads=1, dtype=np.float32, theta=0.9, alpha=0.5, dt_max_s=1.0,
                   threshold_m=0.05, film_m=1e-5, source_interval_s=1.0)  # fmt: skip

    one, two = fresh(), fresh()
    one.advance(60.0)
    for goal in range(10, 61, 10):
        two.advance(float(goal))
    assert np.abs(one.state.h - two.state.h).max() < 2e-3
    assert one.time == two.time == 60.0


def test_calm_deep_water_stays_calm_at_the_largest_step() -> None:
    """The customary Courant number 0.7 makes a smooth pond ring; the engine's own bound must not."""
    rng = np.random.default_rng(0)
    depth = 3.0 + 1e-3 * rng.random((64, 96))
    for theta in (0.7, 0.9, 1.0):
        out = simulate(
            Domain(np.zeros((64, 96)), 5.0, 0.01, initial_depth=depth),
            duration_s=3600.0,
            alpha=1.0,
            theta=theta,
        )
        assert np.ptp(out.depth) < 2e-3, theta
        assert stable_alpha(theta) < 0.71
