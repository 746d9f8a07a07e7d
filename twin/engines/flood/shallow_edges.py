"""Open edges and sources of the full shallow-water solver: a few cells each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.edges import COMING, LEAST_SLOPE, free_flux, series_value
from twin.engines.flood.jit import jit
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, TILE_COLS, TILE_ROWS

Array = Any
Scalar = Any


@jit()
def thin_out(u: Array, v: Array, h: Array, cells: Array, more: Array, scale: float) -> None:
    """Slow the water of some cells that are about to get still water: ``more`` times ``scale`` (m) each."""
    for i in range(cells.size):
        k = cells[i]
        added = more[i] * scale
        if added > 0.0:
            had = max(np.float64(h[k]), 0.0)
            keep = h.dtype.type(had / (had + added))
            u[k] *= keep
            v[k] *= keep


@jit()
def rain_on_row(
    u: Array, v: Array, h: Array, rate: Array, start: Scalar, count: Scalar, seconds: Scalar
) -> None:
    """Slow the water of a row that rain of ``rate`` (m/s) is about to fall on: rain brings no momentum along."""
    zero = h.dtype.type(0)
    tiny = h.dtype.type(1e-12)
    for i in range(count):
        k = start + i
        had = max(h[k], zero) + tiny
        keep = had / (had + rate[k] * seconds)
        u[k] *= keep
        v[k] *= keep


@jit()
def given_level(depth: Scalar, u: Scalar, outside: Scalar) -> tuple[Scalar, Scalar]:
    """Depth and outward velocity at an edge whose level stands ``outside`` (m) above its bed.

    Subcritical: the outgoing Riemann invariant u + 2 c is kept (Toro 2001); water that leaves faster than its waves
    does not know of the level; towards a level below it leaves at critical depth; none comes in faster than critical.
    """
    c = np.sqrt(GRAVITY * max(depth, 0.0))
    if u >= c and depth > 0.0:
        return depth, u
    invariant = u + 2.0 * c
    at = np.sqrt(GRAVITY * max(outside, 0.0))
    critical = max(invariant, 0.0) / 3.0
    if at < critical:
        return critical * critical / GRAVITY, critical
    return at * at / GRAVITY, max(invariant - 2.0 * at, -at)


@jit()
def coming(depth: Scalar, inward: Scalar, q: Scalar, slope: Scalar, n2: Scalar) -> Scalar:
    """Depth (m) at which a unit discharge ``q`` (m2/s) comes in over an edge.

    Against subcritical water the outgoing invariant u - 2 c is kept (u inward). Where that would be supercritical nothing
    from inside tells the depth: it is the normal depth of the bed's ``slope`` if that is supercritical, else the
    critical depth.
    """
    critical = (q * q / GRAVITY) ** (1.0 / 3.0)
    invariant = inward - 2.0 * np.sqrt(GRAVITY * max(depth, 0.0))
    if q / critical - 2.0 * np.sqrt(GRAVITY * critical) > invariant:  # the depth sought is greater
        low, high = critical, max(2.0 * critical, 2.0 * depth + 1.0)
        while q / high - 2.0 * np.sqrt(GRAVITY * high) > invariant:
            high *= 2.0
        for _ in range(40):
            middle = 0.5 * (low + high)
            if q / middle - 2.0 * np.sqrt(GRAVITY * middle) > invariant:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high)
    if slope > 1e-6:
        critical = min(critical, (q * np.sqrt(n2 / slope)) ** 0.6)
    return critical


@jit()
def _free(s: Any, face: int, faces: Any, depth: Scalar, u: Scalar, n2: Scalar, dx: float) -> Scalar:
    """Outward discharge (m2/s) through a free face: as Manning's law has it, or as the water comes when it shoots."""
    given = faces.slope[face] >= 0.0
    slope = faces.slope[face]
    if not given:
        k, j = faces.inner[face], faces.inland[face]
        drop = np.float64(s.h[j] - s.h[k]) + np.float64(s.z[j] - s.z[k])
        slope = max(drop / dx, LEAST_SLOPE) if np.float64(s.h[j]) > 0.0 else LEAST_SLOPE
    q = free_flux(depth, slope, given, n2)
    if u > np.sqrt(GRAVITY * depth):
        q = max(q, depth * u)
    return q


@jit()
def _crossing(
    s: Any,
    faces: Any,
    i: int,
    depth: Scalar,
    normal: Scalar,
    awake: bool,
    t: float,
    dt: float,
    dx: float,
    hmin: float,
) -> tuple[Scalar, Scalar]:
    """Outward discharge (m2/s) and momentum flux (m3/s2) through an open face."""
    k = faces.inner[i]
    n2 = max(2.0 * np.float64(s.m[k]), 1e-8)
    still = 0.5 * GRAVITY * depth * depth
    series = faces.series[i]
    if series < 0:
        if depth <= hmin:
            return 0.0, still
        out = _free(s, i, faces, depth, normal, n2, dx)
        return out, still + out * normal
    first, last = faces.start[series], faces.start[series + 1]
    if faces.slope[i] == COMING:
        now = t + 0.5 * dt
        q = series_value(faces.times, faces.level, first, last, now)
        if q <= 1e-9 or now < faces.times[first] or now > faces.times[last - 1]:
            return 0.0, still
        fall = np.float64(s.z[k] - s.z[faces.inland[i]]) / dx
        edge = coming(depth, -normal, q, fall, n2)
        return 0.0, q * q / edge + 0.5 * GRAVITY * edge * edge
    outside = series_value(faces.times, faces.level, first, last, t + dt) - np.float64(s.z[k])
    if max(depth, outside) <= hmin or not awake:
        return 0.0, still
    edge, speed = given_level(depth, normal, outside)
    return edge * speed, edge * speed * speed + 0.5 * GRAVITY * edge * edge


@jit()
def open_faces(
    faces: Any, s: Any, px: Array, py: Array, share: Array, C: int, t: float, dt: float, dx: float, hmin: float,
    again: bool,
) -> None:  # fmt: skip
    """Set the mass fluxes of all open faces and give their cells the momentum that crosses with them.

    ``again``: after some fluxes were computed anew with the donors' shares. All mass fluxes are then set once more (a face
    may belong to another run than its cell), momenta only of cells in tiles marked in ``marks[1]``.
    """
    ft = s.h.dtype.type
    qx, qy, u, v = s.q[0], s.q[2], s.q[1], s.q[3]
    r = dt / dx
    for i in range(faces.face.size):
        k = faces.inner[i]
        tile = (k // C - FIRST_ROW) // TILE_ROWS, (k % C - FIRST_COL) // TILE_COLS
        renewed = not again or s.marks[1][tile] != 0
        awake = s.active[tile] != 0  # a cell in no run would not change
        depth = np.float64(s.h[k]) if awake else 0.0
        across_ns = faces.axis[i] == 1
        wet = depth > hmin
        normal = np.float64(v[k] if across_ns else u[k]) * faces.sign[i] if wet else 0.0
        aside = np.float64(u[k] if across_ns else v[k]) if wet else 0.0
        out, push = _crossing(s, faces, i, depth, normal, awake, t, dt, dx, hmin)
        if again and out > 0.0:
            affordable = np.float64(share[k])
            push -= (1.0 - affordable) * out * normal
            out *= affordable
        turn = r * faces.sign[i] * push if renewed else 0.0
        carried = r * max(out, 0.0) * aside if renewed else 0.0
        if across_ns:
            qy[faces.face[i]] = ft(out * faces.sign[i])
            py[k] -= ft(turn)
            px[k] -= ft(carried)
        else:
            qx[faces.face[i]] = ft(out * faces.sign[i])
            px[k] -= ft(turn)
            py[k] -= ft(carried)
