"""The rain of a run as the engine takes it: uniform, by gauges, or by rasters; roofs may pass theirs on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.flood import Rain, nearest_open
from twin.errors import TwinError
from twin.processes.storm import RainGauges, RainRaster, hyetograph
from twin.text import Text

if TYPE_CHECKING:
    from datetime import datetime

    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.context import Raster, RunContext
    from twin.processes.flood.inputs import FloodInputs
    from twin.processes.storm import Storm

    Zones = NDArray[np.int32]

BLOCK_M = 100.0  # gauges are interpolated to squares of this side at least
MOST_BLOCKS = 10_000


@dataclass(frozen=True, slots=True)
class Fallen:
    """The rain for the engine (None: dry), when it ends (s), and what is to be told of it."""

    rain: Rain | None
    end_s: float
    remarks: tuple[Text, ...] = ()


def read_rain(
    inputs: FloodInputs, run: RunContext, transform: Affine, shape: tuple[int, int], to_city: Transformer
) -> Fallen:
    """The rain of a run.

    Raises ``TwinError`` TWIN-523 (no rasters in the period) and TWIN-529 (no such rain gauge in the sensor layer).
    """
    fallen = rain_of(inputs.storm, run, transform, shape, to_city, inputs.start)
    rain = fallen.rain
    if rain is None or inputs.rain_factor == 1.0:
        return fallen
    intensity = np.asarray(rain.intensity_mm_h)
    scaled = (inputs.rain_factor * intensity).astype(intensity.dtype)
    return replace(fallen, rain=replace(rain, intensity_mm_h=scaled))


def rain_of(
    storm: Storm | None, run: RunContext, transform: Affine, shape: tuple[int, int], to_city: Transformer,
    zero: datetime | None = None,
) -> Fallen:  # fmt: skip
    """As `read_rain`, of any storm; ``zero``: when time 0 is, for rasters (else the storm's start, else the first one)."""
    if storm is None:
        return Fallen(None, 0.0)
    if isinstance(storm, RainRaster):
        return _rasters(storm, run, transform, shape, zero or storm.start)
    if isinstance(storm, RainGauges):
        return Fallen(*_gauges(storm, run, transform, shape, to_city))
    series = hyetograph(storm)
    # a closing step of no rain: the series ends when the storm ends
    times = np.append(series.times_s, series.end_s)
    return Fallen(Rain(times, np.append(series.intensity_mm_h, 0.0)), series.end_s)


def _gauges(
    storm: RainGauges, run: RunContext, transform: Affine, shape: tuple[int, int], to_city: Transformer
) -> tuple[Rain, float]:
    """Zones are the gauges' own (Thiessen), or squares with weights by inverse distance to the power 2."""
    x, y = _places(storm, run, to_city)
    times, series = storm.together()
    if storm.method == "thiessen":
        centre_x = transform.c + transform.a * (np.arange(shape[1]) + 0.5)
        centre_y = transform.f + transform.e * (np.arange(shape[0]) + 0.5)
        zones = np.zeros(shape, np.int32)
        best = np.full(shape, np.inf)
        for number, (gx, gy) in enumerate(zip(x, y, strict=True)):
            distance = (centre_x[None, :] - gx) ** 2 + (centre_y[:, None] - gy) ** 2
            nearer = distance < best
            zones[nearer], best[nearer] = number, distance[nearer]
    else:
        zones, weights = _weights(x, y, transform, shape, storm.power)
        series = series @ weights.T
    dry = np.zeros((1, series.shape[1]))
    end = float(times[-1])
    return Rain(times, np.concatenate([series, dry]), zones), end


def _weights(
    x: NDArray[np.float64], y: NDArray[np.float64], transform: Affine, shape: tuple[int, int], power: float
) -> tuple[Zones, NDArray[np.float64]]:
    """Square blocks as zones, and the weight of each gauge in each of them: (blocks, gauges), rows summing to 1."""
    cell = transform.a
    side = max(BLOCK_M, math.sqrt(shape[0] * shape[1] / MOST_BLOCKS) * cell)
    step = max(1, round(side / cell))
    rows, cols = -(-shape[0] // step), -(-shape[1] // step)
    zones = np.arange(rows * cols, dtype=np.int32).reshape(rows, cols)
    whole = np.repeat(np.repeat(zones, step, axis=0), step, axis=1)[: shape[0], : shape[1]]
    px = transform.c + cell * step * (np.arange(cols) + 0.5)
    py = transform.f + transform.e * step * (np.arange(rows) + 0.5)
    gx, gy = np.meshgrid(px, py)
    distance = np.hypot(gx.ravel()[:, None] - x[None, :], gy.ravel()[:, None] - y[None, :])
    weights = 1.0 / np.maximum(distance, 1.0) ** power
    return np.ascontiguousarray(whole), weights / weights.sum(axis=1, keepdims=True)


def _places(
    storm: RainGauges, run: RunContext, to_city: Transformer
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Eastings and northings of the gauges: as given, or of the sensors that they name."""
    known: dict[str, Any] = {}
    if any(gauge.sensor for gauge in storm.gauges):
        sensors = run.features("sensor", columns=["code"])
        known = dict(zip(sensors.columns["code"], sensors.shapes, strict=True))
    places = []
    for number, gauge in enumerate(storm.gauges):
        if gauge.sensor is None:
            places.append(to_city.transform(gauge.lon, gauge.lat))
            continue
        if gauge.sensor not in known:
            raise TwinError(
                "TWIN-529",
                f"传感器图层中没有雨量站“{gauge.sensor[:80]}”；请核对编码或改给经纬度。",
                f'The sensor layer has no "{gauge.sensor[:80]}"; check the code or give longitude and latitude.',
                status=422,
                where=f"storm.gauges.{number}.sensor",
            )
        places.append((known[gauge.sensor].x, known[gauge.sensor].y))
    x, y = np.array(places, dtype=np.float64).T
    return x, y


def _rasters(
    storm: RainRaster, run: RunContext, transform: Affine, shape: tuple[int, int], zero: datetime | None
) -> Fallen:
    frames = run.rasters(storm.layer, start=storm.start, end=storm.end)
    if not frames:
        raise TwinError(
            "TWIN-523",
            f"图层“{storm.layer}”在所给时段内没有雨强栅格。",
            f'The layer "{storm.layer}" has no rain raster in the given period.',
            status=422,
            where="storm.layer",
        )
    first = frames[0][0]
    times = [0.0 if time is None or first is None else (time - first).total_seconds() for time, _ in frames]
    holds, told = _moments(storm, first, times)
    if first is not None and zero is not None:
        holds = _counted((first - zero).total_seconds(), holds)
    at = np.array([start for start, _ in holds])
    which = [frame for _, frame in holds]
    end = float(at[-1])
    rasters = [raster for _, raster in frames]
    told = _gaps(rasters, transform, shape) + told
    one = rasters[0]
    if all(raster.transform == one.transform and raster.array.shape == one.array.shape for raster in rasters):
        zones = cells_of(one, transform, shape)
        series = np.stack([np.nan_to_num(raster.array).ravel() for raster in rasters]).astype(np.float64)
        return Fallen(
            Rain(at, np.concatenate([series, np.zeros((1, series.shape[1]))])[which], zones), end, told
        )
    grids = np.stack([resampled(raster, transform, shape) for raster in rasters])
    return Fallen(
        Rain(at, np.concatenate([grids, np.zeros((1, *shape), dtype=grids.dtype)])[which]), end, told
    )


def _moments(
    storm: RainRaster, first: datetime | None, times: list[float]
) -> tuple[list[tuple[float, int]], tuple[Text, ...]]:
    """From when (s) which raster holds, -1 where none does, and what is to be told of times without one.

    A raster holds until the next one, but no longer than twice the usual step: after that one step is taken to be meant. The
    last one holds for a step; a single one for ``duration_min``.
    """
    steps = np.diff(times)
    usual = float(np.median(steps)) if len(times) > 1 else 60.0 * storm.duration_min
    last = float(steps[-1]) if len(times) > 1 and steps[-1] <= 2.0 * usual else usual
    holds: list[tuple[float, int]] = []
    dry: list[tuple[float, float]] = []
    for number, start in enumerate(times):
        holds.append((start, number))
        if number < steps.size and steps[number] > 2.0 * usual:
            holds.append((start + usual, -1))
            dry.append((start + usual, times[number + 1]))
    holds.append((times[-1] + last, -1))
    if first is None:
        return holds, ()
    if storm.start is not None and (storm.start - first).total_seconds() < -usual / 2:
        dry.insert(0, ((storm.start - first).total_seconds(), 0.0))
    if storm.end is not None and (storm.end - first).total_seconds() > times[-1] + last:
        dry.append((times[-1] + last, (storm.end - first).total_seconds()))
    return holds, _missing(first, dry)


def _counted(later: float, holds: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """The same from time 0, which lies ``later`` seconds before the first raster: dry until then, or begun on the way.

    Raises ``TwinError`` TWIN-523 where time 0 lies after the last one.
    """
    moved = [(start + later, frame) for start, frame in holds]
    if moved[-1][0] <= 0.0:
        raise TwinError(
            "TWIN-523",
            "所给时段的雨强栅格都在起始时间之前；请核对 start 与降雨时段。",
            "All rain rasters of the given period lie before the start; check start and the storm's period.",
            status=422,
            where="start",
        )
    if later > 0.0:
        return [(0.0, -1), *moved]
    begun = max(number for number, (start, _) in enumerate(moved) if start <= 0.0)
    return [(0.0, moved[begun][1]), *moved[begun + 1 :]]


def _missing(first: datetime, dry: list[tuple[float, float]]) -> tuple[Text, ...]:
    """The remark on times (s after ``first``) of the storm's period that no raster covers."""
    if not dry:
        return ()
    moments = [[first + timedelta(seconds=second) for second in pair] for pair in dry]
    zh = "、".join(f"{a:%m-%d %H:%M} 至 {b:%m-%d %H:%M}" for a, b in moments[:4])
    en = ", ".join(f"{a:%d %b %H:%M} to {b:%d %b %H:%M}" for a, b in moments[:4])
    more = (" 等", " and more") if len(moments) > 4 else ("", "")
    return (
        Text(
            zh=f"所给时段中有 {len(moments)} 段没有雨强栅格（{zh}{more[0]}，UTC），按无雨计算。",
            en=f"There is no raster of rain for {len(moments)} parts of the period ({en}{more[1]}, UTC): "
            "no rain was taken to fall then.",
        ),
    )


def _gaps(rasters: list[Raster], transform: Affine, shape: tuple[int, int]) -> tuple[Text, ...]:
    """How much of the area, over all moments, lies where the rasters have no value: it counts as dry, which must be told.

    Raises ``TwinError`` TWIN-523 where they have none in it at all.
    """
    share = 0.0
    for raster in rasters:
        zones = cells_of(raster, transform, shape)
        told = np.isfinite(raster.array).ravel()
        share += float(((zones < 0) | ~told[np.maximum(zones, 0)]).mean()) / len(rasters)
    if share >= 1.0:
        raise TwinError(
            "TWIN-523",
            "所给时段的雨强栅格在计算范围内没有数据；请核对范围、时段与栅格。",
            "The rain rasters of the given period have no data in the area; check area, period and rasters.",
            status=422,
            where="storm.layer",
        )
    if share == 0.0:
        return ()
    return (
        Text(
            zh=f"雨强栅格在 {share:.1%} 的范围与时刻上没有数据，按无雨计算。",
            en=f"The rain rasters have no data for {share:.1%} of the area and moments; no rain was taken to fall there.",
        ),
    )


def cells_of(raster: Raster, transform: Affine, shape: tuple[int, int]) -> Zones:
    """The number of the raster's cell over the centre of each cell; -1 outside the raster."""
    here, there = transform, raster.transform  # both north-up: rows and columns are apart
    column = np.floor((here.c + here.a * (np.arange(shape[1]) + 0.5) - there.c) / there.a).astype(np.int32)
    row = np.floor((here.f + here.e * (np.arange(shape[0]) + 0.5) - there.f) / there.e).astype(np.int32)
    rows, cols = raster.array.shape
    inside = ((row >= 0) & (row < rows))[:, None] & ((column >= 0) & (column < cols))
    return np.where(inside, row[:, None] * np.int32(cols) + column, np.int32(-1))


def resampled(raster: Raster, transform: Affine, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The value of the rain cell over each centre; no rain outside the raster or where it has no data."""
    zones = cells_of(raster, transform, shape)
    values = np.nan_to_num(raster.array).ravel()
    return np.where(zones >= 0, values[np.maximum(zones, 0)], 0.0).astype(np.float32)


def off_roofs(rain: Rain, roofs: NDArray[np.bool_], valid: NDArray[np.bool_]) -> Rain:
    """The rain with that of the roofs led to the nearest cell outside, as downpipes do.

    For footprints that hold water of their own (storage): a cell at a wall gets its own rain once, and as often again as
    it has roof cells; where rain varies, a roof counts as lying in the zone of the cell that takes its water.
    """
    if not (roofs & valid).any():
        return rain
    target = nearest_open(valid & ~roofs)[np.flatnonzero(roofs & valid)]
    times = 1 + np.bincount(target, minlength=roofs.size).reshape(roofs.shape)
    values = np.asarray(rain.intensity_mm_h, dtype=np.float64)
    if values.ndim == 3:
        return Rain(rain.times_s, np.where(roofs, 0.0, values * times))
    zones = np.zeros(roofs.shape, np.int64) if rain.zones is None else np.asarray(rain.zones, np.int64)
    if values.ndim == 1:
        values = values[:, None]
    most = int(times.max()) + 1
    keys, place = np.unique(np.where(roofs, -1, zones * most + times).ravel(), return_inverse=True)
    kept = keys > 0
    series = values[:, np.maximum(keys[kept], 0) // most] * (keys[kept] % most)
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    return Rain(rain.times_s, series, number[place.ravel()].reshape(roofs.shape).astype(np.int32))
