"""The loop over time steps, compiled twice from one text: for one thread, and for several."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import prange

from twin.engines.flood import edges, kernel, losses, points, tiles, tracking
from twin.engines.flood.jit import jit, renamed
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, TILE_COLS, TILE_ROWS

Array = Any
Scalar = Any

# places in the ``clock`` array (float64)
(TIME, CURRENT, STEPS, PENDING, TOP, SWIFT, IN_M3, OUT_M3, INFLOW_M3, SOURCED, RUNS, LIMITED, AGE, CELLS,
 TRACKED, INITIAL_LOW) = range(16)  # fmt: skip


@jit()
def _flux_part(
    s: Any, first: int, last: int, cur: int, C: int, dt: float, dx: float, theta: float, hmin: float
) -> int:
    """Fluxes of runs ``first..last``; marks the tiles whose cells might run dry and returns how many runs."""
    ft = s.h.dtype.type
    flagged = 0
    for r in range(first, last):
        run = s.runs[r]
        excess = kernel.flux_run(
            s.q[1 - cur], s.q[3 - cur], s.q[cur], s.q[2 + cur], s.z, s.h, s.m, np.uint64(C),
            run[0], run[1], run[2], run[3],
            ft(GRAVITY * dt / dx), ft(GRAVITY * dt), ft(theta), ft(0.5 * (1.0 - theta)), ft(hmin), ft(4.0005 * dt / dx),
        )  # fmt: skip
        if excess > 0.0:
            tiles.flag_run(s.marks[0], run, FIRST_ROW, FIRST_COL)
            flagged += 1
    return flagged


@jit()
def _ration_part(s: Any, first: int, last: int, new: int, C: int, k_dt: float) -> int:
    """Limit the outflow of runs marked in ``marks[0]`` and of what gives into them; returns how many cells had to be.

    A run's faces are the east and south ones of its cells: donors beyond it stand in the run to the east, or in the
    first row below.
    """
    ft = s.h.dtype.type
    count = 0
    for r in range(first, last):
        run = s.runs[r]
        rows = tiles.rows_to_ration(s.marks[0], run, FIRST_ROW, FIRST_COL)
        count += kernel.ration_run(
            s.h, s.q[new], s.q[2 + new], np.uint64(C), run[0], run[0] + rows, run[2], run[3], ft(k_dt)
        )
    return count


@jit()
def _update_part(s: Any, first: int, last: int, new: int, C: int, k_dt: float) -> float:
    ft = s.h.dtype.type
    top = 0.0
    for r in range(first, last):
        run = s.runs[r]
        deepest = kernel.update_run(
            s.h, s.e, s.q[new], s.q[2 + new], np.uint64(C), run[0], run[1], run[2], run[3], ft(k_dt)
        )
        top = max(top, np.float64(deepest))
    return top


@jit()
def _source_part(s: Any, part: int, first: int, last: int, C: int, seconds: float, raining: bool) -> None:
    """Rain and losses of the padded rows ``first..last`` for the time since they were last applied."""
    ft = s.h.dtype.type
    dt = ft(seconds)
    taken = s.taken[part]
    count = np.uint64(C)
    losing = s.left.size > 1 or s.capacity.size > 1 or s.conductivity.size > 1
    for row in range(first, last):
        start = np.uint64(row * C)
        if raining:
            losses.rain_row(s.h, s.e, s.rate, start, count, dt)
        if not losing:
            continue
        taken[:] = ft(0)
        if s.capacity.size > 1:
            losses.capped_row(s.h, s.e, taken, s.capacity, start, count, dt)
        if s.left.size > 1:
            losses.initial_row(s.h, s.e, taken, s.left, start, count)
        if s.conductivity.size > 1:
            losses.soil_row(s, taken, start, count, dt)
        s.row_taken[row] += losses.total(taken)


@jit()
def _wet_part(s: Any, first: int, last: int, C: int, rows: int, hmin: float) -> None:
    """Mark the tiles of tile rows ``first..last`` that hold water or are forced."""
    for a in range(first, last):
        for b in range(s.active.shape[1]):
            r0 = np.uint64(FIRST_ROW + a * TILE_ROWS)
            r1 = np.uint64(FIRST_ROW + min((a + 1) * TILE_ROWS, rows))
            c0 = np.uint64(FIRST_COL + b * TILE_COLS)
            top = kernel.deepest_run(s.h, np.uint64(C), r0, r1, c0, c0 + np.uint64(TILE_COLS))
            s.marks[3, a, b] = np.uint8(1) if np.float64(top) > hmin else s.forced[a, b]


@jit()
def _regroup(s: Any, C: int, rows: int) -> int:
    """Turn the wet tiles into runs, one margin tile around; returns the number of runs."""
    tiles.dilate(s.marks[3], s.marks[0])
    tiles.quieten(s.active, s.marks[0], s.q, np.uint64(C), rows, FIRST_ROW, FIRST_COL)
    s.active[:, :] = s.marks[0]
    count = tiles.join_runs(s.active, s.runs, rows, FIRST_ROW, FIRST_COL)
    tiles.share_out(s.runs, count, s.bounds)
    return count


@jit()
def _step_length(s: Any, inflows: Any, faces: Any, add: Array, t: float, left: float, top: float, swift: float,
                 dx: float, alpha: float, dt_max: float) -> Scalar:  # fmt: skip
    """dt = alpha dx / sqrt(g h) (Bates 2010 eq. 14), also for the depth that inflows and held levels are about to bring."""
    dt = min(dt_max, alpha * dx / np.sqrt(GRAVITY * max(top, 1e-6)))
    if swift > 0.0:
        dt = min(dt, dx / swift)
    dt = min(dt, left)
    if faces.face.size > 0:
        coming = edges.highest_held(faces, s.z, t, dt)
        if coming > top:
            dt = min(dt, alpha * dx / np.sqrt(GRAVITY * coming))
    if add.size > 0:
        edges.inflow_depths(inflows, add, t, dt, dx * dx)
        coming = edges.highest_with(s.h, inflows.cell, add)
        if coming > top:
            dt = min(dt, alpha * dx / np.sqrt(GRAVITY * coming))
    if s.spot.size > 0:
        coming = points.highest_with(s, dt)
        if coming > top:
            dt = min(dt, alpha * dx / np.sqrt(GRAVITY * coming))
    if dt < left < 2.0 * dt:
        dt = 0.5 * left
    return dt


def _advance(  # noqa: C901 - one loop, compiled as a whole
    s: Any, inflows: Any, faces: Any, clock: Array, add: Array, C: int, rows: int, dx: float,
             t_stop: float, t_look: float, max_steps: int, theta: float, alpha: float, dt_max: float, hmin: float,
             source_s: float, raining: bool, top_rate: float, losing: bool) -> None:  # fmt: skip
    """March to ``t_stop``, which a step ends on, or just past ``t_look``, or ``max_steps``; rain stays as it is."""
    parts = s.bounds.size - 1
    t = clock[TIME]
    cur = int(clock[CURRENT])
    top = clock[TOP]
    pending = clock[PENDING]
    runs = int(clock[RUNS])
    age = int(clock[AGE])
    book = np.array([clock[IN_M3], clock[OUT_M3]])  # summed step by step, in whatever portions
    flagged = np.zeros(parts, np.int64)
    tops = s.tops  # written from prange: must be a plain local, an item of the tuple would be lost
    tile_rows = s.active.shape[0]
    padded_rows = rows + 2
    steps = 0
    cells = tiles.cells_in(s.runs, runs)
    while t < t_stop and t < t_look and steps < max_steps:
        if age >= tiles.REFRESH_STEPS:
            for p in prange(parts):
                _wet_part(s, p * tile_rows // parts, (p + 1) * tile_rows // parts, C, rows, hmin)
            runs = _regroup(s, C, rows)
            age = 0
            cells = tiles.cells_in(s.runs, runs)
        left = t_stop - t
        dt = _step_length(s, inflows, faces, add, t, left, top, clock[SWIFT], dx, alpha, dt_max)
        if add.size > 0:
            clock[INFLOW_M3] += edges.inflow_depths(inflows, add, t, dt, dx * dx)
            edges.pour(s.h, s.e, inflows.cell, add)
        if s.spot.size > 0:
            points.pour(s, dt)
        tiles.clear(s.marks[0])
        for p in prange(parts):
            flagged[p] = _flux_part(s, s.bounds[p], s.bounds[p + 1], cur, C, dt, dx, theta, hmin)
        new = 1 - cur
        limited = flagged.sum() > 0
        if faces.face.size > 0:
            limited |= edges.open_faces(
                faces,
                s.q[new],
                s.q[2 + new],
                s.q[cur],
                s.q[2 + cur],
                s.h,
                s.z,
                s.m,
                s.marks[0],
                s.active,
                C,
                t,
                dt,
                dx,
                hmin,
            )
        k_dt = dt / dx
        if limited:
            for p in prange(parts):
                flagged[p] = _ration_part(s, s.bounds[p], s.bounds[p + 1], new, C, k_dt)
            if flagged.sum() > 0:
                clock[LIMITED] += 1.0
                edges.let_in(faces, s.q[new], s.q[2 + new])
        for p in prange(parts):
            tops[p] = _update_part(s, s.bounds[p], s.bounds[p + 1], new, C, k_dt)
        if faces.face.size > 0:
            edges.close_account(faces, s.q[new], s.q[2 + new], s.h, s.e, dx * dt, book)
        top = tops.max()
        cur = new
        t = t_stop if dt >= left else t + dt
        steps += 1
        clock[CELLS] += cells
        age += 1
        pending += dt
        if (raining or losing) and (pending >= source_s or t >= t_stop or t >= t_look):
            for p in prange(parts):
                _source_part(
                    s, p, p * padded_rows // parts, (p + 1) * padded_rows // parts, C, pending, raining
                )
            top += pending * top_rate
            clock[SOURCED] += pending
            pending = 0.0
            if raining and cells < rows * s.active.shape[1] * TILE_COLS:
                age = tiles.REFRESH_STEPS  # rain wets tiles that sleep: water must not pass to or from them
    clock[TIME] = t
    clock[CURRENT] = cur
    clock[STEPS] += steps
    clock[PENDING] = pending if (raining or losing) else 0.0
    clock[TOP] = top
    clock[RUNS] = runs
    clock[AGE] = age
    clock[IN_M3] = book[0]
    clock[OUT_M3] = book[1]


def _track(s: Any, clock: Array, C: int, since: float, threshold: float, thin: float) -> None:
    """Take the maxima at this moment."""
    parts = s.bounds.size - 1
    cur = int(clock[CURRENT])
    tops = s.tops
    for p in prange(parts):
        swift = 0.0
        ft = s.h.dtype.type
        for r in range(s.bounds[p], s.bounds[p + 1]):
            run = s.runs[r]
            v = tracking.track_run(
                s.h, s.q[cur], s.q[2 + cur], s.depth_max, s.speed_max, s.hazard_max, s.arrival, s.wet_s,
                np.uint64(C), run[0], run[1], run[2], run[3], ft(clock[TIME]), ft(since), ft(threshold), ft(thin),
            )  # fmt: skip
            swift = max(swift, np.float64(v))
        tops[p] = swift
    clock[SWIFT] = tops.max()


advance_alone = jit()(renamed(_advance, "advance_alone"))
advance_together = jit(parallel=True)(renamed(_advance, "advance_together"))
track_alone = jit()(renamed(_track, "track_alone"))
track_together = jit(parallel=True)(renamed(_track, "track_together"))
