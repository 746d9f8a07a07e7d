"""Draws the main cases of the flood verification: ``python tests/verification/pictures.py`` → docs/images/flood-verification.png."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import numpy as np
from matplotlib import pyplot as plt

ROOT = Path(__file__).resolve().parents[2]
# a dependency installs a package called tests: this one is told by name
tests = sys.modules["tests"] = types.ModuleType("tests")
tests.__path__ = [str(ROOT / "tests")]

from tests.verification.flood import test_dam_break as breaks  # noqa: E402
from tests.verification.flood import test_exact_solutions as exact  # noqa: E402
from twin.engines.flood import Boundary, Domain, Edge, simulate  # noqa: E402
from twin.engines.flood.solver import Solver  # noqa: E402

BLUE, RED = "#1f6fb2", "#d62728"
SOLVERS: dict[Solver, tuple[str, str]] = {
    "shallow_water": ("full equations", BLUE),
    "inertial": ("inertial", RED),
}


def dams(axes: Any) -> None:
    for panel, right, seconds, name in (
        (axes[0], 1.0, 60.0, "Stoker 1957"),
        (axes[1], 0.0, 40.0, "Ritter 1892"),
    ):
        left = 1.0 + right
        for solver, (label, colour) in SOLVERS.items():
            depth = np.where(breaks.X < 0, left, right) * np.ones((4, 1))
            out = simulate(Domain(np.zeros(depth.shape), 1.0, 1e-3, initial_depth=depth), duration_s=seconds,
                           threads=1, solver=solver, alpha=0.4)  # fmt: skip
            panel.plot(breaks.X, out.depth[1], color=colour, label=label)
        truth = breaks.stoker(left, right, seconds) if right else breaks.ritter(left, seconds)
        panel.plot(breaks.X, truth, "k--", lw=0.9, label="exact")
        panel.set(title=f"dam break, {name}", xlabel="x (m)", ylabel="depth (m)")


def bowl(panel: Any) -> None:
    x, _, z, cell = exact.bowl(100)
    eta, omega = 0.5, np.sqrt(2 * exact.G * 0.1)
    depth = np.maximum(eta * 0.1 * (2 * x - eta) - z, 0.0)
    run = exact.marched(z, depth, cell, 2 * np.pi / omega, v=eta * omega)
    found = run.layout.view(run.state.h).astype(float)
    panel.plot(x[50], z[50], color="#8a8f98", label="bed")
    panel.plot(
        x[50], np.where(found[50] > 1e-4, z[50] + found[50], np.nan), color=BLUE, label="full equations"
    )
    panel.plot(x[50], np.where(depth[50] > 0, z[50] + depth[50], np.nan), "k--", lw=0.9, label="exact")
    panel.set(title="swing in a bowl after a turn, Thacker 1981", xlabel="x (m)", ylabel="level (m)")


def wave(panel: Any) -> None:
    cell, n = 10.0, 0.01
    x = (np.arange(500) + 0.5) * cell
    times = np.linspace(0.0, 3600.0, 721)
    edge = Edge("west", "level", times_s=times, values=(7 / 3 * n**2 * times) ** (3 / 7))
    for solver, (label, colour) in SOLVERS.items():
        out = simulate(Domain(np.zeros((3, x.size)), cell, n), duration_s=3600.0, threads=1, solver=solver,
                       boundary=Boundary((edge,)))  # fmt: skip
        panel.plot(x, out.depth[1], color=colour, label=label)
    panel.plot(x, np.maximum(7 / 3 * n**2 * (3600.0 - x), 0) ** (3 / 7), "k--", lw=0.9, label="exact")
    panel.set(title="advancing wave, n 0.01, Hunter 2005", xlabel="x (m)", ylabel="depth (m)")


def main() -> None:
    """Compute and draw."""
    figure, axes = plt.subplots(2, 2, figsize=(9, 6), layout="constrained")
    dams(axes[0])
    bowl(axes[1, 0])
    wave(axes[1, 1])
    for panel in axes.ravel():
        panel.legend(frameon=False, fontsize=8)
        panel.spines[["top", "right"]].set_visible(False)
        panel.title.set_fontsize(10)
    figure.savefig(ROOT / "docs" / "images" / "flood-verification.png", dpi=100)


if __name__ == "__main__":
    main()
