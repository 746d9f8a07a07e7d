"""The solver's memory: padded, flat, aligned arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any


class State(NamedTuple):
    """Everything one run holds; ``cells`` = padded rows * padded columns, flat."""

    z: Array  # (cells,) bed above datum, m; WALL where closed
    m: Array  # (cells,) n squared / 2
    h: Array  # (cells,) depth, m
    e: Array  # (cells,) residual of the depth sum, m
    q: Array  # (4, cells) qx twice, qy twice, m2/s: old and new by turns
    rate: Array  # (cells,) rain, m/s
    capacity: Array  # (cells,) or (1,) infiltration capacity, m/s
    left: Array  # (cells,) or (1,) initial loss still to fill, m
    law: Array  # (2,) float64: the soil law (`losses`), Horton's decay, 1/s
    wetted: Array  # (cells,) or (1,) the soil law's memory, m
    conductivity: Array  # (cells,) or (1,) Green-Ampt K or Horton fc, m/s; curve number Ia, m
    suction: Array  # (cells,) or (1,) Green-Ampt suction * deficit or curve number S, m; Horton f0, m/s
    depth_max: Array  # (cells,) m
    speed_max: Array  # (cells,) uint16, mm/s
    hazard_max: Array  # (cells,)
    arrival: Array  # (cells,) s, +inf until it comes
    wet_s: Array  # (cells,) s at or above the threshold
    active: Array  # (tile rows, tile cols) uint8
    forced: Array  # (tile rows, tile cols) uint8: always active
    marks: Array  # (4, tile rows, tile cols) uint8: scratch for tile flags
    runs: Array  # (most, 4) uint64
    bounds: Array  # (parts + 1,) int64: runs of each thread
    tops: Array  # (parts,) float64 scratch
    taken: Array  # (parts, padded columns) scratch row
    row_taken: Array  # (padded rows,) float64, m: infiltration summed by row
    spot: Array  # (spots,) int64 flat index of the cells that points give water to
    spot_rate: Array  # (spots,) float64, m/s: what each is given until told otherwise
    spot_given: Array  # (spots,) float64, m: what each has been given


class Inflows(NamedTuple):
    """Point sources; ``n`` cells, series concatenated."""

    cell: Array  # (n,) int64 flat index
    series: Array  # (n,) int64 which series
    part: Array  # (n,) float64 share of the series' discharge
    start: Array  # (series + 1,) int64 offsets into the next two
    times: Array  # s
    discharge: Array  # m3/s
    volume: Array  # m3, integral of discharge up to each time


class Faces(NamedTuple):
    """Open boundary faces; ``n`` of them."""

    axis: Array  # (n,) int64: 0 east-west, 1 north-south
    face: Array  # (n,) int64 flat index into qx or qy
    inner: Array  # (n,) int64 flat index of the cell inside
    outer: Array  # (n,) int64 flat index of the cell outside
    inland: Array  # (n,) int64 flat index of the next cell inward
    sign: Array  # (n,) float64: +1 where positive flux leaves
    slope: Array  # (n,) float64: given slope, or -1 for that of the water surface
    series: Array  # (n,) int64: level or discharge series, or -1 for a free face
    start: Array  # (series + 1,) int64
    times: Array  # s
    level: Array  # m above datum; of a discharge edge the unit discharge that comes in, m2/s
    volume: Array  # m2, integral of that unit discharge up to each time; 0 of levels
    flux: Array  # (n,) float64 scratch: outward unit discharge of this step
    row_start: Array  # (padded rows + 1,) int64: offsets into the next, by the row of the cell inside
    by_row: Array  # (discharge faces,) int64: which faces water of a discharge edge comes in through
    edge: Array  # (n,) float64 scratch: depth of that water at the edge, m; 0 where none comes
    rise: Array  # (n,) float64 scratch: bed at such a face above that of the cell's middle, as rebuilt, m
    beyond: Array  # (n, 4) float64 scratch: depth, bed, u and v outside, as the slopes of the cell inside see them
