"""Rain on, losses off: what happens to depth between two flow steps, on rows of the padded grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import jit

Array = Any
Scalar = Any


@jit()
def rain_row(h: Array, e: Array, rate: Array, start: Scalar, count: Scalar, seconds: Scalar) -> None:
    """Add ``rate`` (m/s) times ``seconds`` to ``count`` cells from flat index ``start``, compensated."""
    for i in range(count):
        k = start + i
        before = h[k]
        step = rate[k] * seconds + e[k]
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit()
def capped_row(
    h: Array, e: Array, taken: Array, capacity: Array, start: Scalar, count: Scalar, seconds: Scalar
) -> None:
    """Take up to ``capacity`` (m/s) times ``seconds`` where there is water; ``taken`` (m, one row) receives it."""
    most = h.dtype.type(1.0 - 1e-6)
    for i in range(count):
        k = start + i
        before = h[k]
        loss = min(capacity[k] * seconds, before * most)
        taken[i] = loss
        step = e[k] - loss
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit()
def initial_row(h: Array, e: Array, taken: Array, left: Array, start: Scalar, count: Scalar) -> None:
    """Fill the initial-loss store ``left`` (m) from the water that is there; adds to ``taken``."""
    most = h.dtype.type(1.0 - 1e-6)
    for i in range(count):
        k = start + i
        before = h[k]
        loss = min(left[k], before * most)
        left[k] -= loss
        taken[i] += loss
        step = e[k] - loss
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit()
def green_ampt_row(
    h: Array, e: Array, taken: Array, wetted: Array, conductivity: Array, suction: Array,
    start: Scalar, count: Scalar, seconds: Scalar,
) -> None:  # fmt: skip
    """Green-Ampt over ``seconds``: explicit form of Li, Stevens & Simons (1976), exact in ln(1+x) ~ 2x/(2+x).

    ``wetted`` cumulative infiltration F (m), ``conductivity`` K (m/s), ``suction`` psi * moisture deficit (m).
    dF = ((K dt - 2F) + sqrt((K dt - 2F)^2 + 8 K dt (F + psi dtheta))) / 2, no more than the water there. Adds to ``taken``.
    """
    most = h.dtype.type(1.0 - 1e-6)
    half = h.dtype.type(0.5)
    two = h.dtype.type(2)
    eight = h.dtype.type(8)
    for i in range(count):
        k = start + i
        before = h[k]
        soak = conductivity[k] * seconds
        a = soak - two * wetted[k]
        demand = half * (a + np.sqrt(a * a + eight * soak * (wetted[k] + suction[k])))
        loss = min(demand, before * most)
        wetted[k] += loss
        taken[i] += loss
        step = e[k] - loss
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit(fastmath=True)
def total(a: Array) -> float:
    """Sum in float64."""
    out = np.float64(0.0)
    for i in range(a.size):
        out += np.float64(a[i])
    return out
