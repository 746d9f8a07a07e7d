"""From the caller's arrays to the solver's memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.buildings import nearest_open
from twin.engines.flood.edges import COMING
from twin.engines.flood.inputs import Boundary, Domain, Edge, Inflow, Rain
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, TILE_COLS, TILE_ROWS, WALL, Layout, aligned
from twin.engines.flood.problems import FloodInputError
from twin.engines.flood.shallow_kernel import SCRATCH
from twin.engines.flood.shallow_stepping import Momenta
from twin.engines.flood.soil import soil_law
from twin.engines.flood.state import Faces, Inflows, State
from twin.engines.flood.tracking import NEVER

MM_H = 1.0e-3 / 3600.0  # mm/h in m/s

Mask = NDArray[np.bool_]


def build_state(d: Domain, open_cells: Mask, datum: float, dtype: Any, parts: int) -> State:
    """Padded arrays for a checked domain."""
    layout = Layout(*open_cells.shape)
    padded = layout.padded
    size = padded[0] * padded[1]

    def field(value: Any, scale: float = 1.0) -> NDArray[Any]:
        full = np.where(open_cells, np.asarray(value, dtype=np.float64) * scale, 0.0)
        return layout.pad(full, dtype, 0.0)

    def optional(value: Any, scale: float = 1.0) -> NDArray[Any]:
        return aligned((1,), dtype) if value is None else field(value, scale)

    ground = np.where(open_cells, np.asarray(d.z, dtype=np.float64) - datum, 0.0)
    bed = np.where(open_cells, dyadic(ground, dtype), WALL)
    depth = np.asarray(0.0 if d.initial_depth is None else d.initial_depth, np.float64)
    if np.dtype(dtype) == np.float64:  # of a level that is as whole as the bed
        depth = np.where(depth > 0.0, np.maximum(dyadic(ground + depth, dtype) - bed, 0.0), 0.0)
    soil = soil_law(d)
    tile_shape = (layout.tile_rows, layout.tile_cols)
    return State(
        z=layout.pad(bed, dtype, WALL),
        m=field(0.5 * np.asarray(d.manning, dtype=np.float64) ** 2),
        h=field(depth),
        e=aligned((size,), dtype),
        q=aligned((4, size), dtype),
        rate=aligned((size,), dtype),
        capacity=optional(d.infiltration, MM_H),
        left=optional(d.initial_loss, 1e-3),
        law=np.array([soil.law, soil.decay]),
        wetted=aligned((1 if soil.law == 0 else size,), dtype),
        conductivity=optional(soil.first),
        suction=optional(soil.second),
        depth_max=aligned((size,), dtype),
        speed_max=aligned((size,), np.uint16),
        hazard_max=aligned((size,), dtype),
        arrival=aligned((size,), dtype, NEVER),
        wet_s=aligned((size,), dtype),
        active=np.zeros(tile_shape, np.uint8),
        forced=np.zeros(tile_shape, np.uint8),
        marks=np.zeros((4, *tile_shape), np.uint8),
        runs=np.zeros((layout.most_runs, 4), np.uint64),
        bounds=np.zeros(parts + 1, np.int64),
        tops=np.zeros(parts),
        taken=aligned((parts, padded[1]), dtype),
        row_taken=np.zeros(padded[0]),
        spot=np.zeros(0, np.int64),
        spot_rate=np.zeros(0),
        spot_given=np.zeros(0),
    )


def dyadic(level: Any, dtype: Any) -> NDArray[np.float64]:
    """Levels (m) as multiples of 2^-40 m in double precision, so that sums and differences of them are exact and still water
    stays still to the last bit; as they are in single precision."""
    if np.dtype(dtype) != np.float64:
        return np.asarray(level, np.float64)
    return np.asarray(np.ldexp(np.rint(np.ldexp(level, 40)), -40))


def build_momenta(state: State, faces: Faces, parts: int) -> Momenta:
    """What the full shallow-water solver needs beside the state; marks the beds behind open faces for it."""
    size = state.h.size
    state.z[faces.outer] = 2.0 * WALL
    return Momenta(
        aligned((size,), state.h.dtype),
        aligned((size,), state.h.dtype),
        aligned((parts, SCRATCH), state.h.dtype),
        aligned((size,), state.h.dtype, 1.0),
    )


def force_tiles(state: State, layout: Layout, flat: NDArray[np.int64]) -> None:
    """Keep the tiles of some cells awake for ever."""
    rows, cols = np.divmod(flat, layout.padded[1])
    state.forced[(rows - FIRST_ROW) // TILE_ROWS, (cols - FIRST_COL) // TILE_COLS] = 1


def build_inflows(inflows: list[Inflow], layout: Layout) -> Inflows:
    """Concatenate the inflows' cells and series."""
    cell, series, part, start = [], [], [], [0]
    times, discharge, volume = [], [], []
    for number, inflow in enumerate(inflows):
        rows = np.atleast_1d(inflow.rows)
        cell.append(np.atleast_1d(layout.flat(rows, np.atleast_1d(inflow.cols))))
        series.append(np.full(rows.size, number))
        part.append(np.full(rows.size, 1.0 / rows.size))
        t = np.asarray(inflow.times_s, dtype=np.float64)
        q = np.asarray(inflow.discharge_m3_s, dtype=np.float64)
        times.append(t)
        discharge.append(q)
        volume.append(_integral(t, q))
        start.append(start[-1] + t.size)
    return Inflows(
        cell=_join(cell, np.int64),
        series=_join(series, np.int64),
        part=_join(part, np.float64),
        start=np.asarray(start, np.int64),
        times=_join(times, np.float64),
        discharge=_join(discharge, np.float64),
        volume=_join(volume, np.float64),
    )


def _integral(times: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of a series linear between its times, up to each of them."""
    out: NDArray[np.float64] = np.concatenate(
        [[0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * np.diff(times))]
    )
    return out


def edge_cells(edge: Edge, open_cells: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the open cells along a stretch of one side."""
    rows, cols = open_cells.shape
    along = np.arange(rows if edge.side in ("west", "east") else cols)[edge.start : edge.stop]
    fixed = np.full(along.size, {"west": 0, "north": 0, "east": cols - 1, "south": rows - 1}[edge.side])
    r, c = (along, fixed) if edge.side in ("west", "east") else (fixed, along)
    keep = open_cells[r, c]
    return r[keep].astype(np.int64), c[keep].astype(np.int64)


def discharge_inflows(boundary: Boundary, open_cells: Mask) -> list[Inflow]:
    """Discharge edges as inflows on their cells, for a solver that lets nothing in through their faces."""
    out = []
    for edge in boundary.edges:
        if edge.kind == "discharge" and edge.times_s is not None and edge.values is not None:
            rows, cols = edge_cells(edge, open_cells)
            if rows.size == 0:
                raise _no_way_in()
            out.append(Inflow(rows, cols, edge.times_s, edge.values))
    return out


def _no_way_in() -> FloodInputError:
    return FloodInputError(
        "boundary",
        "流量边上没有开放单元，或全被后一段占用。",
        "a discharge edge has no open cell on its stretch, or later ones take them all.",
    )


_STEP = {"west": (0, -1), "east": (0, 1), "north": (-1, 0), "south": (1, 0)}


def build_faces(
    boundary: Boundary, open_cells: Mask, valid: Mask, datum: float, width: float | None = None, dtype: Any = np.float64
) -> Faces:  # fmt: skip
    """All open faces; a later stretch replaces an earlier one on the same face.

    ``width`` of a cell (m) where water of discharge edges comes in through faces too: their series is the unit discharge
    (m2/s), shared by those faces of a stretch that no later one takes.
    """
    layout = Layout(*open_cells.shape)
    found: dict[tuple[int, int], tuple[Any, ...]] = {}
    start: list[int] = [0]
    times: list[NDArray[Any]] = []
    level: list[NDArray[Any]] = []
    given: list[int] = []  # series that are discharges
    for edge in boundary.edges:
        if edge.kind == "discharge" and width is None:
            continue
        series = -1
        slope = -1.0 if edge.slope is None else float(edge.slope)
        if edge.times_s is not None and edge.values is not None:
            series = len(times)
            times.append(np.asarray(edge.times_s, np.float64))
            values = np.asarray(edge.values, np.float64)
            if edge.kind == "discharge":
                slope = COMING
                given.append(series)
            level.append(values if edge.kind == "discharge" else dyadic(values - datum, dtype))
            start.append(start[-1] + times[-1].size)
        sides = list(_STEP) if edge.side == "outline" else [edge.side]
        beyond = ~valid if edge.within is None else ~valid & _fitting(edge.within, valid)
        for side in sides:
            r, c = (
                _outline_cells(side, open_cells, beyond)
                if edge.side == "outline"
                else edge_cells(edge, open_cells)
            )
            for row, col in zip(r.tolist(), c.tolist(), strict=True):
                one = _face(layout, row, col, side, slope, series)
                found[one[0], one[1]] = one
    whole = np.array([one[:5] + one[7:] for one in found.values()], np.int64).reshape(-1, 6)
    real = np.array([one[5:7] for one in found.values()], np.float64).reshape(-1, 2)
    axis, face, inner, outer, inland, series_of = np.ascontiguousarray(whole.T)
    sign, slope_of = np.ascontiguousarray(real.T)
    for series in given:
        faces = int((series_of == series).sum())
        if faces == 0:
            raise _no_way_in()
        level[series] = level[series] / ((width or 1.0) * faces)
    volume = [
        _integral(t, v) if i in given else np.zeros(t.size)
        for i, (t, v) in enumerate(zip(times, level, strict=True))
    ]
    return Faces(
        axis, face, inner, outer, inland, sign, slope_of, series_of, np.asarray(start, np.int64),
        _join(times, np.float64), _join(level, np.float64), _join(volume, np.float64), np.zeros(len(found)),
        *_by_row(inner, slope_of == COMING, layout), np.zeros(len(found)), np.zeros(len(found)),
        np.zeros((len(found), 4)),
    )  # fmt: skip


def _by_row(
    inner: NDArray[np.int64], these: Mask, layout: Layout
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets by padded row, and the faces that they point to."""
    rows, width = layout.padded
    faces = np.flatnonzero(these)
    row = inner[faces] // width
    return np.searchsorted(np.sort(row), np.arange(rows + 1)), faces[np.argsort(row, kind="stable")]


def _fitting(within: Mask, valid: Mask) -> Mask:
    mask = np.asarray(within, bool)
    if mask.shape != valid.shape:
        raise FloodInputError(
            "boundary", f"within 的形状 {mask.shape} 与地形 {valid.shape} 不符。",
            f"within has shape {mask.shape}, the terrain {valid.shape}.",
        )  # fmt: skip
    return mask


def _outline_cells(side: str, open_cells: Mask, beyond: Mask) -> tuple[NDArray[Any], NDArray[Any]]:
    """Open cells whose neighbour on that side lies inside the grid and is one of ``beyond``."""
    dr, dc = _STEP[side]
    outside = np.zeros_like(beyond)
    rows, cols = beyond.shape
    here = (slice(max(-dr, 0), rows - max(dr, 0)), slice(max(-dc, 0), cols - max(dc, 0)))
    there = (slice(max(dr, 0), rows + min(dr, 0)), slice(max(dc, 0), cols + min(dc, 0)))
    outside[here] = beyond[there]
    r, c = np.nonzero(open_cells & outside)
    return r, c


def _face(layout: Layout, row: int, col: int, side: str, slope: float, series: int) -> tuple[Any, ...]:
    dr, dc = _STEP[side]
    width = layout.padded[1]
    inner = int(layout.flat(row, col))
    outer = inner + dr * width + dc
    face = inner if dr + dc > 0 else outer
    return (0 if dr == 0 else 1, face, inner, outer, 2 * inner - outer, float(dr + dc), slope, series)


def _join(parts: list[Any], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype)


class RainField:
    """Writes the rain of one step into the state: roof rain moved to the nearest open cell."""

    def __init__(self, rain: Rain | None, valid: Mask, open_cells: Mask) -> None:
        self.rain, self.valid, self.open_cells = rain, valid, open_cells
        roofs = valid & ~open_cells
        self.roofs = np.flatnonzero(roofs)
        self.targets = nearest_open(open_cells)[self.roofs] if self.roofs.size else self.roofs
        self.times = np.zeros(0)
        if rain is not None:
            times = np.asarray(rain.times_s, np.float64)
            last = [times[-1] + times[-1] - times[-2]] if times.size > 1 else [np.inf]
            self.times = np.concatenate([times, last])

    def step_at(self, t: float) -> int:
        """The step that rains at ``t``; -1 for none."""
        i = int(np.searchsorted(self.times, t, side="right")) - 1
        return i if 0 <= i < self.times.size - 1 else -1

    def next_change(self, t: float) -> float:
        """The first time after ``t`` at which the rain changes."""
        i = int(np.searchsorted(self.times, t, side="right"))
        return float(self.times[i]) if i < self.times.size else np.inf

    def write(self, step: int, layout: Layout, rate: NDArray[Any]) -> tuple[float, float]:
        """Fill ``rate`` (m/s) for a step; returns the sum over cells and the greatest (m/s)."""
        view = layout.view(rate)
        if step < 0 or self.rain is None:
            view[...] = 0
            return 0.0, 0.0
        values = np.asarray(self.rain.intensity_mm_h, np.float64)[step] * MM_H
        if self.rain.zones is not None:
            zones = np.asarray(self.rain.zones)
            values = np.where(zones >= 0, values[np.maximum(zones, 0)], 0.0)
        field = np.where(self.valid, values, 0.0).ravel()
        if self.roofs.size:
            field += np.bincount(self.targets, field[self.roofs], field.size)
            field[self.roofs] = 0.0
        view[...] = field.reshape(self.valid.shape)
        return float(field.sum()), float(field.max())
