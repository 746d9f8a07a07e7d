"""Green by need: which stages a junction runs at a cycle, and their greens by the critical movements."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.signals import hcm
from twin.engines.traffic.signals.platoon import END_GAINED, START_LOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twin.engines.traffic.signals.streams import Streams

    type Numbers = NDArray[np.float64]

MOST_STAGES = 6
PLATOONED = 1.5  # opposing traffic during its green is denser than on average


def junction_splits(
    streams: Streams, junction: int, cycle: int, served: list[set[int]]
) -> tuple[Numbers, float]:
    """The greens (s, 0 for stages left out) of a junction at ``cycle`` seconds and its delay (vehicles).

    ``served``: for each stage the signals that it serves; every signal that some stage serves stays served. Greens are
    empty and the delay infinite where no choice of stages fits the cycle.
    """
    first, last = int(streams.stage_start[junction]), int(streams.stage_start[junction + 1])
    mine = np.nonzero(streams.junction == junction)[0]
    effective = saturations(streams, mine, first, last)
    best, least = np.zeros(0), np.inf
    for chosen in _choices(served):
        clear = [
            float(streams.clearing[first + p, chosen[(i + 1) % len(chosen)]]) for i, p in enumerate(chosen)
        ]
        minimum = streams.minimum[first + np.array(chosen)]
        if minimum.sum() + sum(clear) > cycle:
            continue
        greens = _fill(streams.flow[mine], effective[list(chosen)], minimum, np.array(clear), cycle)
        delay = _delay(streams.flow[mine], effective[list(chosen)], greens, np.array(clear), cycle)
        if delay < least:
            least, best = delay, np.zeros(last - first)
            best[list(chosen)] = greens
    return best, least


def _choices(served: list[set[int]]) -> Iterator[tuple[int, ...]]:
    needed = set().union(*served)
    for size in range(1, min(len(served), MOST_STAGES) + 1):
        for chosen in combinations(range(len(served)), size):
            if set().union(*(served[p] for p in chosen)) == needed:
                yield chosen


def saturations(streams: Streams, mine: NDArray[np.int64], first: int, last: int) -> Numbers:
    """(stages, streams of the junction) veh/s that each stage lets out, gaps found on average."""
    opposing = np.array(
        [
            sum(
                streams.flow[streams.against[a]] * streams.against_share[a]
                for a in range(streams.against_start[s], streams.against_start[s + 1])
            )
            for s in mine
        ]
    )
    through = hcm.permitted_saturation(3600.0 * PLATOONED * opposing) / 3600.0
    full = streams.saturation[mine]
    through = np.clip(through, 1e-3, full)
    slowed = 1.0 + streams.permitted[first:last][:, mine] * (full / through - 1.0)
    return np.asarray(full * streams.open[first:last][:, mine] / slowed, np.float64)


def capacities(rates: Numbers, greens: Numbers, clear: Numbers, cycle: float) -> Numbers:
    """(streams,) veh/s from (stages, streams) rates (veh/s) and the stages' green and clearance times (s)."""
    seconds = np.maximum(greens + np.minimum(clear, END_GAINED) - START_LOST, 0.0)
    return np.asarray((rates * seconds[:, None]).sum(axis=0) / cycle, np.float64)


def _fill(flow: Numbers, rates: Numbers, minimum: Numbers, clear: Numbers, cycle: int) -> Numbers:
    """Second by second to the stage that helps the stream of the greatest degree of saturation most."""
    greens = minimum.astype(np.float64).copy()
    spare = cycle - greens.sum() - clear.sum()
    while spare > 0:
        amount = min(1.0, spare)
        ratio = flow / np.maximum(capacities(rates, greens, clear, cycle), 1e-9)
        for s in np.argsort(-ratio, kind="stable"):
            if rates[:, s].max(initial=0.0) > 0:
                greens[int(np.argmax(rates[:, s]))] += amount
                break
        else:
            greens[0] += amount
        spare -= amount
    return greens


def _delay(flow: Numbers, rates: Numbers, greens: Numbers, clear: Numbers, cycle: int) -> float:
    full = rates.max(axis=0)
    used = (flow > 0) & (full > 0)
    if not used.any():
        return float(cycle) * 1e-6
    capacity = np.maximum(capacities(rates, greens, clear, cycle)[used], 1e-6)
    ratio = flow[used] / capacity
    share = np.clip(capacity / full[used], 0.0, 1.0)
    d1 = hcm.uniform_delay(float(cycle), share * cycle, ratio)
    d2 = hcm.overflow_delay(3600.0 * capacity, ratio, 1.0)
    return float((flow[used] * (d1 + d2)).sum())
