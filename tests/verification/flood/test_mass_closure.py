"""The water account of every verification case, both solvers and both precisions, against the volume that moved.

The set-ups are those of the other modules of this folder, shortened: closure does not need the whole of a case. What moved is
all that came, went or seeped away, and half of what depths changed by; water that merely stood there does not count.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from matplotlib.path import Path

from tests.verification.report import Report, at_hand
from twin.engines.flood import Boundary, Domain, Edge, GreenAmpt, Inflow, Rain, Result, Solver, simulate

Case = tuple[Domain, dict[str, Any]]
LIMITS = {np.float32: 1e-6, np.float64: 1e-12}


def series(*values: float) -> np.ndarray[Any, Any]:
    return np.array(values, np.float64)


def dam(left: float, right: float, manning: float) -> Case:
    depth = np.where(np.arange(200) < 100, left, right) * np.ones((4, 1))
    return Domain(np.zeros((4, 200)), 5.0, manning, initial_depth=depth), {"duration_s": 60.0}


def bowl() -> Case:
    y, x = np.mgrid[0:64, 0:64] / 16.0 - 2.0 + 1 / 32
    z = 0.1 * (x * x + y * y)
    depth = np.maximum(0.1 * (1.0 - 0.25) + 0.1 * x - z, 0.0)
    return Domain(z, 1 / 16, 1e-3, initial_depth=depth), {"duration_s": 4.0}


def channel() -> Case:
    z = np.tile(5.0 - np.arange(100) * 0.02, (4, 1))
    inflow = Inflow(np.arange(4), np.zeros(4, int), series(0, 600), series(8.0, 8.0))
    return Domain(z, 10.0, 0.03, initial_depth=0.5), {
        "inflows": [inflow], "boundary": Boundary((Edge("east", "free", slope=0.002),)), "duration_s": 300.0,
    }  # fmt: skip


def lake() -> Case:
    y, x = np.mgrid[0:80, 0:120] * 0.5
    z = np.exp(-((x - 20) ** 2 + (y - 20) ** 2) / 20.0) + 0.5 * np.exp(
        -((x - 45) ** 2 + (y - 15) ** 2) / 30.0
    )
    rain = Rain(series(0.0), series(1.0))
    return Domain(z, 0.5, 0.02, initial_depth=np.maximum(0.875 - z, 0.0)), {"rain": rain, "duration_s": 120.0}


def drizzle() -> Case:
    return Domain(np.zeros((12, 40)), 2.0, 0.03, initial_depth=2.0), {
        "rain": Rain(series(0.0), series(1.0)), "duration_s": 600.0,
    }  # fmt: skip


def plane() -> Case:
    z = np.tile(np.arange(100, 0, -1) * 10.0 * 0.01, (3, 1))
    return Domain(z, 10.0, 0.03), {
        "rain": Rain(series(0.0, 1200.0), series(50.0, 0.0)), "boundary": Boundary((Edge("east", "free", slope=0.01),)),
        "duration_s": 2400.0,
    }  # fmt: skip


def basin() -> Case:
    y, x = np.mgrid[0:60, 0:60] * 10.0
    z = 4.0 * (((x - 295) ** 2 + (y - 295) ** 2) / 300.0**2) + 100.0
    return Domain(z, 10.0, 0.03), {
        "rain": Rain(series(0.0, 1800.0), series(100.0, 0.0)),
        "duration_s": 3600.0,
    }


def sill() -> Case:
    z = np.zeros((10, 60))
    z[:, 30] = 1.0
    depth = np.where(np.arange(60) < 30, 1.5, 0.0) * np.ones((10, 1))
    return Domain(z, 5.0, 0.03, initial_depth=depth), {"duration_s": 900.0}


def wave() -> Case:
    times = np.arange(0.0, 3601.0, 60.0)
    level = (7.0 / 3.0 * 0.03**2 * times) ** (3.0 / 7.0)
    return Domain(np.zeros((4, 120)), 25.0, 0.03), {
        "boundary": Boundary((Edge("west", "level", times_s=times, values=level),)), "duration_s": 1800.0,
    }  # fmt: skip


def ea_2() -> Case:
    y, x = (np.mgrid[0:100, 0:100] + 0.5) * 20.0
    y = 2000.0 - y
    z = 10.0 - x / 2000.0 - (2000.0 - y) / 1500.0
    z -= 0.5 * np.sin(2 * np.pi * x / 500.0) * np.sin(2 * np.pi * y / 500.0)
    inflow = Inflow(np.arange(5), np.zeros(5, int), 60.0 * series(0, 5, 10, 86, 91), series(0, 0, 20, 20, 0))
    return Domain(z, 20.0, 0.03), {"inflows": [inflow], "duration_s": 4 * 3600.0}


def ea_3() -> Case:
    z = np.tile(10.0 - np.arange(60) * 5.0 / 200.0, (20, 1))
    z[:, 40:] = z[:, 39:40] + 0.5
    inflow = Inflow(np.arange(20), np.zeros(20, int), series(0, 5, 15, 25, 35), series(0, 0, 65.5, 65.5, 0))
    return Domain(z, 5.0, 0.01), {"inflows": [inflow], "duration_s": 600.0}


def ea_4() -> Case:
    inflow = Inflow(np.arange(98, 102), np.zeros(4, int), series(0, 300, 3600), series(0, 0, 20))
    return Domain(np.zeros((200, 100)), 5.0, 0.05), {
        "inflows": [inflow], "boundary": Boundary.free(), "duration_s": 1800.0,
    }  # fmt: skip


def street() -> Case:
    rng = np.random.default_rng(3)
    shut = rng.random((60, 90)) < 0.2
    return Domain(2.0 * rng.random((60, 90)), 2.0, 0.02, blocked=shut, infiltration=20.0, initial_loss=2.0,
                  green_ampt=GreenAmpt(5.0, 100.0, 0.3)), {
        "rain": Rain(series(0.0, 900.0), series(80.0, 0.0)), "boundary": Boundary.free(), "duration_s": 1200.0,
    }  # fmt: skip


def merewether() -> Case:
    """The real flood's terrain, 19.7 m3/s from a circle, houses raised, two open sides: its first two minutes."""
    with zipfile.ZipFile(at_hand("flood", "merewether", "topography1.zip")) as archive:
        lines = archive.read("topography1.asc").decode().splitlines()
    west, south = (float(lines[i].split()[1]) for i in (2, 3))
    z = np.array([line.split() for line in lines[6:] if line.strip()], float)
    z[z == -9999.0] = np.nan
    y, x = np.mgrid[z.shape[0] : 0 : -1, 0 : z.shape[1]]
    x, y = west + x + 0.5, south + y - 0.5
    for path in sorted(at_hand("flood", "merewether", "houses").glob("*.csv")):
        outline = Path(np.loadtxt(path, delimiter=",", usecols=(0, 1)))
        z += 3.0 * outline.contains_points(np.column_stack([x.ravel(), y.ravel()])).reshape(z.shape)
    rows, cols = np.nonzero(((x - 382265.0) ** 2 + (y - 6354280.0) ** 2 <= 100.0) & np.isfinite(z))
    return Domain(z, 1.0, 0.04), {
        "inflows": [Inflow(rows, cols, series(0, 1000), series(19.7, 19.7))],
        "boundary": Boundary((Edge("north", "free"), Edge("east", "free"))), "duration_s": 120.0,
    }  # fmt: skip


CASES: dict[str, Callable[[], Case]] = {
    "dam break, wet bed": lambda: dam(2.0, 0.5, 0.0001),
    "dam break, dry bed": lambda: dam(2.0, 0.0, 0.0001),
    "dam break with friction": lambda: dam(2.0, 0.0, 0.03),
    "swing in a bowl": bowl,
    "steady flow in a channel": channel,
    "lake at rest in drizzle": lake,
    "1 mm/h on 2 m of water": drizzle,
    "rain on a plane": plane,
    "filling a basin": basin,
    "spill over a sill": sill,
    "advancing wave": wave,
    "EA test 2": ea_2,
    "EA test 3": ea_3,
    "EA test 4": ea_4,
    "storm with losses between buildings": street,
    "Merewether 2007": merewether,
}


def moved(domain: Domain, out: Result) -> float:
    """Volume that came, went, seeped away or changed its place, m3."""
    a = out.ledger
    before = np.where(domain.blocked, 0.0, 1.0) if domain.blocked is not None else 1.0
    start = 0.0 if domain.initial_depth is None else np.asarray(domain.initial_depth) * before
    shifted = 0.5 * float(np.nansum(np.abs(out.depth.astype(np.float64) - start))) * domain.cell**2
    return a.rain + a.inflow + a.boundary_in + a.outflow + a.infiltration + shifted


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("solver", ["inertial", "shallow_water"])
@pytest.mark.parametrize("name", CASES)
def test_every_case_closes(report: Report, name: str, solver: Solver, dtype: type) -> None:
    domain, asked = CASES[name]()
    out = simulate(domain, solver=solver, dtype=dtype, threads=1, **asked)
    error = out.ledger.error / moved(domain, out)
    kind = np.dtype(dtype).name
    report.hold(f"closure, {solver} {kind}", "ledger", f"{name}, of the volume moved", error, LIMITS[dtype])
