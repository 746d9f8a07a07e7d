"""The arithmetic of one step of the full shallow-water equations, on blocks of cells.

Second order in space and time: depth, level and velocity rebuilt linearly in each cell with limited slopes, carried half
a step ahead there (Hancock's method, van Leer 1984), then one Riemann problem a face (`riemann`). Levels, not depths, are
rebuilt beside the bed, so that still water stays still (Audusse et al. 2004, eq. 2.11 ff.). Beside dry cells and
walls the slopes are nil. Friction is implicit and exact for the step: q (1 + K |q|) = q*, K = g n2 dt / h^(7/3).

A block is up to 128 columns wide. Its rows pass through one scratch array ``w`` of short rows with a constant distance:
all loops then read and write one array at known distances, and LLVM turns them into vector code without asking
whether arrays overlap. Column ``c0`` of the block stands at place EDGE of a scratch row.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import bits_of, float_of, jit
from twin.engines.flood.kernel import inverse_cbrt
from twin.engines.flood.riemann import hllc, limited, wall_push

Array = Any
Scalar = Any

BLOCK_COLS = 128
EDGE = np.uint64(16)
MARGIN = np.uint64(8)
ROOM = np.uint64(160)  # columns of a scratch row: a block and EDGE on both sides
ONE = np.uint64(1)
SHUT = 5.0e4  # m: beds above this are walls
OUTSIDE = 1.5e5  # m: beds above this lie behind an open edge

# scratch rows: the row above (N), this one (M) and the one below (S) as stored
HN, ZN, UN, VN = (np.uint64(160 * i) for i in range(0, 4))
HM, ZM, UM, VM = (np.uint64(160 * i) for i in range(4, 8))
HS, ZS, US, VS = (np.uint64(160 * i) for i in range(8, 12))
NM = np.uint64(160 * 12)  # half the squared roughness of this row
# rebuilt rows: the upper (A) and the lower (B); half slopes in x and y of depth, level, both velocities
HA, UA, VA, HXA, EXA, UXA, VXA, HYA, EYA, UYA, VYA = (np.uint64(160 * i) for i in range(13, 24))
HB, UB, VB, HXB, EXB, UXB, VXB, HYB, EYB, UYB, VYB = (np.uint64(160 * i) for i in range(24, 35))
# faces: mass, momentum as felt before and behind, transverse momentum; the row's north, south and own east faces
NQ, NF, NB, NT = (np.uint64(160 * i) for i in range(35, 39))
SQ, SF, SB, ST = (np.uint64(160 * i) for i in range(39, 43))
XQ, XF, XB, XT = (np.uint64(160 * i) for i in range(43, 47))
GM, GS = np.uint64(160 * 47), np.uint64(160 * 48)  # limiter's shares of this row and the one below
GN = np.uint64(160 * 49)
PX, PY = np.uint64(160 * 50), np.uint64(160 * 51)
SCRATCH = 160 * 52


@jit()
def load(w: Array, to: Scalar, a: Array, start: Scalar, n: Scalar) -> None:
    """Copy ``n`` values of ``a`` from ``start`` to scratch row ``to``."""
    for i in range(n):
        w[to + i] = a[start + i]


@jit()
def shift(w: Array, to: Scalar, source: Scalar, rows: Scalar) -> None:
    """Copy consecutive scratch rows to others that do not overlap them."""
    for i in range(rows * ROOM):
        w[to + i] = w[source + i]


@jit()
def rebuild(
    w: Array, n: Scalar, gdt: Scalar, r: Scalar, hmin: Scalar, g: Scalar, half: Scalar, zero: Scalar,
    steep: Scalar, unit: Scalar, two: Scalar, four: Scalar,
) -> None:  # fmt: skip
    """Row M to rebuilt row B: half slopes, and the state half a step (dt / 2) later; ``r = dt / dx``."""
    for k in range(n - MARGIN - MARGIN):
        i = k + MARGIN
        h = w[HM + i]
        hw = w[HM + i - ONE]
        he = w[HM + i + ONE]
        hn = w[HN + i]
        hs = w[HS + i]
        u = w[UM + i]
        v = w[VM + i]
        wet = h > hmin
        ok_x = half if wet & (hw > hmin) & (he > hmin) else zero
        ok_y = half if wet & (hn > hmin) & (hs > hmin) else zero
        z = w[ZM + i]
        a, b = h - hw, he - h
        hx = ok_x * limited(a, b, half, zero, steep)
        ex = ok_x * limited(a + (z - w[ZM + i - ONE]), b + (w[ZM + i + ONE] - z), half, zero, steep)
        ux = ok_x * limited(u - w[UM + i - ONE], w[UM + i + ONE] - u, half, zero, steep)
        vx = ok_x * limited(v - w[VM + i - ONE], w[VM + i + ONE] - v, half, zero, steep)
        a, b = h - hn, hs - h
        hy = ok_y * limited(a, b, half, zero, steep)
        ey = ok_y * limited(a + (z - w[ZN + i]), b + (w[ZS + i] - z), half, zero, steep)
        uy = ok_y * limited(u - w[UN + i], w[US + i] - u, half, zero, steep)
        vy = ok_y * limited(v - w[VN + i], w[VS + i] - v, half, zero, steep)
        # slopes are halved already, and half a step is meant: both factors of 1/2 cancel against dx
        change = r * (u * hx + h * ux + v * hy + h * vy)
        hp = max(h - change, half * h)
        up = u - r * (u * ux + v * uy + g * ex)
        vp = v - r * (u * vx + v * vy + g * ey)
        y = inverse_cbrt(max(h, hmin))
        # without slopes nothing drives the water in this half step, so that nothing may hold it back either
        drag = gdt * w[NM + i] * (y * y * y * y) if ok_x + ok_y > zero else zero
        keep = two / (unit + np.sqrt(unit + four * drag * np.sqrt(up * up + vp * vp)))
        w[HB + i] = hp
        w[UB + i] = up * keep if wet else zero
        w[VB + i] = vp * keep if wet else zero
        w[HXB + i] = hx
        w[EXB + i] = ex
        w[UXB + i] = ux
        w[VXB + i] = vx
        w[HYB + i] = hy
        w[EYB + i] = ey
        w[UYB + i] = uy
        w[VYB + i] = vy


@jit(merge=True)
def face(
    zl: Scalar, zr: Scalar, hl: Scalar, ul: Scalar, vl: Scalar, zil: Scalar, hr: Scalar, ur: Scalar, vr: Scalar, zir: Scalar,
    g: Scalar, half_g: Scalar, half: Scalar, quarter: Scalar, two: Scalar, zero: Scalar, tiny: Scalar,
    shut: Scalar, outside: Scalar,
) -> tuple[Scalar, Scalar, Scalar, Scalar]:  # fmt: skip
    """Mass, momentum for the left and for the right cell, transverse momentum through a face; ``zi`` bed within cells."""
    hl = max(hl, zero)
    hr = max(hr, zero)
    wall_l = zl > shut
    wall_r = zr > shut
    wall = wall_l | wall_r
    step = zero if wall else (zr - zl) + (zir - zil)
    mass, left, right = hllc(
        hl, ul, zero if wall else hr, ur, step, g, half_g, half, quarter, two, zero, tiny
    )
    push_l = zero if zr > outside else wall_push(hl, ul, g, half_g, half, zero)
    push_r = zero if zl > outside else wall_push(hr, -ur, g, half_g, half, zero)
    mass = zero if wall else mass
    left = push_l if wall_r else (zero if wall_l else left)
    right = push_r if wall_l else (zero if wall_r else right)
    return mass, left, right, mass * (vl if mass > zero else vr)


@jit()
def east_faces(
    w: Array, n: Scalar, g: Scalar, half_g: Scalar, half: Scalar, quarter: Scalar, two: Scalar, zero: Scalar,
    tiny: Scalar, shut: Scalar, outside: Scalar,
) -> None:  # fmt: skip
    """Fluxes through the east faces of row A, whose beds stand in ZN."""
    for k in range(n - MARGIN - MARGIN):
        i = k + MARGIN
        j = i + ONE
        mass, left, right, across = face(
            w[ZN + i], w[ZN + j],
            w[HA + i] + w[HXA + i], w[UA + i] + w[UXA + i], w[VA + i] + w[VXA + i], w[EXA + i] - w[HXA + i],
            w[HA + j] - w[HXA + j], w[UA + j] - w[UXA + j], w[VA + j] - w[VXA + j], w[HXA + j] - w[EXA + j],
            g, half_g, half, quarter, two, zero, tiny, shut, outside,
        )  # fmt: skip
        w[XQ + i] = mass
        w[XF + i] = left
        w[XB + i] = right
        w[XT + i] = across


@jit()
def south_faces(
    w: Array, n: Scalar, g: Scalar, half_g: Scalar, half: Scalar, quarter: Scalar, two: Scalar, zero: Scalar,
    tiny: Scalar, shut: Scalar, outside: Scalar,
) -> None:  # fmt: skip
    """Fluxes from row A (beds in ZN) to row B (beds in ZM)."""
    for k in range(n - EDGE - EDGE):
        i = k + EDGE
        mass, left, right, across = face(
            w[ZN + i], w[ZM + i],
            w[HA + i] + w[HYA + i], w[VA + i] + w[VYA + i], w[UA + i] + w[UYA + i], w[EYA + i] - w[HYA + i],
            w[HB + i] - w[HYB + i], w[VB + i] - w[VYB + i], w[UB + i] - w[UYB + i], w[HYB + i] - w[EYB + i],
            g, half_g, half, quarter, two, zero, tiny, shut, outside,
        )  # fmt: skip
        w[SQ + i] = mass
        w[SF + i] = left
        w[SB + i] = right
        w[ST + i] = across


@jit()
def ration(w: Array, n: Scalar, zero: Scalar) -> None:
    """Cut the fluxes of row A to what their donors can afford: mass, and the momentum that it carries."""
    for k in range(n - MARGIN - MARGIN):
        i = k + MARGIN
        j = i + ONE
        q = w[XQ + i]
        own = w[GN + i] if q > zero else w[GN + j]
        gone = q - own * q
        w[XQ + i] = q * own
        carried = gone * (w[UA + i] if q > zero else w[UA + j])
        w[XF + i] -= carried
        w[XB + i] -= carried
        w[XT + i] *= own
    for k in range(n - EDGE - EDGE):
        i = k + EDGE
        q = w[SQ + i]
        own = w[GN + i] if q > zero else w[GM + i]
        gone = q - own * q
        w[SQ + i] = q * own
        carried = gone * (w[VA + i] if q > zero else w[VB + i])
        w[SF + i] -= carried
        w[SB + i] -= carried
        w[ST + i] *= own


@jit()
def momentum(w: Array, n: Scalar, r: Scalar, g: Scalar, two: Scalar) -> None:
    """Momentum of row A (stored depth and velocity in HN, UN, VN) after the step, friction left out."""
    for k in range(n - EDGE - EDGE):
        i = k + EDGE
        h = w[HN + i]
        slide = two * g * w[HA + i]
        w[PX + i] = h * w[UN + i] - r * (
            ((w[XF + i] - w[XB + i - ONE]) + slide * (w[EXA + i] - w[HXA + i])) + (w[ST + i] - w[NT + i])
        )
        w[PY + i] = h * w[VN + i] - r * (
            ((w[SF + i] - w[NB + i]) + slide * (w[EYA + i] - w[HYA + i])) + (w[XT + i] - w[XT + i - ONE])
        )


@jit()
def store(a: Array, start: Scalar, w: Array, source: Scalar, n: Scalar) -> None:
    """Copy the cells of a scratch row out."""
    for i in range(n - EDGE - EDGE):
        a[start + i] = w[source + EDGE + i]


@jit()
def fetch(
    w: Array, h: Array, z: Array, u: Array, v: Array, row: Scalar, last: Scalar, start: Scalar, C: Scalar, n: Scalar
) -> None:  # fmt: skip
    """Load a padded row (the nearest one where there is none) as row S."""
    at = np.uint64(min(max(row, 0), last)) * C + start
    load(w, HS, h, at, n)
    load(w, ZS, z, at, n)
    load(w, US, u, at, n)
    load(w, VS, v, at, n)


@jit()
def look_beyond(w: Array, faces: Any, row: Scalar, start: Scalar, C: Scalar, n: Scalar) -> None:
    """Put what ``faces.beyond`` says of discharge edges outside the cells of row M."""
    for a in range(faces.row_start[row], faces.row_start[row + 1]):
        i = faces.by_row[a]
        side = beside(faces, i, row, start, C, n)
        for j in range(4 if side >= 0 else 0):
            w[np.uint64(side) + ROOM * np.uint64(j)] = w.dtype.type(faces.beyond[i, j])


@jit()
def look_back(
    w: Array, z: Array, faces: Any, row: Scalar, start: Scalar, C: Scalar, n: Scalar, own: Scalar
) -> None:
    """Put what is stored there back, and keep how high the bed of each cell (now in row B) stands at its edge.

    ``own``: whether the row is of the block, and not beside it.
    """
    for a in range(faces.row_start[row], faces.row_start[row + 1]):
        i = faces.by_row[a]
        side = beside(faces, i, row, start, C, n)
        if side < 0:
            continue
        for j in range(4):
            stored = z[faces.outer[i]] if j == 1 else w.dtype.type(0)
            w[np.uint64(side) + ROOM * np.uint64(j)] = stored
        at = np.uint64(faces.inner[i] - row * np.int64(C) - np.int64(start))
        if own and EDGE <= at < n - EDGE:
            rise = w[EYB + at] - w[HYB + at] if faces.axis[i] == 1 else w[EXB + at] - w[HXB + at]
            faces.rise[i] = faces.sign[i] * np.float64(rise)


@jit()
def beside(faces: Any, i: int, row: Scalar, start: Scalar, C: Scalar, n: Scalar) -> int:
    """Where depth outside the cell (row M) of face ``i`` stands in the scratch; -1 where the cell is not rebuilt."""
    k, outer = faces.inner[i], faces.outer[i]
    at = k - row * np.int64(C) - np.int64(start)
    if at < np.int64(MARGIN) or at >= np.int64(n - MARGIN):
        return np.int64(-1)  # type: ignore[return-value]
    if faces.axis[i] == 1:
        return at + np.int64(HN if outer < k else HS)  # type: ignore[no-any-return]
    return at + np.int64(HM) + (outer - k)  # type: ignore[no-any-return]


@jit()
def flux_block(
    w: Array, qx: Array, qy: Array, px: Array, py: Array, h: Array, z: Array, u: Array, v: Array, m: Array, share: Array,
    faces: Any, C: Scalar, last: int, r0: Scalar, r1: Scalar, c0: Scalar, width: Scalar, dt: float, dx: float, hmin: Scalar,
    rationed: bool,
) -> None:  # fmt: skip
    """Mass fluxes ``qx, qy`` (m2/s) and momenta ``px, py`` (m2/s, before friction) of one block; ``last`` padded row."""
    ft = h.dtype.type
    g, half_g, half, quarter = ft(9.80665), ft(0.5 * 9.80665), ft(0.5), ft(0.25)
    zero, unit, two, four, tiny = ft(0), ft(1), ft(2), ft(4), ft(1e-12)
    shut, outside, steep, r = ft(SHUT), ft(OUTSIDE), ft(1.5), ft(dt / dx)
    n = width + EDGE + EDGE
    start = c0 - EDGE
    first = np.int64(r0) - 2
    fetch(w, h, z, u, v, first, last, start, C, n)
    shift(w, HM, HS, np.uint64(4))
    fetch(w, h, z, u, v, first + 1, last, start, C, n)
    for step in range(np.int64(r1) - np.int64(r0) + 2):
        row = np.int64(r0) - 1 + step  # rebuilt in this round; row - 1 is finished in it
        shift(w, HN, HM, np.uint64(4))
        shift(w, HM, HS, np.uint64(4))
        fetch(w, h, z, u, v, row + 1, last, start, C, n)
        load(w, NM, m, np.uint64(row) * C + start, n)
        shift(w, HA, HB, np.uint64(11))
        look_beyond(w, faces, row, start, C, n)
        rebuild(w, n, ft(9.80665 * dt), r, hmin, g, half, zero, steep, unit, two, four)
        look_back(w, z, faces, row, start, C, n, np.int64(r0) <= row < np.int64(r1))
        if step == 0:
            continue
        shift(w, NQ, SQ, np.uint64(4))
        south_faces(w, n, g, half_g, half, quarter, two, zero, tiny, shut, outside)
        if step > 1:
            east_faces(w, n, g, half_g, half, quarter, two, zero, tiny, shut, outside)
        if rationed:
            load(w, GN, share, np.uint64(row - 1) * C + start, n)
            load(w, GM, share, np.uint64(row) * C + start, n)
            ration(w, n, zero)
        if step > 1:
            momentum(w, n, r, g, two)
            at = np.uint64(row - 1) * C + c0
            store(qx, at, w, XQ, n)
            store(qy, at, w, SQ, n)
            store(px, at, w, PX, n)
            store(py, at, w, PY, n)


@jit()
def slow_down(w: Array, n: Scalar, gdt: Scalar, hmin: Scalar, g: Scalar, zero: Scalar, unit: Scalar, two: Scalar,
              four: Scalar, shut: Scalar) -> Scalar:  # fmt: skip
    """Velocities from momenta (PX, PY), depth HM and roughness NM; returns the greatest |u| + |v| + 2 c (m/s)."""
    fastest = bits_of(zero)
    for k in range(n - EDGE - EDGE):
        i = k + EDGE
        h = w[HM + i]
        wet = (h > hmin) & (w[ZM + i] < shut)
        depth = max(h, hmin)
        y = inverse_cbrt(depth)
        y2 = y * y
        over = y2 * y  # 1 / depth
        px, py = w[PX + i], w[PY + i]
        drag = (gdt + gdt) * w[NM + i] * (over * over * y)
        keep = two / (unit + np.sqrt(unit + four * drag * np.sqrt(px * px + py * py)))
        keep = keep / depth if wet else zero
        a = px * keep
        b = py * keep
        w[UM + i] = a
        w[VM + i] = b
        speed = abs(a) + abs(b) + two * np.sqrt(g * depth)
        fastest = max(fastest, bits_of(speed if wet else zero))
    return float_of(fastest)


@jit()
def velocity_block(
    w: Array, px: Array, py: Array, h: Array, z: Array, u: Array, v: Array, m: Array,
    C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, width: Scalar, dt: float, hmin: Scalar,
) -> Scalar:  # fmt: skip
    """New velocities ``u, v`` of a block with friction; returns the greatest |u| + |v| + 2 c (m/s)."""
    ft = h.dtype.type
    n = width + EDGE + EDGE
    fastest = ft(0)
    for row in range(r0, r1):
        start = row * C + c0 - EDGE
        load(w, HM, h, start, n)
        load(w, ZM, z, start, n)
        load(w, NM, m, start, n)
        load(w, PX, px, start, n)
        load(w, PY, py, start, n)
        speed = slow_down(w, n, ft(9.80665 * dt), hmin, ft(9.80665), ft(0), ft(1), ft(2), ft(4), ft(SHUT))
        fastest = max(fastest, speed)
        store(u, row * C + c0, w, UM, n)
        store(v, row * C + c0, w, VM, n)
    return fastest


@jit()
def depth_run(
    h: Array, e: Array, qx: Array, qy: Array, C: Scalar, r0: Scalar, r1: Scalar, c0: Scalar, c1: Scalar, r: float
) -> None:  # fmt: skip
    """Continuity on a run, ``r = dt / dx``, in float64: the sum of four large fluxes would cost float32 some water."""
    ft = h.dtype.type
    for j in range(r0, r1):
        base = j * C + c0
        for i in range(c1 - c0):
            k = base + i
            gain = (np.float64(qx[k - ONE]) - np.float64(qx[k])) + (np.float64(qy[k - C]) - np.float64(qy[k]))
            before = np.float64(h[k])
            step = np.float64(e[k]) + r * gain
            after = ft(before + step)
            h[k] = after
            e[k] = ft(step - (np.float64(after) - before))  # what did not fit into the depth
