"""Area-wide hill-climbing on offsets and splits over the platoon model, one junction at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.traffic.jit import compiled
from twin.engines.traffic.signals.platoon import queue, windows


@compiled
def _cost(
    listed: Any, cycle: int, period_h: float, streams: Any, rate: Any, gaps: Any, out: Any, work: Any, measure: Any, cost: Any
) -> None:  # fmt: skip
    (_, saturation, flow, even, storage, feed_start, feed_from, feed_share, feed_time, _, _, against_start, against,
     against_share, _, _, _) = streams  # fmt: skip
    for s in listed:
        cost[s] = queue(
            s, cycle, period_h, saturation, flow, even, storage, feed_start, feed_from, feed_share, feed_time,
            against_start, against, against_share, rate, gaps, out, work[0], work[1], measure,
        )  # fmt: skip


@compiled
def _members(owner: Any, j: int) -> Any:
    return np.nonzero(owner == j)[0]


@compiled
def _near(owner: Any, j: int, feed_start: Any, feed_from: Any) -> Any:
    """Streams of junction ``j`` (twice: turns wait for gaps in each other) and then those that they feed."""
    own = _members(owner, j)
    fed = np.zeros(owner.size, np.bool_)
    for s in range(owner.size):
        if owner[s] != j:
            for f in range(feed_start[s], feed_start[s + 1]):
                if owner[feed_from[f]] == j:
                    fed[s] = True
    return np.concatenate((own, own, np.nonzero(fed)[0]))


@compiled
def climb(  # noqa: C901 - one loop, compiled as a whole
    streams: Any,
    cycle: int,
    repeats: Any,
    green: Any,
    offset: Any,
    rounds: int,
    period_h: float,
    measure: Any,
) -> float:
    """Improve ``green`` (stages,) and ``offset`` (junctions,) in place; returns the cost (mean vehicles delayed).

    ``streams``: the arrays of ``Streams`` in order, without names. ``rounds`` = 0 evaluates only.
    """
    (owner, _, _, _, _, feed_start, feed_from, _, _, opened, permitted, _, _, _, stage_start, minimum,
     clearing) = streams  # fmt: skip
    size, junctions = owner.size, stage_start.size - 1
    rate, gaps = np.zeros((size, cycle)), np.zeros((size, cycle))
    out, work = np.zeros((size, cycle)), np.zeros((2, cycle))
    cost = np.zeros(size)
    everything = np.arange(size)
    for j in range(junctions):
        windows(j, cycle, repeats[j], offset[j], green, stage_start, clearing, opened, permitted,
                _members(owner, j), rate, gaps)  # fmt: skip
    for _ in range(4):
        _cost(everything, cycle, period_h, streams, rate, gaps, out, work, measure, cost)
    steps = np.array([1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 27, -27])
    for _ in range(rounds):
        gained = 0.0
        for j in range(junctions):
            own, near = _members(owner, j), _near(owner, j, feed_start, feed_from)
            once = near[own.size :]
            first, last = stage_start[j], stage_start[j + 1]
            stages = last - first
            span = cycle // repeats[j]
            for move in range(steps.size + 3 * stages * stages):
                old_green, old_offset = green[first:last].copy(), offset[j]
                if move < steps.size:
                    offset[j] = (offset[j] + steps[move]) % span
                else:
                    kind = move - steps.size
                    amount = (1.0, 2.0, 4.0)[kind // (stages * stages)]
                    a, b = kind // stages % stages, kind % stages
                    takes, gives = first + a, first + b
                    if a == b or green[takes] <= 0 or green[gives] - amount < minimum[gives]:
                        continue
                    green[takes] += amount
                    green[gives] -= amount
                before, kept_cost, kept_out = cost[once].sum(), cost[near].copy(), out[near].copy()
                kept_rate, kept_gaps = rate[own].copy(), gaps[own].copy()
                windows(j, cycle, repeats[j], offset[j], green, stage_start, clearing, opened, permitted, own,
                        rate, gaps)  # fmt: skip
                _cost(near, cycle, period_h, streams, rate, gaps, out, work, measure, cost)
                if cost[once].sum() < before - 1e-6:
                    gained += before - cost[once].sum()
                else:
                    green[first:last] = old_green
                    offset[j] = old_offset
                    cost[near], out[near] = kept_cost, kept_out
                    rate[own], gaps[own] = kept_rate, kept_gaps
        for _ in range(2):
            _cost(everything, cycle, period_h, streams, rate, gaps, out, work, measure, cost)
        if gained < 1e-3 * max(cost.sum(), 1e-9):
            break
    for _ in range(2):
        _cost(everything, cycle, period_h, streams, rate, gaps, out, work, measure, cost)
    return float(cost.sum())
