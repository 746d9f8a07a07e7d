"""Plans of the table become SUMO's letters and come back."""

from __future__ import annotations

from twin.engines.traffic.signals.program import Program
from twin.engines.traffic.signals.sumo_net import Signal, SignalJunction
from twin.processes.traffic import plans

# south and north approaches with through and left, east with all
JUNCTION = SignalJunction(
    "J",
    (
        (Signal("s", 0, "n_out", 0, "s", ()),),
        (Signal("s", 0, "w_out", 0, "l", (2,)),),
        (Signal("n", 0, "s_out", 0, "s", ()),),
        (Signal("e", 0, "n_out", 0, "r", ()),),
        (Signal("e", 0, "s_out", 0, "l", ()),),
    ),
    Program("J", ()),
)
ROAD = {"s": "LD1", "n": "LD2", "e": "LD3"}


def row(stage: int, movements: str) -> plans.Row:
    return plans.Row(stage, plans.turns_of(movements), 20.0, 3.0, 2.0, 7.0, 4.0)


def test_letters_of_turns() -> None:
    assert plans.turns_of("LD1:LT LD2:T LD1:r") == {"LD1": "LTR", "LD2": "T"}


def test_a_left_turn_gives_way_to_oncoming_traffic() -> None:
    made = plans.program(JUNCTION, [row(1, "LD1:LTR LD2:LTR"), row(2, "LD3:LR")], ROAD)
    assert made is not None
    assert [stage.state for stage in made.stages] == ["GgGrr", "rrrGG"]
    assert made.cycle == 50
    assert made.offset == 4.0


def test_a_left_turn_alone_is_protected() -> None:
    made = plans.program(JUNCTION, [row(1, "LD1:T LD2:T"), row(2, "LD1:L"), row(3, "LD3:LTR")], ROAD)
    assert made is not None
    assert made.stages[1].state == "rGrrr"


def test_a_plan_that_leaves_somebody_out_is_none() -> None:
    assert plans.program(JUNCTION, [row(1, "LD1:LTR"), row(2, "LD3:LTR")], ROAD) is None
    assert plans.program(JUNCTION, [], ROAD) is None


def test_rows_come_back() -> None:
    made = plans.program(JUNCTION, [row(1, "LD1:LT LD2:T"), row(2, "LD3:LR")], ROAD)
    assert made is not None
    told = plans.rows(JUNCTION, made, "JD1", ROAD)
    assert [one["movements"] for one in told] == ["LD1:LT LD2:T", "LD3:LR"]
    assert sum(one["green"] + one["yellow"] + one["all_red"] for one in told) == told[0]["cycle"] == 50
    assert [one["phase_offset"] for one in told] == [4.0, 4.0]
