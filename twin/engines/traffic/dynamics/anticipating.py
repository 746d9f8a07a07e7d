"""Control that looks ahead: every second each junction tries what it could do next on the vehicles that it sees coming.

Rollout of a base policy (Bertsekas 1999) as in schedule-driven control (Xie et al. 2012): each option is played to the
horizon with vehicles one by one, the rest left to gap-out and longest queue; the option of the least delay is taken.
Detection is that of cameras or radar: vehicles within ``range_m`` of the stop line with distance, speed and movement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.dynamics.sumo_control import Lamps, blocked, open_letters
from twin.engines.traffic.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType

HEADWAY = 1.9  # s, HCM: 1,900 veh/h
START = 1.5  # s lost by the first vehicle
GAP = 3.0  # s, gap of the base policy and to foes
LONGEST = 60.0  # s, longest green of the base policy
STOP_S = 4.0  # s lost by braking and starting again
LEFT_OVER = 10.0  # s on top for a vehicle not served within the horizon


class Anticipating:
    """Chooses the next stage of every junction by rollouts; a signal that waited ``max_red`` s is served first."""

    def __init__(self, sumo: ModuleType, lamps: list[Lamps], settings: Mapping[str, Any]) -> None:
        self.sumo = sumo
        self.range_m = float(settings.get("range_m", 400.0))
        self.horizon = int(settings.get("horizon", 60))
        self.max_red = float(settings.get("max_red", 120.0))
        yields = settings["yields"]
        self.fixed = {one.name: _Fixed(one, yields[one.name]) for one in lamps}
        self.seen: dict[str, list[tuple[float, float, int]]] = {}
        self.speed: dict[str, float] = {}

    def look(self, time: float) -> None:
        """Every vehicle that has a signal ahead within range, by junction: distance, seconds to it, signal."""
        self.seen = {name: [] for name in self.fixed}
        vehicle = self.sumo.vehicle
        for name in vehicle.getIDList():
            ahead = vehicle.getNextTLS(name)
            if ahead and ahead[0][0] in self.seen and ahead[0][2] <= self.range_m:
                junction, signal, distance, _ = ahead[0]
                lane = vehicle.getLaneID(name)
                if lane not in self.speed:
                    self.speed[lane] = max(self.sumo.lane.getMaxSpeed(lane), 3.0)
                self.seen[junction].append((distance, distance / self.speed[lane], signal))

    def choose(self, one: Lamps, time: float) -> int:
        """The present stage, or the one to change to now."""
        fixed = self.fixed[one.name]
        for i in one.opens(one.stage):
            one.green_at[i] = time
        elapsed = time - one.since
        if elapsed < one.program.stages[one.stage].minimum:
            return one.stage
        seen = sorted(self.seen[one.name])
        if not seen:
            return one.stage
        lane = np.array([fixed.lane_of[signal] for _, _, signal in seen], np.int64)
        order = np.argsort(lane, kind="stable")
        start = np.searchsorted(lane[order], np.arange(fixed.lanes + 1))
        due = np.array([seconds for _, seconds, _ in seen])[order]
        signal = np.array([i for _, _, i in seen], np.int64)[order]
        letters = fixed.letters
        shut = [i for i, out in enumerate(one.outgoing) if blocked(self.sumo, out)]
        if shut:
            letters = letters.copy()
            letters[:, shut] = 0
        overdue = {
            int(i)
            for i, s in zip(signal, due, strict=True)
            if s < GAP and time - one.green_at[i] > self.max_red
        }
        if overdue:
            fit = [p for p in range(letters.shape[0]) if overdue & set(one.opens(p))]
            if fit:
                return one.stage if one.stage in fit else fit[0]
        return int(
            decide(
                one.stage,
                elapsed,
                self.horizon,
                start,
                due,
                signal,
                letters,
                fixed.yields,
                fixed.clear,
                fixed.minimum,
            )
        )


class _Fixed:
    """What does not change of a junction, as arrays."""

    def __init__(self, one: Lamps, yields: list[list[int]]) -> None:
        size = len(one.incoming)
        names = sorted(set(one.incoming))
        self.lane_of = [names.index(lane) for lane in one.incoming]
        self.lanes = len(names)
        self.letters = open_letters(one)
        self.yields = np.zeros((size, size), np.bool_)
        for i, row in enumerate(yields):
            self.yields[i, row] = True
        stages = range(len(one.program.stages))
        self.clear = np.array(
            [[sum(s for s, _ in one.clearing(p, q)) for q in stages] for p in stages], np.float64
        )
        self.minimum = np.array([stage.minimum for stage in one.program.stages], np.float64)


@compiled
def decide(
    stage: int, elapsed: float, horizon: int, start: Any, due: Any, signal: Any, letters: Any, yields: Any, clear: Any,
    minimum: Any,
) -> int:  # fmt: skip
    """The stage to show next: the present one, or another to change to at once."""
    best, least = (
        stage,
        play(stage, elapsed, horizon, -1, -1, start, due, signal, letters, yields, clear, minimum),
    )
    for after in range(letters.shape[0]):
        if after == stage:
            continue
        for stay in (0, 1, 2, 3, 5, 7, 10, 14, 20):
            cost = play(
                stage, elapsed, horizon, stay, after, start, due, signal, letters, yields, clear, minimum
            )
            if cost < least - 1e-9:
                least = cost
                best = stage if stay > 0 else after
    return best


@compiled
def play(  # noqa: C901 - one loop, compiled as a whole
    stage: int, elapsed: float, horizon: int, stay: int, after: int, start: Any, due: Any, signal: Any, letters: Any,
    yields: Any, clear: Any, minimum: Any,
) -> float:  # fmt: skip
    """Delay (s, all vehicles) to the horizon when ``after`` follows in ``stay`` s (by the base policy where -1)."""
    lanes, signals, stages = start.size - 1, letters.shape[1], letters.shape[0]
    head = start[:lanes].copy()
    ready = np.zeros(lanes)
    passed = np.full(signals, -100.0)
    now, begun, clearing_until, target = stage, -elapsed, -1.0, -1
    cost = 0.0
    for t in range(horizon):
        if target >= 0 and t >= clearing_until:
            for lane in range(lanes):
                if head[lane] < start[lane + 1]:
                    i = signal[head[lane]]
                    if letters[now, i] == 0 and letters[target, i] > 0:
                        ready[lane] = max(ready[lane], t + START)
            now, begun, target = target, float(t), -1
        if target < 0:
            chosen = now
            if stay >= 0:
                if t >= stay:
                    chosen, stay = after, -1
            elif t - begun >= minimum[now]:
                chosen = _base(now, t - begun, t, head, start, due, signal, letters, stages)
            if chosen != now:
                target, clearing_until = chosen, t + clear[now, chosen]
        for kind in (1, 2):
            for lane in range(lanes):
                if head[lane] >= start[lane + 1] or ready[lane] > t or due[head[lane]] > t:
                    continue
                i = signal[head[lane]]
                letter = letters[now, i]
                if target >= 0 and letters[target, i] == 0 and t > clearing_until - clear[now, target] + 1:
                    letter = 0
                if letter != kind:
                    continue
                if kind == 2 and _foes(
                    i, t, signals, lanes, head, start, due, signal, letters[now], yields, passed
                ):
                    continue
                wait = t - due[head[lane]]
                cost += wait
                if wait > 2.0:
                    cost += STOP_S
                passed[i] = t
                ready[lane] = max(ready[lane], float(t)) + HEADWAY
                head[lane] += 1
    for lane in range(lanes):
        for v in range(head[lane], start[lane + 1]):
            if due[v] < horizon:
                cost += horizon - due[v] + LEFT_OVER
    return cost


@compiled
def _foes(
    i: int, t: int, signals: int, lanes: int, head: Any, start: Any, due: Any, signal: Any, shown: Any, yields: Any, passed: Any
) -> bool:  # fmt: skip
    """Whether somebody to give way to has just gone or is about to go."""
    for foe in range(signals):
        if yields[i, foe] and t - passed[foe] < 1.5:
            return True
    for lane in range(lanes):
        if head[lane] < start[lane + 1]:
            foe = signal[head[lane]]
            if yields[i, foe] and shown[foe] == 1 and due[head[lane]] < t + GAP:
                return True
    return False


@compiled
def _base(  # noqa: C901 - one loop, compiled as a whole
    now: int, shown: float, t: int, head: Any, start: Any, due: Any, signal: Any, letters: Any, stages: int
) -> int:
    """Stay while vehicles come within the gap, then go to the stage for which most wait."""
    waiting = np.zeros(stages)
    coming = False
    for lane in range(start.size - 1):
        if head[lane] < start[lane + 1]:
            first = signal[head[lane]]
            if letters[now, first] == 1 and due[head[lane]] < t + GAP:
                coming = True
            for p in range(stages):
                if letters[p, first] > 0:
                    for v in range(head[lane], start[lane + 1]):
                        if due[v] > t or letters[p, signal[v]] == 0:
                            break
                        waiting[p] += 1.0 if letters[p, signal[v]] == 1 else 0.5
    if coming and shown < LONGEST:
        return now
    best = now
    for p in range(stages):
        if waiting[p] > waiting[best]:
            best = p
    return best
