"""Signal timing on the sample city: its example, choices of junctions, refusals, and the plans it proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twin.engines.traffic.dynamics.sumo import available
from twin.errors import TwinError
from twin.processes.registry import find

if TYPE_CHECKING:
    from tests.integration.traffic.sample import Done, SampleCity

pytestmark = pytest.mark.skipif(not available(), reason="SUMO is not installed")


@pytest.fixture(scope="module")
def done(town: SampleCity) -> Done:
    return town.run("signal-timing", dict(find("signal-timing").example))


def test_the_example_runs_and_is_not_worse(done: Done) -> None:
    told = done.outputs
    assert told.junctions >= 2  # two of the three lie within 10 m of each other: one junction to SUMO
    assert told.vehicles > 100
    assert len(told.without_plan) < told.junctions
    assert all(row.after_s <= row.before_s for row in told.seeds)
    assert told.ratio <= 1.0
    assert told.adopted == (told.changed > 0)
    assert all(row.unserved_after <= row.unserved_before for row in told.seeds)


def test_every_junction_has_its_row(done: Done) -> None:
    rows = done.table("signal_junction")
    assert len(rows) == done.outputs.junctions
    assert sum(row["adopted"] for row in rows) == done.outputs.changed
    for row in rows:
        assert row["cycle_before"] > 0
        assert row["delay_before"] >= 0
        assert row["los_before"] in "ABCDEF"
        assert (row["reason"] == "better") == row["adopted"]


def test_proposed_plans_add_up(done: Done) -> None:
    assert done.outputs.adopted
    rows = done.table("signal_plan_proposed")
    for node in {row["node_code"] for row in rows}:
        mine = [row for row in rows if row["node_code"] == node]
        assert [row["stage"] for row in mine] == list(range(1, len(mine) + 1))
        shown = sum(row["green"] + row["yellow"] + row["all_red"] for row in mine)
        assert shown == pytest.approx(mine[0]["cycle"])
        assert all(row["green"] >= row["minimum_green"] for row in mine)
        assert 0 <= mine[0]["phase_offset"] < mine[0]["cycle"]
    assert done.outputs.sumo_program.count("<tlLogic") == done.outputs.changed


def test_nodes_without_signals_are_named(town: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-756") as refused:
        town.run("signal-timing", {"junctions": ["JD00001"], "assignment": {"zones": "community"}})
    assert "JD00001" in refused.value.text.en


def test_unknown_assignment_is_refused(town: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-753"):
        town.run("signal-timing", {"base": "01890000-0000-7000-8000-000000000001"})
