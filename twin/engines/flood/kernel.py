"""The arithmetic of one time step, on runs of cells.

All state arrays are flat, C-ordered, padded by at least one closed cell on every side: cell (row, col) stands at
``row * C + col``; indices are unsigned, so that no wrap-around test keeps LLVM from vectorising. ``qx[k]`` is the
unit discharge (m2/s, positive east) through the east face of cell k, ``qy[k]`` (positive south) through its south
face. Closed cells carry a bed far above everything, so the same branch-free formula gives them no flow.

A run is a block of rows ``r0..r1`` and columns ``c0..c1`` (unsigned 64-bit). ``h`` is held with a residual ``e`` (compensated
summation, Kahan 1965), which keeps float32 from losing rain or drain on deep water.

Sources: local inertial momentum, Bates, Horritt & Fewtrell (2010) J. Hydrol. 387 eq. 11; q-centred weighting,
de Almeida et al. (2012) Water Resour. Res. 48 W05528 eq. 8; friction on the norm of q, de Almeida & Bates (2013).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from twin.engines.flood.jit import bits_of, float_of, jit

Array = Any  # one-dimensional C-ordered float32 or float64; shapes are in the module text
Scalar = Any


def inverse_cbrt(x: Scalar) -> Scalar:  # the body is chosen by type below
    """x**(-1/3) for x > 0 without pow: a bit-trick guess and Newton steps (Moroz et al. 2021, Energies 14, 1058)."""
    return x ** (-1.0 / 3.0)


def _overload_inverse_cbrt(x: Any) -> Any:
    if x == types.float32:

        def single(x: Any) -> Any:
            guess = np.int32(np.float32(bits_of(x)) * np.float32(1.0 / 3.0))
            y = float_of(np.int32(np.int32(0x548C2B4B) - guess))
            c = x * y * y * y
            y = y * (np.float32(1.752319676) - c * (np.float32(1.2509524245) - np.float32(0.5093818292) * c))
            return y * (np.float32(1.0) + np.float32(1.0 / 3.0) * (np.float32(1.0) - x * y * y * y))

        return single

    def double(x: Any) -> Any:
        y = float_of(np.int64(0x553EF0FF289DD796) - np.int64(float(bits_of(x)) * (1.0 / 3.0)))
        y = y * (4.0 - x * y * y * y) * (1.0 / 3.0)
        y = y * (4.0 - x * y * y * y) * (1.0 / 3.0)
        y = y * (4.0 - x * y * y * y) * (1.0 / 3.0)
        return y * (4.0 - x * y * y * y) * (1.0 / 3.0)

    return double


overload(inverse_cbrt, inline="always")(_overload_inverse_cbrt)


@jit(inline=True)
def face_flux(
    h0: Scalar, h1: Scalar, dz: Scalar, friction: Scalar, q: Scalar, beside: Scalar, across: Scalar,
    gdx: Scalar, theta: Scalar, half: Scalar, hmin: Scalar, zero: Scalar, sixteenth: Scalar, point_five: Scalar,
) -> Scalar:  # fmt: skip
    """New unit discharge (m2/s) from cell 0 to cell 1.

    ``dz = z1 - z0`` m; ``friction = g dt n2`` of the face; ``beside`` the two neighbours' q summed along the same axis,
    ``across`` the four neighbours' q summed along the other; ``gdx = g dt / dx``; ``half = (1 - theta) / 2``.

    Friction takes the mean of the old norm of q and of the one it predicts. With the old norm alone the error of q
    is multiplied by (1 - r)/(1 + r) a step, r = g dt n2 |q| / h^(7/3): thin films on steep ground flutter, since r is
    large there; with the mean it is 1/(1 + r)^2.
    """
    flow_depth = max(h0 - max(dz, zero), h1 + min(dz, zero))
    depth = max(flow_depth, hmin)
    y = inverse_cbrt(depth)
    resist = depth * depth * depth * y * y  # depth**(7/3)
    beam = sixteenth * across * across
    old_norm = np.sqrt(q * q + beam)
    push = (theta * q + half * beside - gdx * depth * ((h1 - h0) + dz)) * resist
    guess = push / (resist + friction * old_norm)
    norm = point_five * (old_norm + np.sqrt(guess * guess + beam))
    new = push / (resist + friction * norm)
    return new if flow_depth > hmin else zero


@jit()
def flux_run(
    qxn: Array, qyn: Array, qx: Array, qy: Array, z: Array, h: Array, m: Array,
    C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar,
    gdx: Scalar, gdt: Scalar, theta: Scalar, half: Scalar, hmin: Scalar, quarter: Scalar,
) -> Scalar:  # fmt: skip
    """East and south fluxes of a run's cells, old ``qx, qy`` to new ``qxn, qyn``.

    ``m`` is n2/2 per cell, so that two cells add up to the face's; ``gdt = g dt``; ``quarter = 4 dt / dx``.
    Returns the largest excess (m) of four times one face's outflow over its donor's depth: not positive means that no
    cell of the run can be emptied by this step.
    """
    zero = z.dtype.type(0)
    sixteenth = z.dtype.type(0.0625)
    point_five = z.dtype.type(0.5)
    one = np.uint64(1)
    excess = bits_of(zero)
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            h0 = h[k]
            h1 = h[k + one]
            new = face_flux(
                h0, h1, z[k + one] - z[k], gdt * (m[k] + m[k + one]), qx[k], qx[k - one] + qx[k + one],
                qy[k - C] + qy[k - C + one] + qy[k] + qy[k + one], gdx, theta, half, hmin, zero, sixteenth,
                point_five,
            )  # fmt: skip
            excess = max(excess, bits_of(abs(new) * quarter - (h0 if new > zero else h1)))
            qxn[k] = new
        for i in range(c1 - c0):
            k = base + i
            h0 = h[k]
            h1 = h[k + C]
            new = face_flux(
                h0, h1, z[k + C] - z[k], gdt * (m[k] + m[k + C]), qy[k], qy[k - C] + qy[k + C],
                qx[k - one] + qx[k] + qx[k + C - one] + qx[k + C], gdx, theta, half, hmin, zero, sixteenth,
                point_five,
            )  # fmt: skip
            excess = max(excess, bits_of(abs(new) * quarter - (h0 if new > zero else h1)))
            qyn[k] = new
    return float_of(excess)


@jit()
def update_run(
    h: Array,
    e: Array,
    qx: Array,
    qy: Array,
    C: Scalar,
    r0: Scalar,
    r1: Scalar,
    c0: Scalar,
    c1: Scalar,
    k_dt: Scalar,
) -> Scalar:
    """Continuity on a run, ``k_dt = dt / dx``; returns the largest depth (m)."""
    one = np.uint64(1)
    deepest = bits_of(h.dtype.type(0))
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            before = h[k]
            step = k_dt * ((qx[k - one] - qx[k]) + (qy[k - C] - qy[k])) + e[k]
            after = before + step
            e[k] = step - (after - before)
            h[k] = after
            deepest = max(deepest, bits_of(after))
    return float_of(deepest)


@jit()
def overdrawn_run(
    h: Array, qx: Array, qy: Array, C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar, k_dt: Scalar
) -> bool:
    """Whether any cell of the run would give more than it has."""
    one = np.uint64(1)
    zero = h.dtype.type(0)
    keep = h.dtype.type(1.0 - 1e-5)
    worst = bits_of(zero)
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            out = max(qx[k], zero) + max(-qx[k - one], zero) + (max(qy[k], zero) + max(-qy[k - C], zero))
            worst = max(worst, bits_of(k_dt * out - h[k] * keep))
    return worst > bits_of(zero)  # type: ignore[no-any-return]


@jit()
def limit_run(
    s: Array,
    h: Array,
    qx: Array,
    qy: Array,
    C: Scalar,
    r0: Scalar,
    r1: Scalar,
    c0: Scalar,
    c1: Scalar,
    k_dt: Scalar,
) -> None:
    """The share ``s`` of its outflow that each cell can afford this step (1 where it can all)."""
    one = np.uint64(1)
    zero = h.dtype.type(0)
    unit = h.dtype.type(1)
    keep = h.dtype.type(1.0 - 1e-5)
    tiny = h.dtype.type(1e-30)
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            out = max(qx[k], zero) + max(-qx[k - one], zero) + (max(qy[k], zero) + max(-qy[k - C], zero))
            wanted = k_dt * out
            had = max(h[k], zero) * keep
            s[k] = had / (wanted + tiny) if wanted > had else unit


@jit()
def ration_run(
    h: Array, qx: Array, qy: Array, C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar, k_dt: Scalar
) -> int:
    """Outflow limiter: scale the outgoing fluxes of cells that would give more than they have; returns their number.

    Each face has one donor, so that cells can be taken in any order, and by several threads: what is read of a face
    that another cell gives through is its sign alone.
    """
    one = np.uint64(1)
    zero = h.dtype.type(0)
    keep = h.dtype.type(1.0 - 1e-5)
    count = 0
    for j in range(r0, r1):
        base = j * C + c0
        worst = bits_of(zero)
        for i in range(c1 - c0):
            k = base + i
            out = max(qx[k], zero) + max(-qx[k - one], zero) + (max(qy[k], zero) + max(-qy[k - C], zero))
            worst = max(worst, bits_of(k_dt * out - h[k] * keep))
        if worst > bits_of(zero):
            count += _ration_row(h, qx, qy, C, base, c1 - c0, k_dt)
    return count


@jit()
def _ration_row(h: Array, qx: Array, qy: Array, C: Scalar, base: Scalar, cells: Scalar, k_dt: Scalar) -> int:
    one = np.uint64(1)
    zero = h.dtype.type(0)
    keep = h.dtype.type(1.0 - 1e-5)
    tiny = h.dtype.type(1e-30)
    count = 0
    for i in range(cells):
        k = base + i
        out = max(qx[k], zero) + max(-qx[k - one], zero) + (max(qy[k], zero) + max(-qy[k - C], zero))
        wanted = k_dt * out
        had = max(h[k], zero) * keep
        if wanted > had:
            count += 1
            share = had / (wanted + tiny)
            qx[k] *= share if qx[k] > zero else h.dtype.type(1)
            qx[k - one] *= share if qx[k - one] < zero else h.dtype.type(1)
            qy[k] *= share if qy[k] > zero else h.dtype.type(1)
            qy[k - C] *= share if qy[k - C] < zero else h.dtype.type(1)
    return count


@jit()
def fill_run(a: Array, value: Scalar, C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar) -> None:
    """Set a run of one array to a value."""
    for j in range(r0, r1):
        for i in range(c1 - c0):
            a[j * C + c0 + i] = value


@jit()
def deepest_run(h: Array, C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar) -> Scalar:
    """Largest depth (m) in a run."""
    deepest = bits_of(h.dtype.type(0))
    for j in range(r0, r1):
        for i in range(c1 - c0):
            deepest = max(deepest, bits_of(h[j * C + c0 + i]))
    return float_of(deepest)
