"""Timing of an area: a common cycle (half of it where that serves), splits and offsets, candidates by the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.signals.climb import climb
from twin.engines.traffic.signals.program import GREEN, Program
from twin.engines.traffic.signals.splits import junction_splits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.signals.streams import Streams

    type Numbers = NDArray[np.float64]

CYCLES = (36, 40, 45, 50, 56, 62, 70, 80, 90, 100, 110, 120)
HALF_FROM = 60  # s, shortest common cycle that is halved at a junction
ROUNDS = 12
PERIOD_H = 1.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Programs of all junctions, the model's mean delay (s/veh at signals) and, per stream, capacity (veh/s), delay (s)
    and greatest queue (veh)."""

    cycle: int
    programs: tuple[Program, ...]
    delay: float
    measure: Numbers


def arrays(streams: Streams) -> tuple[NDArray[np.generic], ...]:
    """The arrays of the streams as the kernels take them."""
    return (
        streams.junction, streams.saturation, streams.flow, streams.even, streams.storage, streams.feed_start,
        streams.feed_from, streams.feed_share, streams.feed_time, streams.open, streams.permitted, streams.against_start,
        streams.against, streams.against_share, streams.stage_start, streams.minimum, streams.clearing,
    )  # fmt: skip


def timings(
    streams: Streams,
    programs: Sequence[Program],
    *,
    cycles: Sequence[int] = CYCLES,
    cancelled: Callable[[], None] | None = None,
) -> list[Timing]:
    """One optimised timing for each common cycle that fits every junction, the best by the model first."""
    served = [[_served(stage.state) for stage in program.stages] for program in programs]
    found = []
    for cycle in cycles:
        if cancelled is not None:
            cancelled()
        timing = _timing(streams, programs, served, cycle)
        if timing is not None:
            found.append(timing)
    return sorted(found, key=lambda timing: timing.delay)


def evaluate(streams: Streams, programs: Sequence[Program]) -> Timing | None:
    """The model's view of given programs; None where they have no common cycle in whole seconds."""
    cycle = max(round(program.cycle) for program in programs)
    repeats = []
    for program in programs:
        own = round(program.cycle)
        if abs(program.cycle - own) > 1e-6 or cycle % own:
            return None
        repeats.append(cycle // own)
    green = np.array([stage.green for program in programs for stage in program.stages], np.float64)
    offset = np.array([program.offset % program.cycle for program in programs], np.float64)
    measure = np.zeros((streams.flow.size, 3))
    cost = climb(arrays(streams), cycle, np.array(repeats, np.int64), green, offset, 0, PERIOD_H, measure)
    return Timing(cycle, tuple(programs), cost / max(float(streams.flow.sum()), 1e-9), measure)


def isolated(streams: Streams, programs: Sequence[Program], cycles: Sequence[int] = CYCLES) -> list[Program]:
    """Each junction by itself: the cycle and splits of the least HCM delay, offsets as they are."""
    chosen = []
    for j, program in enumerate(programs):
        served = [_served(stage.state) for stage in program.stages]
        options = [junction_splits(streams, j, cycle, served) for cycle in cycles]
        greens, delay = min(options, key=lambda option: option[1])
        chosen.append(program.with_greens(list(greens)) if np.isfinite(delay) else program)
    return chosen


def _timing(
    streams: Streams, programs: Sequence[Program], served: list[list[set[int]]], cycle: int
) -> Timing | None:
    greens, repeats = [], np.ones(len(programs), np.int64)
    for j in range(len(programs)):
        green, delay = junction_splits(streams, j, cycle, served[j])
        if cycle >= HALF_FROM and cycle % 2 == 0:
            half, halved = junction_splits(streams, j, cycle // 2, served[j])
            if halved < delay:
                green, delay, repeats[j] = half, halved, 2
        if not np.isfinite(delay):
            return None
        greens.append(green)
    green, offset = np.concatenate(greens), np.zeros(len(programs))
    measure = np.zeros((streams.flow.size, 3))
    cost = climb(arrays(streams), cycle, repeats, green, offset, ROUNDS, PERIOD_H, measure)
    parts = np.split(green, streams.stage_start[1:-1])
    planned = tuple(
        program.with_greens(list(part), float(begin))
        for program, part, begin in zip(programs, parts, offset, strict=True)
    )
    return Timing(cycle, planned, cost / max(float(streams.flow.sum()), 1e-9), measure)


def _served(state: str) -> set[int]:
    return {i for i, letter in enumerate(state) if letter in GREEN}
