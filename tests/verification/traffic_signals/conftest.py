"""The RESCO scenarios (Ault and Sharon, NeurIPS 2021) as the project's benchmark of signals."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.verification.report import at_hand
from twin.engines.traffic.dynamics.sumo import Scenario, available
from twin.files.sumo_network import sumo_home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BEGIN = {"cologne3": 25200, "cologne8": 25200, "ingolstadt7": 57600, "grid4x4": 0}


@pytest.fixture(scope="session")
def means() -> dict[str, float]:
    """Of each area driven so far, the time loss of the fixed programs over that as built (mean over the seeds)."""
    return {}


@pytest.fixture(scope="session")
def scenario() -> Callable[[str], Scenario]:
    def find(name: str) -> Scenario:
        folder = at_hand("traffic", "resco", name)
        if not available():
            pytest.skip("SUMO is not installed")
        begin = BEGIN[name]
        return Scenario(folder / f"{name}.net.xml", tuple(folder.glob("*.rou.xml")), begin, begin + 3600)

    return find


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """49 signals in a square grid, 9,474 vehicles an hour between random edges at least 600 m apart."""
    if not available():
        pytest.skip("SUMO is not installed")
    folder = tmp_path_factory.mktemp("grid")
    net, routes = folder / "grid.net.xml", folder / "grid.rou.xml"
    make = [sumo_home() / "bin" / "netgenerate", "--grid", "--grid.number", 7, "--grid.length", 200]
    _said([*make, "--default.lanenumber", 2, "--default-junction-type", "traffic_light", "-o", net])
    _tool("randomTrips.py", "-n", net, "-b", 0, "-e", 3600, "-p", 0.38, "--seed", 42, "--min-distance", 600,
          "--validate", "-o", folder / "trips.xml", "-r", routes)  # fmt: skip
    return Scenario(net, (routes,), 0, 3600)


@pytest.fixture(scope="session")
def tool_chain(grid: Scenario) -> tuple[Path, ...]:
    """The grid's programs and offsets by SUMO's own tools: one cycle for all by Webster, then green waves."""
    plans, offsets = grid.net.with_name("plans.add.xml"), grid.net.with_name("offsets.add.xml")
    _tool(
        "tlsCycleAdaptation.py", "-n", grid.net, "-r", grid.demand[0], "-o", plans, "-b", 0, "--unified-cycle"
    )
    _tool("tlsCoordinator.py", "-n", grid.net, "-r", grid.demand[0], "-a", plans, "-o", offsets)
    return plans, offsets


def _tool(name: str, *words: object) -> None:
    _said([sys.executable, sumo_home() / "tools" / name, *words])


def _said(words: list[object]) -> None:
    home = sumo_home()
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        [str(word) for word in words], check=True, capture_output=True,
        env=os.environ | {"SUMO_HOME": str(home), "PATH": path},
    )  # fmt: skip
