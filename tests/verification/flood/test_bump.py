"""Steady flow over a bump without friction (Goutal and Maurel 1997), as collected by SWASHES (Delestre et al. 2013)."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, simulate

G = 9.80665
CELL = 0.1
SOURCE = "Goutal and Maurel 1997"
ALWAYS = np.array([0.0, 1e6])
Floats = NDArray[np.float64]


def bed(x: Floats) -> Floats:
    """A parabola 0.2 m high between 8 and 12 m."""
    return np.maximum(0.2 - 0.05 * (x - 10.0) ** 2, 0.0)


def depth_of(head: float, q: float, subcritical: bool) -> float:
    """Depth (m) that unit discharge ``q`` has at a head above the bed: Bernoulli."""
    critical = (q * q / G) ** (1 / 3)

    def excess(h: float) -> float:
        return h + q * q / (2 * G * h * h) - head

    if excess(critical) >= 0.0:
        return critical
    return float(brentq(excess, critical, head) if subcritical else brentq(excess, 1e-4, critical))


def exact(x: Floats, q: float, below: float) -> Floats:
    """Depths (m); ``below`` the depth held downstream, nought where the water shoots out."""
    z, top = bed(x), float(bed(np.array([10.0]))[0])
    critical = (q * q / G) ** (1 / 3)
    end = below + q * q / (2 * G * below**2) if below else 0.0
    if end > 1.5 * critical + top:
        return np.array([depth_of(end - b, q, True) for b in z])
    head = 1.5 * critical + top
    h = np.array([depth_of(head - b, q, at < 10.0) for at, b in zip(x, z, strict=True)])
    if not below:
        return h

    def thrust(h: float) -> float:
        return q * q / h + 0.5 * G * h * h

    def gap(at: float) -> float:
        b = float(bed(np.array([at]))[0])
        return thrust(depth_of(head - b, q, False)) - thrust(depth_of(end - b, q, True))

    jump = brentq(gap, 11.3, 12.0)
    after = np.array([depth_of(end - b, q, True) for b in z])
    return np.where(x < jump, h, after)


@pytest.mark.parametrize(
    ("name", "q", "below", "start", "seconds", "tolerance"),
    [
        ("subcritical", 4.42, 2.0, 2.0, 200.0, 0.005),
        ("transcritical", 1.53, 0.0, 0.66, 200.0, 0.005),
        ("transcritical with a jump", 0.18, 0.33, 0.33, 400.0, 0.012),
    ],
)
def test_flow_over_a_bump(
    report: Report, name: str, q: float, below: float, start: float, seconds: float, tolerance: float
) -> None:
    """25 m, cells of 0.1 m, that in which the discharge comes in among them."""
    x = (np.arange(250) + 0.5) * CELL
    z, h = bed(x), exact(x, q, below)
    east = Edge("east", "level", times_s=ALWAYS, values=np.full(2, below)) if below else Edge("east", "free")
    out = simulate(
        Domain(np.tile(z, (4, 1)), CELL, 1e-6, initial_depth=np.maximum(start - np.tile(z, (4, 1)), 0.0)),
        duration_s=seconds, solver="shallow_water", threads=1,
        boundary=Boundary((Edge("west", "discharge", times_s=ALWAYS, values=np.full(2, 4 * CELL * q)), east)),
    )  # fmt: skip
    error = out.depth[1].astype(float) - h
    case = f"full equations, flow over a bump, {name}"
    report.hold(case, SOURCE, "depth RMSE, m", float(np.sqrt(np.mean(error**2))), tolerance)
    report.hold(case, SOURCE, "depth where the discharge comes in, relative", error[0] / h[0], 0.001)
    report.hold(case, "ledger", "closure, relative", out.ledger.relative_error, 1e-6)
