"""Rain on a plane: the kinematic wave."""

from __future__ import annotations

import numpy as np

from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, Rain, simulate

SOURCE = "Woolhiser & Liggett 1967, kinematic plane"


def test_kinematic_plane(report: Report) -> None:
    """60 mm/h on 200 m of slope 0.01, n 0.03: depth R t before, (n R x / sqrt S)^0.6 after equilibrium."""
    cell, cols, slope, n, rain = 2.0, 100, 0.01, 0.03, 60e-3 / 3600
    x = (np.arange(cols) + 1.0) * cell  # water of a cell leaves at its lower face
    z = np.tile(10.0 - slope * x, (4, 1))
    to_equilibrium = (n * cols * cell / (np.sqrt(slope) * rain ** (2 / 3))) ** 0.6
    boundary = Boundary((Edge("east", "free", slope=slope),))
    out = simulate(
        Domain(z, cell, n), rain=Rain(np.array([0.0]), np.array([60.0])), boundary=boundary, duration_s=2.0 * to_equilibrium,
        gauges=[(2, 25), (2, 75)], gauge_interval_s=to_equilibrium / 20,
    )  # fmt: skip
    h = out.depth[2].astype(float)
    exact = (n * rain * x / np.sqrt(slope)) ** 0.6
    inner = slice(5, -5)
    report.hold(
        "rain on a plane", SOURCE, "steady depth error, relative", np.abs(h / exact - 1)[inner].max(), 0.03
    )
    q = out.qx[2].astype(float) / (rain * x) - 1
    report.hold("rain on a plane", SOURCE, "steady discharge error, relative", np.abs(q)[inner].max(), 0.01)
    early = out.gauges.times_s < 0.25 * to_equilibrium
    rise = out.gauges.depth[early, 1] - rain * out.gauges.times_s[early]
    report.hold("rain on a plane", SOURCE, "rising depth error, m", np.abs(rise).max(), 1e-4)
    report.hold("rain on a plane", SOURCE, "ledger closure, relative", out.ledger.relative_error, 1e-6)
    # the plane is truly kinematic: the water surface slopes as the bed does
    assert np.abs(np.diff(exact) / cell / slope)[5:].max() < 0.06
