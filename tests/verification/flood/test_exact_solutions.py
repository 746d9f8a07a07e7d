"""The full shallow-water solver against exact solutions, as collected by SWASHES (Delestre et al. 2013)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.verification.flood.test_dam_break import ritter, rmse, stoker
from tests.verification.report import Report
from twin.engines.flood import Boundary, Domain, Edge, Result, Run, simulate

G = 9.80665
Floats = NDArray[np.float64]
SMOOTH = 1e-6  # Manning's n that stands for no friction


def dam(left: float, right: float, seconds: float, manning: float = SMOOTH, cell: float = 1.0) -> Result:
    x = (np.arange(round(1000 / cell)) + 0.5) * cell - 500.0
    depth = np.where(x < 0, left, right) * np.ones((4, 1))
    return simulate(
        Domain(np.zeros(depth.shape), cell, manning, initial_depth=depth), duration_s=seconds, threads=1, solver="shallow_water"
    )  # fmt: skip


def test_dam_break_on_a_wet_bed(report: Report) -> None:
    out = dam(2.0, 1.0, 60.0)
    h = out.depth[1].astype(float)
    case, source = "full equations, dam break, wet bed", "Stoker 1957"
    report.hold(case, source, "depth RMSE, m", rmse(h, stoker(2.0, 1.0, 60.0)), 0.008)
    report.hold(case, "closed channel", "ledger closure, relative", out.ledger.relative_error, 1e-6)


def test_dam_break_on_a_dry_bed(report: Report) -> None:
    out = dam(1.0, 0.0, 40.0)
    h = out.depth[1].astype(float)
    case, source = "full equations, dam break, dry bed", "Ritter 1892"
    report.hold(case, source, "depth RMSE, m", rmse(h, ritter(1.0, 40.0)), 0.002)
    report.hold(case, "closed channel", "ledger closure, relative", out.ledger.relative_error, 1e-6)
    assert (np.diff(h) < 1e-3).all()


def dressler(left: float, chezy: float, t: float, x: Floats) -> tuple[Floats, float]:
    """Depth behind the tip and where the tip begins (Dressler 1952, as in SWASHES 4.1.3)."""
    c0 = np.sqrt(G * left)
    s = 2.0 - x / (t * c0)
    s = np.maximum(s, 1e-6)
    a1 = 6 / (5 * s) - 2 / 3 + 4 * np.sqrt(3) / 135 * s**1.5
    a2 = 12 / s - 8 / 3 + 8 * np.sqrt(3) / 189 * s**1.5 - 108 / (7 * s**2)
    h = (2 / 3 * c0 - x / (3 * t) + G**2 / chezy**2 * a1 * t) ** 2 / G
    u = 2 / 3 * c0 + 2 * x / (3 * t) + G**2 / chezy**2 * a2 * t
    inside = (x > 0) & (s > 0.05)
    tip = float(x[inside][np.argmax(u[inside])])
    return np.where(x < -c0 * t, left, h), tip


def test_dam_break_with_friction(report: Report) -> None:
    """6 m over a dry bed after 20 s, Chezy 40 there and here the n that gives it at 3 m: behind the tip."""
    t = 20.0
    x = np.arange(1000) + 0.5 - 500.0
    out = dam(6.0, 0.0, t, manning=3.0 ** (1 / 6) / 40.0)
    exact, tip = dressler(6.0, 40.0, t, x)
    behind = x < tip
    error = rmse(out.depth[1].astype(float)[behind], exact[behind])
    report.hold(
        "full equations, dam break, friction", "Dressler 1952, behind the tip", "depth RMSE, m", error, 0.05
    )
    front = x[np.nonzero(out.depth[1] > 1e-3)[0][-1]]
    assert tip < front < 2 * np.sqrt(G * 6) * t  # the tip goes on, slower than without friction


def bowl(cells: int) -> tuple[Floats, Floats, Floats, float]:
    cell = 4.0 / cells
    x = (np.arange(cells) + 0.5) * cell - 2.0
    x, y = np.meshgrid(x, x)
    return x, y, 0.1 * (x**2 + y**2 - 1.0), cell


def marched(z: Floats, depth: Floats, cell: float, seconds: float, v: float = 0.0) -> Run:
    run = Run(
        Domain(z, cell, SMOOTH, initial_depth=depth), None, [], Boundary.closed(), threads=1, dtype=np.float32, theta=0.9,
        alpha=0.7, dt_max_s=10.0, threshold_m=0.05, film_m=1e-6, source_interval_s=2.0, solver="shallow_water",
    )  # fmt: skip
    run.layout.view(run.state.q[3])[:] = np.where(depth > 0, v, 0.0)
    run.advance(seconds)
    return run


def test_water_that_swings_in_a_bowl(report: Report) -> None:
    """A flat surface that turns in a paraboloid (Thacker 1981), after one whole turn."""
    x, _y, z, cell = bowl(100)
    eta, omega = 0.5, np.sqrt(2 * G * 0.1)
    surface = eta * 0.1 * (2 * x - eta)
    depth = np.maximum(surface - z, 0.0)
    run = marched(z, depth, cell, 2 * np.pi / omega, v=eta * omega)
    h = run.layout.view(run.state.h).astype(float)
    case = "full equations, planar swing in a bowl"
    report.hold(case, "Thacker 1981", "depth RMSE after a turn, m of 0.1", rmse(h, depth), 0.003)
    report.hold(case, "closed bowl", "ledger closure, relative", run.ledger().relative_error, 1e-6)


def test_water_that_breathes_in_a_bowl(report: Report) -> None:
    """A paraboloid of water that spreads and gathers (Thacker 1981), after one and after one and a half beats."""
    x, y, z, cell = bowl(100)
    r2, omega = x**2 + y**2, np.sqrt(8 * G * 0.1)
    a = (1 - 0.8**2) / (1 + 0.8**2)

    def exact(t: float) -> Floats:
        b = 1 - a * np.cos(omega * t)
        surface = 0.1 * (np.sqrt(1 - a**2) / b - 1 - r2 * ((1 - a**2) / b**2 - 1))
        return np.maximum(surface - z, 0.0)

    case = "full equations, radial swing in a bowl"
    for beats, tolerance in ((1.0, 0.003), (1.5, 0.003)):
        t = beats * 2 * np.pi / omega
        run = marched(z, exact(0.0), cell, t)
        h = run.layout.view(run.state.h).astype(float)
        report.hold(
            case, "Thacker 1981", f"depth RMSE after {beats:g} beats, m of 0.1", rmse(h, exact(t)), tolerance
        )
    report.hold(case, "closed bowl", "ledger closure, relative", run.ledger().relative_error, 1e-6)


def sub(x: Floats) -> Floats:
    return (4 / G) ** (1 / 3) * (1 + 0.5 * np.exp(-16 * (x / 1000 - 0.5) ** 2))


def shooting(x: Floats) -> Floats:
    return (4 / G) ** (1 / 3) * (1 - 0.2 * np.exp(-36 * (x / 1000 - 0.5) ** 2))


def jump(x: Floats) -> Floats:
    s = x / 100 - 2 / 3
    before = (4 / G) ** (1 / 3) * (4 / 3 - x / 100) - 9 * x / 1000 * s
    after = (4 / G) ** (1 / 3) * (0.674202 * s**4 + 0.674202 * s**3 - 21.7112 * s**2 + 14.492 * s + 1.4305)
    return np.where(x <= 200 / 3, before, after)


MACDONALD: dict[str, tuple[Callable[[Floats], Floats], float, float, float, float]] = {
    "subcritical": (sub, 1000.0, 2.0, 0.033, 0.01),
    "supercritical": (shooting, 1000.0, 2.5, 0.04, 0.01),
    "transcritical with a jump": (jump, 100.0, 2.0, 0.0328, 0.03),
}


@pytest.mark.parametrize("name", MACDONALD)
def test_steady_flow_over_a_bed_made_for_it(report: Report, name: str) -> None:
    """MacDonald et al. (1997): the depth is chosen, the bed follows; 200 cells, from the exact depth to rest."""
    depth, length, q, n, tolerance = MACDONALD[name]
    fine = np.linspace(0, length, 100_001)
    h = depth(fine)
    pieces = [fine <= 200 / 3, fine > 200 / 3] if name.endswith("jump") else [fine >= 0]
    grade = np.concatenate([(q**2 / (G * h[p] ** 3) - 1) * np.gradient(h[p], fine[p]) for p in pieces])
    grade -= n**2 * q**2 / h ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum(0.5 * (grade[1:] + grade[:-1]) * np.diff(fine))])
    if name.endswith("jump"):  # the depth jumps, the bed does not
        at = int(np.argmax(fine > 200 / 3))
        bed[at:] -= 0.5 * (grade[at] + grade[at - 1]) * (fine[at] - fine[at - 1])
    cells = 200
    cell = length / cells
    x = (np.arange(cells) + 0.5) * cell
    z = np.tile(np.interp(x, fine, bed), (3, 1))
    times = np.array([0.0, 1e6])
    edges = [Edge("west", "discharge", times_s=times, values=np.full(2, q * 3 * cell))]
    if name == "supercritical":
        edges.append(Edge("east", "free"))
    else:
        edges.append(Edge("east", "level", times_s=times, values=np.full(2, z[0, -1] + depth(x[-1:])[0])))
    out = simulate(
        Domain(z, cell, n, initial_depth=np.tile(depth(x), (3, 1))), boundary=Boundary(tuple(edges)),
        duration_s=3.0 * length, threads=1, solver="shallow_water",
    )  # fmt: skip
    case = f"full equations, steady flow, {name}"
    report.hold(
        case, "MacDonald et al. 1997", "depth RMSE, m", rmse(out.depth[1].astype(float), depth(x)), tolerance
    )
    flow = np.abs(out.qx[1].astype(float)[:-1] / q - 1).max()
    report.hold(case, "MacDonald et al. 1997", "discharge error, relative", flow, 0.05)
    report.hold(case, "ledger", "closure, relative", out.ledger.relative_error, 1e-6)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_lake_at_rest(report: Report, dtype: type, tolerance: float) -> None:
    """Level 0.875 m over humps of which some stand dry: the flux of pressure and the push of the bed must cancel."""
    y, x = np.mgrid[0:80, 0:120] * 0.5
    z = np.exp(-((x - 20) ** 2 + (y - 20) ** 2) / 20.0)
    z += 0.5 * np.exp(-((x - 45) ** 2 + (y - 15) ** 2) / 30.0)
    out = simulate(
        Domain(z, 0.5, 0.02, initial_depth=np.maximum(0.875 - z, 0.0)), duration_s=60.0, dtype=dtype, threads=1,
        solver="shallow_water",
    )  # fmt: skip
    name, source = (
        f"full equations, lake at rest {np.dtype(dtype).name}",
        "still water over humps, level 0.875 m",
    )
    report.hold(name, source, "greatest unit discharge, m2/s", np.abs([out.qx, out.qy]).max(), tolerance)
    assert out.depth[z > 0.9].max() == 0.0
