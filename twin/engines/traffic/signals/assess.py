"""Each junction by the Highway Capacity Manual: control delay, greatest degree of saturation, level of service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.signals import hcm
from twin.engines.traffic.signals.splits import capacities, saturations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.signals.program import Program
    from twin.engines.traffic.signals.streams import Streams


@dataclass(frozen=True, slots=True)
class Assessment:
    """Of one junction: flow of all lanes (veh/h), d1 + d2 weighted by flow (s/veh), greatest saturation, A to F."""

    flow: float
    delay: float
    saturation: float
    level: str


def assess(
    streams: Streams, built: Sequence[Program], programs: Sequence[Program], period_h: float = 1.0
) -> list[Assessment]:
    """``built``: the programs that the streams were made for; the stages of ``programs`` are among theirs."""
    found = []
    for j, program in enumerate(programs):
        mine = np.nonzero(streams.junction == j)[0]
        first, last = int(streams.stage_start[j]), int(streams.stage_start[j + 1])
        kept = _kept(built[j], program)
        rates = saturations(streams, mine, first, last)[kept]
        greens = np.array([stage.green for stage in program.stages])
        clear = np.array([sum(program.clearance(i)) for i in range(len(program.stages))])
        capacity = capacities(rates, greens, clear, program.cycle)
        capacity = np.maximum(capacity + _sneaking(streams, mine, first + kept) / program.cycle, 1e-6)
        found.append(
            _assessment(streams.flow[mine], capacity, rates.max(axis=0, initial=0.0), program.cycle, period_h)
        )
    return found


def _sneaking(streams: Streams, mine: NDArray[np.int64], stages: NDArray[np.intp]) -> NDArray[np.float64]:
    """(streams,) vehicles a cycle that turn as the green ends, whatever comes against them: 1 and the share that turns (HCM
    6th edition, chapter 31: two where all of them do)."""
    turning = streams.permitted[stages][:, mine].max(axis=0, initial=0.0)
    return np.asarray(np.where(turning > 0, 1.0 + turning, 0.0), np.float64)


def _kept(built: Program, program: Program) -> NDArray[np.intp]:
    """Which stages of ``built`` those of ``program`` are."""
    states = [stage.state for stage in built.stages]
    place, found = 0, []
    for stage in program.stages:
        place = states.index(stage.state, place)
        found.append(place)
        place += 1
    return np.array(found, np.intp)


def _assessment(
    flow: NDArray[np.float64],
    capacity: NDArray[np.float64],
    full: NDArray[np.float64],
    cycle: float,
    period_h: float,
) -> Assessment:
    used = flow > 0
    if not used.any():
        return Assessment(0.0, 0.0, 0.0, "A")
    ratio = flow[used] / capacity[used]
    green = cycle * np.clip(capacity[used] / np.maximum(full[used], 1e-9), 0.0, 1.0)
    delay = hcm.uniform_delay(cycle, green, ratio) + hcm.overflow_delay(
        3600 * capacity[used], ratio, period_h
    )
    mean = float((delay * flow[used]).sum() / flow[used].sum())
    greatest = float(ratio.max())
    return Assessment(3600.0 * float(flow.sum()), mean, greatest, hcm.level_of_service(mean, greatest))
