"""Rain on a tilted V-shaped catchment (Di Giammarco et al. 1996 J. Hydrol. 175), and a round dam break that must stay round."""

from __future__ import annotations

import numpy as np
import pytest

from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, Rain, simulate
from twin.engines.flood.solver import Solver

CELL = 20.0


@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
def test_rain_on_a_tilted_v(report: Report, solver: Solver) -> None:
    """Two planes of 800 m by 1000 m, 5 % and n 0.015, fall to a channel of 20 m, 2 % and n 0.15; 10.8 mm/h for 90 min.

    The channel then carries all that falls. Its discharge is that of its normal depth at the outlet.
    """
    x = np.abs(np.arange(81) - 40) * CELL
    y = (np.arange(50)[::-1] + 0.5) * CELL
    z = x[None, :] * 0.05 + y[:, None] * 0.02
    out = simulate(
        Domain(z, CELL, np.broadcast_to(np.where(x < 1.0, 0.15, 0.015), z.shape)), duration_s=10800.0, solver=solver,
        rain=Rain(np.array([0.0, 5400.0]), np.array([10.8, 0.0])), threads=1, gauges=[(49, 40)], gauge_interval_s=300.0,
        boundary=Boundary((Edge("south", "free", start=40, stop=41, slope=0.02),)),
    )  # fmt: skip
    flow = CELL * out.gauges.depth[:, 0] ** (5 / 3) * 0.02**0.5 / 0.15
    falls = 10.8e-3 / 3600.0 * z.size * CELL**2
    case, source = f"rain on a tilted V, {solver}", "Di Giammarco et al. 1996"
    report.hold(case, source, "steady discharge error, relative", flow[18] / falls - 1.0, 0.01)
    assert (np.diff(flow[:16]) > -0.01 * falls).all()
    assert (np.diff(flow[19:]) < 0.0).all()
    report.hold(case, "ledger", "closure, relative", out.ledger.relative_error, 1e-6)


@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
def test_a_round_dam_break_stays_round(solver: Solver) -> None:
    """Turned or mirrored, the depths are the same bits: no direction is favoured."""
    y, x = np.mgrid[0:101, 0:101] - 50.0
    depth = np.where(np.hypot(x, y) <= 11.0, 2.5, 0.5)
    out = simulate(
        Domain(np.zeros(depth.shape), 0.4, 0.01, initial_depth=depth),
        duration_s=2.5,
        solver=solver,
        threads=1,
    )
    assert out.depth.min() >= 0.0
    assert np.ptp(out.depth) > 0.1
    for other in (out.depth[::-1], out.depth[:, ::-1], out.depth.T):
        np.testing.assert_allclose(out.depth, other, atol=1e-5)
