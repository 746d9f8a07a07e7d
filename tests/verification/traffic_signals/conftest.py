"""The RESCO scenarios (Ault and Sharon, NeurIPS 2021) as the project's benchmark of signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verification.report import at_hand
from twin.engines.traffic.dynamics.sumo import Scenario, available

if TYPE_CHECKING:
    from collections.abc import Callable

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
