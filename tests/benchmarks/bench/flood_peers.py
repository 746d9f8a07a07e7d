"""The flood kernel beside open peers from PyPI, each in an environment of its own; CPU seconds of one thread.

All compute the same pond: uneven ground of 300 x 300 cells of 5 m under waves, closed edges, wet everywhere. Landlab's
OverlandFlow solves the same equations on the same cells and takes its own time steps: cell updates are compared. ANUGA
solves the full shallow-water equations on triangles, two a cell: simulated time is compared, with both of our solvers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from bench.table import Table
from twin.engines.flood import Boundary, Domain, Run

SIDE, CELL, MANNING = 300, 5.0, 0.03
LANDLAB, ANUGA = "landlab==2.11.0", "anuga==4.1.0"
STEPS, SECONDS = 40, 10.0


def measure(table: Table, folder: Path) -> None:
    """A line for each peer that can be had."""
    rng = np.random.default_rng(0)
    z, depth = 0.3 * rng.random((SIDE, SIDE)), 0.5 + 0.2 * rng.random((SIDE, SIDE))
    case = folder / "pond.npz"
    np.savez(case, z=z, depth=depth, cell=CELL, n=MANNING)
    theirs = _peer(folder, LANDLAB, "landlab_child.py", case, STEPS)
    if theirs is not None:
        ours = _rate(z, depth)
        their_rate = SIDE * SIDE * STEPS / theirs / 1e6
        value = f"{ours / their_rate:.0f} times its updates a CPU-s ({ours:.0f} to {their_rate:.1f} M)"
        table.add("flood, beside Landlab OverlandFlow", value)
        table.figures["flood_landlab"] = {"ours_m_s": ours, "theirs_m_s": their_rate}
    theirs = _peer(folder, ANUGA, "anuga_child.py", case, SECONDS)
    if theirs is not None:
        inertial, full = _seconds(z, depth, "inertial"), _seconds(z, depth, "shallow_water")
        value = f"{theirs / full:.0f} times less CPU (full equations), {theirs / inertial:.0f} (inertial)"
        table.add("flood, beside ANUGA (DE0)", value)
        table.figures["flood_anuga"] = {
            "inertial_cpu_s": inertial,
            "full_cpu_s": full,
            "theirs_cpu_s": theirs,
        }


def _run(z: np.ndarray, depth: np.ndarray, solver: str) -> Run:
    return Run(Domain(z, CELL, MANNING, initial_depth=depth), None, [], Boundary.closed(), threads=1, dtype=np.float32,
               theta=0.9, alpha=0.7, dt_max_s=10.0, threshold_m=0.05, film_m=1e-5, source_interval_s=2.0,
               solver=solver)  # type: ignore[arg-type]  # fmt: skip


def _rate(z: np.ndarray, depth: np.ndarray) -> float:
    run = _run(z, depth, "inertial")
    run._march(1e9, np.inf, 20)
    began = time.process_time()
    run._march(1e9, np.inf, 1000)
    return SIDE * SIDE * 1000 / (time.process_time() - began) / 1e6


def _seconds(z: np.ndarray, depth: np.ndarray, solver: str) -> float:
    """CPU seconds for `SECONDS` simulated ones: a tenth of what ten times as many take."""
    run = _run(z, depth, solver)
    run.advance(1.0)
    began = time.process_time()
    run.advance(1.0 + 10.0 * SECONDS)
    return (time.process_time() - began) / 10.0


def _peer(folder: Path, package: str, child: str, case: Path, amount: float) -> float | None:
    """CPU seconds that the peer tells; None where it cannot be had, with the reason printed."""
    place = folder / child.partition("_")[0]
    python = place / "bin" / "python"
    commands = (
        [sys.executable, "-m", "venv", place],
        [python, "-m", "pip", "install", "-q", "--only-binary", ":all:", package],
        [python, "-P", Path(__file__).with_name(child), case, f"{amount:g}"],
    )
    quiet = os.environ | {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1"}
    try:
        for command in commands:
            told = subprocess.run(command, check=True, capture_output=True, env=quiet, cwd=folder)
    except subprocess.CalledProcessError as error:
        print(f"# flood: no {package}: {error.stderr.decode()[-300:]}", flush=True)
        return None
    return float(told.stdout.decode().strip().splitlines()[-1])
