"""Open edges and sources of the full shallow-water solver: a few cells each step."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.edges import COMING, LEAST_SLOPE, free_flux, series_peak, series_value, volume_until
from twin.engines.flood.jit import jit
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, TILE_COLS, TILE_ROWS

Array = Any
Scalar = Any

LEAST_COMING = 1e-9  # m2/s: less than that comes in without momentum


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
    return max(outside, 0.0), max(invariant - 2.0 * at, -at)


@jit()
def drives_in(h: Scalar, u: Scalar, depth: Scalar, inward: Scalar) -> bool:
    """Whether supercritical water of ``h`` (m) and ``u`` (m/s) drives the water inside (``depth``, ``inward``) before it:
    the wave that would go out against it does not get out (speeds of Toro 2001, eq. 10.22, depth between by 10.18)."""
    c, c_in = np.sqrt(GRAVITY * h), np.sqrt(GRAVITY * max(depth, 0.0))
    between = max(0.5 * (c + c_in) + 0.25 * (u - inward), 0.0) ** 2 / GRAVITY
    front = np.sqrt(0.5 * between * (between + h)) / h if between > h else 1.0
    return u > c * front  # type: ignore[no-any-return]


@jit()
def coming(depth: Scalar, inward: Scalar, q: Scalar, slope: Scalar, n2: Scalar) -> Scalar:
    """Depth (m) at which a unit discharge ``q`` (m2/s, positive) comes in over an edge.

    Down a steep bed it is the normal depth of the ``slope``, if that is supercritical and the water inside gives way. Else
    the outgoing invariant u - 2 c of the water inside is kept (u inward), and where nothing goes out it is critical.
    """
    critical = (q * q / GRAVITY) ** (1.0 / 3.0)
    if slope > 1e-6:
        normal = (q * np.sqrt(n2 / slope)) ** 0.6
        if normal < critical and drives_in(normal, q / normal, depth, inward):
            return normal
    invariant = inward - 2.0 * np.sqrt(GRAVITY * max(depth, 0.0))
    h = critical
    for _ in range(60):  # Newton: u - 2 c falls with h and is convex, so that h grows towards the root
        more = (q / h - 2.0 * np.sqrt(GRAVITY * h) - invariant) / (q / (h * h) + np.sqrt(GRAVITY / h))
        if more <= 1e-14 * h:
            break
        h += more
    return h


@jit()
def _beside(s: Any, faces: Any, i: int, C: int, hmin: float) -> tuple[Scalar, Scalar, Scalar]:
    """Depth (m), outward and transverse velocity (m/s) of the cell inside an open face; still where it sleeps."""
    k = faces.inner[i]
    if s.active[(k // C - FIRST_ROW) // TILE_ROWS, (k % C - FIRST_COL) // TILE_COLS] == 0:
        return 0.0, 0.0, 0.0  # a cell in no run would not change
    depth = np.float64(s.h[k])
    if depth <= hmin:
        return depth, 0.0, 0.0
    u, v = np.float64(s.q[1][k]), np.float64(s.q[3][k])
    if faces.axis[i] == 1:
        return depth, v * faces.sign[i], u
    return depth, u * faces.sign[i], v


@jit()
def _coming_at(s: Any, faces: Any, i: int, depth: Scalar, normal: Scalar, q: Scalar, dx: float) -> Scalar:
    """Depth (m) at which ``q`` (m2/s) comes in over face ``i`` of a discharge edge."""
    k = faces.inner[i]
    fall = np.float64(s.z[k] - s.z[faces.inland[i]]) / dx
    return coming(depth, -normal, q, fall, max(2.0 * np.float64(s.m[k]), 1e-8))


@jit()
def _asked(faces: Any, series: int, t: float, dt: float) -> Scalar:
    """Greatest unit discharge (m2/s) of a discharge edge in [t, t + dt]; 0 outside its times."""
    first, last = faces.start[series], faces.start[series + 1]
    if t + dt <= faces.times[first] or t >= faces.times[last - 1]:
        return 0.0
    return series_peak(faces, series, t, dt)


@jit()
def swiftest_coming(s: Any, faces: Any, C: int, t: float, dt: float, dx: float, hmin: float) -> Scalar:
    """Greatest |u| + 2 c (m/s) at discharge edges and held levels in [t, t + dt]; 0 where nothing comes in."""
    top = value = 0.0
    known = -1
    for i in range(faces.face.size):
        series = faces.series[i]
        if series < 0:
            continue
        given = faces.slope[i] == COMING
        if series != known:
            value = _asked(faces, series, t, dt) if given else series_peak(faces, series, t, dt)
            known = series
        depth, normal, _aside = _beside(s, faces, i, C, hmin)
        if given and value > LEAST_COMING:
            edge = _coming_at(s, faces, i, depth, normal, value, dx)
            top = max(top, value / edge + 2.0 * np.sqrt(GRAVITY * edge))
        elif not given:
            edge, speed = given_level(depth, normal, value - np.float64(s.z[faces.inner[i]]))
            top = max(top, abs(speed) + 2.0 * np.sqrt(GRAVITY * edge))
    return top


@jit()
def bring(s: Any, faces: Any, C: int, t: float, dt: float, dx: float, hmin: float) -> Scalar:
    """What discharge edges bring in the step: unit discharge (``flux``, m2/s, outward), depth at the edge, and the state
    outside that makes the slopes of the cells inside lead to the edge; returns the volume (m3)."""
    volume = 0.0
    for i in faces.by_row:
        first, last = faces.start[faces.series[i]], faces.start[faces.series[i] + 1]
        came = volume_until(faces.times, faces.level, faces.volume, first, last, t + dt) - volume_until(
            faces.times, faces.level, faces.volume, first, last, t
        )
        q = came / dt
        faces.flux[i] = -q
        volume += came * dx
        faces.edge[i] = faces.beyond[i, 0] = 0.0
        if q <= LEAST_COMING:
            continue
        depth, normal, aside = _beside(s, faces, i, C, hmin)
        edge = _coming_at(s, faces, i, depth, normal, q, dx)
        outside = -faces.sign[i] * q / edge
        bed = np.float64(s.z[faces.inner[i]])
        faces.edge[i] = edge
        faces.beyond[i, 0] = edge
        faces.beyond[i, 1] = bed + (bed - np.float64(s.z[faces.inland[i]]))
        faces.beyond[i, 2] = aside if faces.axis[i] == 1 else outside
        faces.beyond[i, 3] = outside if faces.axis[i] == 1 else aside
    return volume


@jit()
def settle(s: Any, faces: Any, r: float) -> None:
    """Give the cells at discharge edges what the rounding of their mass flux left out; ``r = dt / dx``."""
    for i in faces.by_row:
        stored = np.float64((s.q[2] if faces.axis[i] == 1 else s.q[0])[faces.face[i]]) * faces.sign[i]
        s.e[faces.inner[i]] += s.e.dtype.type(r * (stored - faces.flux[i]))


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
    s: Any, faces: Any, i: int, depth: Scalar, normal: Scalar, awake: bool, t: float, dt: float, dx: float, hmin: float
) -> tuple[Scalar, Scalar]:  # fmt: skip
    """Outward discharge (m2/s) and momentum flux (m3/s2) through an open face."""
    k = faces.inner[i]
    still = 0.5 * GRAVITY * depth * depth
    series = faces.series[i]
    if series < 0:
        if depth <= hmin:
            return 0.0, still
        out = _free(s, i, faces, depth, normal, max(2.0 * np.float64(s.m[k]), 1e-8), dx)
        return out, still + out * normal
    if faces.slope[i] == COMING:
        q, edge = faces.flux[i], faces.edge[i]
        if edge == 0.0:
            return q, still
        # the bed's step from the edge down to the bed as rebuilt inside pushes the water inside
        step = 0.5 * np.float64(s.z[k] - s.z[faces.inland[i]]) - faces.rise[i]
        over = min(max(depth - step, 0.0), depth)
        return q, q * q / edge + 0.5 * GRAVITY * (edge * edge + (depth + over) * (depth - over))
    outside = series_value(
        faces.times, faces.level, faces.start[series], faces.start[series + 1], t + dt
    ) - np.float64(s.z[k])
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
    qx, qy = s.q[0], s.q[2]
    r = dt / dx
    for i in range(faces.face.size):
        k = faces.inner[i]
        tile = (k // C - FIRST_ROW) // TILE_ROWS, (k % C - FIRST_COL) // TILE_COLS
        renewed = not again or s.marks[1][tile] != 0
        depth, normal, aside = _beside(s, faces, i, C, hmin)
        out, push = _crossing(s, faces, i, depth, normal, s.active[tile] != 0, t, dt, dx, hmin)
        if again and out > 0.0:
            affordable = np.float64(share[k])
            push -= (1.0 - affordable) * out * normal
            out *= affordable
        turn = r * faces.sign[i] * push if renewed else 0.0
        carried = r * max(out, 0.0) * aside if renewed else 0.0
        if faces.axis[i] == 1:
            qy[faces.face[i]] = ft(out * faces.sign[i])
            py[k] -= ft(turn)
            px[k] -= ft(carried)
        else:
            qx[faces.face[i]] = ft(out * faces.sign[i])
            px[k] -= ft(turn)
            py[k] -= ft(carried)
