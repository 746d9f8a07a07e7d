"""What is kept of the flow while it runs: greatest depth, speed and hazard, first arrival, time under water."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import bits_of, float_of, jit

Array = Any
Scalar = Any

NEVER = 1e30  # s; not infinity, which the fast-math flags forbid
SPEED_UNIT = 1e-3  # m/s: the greatest speed is kept in whole mm/s, up to 65.5 m/s, in two bytes a cell


@jit()
def track_run(
    h: Array, qx: Array, qy: Array, depth: Array, speed: Array, hazard: Array, arrival: Array, wet_s: Array,
    C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar,
    now: Scalar, since: Scalar, threshold: Scalar, thin: Scalar,
) -> Scalar:  # fmt: skip
    """Update the maxima of a run; returns the greatest speed (m/s) where depth is at least ``threshold``.

    Speed is the mean of the two faces' unit discharge over depth, taken as 0 in films below ``thin`` (m). Hazard is the
    rating of Defra FD2321 (2006): HR = d (v + 0.5) + DF, DF = 1 where d > 0.25 m or v > 2 m/s, at this moment and
    this place, for depths of at least ``threshold``. ``arrival`` starts as NEVER. ``speed`` is uint16, in `SPEED_UNIT`.
    """
    one = np.uint64(1)
    zero = h.dtype.type(0)
    half = h.dtype.type(0.5)
    unit = h.dtype.type(1)
    deep = h.dtype.type(0.25)
    fast = h.dtype.type(2)
    never = h.dtype.type(NEVER)
    scale = h.dtype.type(1.0 / SPEED_UNIT)
    most = h.dtype.type(65535)
    swiftest = bits_of(zero)
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            d = h[k]
            u = qx[k - one] + qx[k]
            v = qy[k - C] + qy[k]
            w = half * np.sqrt(u * u + v * v) / max(d, thin)
            w = w if d >= thin else zero
            mm_s = np.uint16(min(w * scale + half, most))
            speed[k] = mm_s if mm_s > speed[k] else speed[k]
            rating = d * (w + half) + (unit if (d > deep) | (w > fast) else zero)
            rating = rating if d >= threshold else zero
            hazard[k] = max(hazard[k], rating)
            w = w if d >= threshold else zero
            swiftest = max(swiftest, bits_of(w))
        for i in range(c1 - c0):
            k = base + i
            d = h[k]
            depth[k] = max(depth[k], d)
            arrived = now if d >= threshold else never
            arrival[k] = min(arrival[k], arrived)
            more = since if d >= threshold else zero
            wet_s[k] += more
    return float_of(swiftest)
