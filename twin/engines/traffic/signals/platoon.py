"""Cyclic flow profiles through signals: platoons disperse (Robertson 1969), queue and leave, second by second.

Delay is that of the profiles (uniform part) and the HCM overflow term of an hour. All arrays as in ``Streams``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from twin.engines.traffic.jit import compiled

START_LOST = 2.0  # s of green lost at its start
END_GAINED = 2.0  # s of yellow used
DISPERSION, SHIFT = 0.35, 0.8  # Robertson: F = 1 / (1 + DISPERSION * SHIFT * T), lag SHIFT * T
GAP, FOLLOW = 4.5, 2.5  # s, HCM critical gap and follow-up of a permitted turn
FULL = 0.97  # profiles are those of at most this degree of saturation; the rest is overflow
STOP_LINE = 0.05  # weight of each vehicle queued beyond the lane's storage


@compiled
def windows(  # noqa: C901 - one loop, compiled as a whole
    j: int, cycle: int, repeats: int, offset: float, green: Any, stage_start: Any, clearing: Any, opened: Any,
    permitted: Any, streams: Any, rate: Any, gaps: Any,
) -> None:  # fmt: skip
    """Write the share let out (``rate``) and the share that needs gaps (``gaps``) of junction ``j``, (streams, cycle)."""
    first, last = stage_start[j], stage_start[j + 1]
    active = np.empty(last - first, np.int64)
    count = 0
    for p in range(first, last):
        if green[p] > 0:
            active[count] = p
            count += 1
    for s in streams:
        rate[s, :cycle] = 0.0
        gaps[s, :cycle] = 0.0
    t = offset
    for _ in range(repeats):
        for a in range(count):
            p, q, before = active[a], active[(a + 1) % count], active[(a - 1) % count]
            length, clear = int(green[p]), int(clearing[p, q - first])
            for s in streams:
                if opened[p, s] > 0.0:
                    lost = 0
                    if opened[before, s] == 0.0:
                        lost = int(START_LOST)
                    for i in range(lost, length):
                        rate[s, int(t + i) % cycle] = opened[p, s]
                        gaps[s, int(t + i) % cycle] = permitted[p, s]
                    goes_on = opened[q, s] > 0.0
                    for i in range(clear):
                        if goes_on or i < END_GAINED:
                            rate[s, int(t + length + i) % cycle] = opened[p, s]
                            if goes_on:
                                gaps[s, int(t + length + i) % cycle] = permitted[p, s]
            t += length + clear


@compiled
def queue(  # noqa: C901 - one loop, compiled as a whole
    s: int, cycle: int, period_h: float, saturation: Any, flow: Any, even: Any, storage: Any, feed_start: Any, feed_from: Any,
    feed_share: Any, feed_time: Any, against_start: Any, against: Any, against_share: Any, rate: Any, gaps: Any, out: Any,
    arriving: Any, moved: Any, measure: Any,
) -> float:  # fmt: skip
    """One stream's arrivals, queue and outflow (``out``, veh/s); returns its cost in vehicles delayed.

    ``measure`` (streams, 3): capacity veh/s, delay s/veh, greatest queue veh.
    """
    for t in range(cycle):
        arriving[t] = even[s]
    for f in range(feed_start[s], feed_start[s + 1]):
        source = feed_from[f]
        lag = int(SHIFT * feed_time[f] + 0.5)
        factor = 1.0 / (1.0 + DISPERSION * SHIFT * feed_time[f])
        level = 0.0
        for t in range(cycle):
            level += out[source, t]
        level /= cycle
        for _ in range(2):
            for t in range(cycle):
                level = factor * out[source, (t - lag) % cycle] + (1.0 - factor) * level
                moved[t] = level
        for t in range(cycle):
            arriving[t] += feed_share[f] * moved[t]
    mean, capacity = 0.0, 0.0
    for t in range(cycle):
        mean += arriving[t]
        let = saturation[s] * rate[s, t]
        if let > 0.0 and gaps[s, t] > 0.0:
            opposing = 1e-9
            for a in range(against_start[s], against_start[s + 1]):
                opposing += against_share[a] * out[against[a], t]
            through = opposing * math.exp(-opposing * GAP) / -math.expm1(-opposing * FOLLOW)
            through = min(max(through, 1e-4), saturation[s])
            let = let / (1.0 + gaps[s, t] * (saturation[s] / through - 1.0))
        moved[t] = let
        capacity += let
    mean /= cycle
    capacity /= cycle
    measure[s, 0] = capacity
    if flow[s] <= 0.0:
        out[s, :cycle] = 0.0
        measure[s, 1] = 0.0
        measure[s, 2] = 0.0
        return 0.0
    scale = flow[s] / max(mean, 1e-9)
    if flow[s] > FULL * capacity:
        scale *= FULL * capacity / flow[s]
    waiting, total, longest = 0.0, 0.0, 0.0
    for _ in range(3):
        total, longest = 0.0, 0.0
        for t in range(cycle):
            waiting += scale * arriving[t]
            leaving = min(waiting, moved[t])
            waiting -= leaving
            out[s, t] = leaving
            total += waiting
            longest = max(longest, waiting)
    uniform = total / cycle
    per_hour = max(3600.0 * capacity, 1.0)
    x = 3600.0 * flow[s] / per_hour
    over = 900.0 * period_h * ((x - 1.0) + math.sqrt((x - 1.0) ** 2 + 4.0 * x / (per_hour * period_h)))
    measure[s, 1] = uniform / flow[s] + over
    measure[s, 2] = longest + over * flow[s]
    return float(uniform + over * flow[s] + STOP_LINE * max(measure[s, 2] - storage[s], 0.0))
