"""Signals that answer traffic, run beside SUMO: max-pressure and the anticipating control."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.signals.program import Program, Stage, between, loses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType

FULL = 0.85  # occupancy of an outgoing lane whose entrance is taken for blocked
STANDING = 1.0  # m/s


@dataclass(slots=True)
class Lamps:
    """One junction as the controllers see it: what is shown, since when, and what comes next."""

    program: Program
    incoming: list[str]
    outgoing: list[str]
    stage: int = 0
    since: float = 0.0
    target: int | None = None
    until: float = 0.0
    queue: list[tuple[float, str]] = field(default_factory=list)
    green_at: list[float] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.program.junction

    def opens(self, stage: int) -> list[int]:
        """The signals with green in a stage."""
        return [i for i, letter in enumerate(self.program.stages[stage].state) if letter in "Gg"]

    def clearing(self, now: int, after: int) -> list[tuple[float, str]]:
        """Intervals between two stages: yellow and all-red where a movement ends."""
        a, b = self.program.stages[now], self.program.stages[after]
        if not loses(a.state, b.state):
            return []
        shown = [(a.yellow, between(a.state, b.state, "y")), (a.all_red, between(a.state, b.state, "r"))]
        return [one for one in shown if one[0] > 0]


def controller(sumo: ModuleType, settings: Mapping[str, Any]) -> Callable[[float], None]:
    """The function to call after each second; it decides and sets the lamps.

    ``settings``: kind ("max_pressure" or "anticipating"), programs, minimum green, max_red (s) and the kind's own.
    """
    lamps = [_lamps(sumo, one) for one in settings["programs"]]
    if settings["kind"] == "anticipating":
        from twin.engines.traffic.dynamics.anticipating import Anticipating

        decide: Any = Anticipating(sumo, lamps, settings)
    else:
        decide = MaxPressure(sumo, settings)

    def step(time: float) -> None:
        decide.look(time)
        for one in lamps:
            _advance(sumo, one, time)
            if one.target is None:
                wanted = decide.choose(one, time)
                if wanted != one.stage:
                    one.queue = one.clearing(one.stage, wanted)
                    one.target = wanted
                    one.until = time
                    _advance(sumo, one, time)

    return step


def _lamps(sumo: ModuleType, given: Mapping[str, Any]) -> Lamps:
    stages = tuple(Stage(**stage) for stage in given["stages"])
    links = sumo.trafficlight.getControlledLinks(given["junction"])
    one = Lamps(
        Program(given["junction"], stages),
        [link[0][0] if link else "" for link in links],
        [link[0][1] if link else "" for link in links],
    )
    one.green_at = [0.0] * len(links)
    sumo.trafficlight.setRedYellowGreenState(one.name, stages[0].state)
    return one


def _advance(sumo: ModuleType, one: Lamps, time: float) -> None:
    """Show the next clearance interval, or the stage that was aimed at, when the time has come."""
    if one.target is None or time < one.until:
        return
    if one.queue:
        seconds, state = one.queue.pop(0)
        one.until = time + seconds
    else:
        one.stage, one.target, one.since = one.target, None, time
        state = one.program.stages[one.stage].state
    sumo.trafficlight.setRedYellowGreenState(one.name, state)


class MaxPressure:
    """Varaiya (2013) with a minimum green; semi-cyclic where ``max_red`` is finite: a signal that waited so long with
    demand is served first. ``blocking`` leaves movements out whose way out is full."""

    def __init__(self, sumo: ModuleType, settings: Mapping[str, Any]) -> None:
        self.sumo = sumo
        self.minimum = float(settings.get("minimum", 10.0))
        self.max_red = float(settings.get("max_red", 120.0))
        self.blocking = bool(settings.get("blocking", True))
        self.halting: dict[str, int] = {}

    def look(self, time: float) -> None:
        """Forget the counts of the second before."""
        self.halting = {}

    def choose(self, one: Lamps, time: float) -> int:
        """The stage of the greatest pressure, the present one on a tie."""
        for i in one.opens(one.stage):
            one.green_at[i] = time
        if time - one.since < self.minimum:
            return one.stage
        pressure = [self._pressure(one, i) for i in range(len(one.incoming))]
        overdue = [
            i for i, lane in enumerate(one.incoming)
            if time - one.green_at[i] > self.max_red and lane and self._count(lane) > 0
        ]  # fmt: skip
        stages = [p for p in range(len(one.program.stages)) if set(overdue) & set(one.opens(p))]
        able = stages or range(len(one.program.stages))
        return max(able, key=lambda p: (sum(pressure[i] for i in one.opens(p)), p == one.stage))

    def _pressure(self, one: Lamps, signal: int) -> float:
        into, out = one.incoming[signal], one.outgoing[signal]
        if not into:
            return 0.0
        if self.blocking and blocked(self.sumo, out):
            return 0.0
        return self._count(into) - self._count(out)

    def _count(self, lane: str) -> int:
        if lane not in self.halting:
            self.halting[lane] = self.sumo.lane.getLastStepHaltingNumber(lane)
        return self.halting[lane]


def blocked(sumo: ModuleType, lane: str) -> bool:
    """Whether a lane is so full and slow that nobody should be let into it."""
    return bool(
        lane
        and sumo.lane.getLastStepOccupancy(lane) > FULL
        and sumo.lane.getLastStepMeanSpeed(lane) < STANDING
    )


def open_letters(one: Lamps) -> np.ndarray[Any, np.dtype[np.int8]]:
    """(stages, signals): 0 waits, 1 goes, 2 goes giving way."""
    rows = [["rGg".find(letter) for letter in stage.state] for stage in one.program.stages]
    return np.maximum(np.array(rows, np.int8), 0).astype(np.int8)
