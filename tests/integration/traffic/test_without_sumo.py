"""On a machine without SUMO: what needs it refuses before anything is computed, what does not still runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from twin.engines.traffic.dynamics import sumo
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.traffic.sample import SampleCity

LIGHT = {"zones": "community", "demand": {"factor": 0.3}}


@pytest.fixture
def no_sumo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its modules cannot be found, as where they were never installed."""
    for name in ("libsumo", "sumo"):
        monkeypatch.setitem(sys.modules, name, None)
    sumo.available.cache_clear()
    yield
    monkeypatch.undo()
    sumo.available.cache_clear()


@pytest.mark.parametrize(
    ("process", "asked"),
    [
        ("signal-timing", {"assignment": LIGHT}),
        ("traffic-dynamics", {"assignment": LIGHT, "method": "sumo"}),
    ],
)
def test_vehicles_are_not_simulated(
    town: SampleCity, no_sumo: None, process: str, asked: dict[str, Any]
) -> None:
    with pytest.raises(TwinError, match="TWIN-750") as refused:
        town.run(process, asked)
    assert refused.value.status == 501
    assert "pip install" in refused.value.text.en
    assert "pip install" in refused.value.text.zh


def test_the_assignment_needs_none(town: SampleCity, no_sumo: None) -> None:
    assert town.run("traffic-assignment", {"zones": "community"}).outputs.converged
