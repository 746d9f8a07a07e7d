"""Which plan a junction of several nodes runs, and what of bad plans is told."""

from __future__ import annotations

from twin.engines.traffic.signals.program import Program
from twin.engines.traffic.signals.sumo_net import Signal, SignalJunction
from twin.processes.traffic import in_force, plans

JUNCTION = SignalJunction(
    "J1", ((Signal("a", 0, "x", 0, "s", ()),), (Signal("b", 0, "y", 0, "s", ()),)), Program("J1", ())
)
ENTERS = {"a": "JD1", "b": "JD2"}


def row(stage: int, movements: str = "LD1:T", green: float = 20.0, minimum: float = 7.0) -> plans.Row:
    return plans.Row(stage, plans.turns_of(movements), green, 3.0, 2.0, minimum, 0.0)


def test_the_only_plan_of_nodes_made_one_is_found() -> None:
    assert in_force.planned(JUNCTION, "JD1", ENTERS, {"JD2": [row(1)]}) == "JD2"


def test_two_plans_of_nodes_made_one_are_not_guessed_between() -> None:
    assert in_force.planned(JUNCTION, "JD9", ENTERS, {"JD1": [row(1)], "JD2": [row(1)]}) == "JD9"


def test_a_stage_that_stands_twice_is_named() -> None:
    table = {"JD1": [row(1), row(1)], "JD2": [row(1), row(2)]}
    assert in_force.with_a_stage_twice(table) == {"JD1"}
    told = list(in_force.findings(table, ["JD1"], {"JD1"}, {"LD1"}))
    assert [one.code for one in told] == ["TWIN-762", "TWIN-765"]
    assert "JD1" in told[0].text.en
    assert "JD2" not in told[0].text.en


def test_strange_roads_and_short_greens_are_named() -> None:
    table = {"JD1": [row(1, "LD1:T LD7:L"), row(2, green=5.0)]}
    told = {one.code: one.text.en for one in in_force.findings(table, [], set(), {"LD1"})}
    assert set(told) == {"TWIN-763", "TWIN-764"}
    assert "JD1 LD7" in told["TWIN-763"]


def test_a_sound_plan_has_no_findings() -> None:
    assert list(in_force.findings({"JD1": [row(1), row(2)]}, [], set(), {"LD1"})) == []
