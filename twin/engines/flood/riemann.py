"""The flux between two states of water: HLLC over a step in the bed, walls, and what comes from outside.

Harten, Lax & van Leer (1983) with the contact of Toro, Spruce & Speares (1994) and the dry-bed speeds of Toro (2001);
the bed's step by the hydrostatic reconstruction of Audusse et al. (2004) as Chen & Noelle (2017) SIAM J. Numer. Anal. 55
changed it, so that thin water on a steep bed is driven by all of the slope.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import jit

Scalar = Any


@jit(merge=True)
def hllc(
    hl: Scalar, ul: Scalar, hr: Scalar, ur: Scalar, step: Scalar, g: Scalar, half_g: Scalar,
    half: Scalar, quarter: Scalar, two: Scalar, zero: Scalar, tiny: Scalar,
) -> tuple[Scalar, Scalar, Scalar]:  # fmt: skip
    """Mass flux (m2/s), and momentum flux (m3/s2) as the left and as the right cell feel it.

    ``h`` depths (m), ``u`` normal velocities (m/s) on both sides of a face, ``step`` bed right minus bed left (m).
    """
    sill = min(max(zero, step), min(hl, step + hr))  # of the face's bed above the left one
    hl_ = min(hl - sill, hl)
    hr_ = min((step - sill) + hr, hr)
    cl = np.sqrt(g * hl_)
    cr = np.sqrt(g * hr_)
    us = half * (ul + ur) + (cl - cr)
    cs = half * (cl + cr) + quarter * (ul - ur)
    sl = min(ul - cl, us - cs)
    sr = max(ur + cr, us + cs)
    dry_l = hl_ <= tiny
    dry_r = hr_ <= tiny
    sl = ur - two * cr if dry_l else sl
    sr = ur + cr if dry_l else sr
    sr = ul + two * cl if dry_r else sr
    sl = ul - cl if dry_r else sl
    sl = min(sl, zero)
    sr = max(sr, zero)
    ql = hl_ * ul
    qr = hr_ * ur
    over = (half + half) / max(sr - sl, tiny)  # not a sum: still water would feel it
    both = sl * sr
    mass = (sr * ql - sl * qr + both * (hr_ - hl_)) * over
    push = (
        sr * (ql * ul + half_g * hl_ * hl_) - sl * (qr * ur + half_g * hr_ * hr_) + both * (qr - ql)
    ) * over
    left = push + half_g * (hl + hl_) * sill
    right = push + half_g * (hr + hr_) * (sill - step)
    return mass, left, right


@jit(merge=True)
def wall_push(h: Scalar, u: Scalar, g: Scalar, half_g: Scalar, half: Scalar, zero: Scalar) -> Scalar:
    """Momentum flux (m3/s2) on a wall that water of ``u`` (m/s, towards it) meets: HLL between it and its mirror."""
    c = np.sqrt(g * h)
    speed = max(c - u, max(half * (c + c) + half * u, zero))
    return h * u * u + half_g * h * h + speed * h * u


@jit(merge=True)
def limited(a: Scalar, b: Scalar, half: Scalar, zero: Scalar, steep: Scalar) -> Scalar:
    """Slope from the two one-sided differences: monotonised central (van Leer 1977), ``steep`` 1 (minmod) to 2."""
    c = half * (a + b)
    a = steep * a
    b = steep * b
    return max(zero, min(c, min(a, b))) + min(zero, max(c, max(a, b)))
