"""Signal programs: stages with their greens, and the yellow and all-red that follow from one stage to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GREEN = "Gg"
CLEARING = "yu"


@dataclass(frozen=True, slots=True)
class Stage:
    """Movements that run together.

    ``state``: one letter a signal, as SUMO writes it: G goes, g goes giving way, s goes after a stop, r waits.
    ``green``, ``yellow``, ``all_red``, ``minimum`` (green): s.
    """

    state: str
    green: float
    yellow: float = 3.0
    all_red: float = 0.0
    minimum: float = 5.0


@dataclass(frozen=True, slots=True)
class Program:
    """The stages of one junction in the order they are shown; stage 0 begins ``offset`` seconds into the common cycle."""

    junction: str
    stages: tuple[Stage, ...]
    offset: float = 0.0

    def clearance(self, stage: int) -> tuple[float, float]:
        """Yellow and all-red (s) after a stage; none where no movement of it loses its green."""
        now, after = self.stages[stage], self.stages[(stage + 1) % len(self.stages)]
        if not loses(now.state, after.state):
            return 0.0, 0.0
        return now.yellow, now.all_red

    @property
    def cycle(self) -> float:
        """Seconds from one start of stage 0 to the next."""
        return sum(stage.green + sum(self.clearance(i)) for i, stage in enumerate(self.stages))

    def with_greens(self, greens: Sequence[float], offset: float | None = None) -> Program:
        """The same stages with other greens; a green of 0 leaves the stage out."""
        kept = [replace(stage, green=float(g)) for stage, g in zip(self.stages, greens, strict=True) if g > 0]
        return Program(self.junction, tuple(kept), self.offset if offset is None else float(offset))

    def intervals(self) -> list[tuple[float, str]]:
        """What the lamps show: (duration s, one letter a signal), clearance intervals included."""
        shown: list[tuple[float, str]] = []
        for i, stage in enumerate(self.stages):
            after = self.stages[(i + 1) % len(self.stages)]
            yellow, all_red = self.clearance(i)
            shown.append((stage.green, stage.state))
            if yellow > 0:
                shown.append((yellow, between(stage.state, after.state, "y")))
            if all_red > 0:
                shown.append((all_red, between(stage.state, after.state, "r")))
        return shown


def loses(now: str, after: str) -> bool:
    """Whether a movement that has the right of way now does not have it after."""
    return any(_ends(a, b) for a, b in zip(now, after, strict=True))


def between(now: str, after: str, ending: str) -> str:
    """The letters between two stages: ``ending`` where a right of way ends, else what is shown now."""
    return "".join(ending if _ends(a, b) else a for a, b in zip(now, after, strict=True))


def _ends(now: str, after: str) -> bool:
    """A protected turn that becomes a permitted one is cleared as well: the oncoming traffic starts then."""
    return (now in GREEN and after not in GREEN) or (now == "G" and after == "g")


def from_intervals(junction: str, intervals: Iterable[tuple[float, str]], offset: float = 0.0) -> Program:
    """The stages of a program written as intervals (duration s, letters), such as SUMO's.

    Intervals with a yellow or without any green are the clearance of the stage before them.
    """
    rows = list(intervals)
    first = next((i for i, (_, state) in enumerate(rows) if _is_stage(state)), None)
    if first is None:
        return Program(junction, (), offset)
    shift = sum(duration for duration, _ in rows[:first])
    stages: list[Stage] = []
    for duration, state in [*rows[first:], *rows[:first]]:
        if _is_stage(state):
            stages.append(Stage(state, duration, 0.0, 0.0, min(5.0, duration)))
        elif any(letter in CLEARING for letter in state):
            stages[-1] = replace(stages[-1], yellow=stages[-1].yellow + duration)
        else:
            stages[-1] = replace(stages[-1], all_red=stages[-1].all_red + duration)
    usual = max((stage.yellow for stage in stages), default=0.0) or 3.0
    stages = [stage if stage.yellow > 0 else replace(stage, yellow=usual) for stage in stages]
    return Program(junction, tuple(stages), offset + shift)


def _is_stage(state: str) -> bool:
    return any(letter in GREEN for letter in state) and not any(letter in CLEARING for letter in state)
