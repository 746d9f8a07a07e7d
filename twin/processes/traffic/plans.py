"""Signal plans between the city's table (turns by approach and letter) and SUMO's letters."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.engines.traffic.signals.program import Program, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from twin.engines.traffic.signals.sumo_net import SignalJunction
    from twin.processes.context import RunContext

LAYER = "signal_plan"
LETTER = {"l": "L", "L": "L", "t": "L", "s": "T", "r": "R", "R": "R"}  # SUMO's directions


@dataclass(frozen=True, slots=True)
class Row:
    """A stage as the table has it: ``turns`` by approach road, times in s."""

    stage: int
    turns: Mapping[str, str]
    green: float
    yellow: float
    all_red: float
    minimum: float
    offset: float


def read(run: RunContext, layer: str = LAYER, of: UUID | None = None) -> dict[str, list[Row]]:
    """The plans in force (or those that the run ``of`` left in ``layer``) by node code, stages in order."""
    names = ["node_code", "stage", "movements", "green", "yellow", "all_red", "minimum_green", "phase_offset"]
    found = run.features(layer, columns=names, run=of).columns
    plans: dict[str, list[Row]] = defaultdict(list)
    for node, stage, movements, green, yellow, red, minimum, offset in zip(
        *(found[name] for name in names), strict=True
    ):
        plans[node].append(
            Row(stage, turns_of(movements), green, yellow, red, minimum or min(green, 7.0), offset or 0.0)
        )
    return {node: sorted(rows, key=lambda row: row.stage) for node, rows in plans.items()}


def turns_of(movements: str) -> dict[str, str]:
    """``LD1:LTR LD2:T`` as letters by road."""
    found: dict[str, str] = defaultdict(str)
    for word in movements.split():
        road, _, letters = word.rpartition(":")
        found[road] += letters.upper()
    return dict(found)


def program(junction: SignalJunction, rows: Sequence[Row], road: Mapping[str, str]) -> Program | None:
    """The program of a junction from its plan; ``road``: code of the road of each edge. None where some signal would
    never be green."""
    stages = []
    for row in rows:
        opened = {
            index
            for index, links in enumerate(junction.signals)
            if any(
                LETTER.get(one.direction, "T") in row.turns.get(road.get(one.from_edge, ""), "")
                for one in links
            )
        }
        stages.append(
            Stage(letters(junction, opened), row.green, row.yellow, row.all_red, min(row.minimum, row.green))
        )
    served = {i for stage in stages for i, letter in enumerate(stage.state) if letter in "Gg"}
    if not stages or served != {i for i, links in enumerate(junction.signals) if links}:
        return None
    return Program(junction.name, tuple(stages), rows[0].offset)


def letters(junction: SignalJunction, opened: set[int]) -> str:
    """G for signals that are open, g for those that then give way to another open one, r for the others."""
    shown = []
    for index, links in enumerate(junction.signals):
        if index not in opened:
            shown.append("r")
        else:
            shown.append("g" if any(set(one.yields) & opened for one in links) else "G")
    return "".join(shown)


def turning(junction: SignalJunction, stage: Stage) -> dict[str, str]:
    """The letters of the turns that run in a stage, by approaching edge."""
    found: dict[str, set[str]] = defaultdict(set)
    for index, links in enumerate(junction.signals):
        if stage.state[index] in "Gg":
            for one in links:
                found[one.from_edge].add(LETTER.get(one.direction, "T"))
    return {edge: "".join(sorted(turns)) for edge, turns in found.items()}


def movements(junction: SignalJunction, stage: Stage, road: Mapping[str, str]) -> str:
    """The turns of a stage as the table writes them."""
    found: dict[str, set[str]] = defaultdict(set)
    for edge, letters_of in turning(junction, stage).items():
        found[road.get(edge, edge)] |= set(letters_of)
    return " ".join(f"{name}:{''.join(sorted(turns))}" for name, turns in sorted(found.items()))


def rows(junction: SignalJunction, made: Program, node: str, road: Mapping[str, str]) -> list[dict[str, Any]]:
    """A program as rows of the table."""
    found = []
    begins = 0.0
    for number, stage in enumerate(made.stages):
        yellow, all_red = made.clearance(number)
        found.append(
            {
                "node_code": node,
                "stage": number + 1,
                "movements": movements(junction, stage, road),
                "state": stage.state,
                "cycle": made.cycle,
                "begins": (made.offset + begins) % made.cycle,
                "green": stage.green,
                "yellow": yellow,
                "all_red": all_red,
                "minimum_green": stage.minimum,
                "phase_offset": made.offset % made.cycle,
            }
        )
        begins += stage.green + yellow + all_red
    return found
