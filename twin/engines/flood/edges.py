"""Inflows and open boundaries, a few cells each step: exact volumes, outward fluxes, their account."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.flood.jit import jit
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, TILE_COLS, TILE_ROWS

Array = Any
Scalar = Any

COMING = -2.0  # in place of a face's slope: its series is a unit discharge that comes in
LEAST_SLOPE = 1e-4  # free outflow over a level water surface still drains


@jit()
def volume_until(times: Array, discharge: Array, volume: Array, first: int, last: int, t: float) -> float:
    """Integral (m3) of a piecewise linear discharge from its first time to ``t``; 0 outside its times."""
    if t <= times[first]:
        return 0.0
    if t >= times[last - 1]:
        return volume[last - 1]  # type: ignore[no-any-return]
    i = first + np.searchsorted(times[first:last], t) - 1
    span = times[i + 1] - times[i]
    w = t - times[i]
    return volume[i] + w * (discharge[i] + 0.5 * w * (discharge[i + 1] - discharge[i]) / span)  # type: ignore[no-any-return]


@jit()
def inflow_depths(inflows: Any, add: Array, t: float, dt: float, area: float) -> float:
    """Depth (m) that each inflow cell gets in [t, t + dt] into ``add`` (n,; float64); returns the volume (m3)."""
    total = 0.0
    for i in range(add.size):
        s = inflows.series[i]
        a = inflows.start[s]
        b = inflows.start[s + 1]
        before = volume_until(inflows.times, inflows.discharge, inflows.volume, a, b, t)
        gained = (
            volume_until(inflows.times, inflows.discharge, inflows.volume, a, b, t + dt) - before
        ) * inflows.part[i]
        add[i] = gained / area
        total += gained
    return total


@jit()
def pour(h: Array, e: Array, cells: Array, add: Array) -> None:
    """Add depths to cells, compensated."""
    for i in range(cells.size):
        k = cells[i]
        before = h[k]
        step = h.dtype.type(add[i]) + e[k]
        after = h.dtype.type(before + step)
        e[k] = step - (after - before)
        h[k] = after


@jit()
def highest_with(h: Array, cells: Array, add: Array) -> float:
    """Greatest depth (m) of the inflow cells once they have their water."""
    top = 0.0
    for i in range(cells.size):
        top = max(top, np.float64(h[cells[i]]) + add[i])
    return top


@jit()
def series_value(times: Array, values: Array, first: int, last: int, t: float) -> float:
    """Linear in time, held constant before and after."""
    if t <= times[first]:
        return values[first]  # type: ignore[no-any-return]
    if t >= times[last - 1]:
        return values[last - 1]  # type: ignore[no-any-return]
    i = first + np.searchsorted(times[first:last], t) - 1
    w = (t - times[i]) / (times[i + 1] - times[i])
    return values[i] + w * (values[i + 1] - values[i])  # type: ignore[no-any-return]


@jit()
def series_peak(faces: Any, series: int, t: float, dt: float) -> Scalar:
    """Greatest value of an edge's series in [t, t + dt]."""
    first, last = faces.start[series], faces.start[series + 1]
    most = max(
        series_value(faces.times, faces.level, first, last, t),
        series_value(faces.times, faces.level, first, last, t + dt),
    )
    for i in range(first, last):
        if t < faces.times[i] < t + dt:
            most = max(most, faces.level[i])
    return most


@jit()
def highest_held(faces: Any, z: Array, t: float, dt: float) -> Scalar:
    """Greatest height (m) of a held level above the bed at its edge in [t, t + dt]; 0 where none is held."""
    top = level = 0.0
    known = -1
    for i in range(faces.face.size):
        series = faces.series[i]
        if series >= 0:
            if series != known:
                level = series_peak(faces, series, t, dt)
                known = series
            top = max(top, level - np.float64(z[faces.inner[i]]))
    return top


@jit()
def free_flux(depth: Scalar, slope: Scalar, given: bool, n2: Scalar) -> Scalar:
    """Normal-depth outflow (m2/s), Manning; with the slope of the water surface no faster than critical."""
    q = depth ** (5.0 / 3.0) * np.sqrt(slope / n2)
    return q if given else min(q, depth * np.sqrt(GRAVITY * depth))


@jit()
def level_flux(
    q: Scalar, depth: Scalar, above: Scalar, outside: Scalar, n2: Scalar, dt: float, dx: float
) -> Scalar:
    """Outward flux (m2/s) against a held level: ``outside`` its height above the bed, ``above`` the drop to it (m)."""
    flow = max(depth, outside)
    resist = flow ** (7.0 / 3.0)
    return (q + GRAVITY * flow * dt * above / dx) * resist / (resist + GRAVITY * dt * n2 * abs(q))


@jit()
def open_faces(
    faces: Any, qxn: Array, qyn: Array, qx: Array, qy: Array, h: Array, z: Array, m: Array,
    flags: Array, active: Array, C: int, t: float, dt: float, dx: float, hmin: float,
) -> bool:  # fmt: skip
    """Set the fluxes of all open faces at ``t + dt``; marks tiles that may run dry; True when any may."""
    any_flag = False
    for i in range(faces.face.size):
        k = faces.inner[i]
        depth = np.float64(h[k])
        n2 = max(2.0 * np.float64(m[k]), 1e-8)
        tile = (k // C - FIRST_ROW) // TILE_ROWS, (k % C - FIRST_COL) // TILE_COLS
        if active[tile] == 0:  # not in any run: its depth would not change
            depth = np.float64(0.0)
        out = 0.0
        s = faces.series[i]
        if s < 0:
            if depth > hmin:
                given = faces.slope[i] >= 0.0
                slope = faces.slope[i]
                if not given:
                    j = faces.inland[i]
                    drop = np.float64(h[j] - h[k]) + np.float64(z[j] - z[k])
                    slope = max(drop / dx, LEAST_SLOPE) if np.float64(h[j]) > hmin else LEAST_SLOPE
                out = free_flux(depth, slope, given, n2)
        else:
            level = series_value(faces.times, faces.level, faces.start[s], faces.start[s + 1], t + dt)
            outside = level - np.float64(z[k])
            if max(depth, outside) > hmin:
                old = np.float64(qx[faces.face[i]] if faces.axis[i] == 0 else qy[faces.face[i]])
                out = level_flux(old * faces.sign[i], depth, depth - outside, outside, n2, dt, dx)
        faces.flux[i] = out
        if faces.axis[i] == 0:
            qxn[faces.face[i]] = out * faces.sign[i]
        else:
            qyn[faces.face[i]] = out * faces.sign[i]
        if 4.0 * out * dt / dx > depth:
            flags[tile] = np.uint8(1)
            any_flag = True
    return any_flag


@jit()
def let_in(faces: Any, qxn: Array, qyn: Array) -> None:
    """No limit on what comes in: a cell outside, which holds nothing, may lie in a tile of the grid and be limited."""
    for i in range(faces.face.size):
        if faces.flux[i] < 0.0:
            if faces.axis[i] == 0:
                qxn[faces.face[i]] = faces.flux[i] * faces.sign[i]
            else:
                qyn[faces.face[i]] = faces.flux[i] * faces.sign[i]


@jit()
def close_account(
    faces: Any, qxn: Array, qyn: Array, h: Array, e: Array, width_dt: float, book: Array
) -> None:
    """Book what crossed the open faces (``book[0]`` in, ``book[1]`` out, m3) and empty the cells outside.

    A given discharge is booked as an inflow elsewhere.
    """
    for i in range(faces.face.size):
        q = np.float64(qxn[faces.face[i]] if faces.axis[i] == 0 else qyn[faces.face[i]])
        out = q * faces.sign[i]
        if out > 0.0:
            book[1] += out * width_dt
        elif faces.slope[i] != COMING:
            book[0] -= out * width_dt
        h[faces.outer[i]] = 0.0
        e[faces.outer[i]] = 0.0
