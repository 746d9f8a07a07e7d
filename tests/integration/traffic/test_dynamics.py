"""Traffic over time on the sample city: the example, a road closed, and SUMO beside UXsim."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from tests.verification.report import Report
from twin.engines.traffic.dynamics.sumo import available
from twin.errors import TwinError
from twin.processes.registry import find

if TYPE_CHECKING:
    from tests.integration.traffic.sample import Done, SampleCity

pytestmark = pytest.mark.skipif(find_spec("uxsim") is None, reason="UXsim is not installed")
LIGHT = {"zones": "community", "demand": {"factor": 0.3}}


def hold(engine: str, share: float, part: str = "30 %") -> None:
    """At least 80 % of the links within GEH 5 of the assignment, written to the report."""
    report = Report("traffic_dynamics")
    report.hold(
        f"sample city, {part} of the morning", engine, "share of links off by GEH 5 or more", 1 - share, 0.2
    )
    report.write()


@pytest.fixture(scope="module")
def done(town: SampleCity) -> Done:
    return town.run("traffic-dynamics", dict(find("traffic-dynamics").example))


def test_the_example_runs(done: Done) -> None:
    told = done.outputs
    assert told.vehicles > 5000
    assert told.arrived > 0.9 * told.vehicles
    assert told.not_driven == 0
    assert told.geh_share is not None
    assert 5 < told.mean_speed < 80


def test_links_are_told_interval_by_interval(done: Done) -> None:
    rows = done.table("traffic_dynamics")
    assert {row["minute"] for row in rows} <= {0, 15, 30, 45, 60, 75}
    for row in rows[:: max(len(rows) // 500, 1)]:
        assert (row["valid_to"] - row["valid_from"]).total_seconds() == 900
        assert 0 <= row["speed_ratio"] <= 1.0
        assert row["queue"] >= 0
    keys = [(row["road_code"], row["forward"], row["minute"]) for row in rows]
    assert len(set(keys)) == len(keys)


def test_uncongested_flows_hand_off_to_the_mesoscopic_simulation(town: SampleCity) -> None:
    told = town.run("traffic-dynamics", {"assignment": LIGHT, "interval": 15}).outputs
    hold("UXsim", told.geh_share)
    assert told.arrived >= 0.99 * told.vehicles


@pytest.mark.skipif(not available(), reason="SUMO is not installed")
@pytest.mark.long
def test_uncongested_flows_hand_off_to_sumo(town: SampleCity) -> None:
    """Half of what UXsim is given: at 30 % of the morning queues before the signals in force are no longer served."""
    asked = {"zones": "community", "demand": {"factor": 0.15}}
    told = town.run("traffic-dynamics", {"assignment": asked, "interval": 15, "method": "sumo"}).outputs
    hold("SUMO", told.geh_share, "15 %")
    assert told.signals > 150
    assert len(told.without_plan) < 0.1 * told.signals
    assert told.arrived >= 0.99 * told.vehicles


def test_a_closed_road_stays_empty_and_costs_time(town: SampleCity, done: Done) -> None:
    rows = done.table("traffic_dynamics")
    busiest = max(rows, key=lambda row: row["flow"])["road_code"]
    asked = dict(find("traffic-dynamics").example) | {"closed": [busiest]}
    shut = town.run("traffic-dynamics", asked)
    assert shut.outputs.closed_links == 2
    assert all(row["road_code"] != busiest for row in shut.table("traffic_dynamics"))
    assert shut.outputs.geh_share is None
    assert shut.outputs.time_h > done.outputs.time_h


def test_unknown_roads_are_refused(town: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-716"):
        town.run("traffic-dynamics", {"assignment": LIGHT, "closed": ["LD99999"]})
