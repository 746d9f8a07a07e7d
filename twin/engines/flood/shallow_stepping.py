"""The loop over time steps of the full shallow-water solver, compiled for one thread and for several.

``s.q`` holds mass fluxes through east and south faces in 0 and 2 (``CURRENT`` stays 0, so that whoever reads
discharges need not know the solver), and the cells' velocities u, v in 1 and 3. ``TOP`` is the greatest |u| + |v| + 2 c.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import prange

from twin.engines.flood import edges, kernel, points, shallow_edges, shallow_kernel, stepping, tiles
from twin.engines.flood.jit import jit, renamed
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, TILE_COLS
from twin.engines.flood.stepping import (
    AGE,
    CELLS,
    IN_M3,
    INFLOW_M3,
    LIMITED,
    OUT_M3,
    PENDING,
    RUNS,
    SOURCED,
    STEPS,
    TIME,
    TOP,
)

Array = Any
Scalar = Any


class Momenta(NamedTuple):
    """What this solver needs beside the common state."""

    px: Array  # (cells,) momentum of the step in hand, m2/s
    py: Array  # (cells,)
    work: Array  # (parts, SCRATCH)
    share: Array  # (cells,) outflow limiter, 1 where idle


@jit()
def _flux_part(
    s: Any, a: Any, faces: Any, part: int, C: int, rows: int, dt: float, dx: float, hmin: float, again: bool
) -> None:
    """Fluxes of a thread's runs; ``again``: only of those marked in ``marks[2]``, rationed, and mark them in ``marks[1]``."""
    ft = s.h.dtype.type
    w = a.work[part]
    qx, qy, u, v = s.q[0], s.q[2], s.q[1], s.q[3]
    block = np.uint64(shallow_kernel.BLOCK_COLS)
    for i in range(s.bounds[part], s.bounds[part + 1]):
        run = s.runs[i]
        if again:
            if not tiles.run_flagged(s.marks[2], run, FIRST_ROW, FIRST_COL):
                continue
            tiles.flag_run(s.marks[1], run, FIRST_ROW, FIRST_COL)
        for c0 in range(run[2], run[3], block):
            shallow_kernel.flux_block(
                w, qx, qy, a.px, a.py, s.h, s.z, u, v, s.m, a.share, faces, np.uint64(C), rows + 1,
                run[0], run[1], c0, min(block, run[3] - c0), dt, dx, ft(hmin), again,
            )  # fmt: skip


@jit()
def _limit_part(s: Any, a: Any, part: int, C: int, r: float) -> int:
    """Shares of the runs that hold an overdrawn cell (marked in ``marks[3]``); returns their number."""
    ft = s.h.dtype.type
    count = 0
    for i in range(s.bounds[part], s.bounds[part + 1]):
        run = s.runs[i]
        qx, qy, C_ = s.q[0], s.q[2], np.uint64(C)
        if kernel.overdrawn_run(s.h, qx, qy, C_, run[0], run[1], run[2], run[3], ft(r)):
            kernel.limit_run(a.share, s.h, qx, qy, C_, run[0], run[1], run[2], run[3], ft(r))
            tiles.flag_run(s.marks[3], run, FIRST_ROW, FIRST_COL)
            count += 1
    return count


@jit()
def _reset_part(s: Any, a: Any, part: int, C: int) -> None:
    """Forget the shares of this step."""
    for i in range(s.bounds[part], s.bounds[part + 1]):
        run = s.runs[i]
        if tiles.run_flagged(s.marks[3], run, FIRST_ROW, FIRST_COL):
            unit = s.h.dtype.type(1)
            kernel.fill_run(a.share, unit, np.uint64(C), run[0], run[1], run[2], run[3])


@jit()
def _depth_part(s: Any, part: int, C: int, r: float) -> None:
    for i in range(s.bounds[part], s.bounds[part + 1]):
        run = s.runs[i]
        shallow_kernel.depth_run(s.h, s.e, s.q[0], s.q[2], np.uint64(C), run[0], run[1], run[2], run[3], r)


@jit()
def _velocity_part(s: Any, a: Any, part: int, C: int, dt: float, hmin: float) -> float:
    ft = s.h.dtype.type
    w = a.work[part]
    block = np.uint64(shallow_kernel.BLOCK_COLS)
    fastest = 0.0
    for i in range(s.bounds[part], s.bounds[part + 1]):
        run = s.runs[i]
        for c0 in range(run[2], run[3], block):
            speed = shallow_kernel.velocity_block(
                w, a.px, a.py, s.h, s.z, s.q[1], s.q[3], s.m, np.uint64(C), run[0], run[1], c0,
                min(block, run[3] - c0), dt, ft(hmin),
            )  # fmt: skip
            fastest = max(fastest, np.float64(speed))
    return fastest


@jit()
def _rain_part(s: Any, first: int, last: int, C: int, seconds: float) -> None:
    """Slow the water of padded rows that rain is about to fall on."""
    for row in range(first, last):
        shallow_edges.rain_on_row(
            s.q[1], s.q[3], s.h, s.rate, np.uint64(row * C), np.uint64(C), s.h.dtype.type(seconds)
        )


@jit()
def _step_length(
    s: Any, inflows: Any, faces: Any, add: Array, C: int, t: float, left: float, top: float, dx: float, alpha: float,
    dt_max: float, hmin: float,
) -> Scalar:  # fmt: skip
    """dt = alpha dx / (|u| + |v| + 2 c), also for what inflows, discharge edges and held levels are about to bring."""
    dt = min(dt_max, alpha * dx / max(top, 1e-3), left)
    swift = shallow_edges.swiftest_coming(s, faces, C, t, dt, dx, hmin)
    if swift > 0.0:
        dt = min(dt, alpha * dx / swift)
    coming = 0.0
    if add.size > 0:
        edges.inflow_depths(inflows, add, t, dt, dx * dx)
        coming = edges.highest_with(s.h, inflows.cell, add)
    if s.spot.size > 0:
        coming = max(coming, points.highest_with(s, dt))
    if coming > 0.0:
        dt = min(dt, alpha * dx / (2.0 * np.sqrt(GRAVITY * coming)))
    if dt < left < 2.0 * dt:
        dt = 0.5 * left
    return dt


@jit()
def _inflow(
    s: Any, inflows: Any, faces: Any, add: Array, C: int, t: float, dt: float, dx: float, hmin: float
) -> Scalar:
    """Pour the inflows of the step, still water all of them, and measure out what discharge edges are to bring; returns
    the volume of both (m3)."""
    volume = 0.0
    if add.size > 0:
        volume = edges.inflow_depths(inflows, add, t, dt, dx * dx)
        shallow_edges.thin_out(s.q[1], s.q[3], s.h, inflows.cell, add, 1.0)
        edges.pour(s.h, s.e, inflows.cell, add)
    if s.spot.size > 0:
        shallow_edges.thin_out(s.q[1], s.q[3], s.h, s.spot, s.spot_rate, dt)
        points.pour(s, dt)
    return volume + shallow_edges.bring(s, faces, C, t, dt, dx, hmin)


def _advance(  # noqa: C901 - one loop, compiled as a whole
    s: Any, a: Any, inflows: Any, faces: Any, clock: Array, add: Array, C: int, rows: int, dx: float,
             t_stop: float, t_look: float, max_steps: int, alpha: float, dt_max: float, hmin: float,
             source_s: float, raining: bool, top_rate: float, losing: bool) -> None:  # fmt: skip
    """March to ``t_stop``, which a step ends on, or just past ``t_look``, or ``max_steps``; rain stays as it is."""
    parts = s.bounds.size - 1
    t, top, pending = clock[TIME], clock[TOP], clock[PENDING]
    runs, age = int(clock[RUNS]), int(clock[AGE])
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
                stepping._wet_part(s, p * tile_rows // parts, (p + 1) * tile_rows // parts, C, rows, hmin)
            runs = stepping._regroup(s, C, rows)
            age = 0
            cells = tiles.cells_in(s.runs, runs)
        left = t_stop - t
        dt = _step_length(s, inflows, faces, add, C, t, left, top, dx, alpha, dt_max, hmin)
        clock[INFLOW_M3] += _inflow(s, inflows, faces, add, C, t, dt, dx, hmin)
        limited = steps < 0  # false, but no constant: one compilation serves both rounds
        while True:  # once as the water wants, and where it wants too much once more, rationed
            for p in prange(parts):
                _flux_part(s, a, faces, p, C, rows, dt, dx, hmin, limited)
            shallow_edges.open_faces(faces, s, a.px, a.py, a.share, C, t, dt, dx, hmin, limited)
            if limited:
                break
            tiles.clear(s.marks[3])
            for p in prange(parts):
                flagged[p] = _limit_part(s, a, p, C, dt / dx)
            limited = flagged.sum() > 0
            if not limited:
                break
            clock[LIMITED] += 1.0
            tiles.clear(s.marks[1])
            tiles.dilate(s.marks[3], s.marks[2])
        for p in prange(parts):
            _depth_part(s, p, C, dt / dx)
        for p in prange(parts):
            tops[p] = _velocity_part(s, a, p, C, dt, hmin)
        if faces.face.size > 0:
            shallow_edges.settle(s, faces, dt / dx)
            edges.close_account(faces, s.q[0], s.q[2], s.h, s.e, dx * dt, book)
        if limited:
            for p in prange(parts):
                _reset_part(s, a, p, C)
        top = tops.max()
        t = t_stop if dt >= left else t + dt
        steps += 1
        clock[CELLS] += cells
        age += 1
        pending += dt
        if (raining or losing) and (pending >= source_s or t >= t_stop or t >= t_look):
            for p in prange(parts):
                first, last = p * padded_rows // parts, (p + 1) * padded_rows // parts
                if raining:
                    _rain_part(s, first, last, C, pending)
                stepping._source_part(s, p, first, last, C, pending, raining)
            top = max(top, 2.0 * np.sqrt(GRAVITY * (pending * top_rate + 1e-12)))
            clock[SOURCED] += pending
            pending = 0.0
            if raining and cells < rows * s.active.shape[1] * TILE_COLS:
                age = tiles.REFRESH_STEPS  # rain wets tiles that sleep: water must not pass to or from them
    clock[TIME] = t
    clock[STEPS] += steps
    clock[PENDING] = pending if (raining or losing) else 0.0
    clock[TOP] = top
    clock[RUNS] = runs
    clock[AGE] = age
    clock[IN_M3] = book[0]
    clock[OUT_M3] = book[1]


advance_alone = jit()(renamed(_advance, "shallow_alone"))
advance_together = jit(parallel=True)(renamed(_advance, "shallow_together"))
