"""Which parts of the grid need work: tiles of 8 x 32 cells that hold water, or touch one that does, joined to runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import jit
from twin.engines.flood.kernel import fill_run
from twin.engines.flood.layout import RUN_TILES, TILE_COLS, TILE_ROWS

Array = Any
Scalar = Any

REFRESH_STEPS = 8  # water crosses one cell a step, so a margin of one tile lasts this long


@jit()
def clear(flags: Array) -> None:
    """No tile marked."""
    flags[:, :] = np.uint8(0)


@jit()
def dilate(source: Array, out: Array) -> None:
    """``out`` = tiles of ``source`` (rows, cols; uint8) and their eight neighbours."""
    rows, cols = source.shape
    for a in range(rows):
        for b in range(cols):
            hit = np.uint8(0)
            for i in range(max(a - 1, 0), min(a + 2, rows)):
                for j in range(max(b - 1, 0), min(b + 2, cols)):
                    hit |= source[i, j]
            out[a, b] = hit


@jit()
def join_runs(active: Array, runs: Array, rows: Scalar, row0: Scalar, col0: Scalar) -> int:
    """Write the active tiles' runs (r0, r1, c0, c1) into ``runs`` (n, 4; uint64); returns their number.

    ``rows`` is the number of cell rows; ``row0``, ``col0`` where the cells start in the padded grid.
    """
    count = 0
    for a in range(active.shape[0]):
        b = 0
        while b < active.shape[1]:
            if active[a, b] == 0:
                b += 1
                continue
            first = b
            while b < active.shape[1] and active[a, b] != 0 and b - first < RUN_TILES:
                b += 1
            runs[count, 0] = np.uint64(row0 + a * TILE_ROWS)
            runs[count, 1] = np.uint64(row0 + min((a + 1) * TILE_ROWS, rows))
            runs[count, 2] = np.uint64(col0 + first * TILE_COLS)
            runs[count, 3] = np.uint64(col0 + b * TILE_COLS)
            count += 1
    return count


@jit()
def cells_in(runs: Array, count: int) -> int:
    """Cells of the first ``count`` runs."""
    cells = np.int64(0)
    for i in range(count):
        cells += np.int64((runs[i, 1] - runs[i, 0]) * (runs[i, 3] - runs[i, 2]))
    return cells  # type: ignore[return-value]


@jit()
def share_out(runs: Array, count: int, bounds: Array) -> None:
    """Cut the runs into ``bounds.size - 1`` consecutive parts of about equal cells."""
    cells = cells_in(runs, count)
    parts = bounds.size - 1
    done = np.int64(0)
    part = 1
    bounds[0] = 0
    for i in range(count):
        done += np.int64((runs[i, 1] - runs[i, 0]) * (runs[i, 3] - runs[i, 2]))
        while part < parts and done * parts >= cells * part:
            bounds[part] = i + 1
            part += 1
    for p in range(part, parts + 1):
        bounds[p] = count


@jit()
def quieten(was: Array, active: Array, q: Array, C: Scalar, rows: Scalar, row0: Scalar, col0: Scalar) -> None:
    """Zero the fluxes (4, cells) of tiles that have fallen dry, so that nothing stale is read when water returns."""
    for a in range(active.shape[0]):
        for b in range(active.shape[1]):
            if was[a, b] != 0 and active[a, b] == 0:
                r0 = np.uint64(row0 + a * TILE_ROWS)
                r1 = np.uint64(row0 + min((a + 1) * TILE_ROWS, rows))
                c0 = np.uint64(col0 + b * TILE_COLS)
                c1 = np.uint64(col0 + (b + 1) * TILE_COLS)
                for i in range(4):
                    fill_run(q[i], q.dtype.type(0), C, r0, r1, c0, c1)


@jit()
def flag_run(flags: Array, run: Array, row0: Scalar, col0: Scalar) -> None:
    """Mark a run's tiles."""
    a = (np.int64(run[0]) - row0) // TILE_ROWS
    for b in range((np.int64(run[2]) - col0) // TILE_COLS, (np.int64(run[3]) - col0) // TILE_COLS):
        flags[a, b] = np.uint8(1)


@jit()
def run_flagged(flags: Array, run: Array, row0: Scalar, col0: Scalar) -> bool:  # compiled: no any()
    """Whether any of a run's tiles is marked."""
    a = (np.int64(run[0]) - row0) // TILE_ROWS
    found = False
    for b in range((np.int64(run[2]) - col0) // TILE_COLS, (np.int64(run[3]) - col0) // TILE_COLS):
        found |= flags[a, b] != 0
    return found


@jit()
def rows_to_ration(flags: Array, run: Array, row0: Scalar, col0: Scalar) -> Scalar:
    """How many rows of a run may hold a cell that gives too much: all where it or the tile west of it is marked, one
    where a tile above is."""
    a = (np.int64(run[0]) - row0) // TILE_ROWS
    b0 = (np.int64(run[2]) - col0) // TILE_COLS
    here = above = False
    for b in range(b0, (np.int64(run[3]) - col0) // TILE_COLS):
        here |= flags[a, b] != 0
        above |= flags[max(a - 1, 0), b] != 0
    if here or flags[a, max(b0 - 1, 0)] != 0:
        return run[1] - run[0]
    return np.uint64(above)
