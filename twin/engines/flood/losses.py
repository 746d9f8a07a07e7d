"""Rain on, losses off: what happens to depth between two flow steps, on rows of the padded grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import jit

Array = Any
Scalar = Any

GREEN_AMPT, CURVE_NUMBER, HORTON = 1.0, 2.0, 3.0  # what ``State.law[0]`` may be beside 0


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


@jit()
def curve_number_row(
    h: Array, e: Array, taken: Array, fallen: Array, rate: Array, initial: Array, retention: Array,
    start: Scalar, count: Scalar, seconds: Scalar,
) -> None:  # fmt: skip
    """SCS curve number over ``seconds``: of the rain P so far, Q = (P - Ia)^2 / (P - Ia + S) runs off (TR-55 eq. 2-1).

    ``fallen`` P (m), ``rate`` rain (m/s), ``initial`` Ia and ``retention`` S (m). The soil takes dP - dQ, written
    without a difference of large numbers: all of dP up to Ia, then S^2 dP / ((P - Ia + S)(P + dP - Ia + S)), and no more
    than the water there: what the soil takes leaves the surface and is booked, nothing else is. Adds to ``taken``.
    """
    most = h.dtype.type(1.0 - 1e-6)
    zero = h.dtype.type(0)
    tiny = h.dtype.type(1e-12)
    for i in range(count):
        k = start + i
        before = h[k]
        fell = rate[k] * seconds
        first = min(fell, max(initial[k] - fallen[k], zero))
        rest = fell - first
        beyond = max(fallen[k] - initial[k], zero) + retention[k] + tiny
        demand = first + rest * (retention[k] / beyond) * (retention[k] / (beyond + rest))
        fallen[k] += fell
        loss = min(demand, before * most)
        taken[i] += loss
        step = e[k] - loss
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit()
def horton_row(
    h: Array, e: Array, taken: Array, filled: Array, final: Array, initial: Array, decay: Scalar,
    start: Scalar, count: Scalar, seconds: Scalar,
) -> None:  # fmt: skip
    """Horton over ``seconds`` in capacity form (Green 1986; "modified Horton" of SWMM): f = max(f0 - k Fe, fc).

    ``filled`` Fe (m) is what soaked in beyond fc, ``final`` fc and ``initial`` f0 (m/s), ``decay`` k (1/s): under water
    all the time Fe = (f0 - fc)(1 - exp(-k t))/k, which is Horton's curve; light rain does not use the capacity up.
    The exponential is taken over the step, so that long steps do not overshoot. Adds to ``taken``.
    """
    most = h.dtype.type(1.0 - 1e-6)
    zero = h.dtype.type(0)
    share = h.dtype.type((1.0 - np.exp(-np.float64(decay) * np.float64(seconds))) / np.float64(decay))
    for i in range(count):
        k = start + i
        before = h[k]
        base = final[k] * seconds
        beyond = max(initial[k] - final[k] - decay * filled[k], zero) * share
        loss = min(base + beyond, before * most)
        filled[k] += max(loss - base, zero)
        taken[i] += loss
        step = e[k] - loss
        after = before + step
        e[k] = step - (after - before)
        h[k] = after


@jit()
def soil_row(s: Any, taken: Array, start: Scalar, count: Scalar, seconds: Scalar) -> None:
    """The soil law of the run on a row."""
    if s.law[0] == GREEN_AMPT:
        green_ampt_row(s.h, s.e, taken, s.wetted, s.conductivity, s.suction, start, count, seconds)
    elif s.law[0] == CURVE_NUMBER:
        curve_number_row(s.h, s.e, taken, s.wetted, s.rate, s.conductivity, s.suction, start, count, seconds)
    elif s.law[0] == HORTON:
        decay = s.h.dtype.type(s.law[1])
        horton_row(s.h, s.e, taken, s.wetted, s.conductivity, s.suction, decay, start, count, seconds)


@jit(fastmath=True)
def total(a: Array) -> float:
    """Sum in float64."""
    out = np.float64(0.0)
    for i in range(a.size):
        out += np.float64(a[i])
    return out
