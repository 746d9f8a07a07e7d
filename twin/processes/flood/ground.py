"""From the city's layers to what the engine computes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine

from twin.city.surface import Cover, burn, cover, extent, labels
from twin.crs import transformer
from twin.engines.flood import Boundary, Domain, Edge, Inflow, Rain, raise_buildings
from twin.errors import TwinError
from twin.processes.storm import RainRaster, hyetograph

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.context import Features, Raster, RunContext
    from twin.processes.flood.inputs import FloodInputs, PointInflow

AFTER_RAIN_S = 3600.0
MAX_CELLS = 40_000_000
WATER = "17"  # land-use class 陆地水域
BUILDING = ("code", "use", "height", "floors", "base_elevation", "ground_floor_elevation")


@dataclass(frozen=True, slots=True)
class Ground:
    """The engine's inputs, and what the outcomes are summed over. Grids are (rows, cols), row 0 north."""

    domain: Domain
    rain: Rain | None
    inflows: tuple[Inflow, ...]
    boundary: Boundary
    duration_s: float
    gauges: tuple[tuple[int, int], ...]  # row, column
    transform: Affine
    buildings: Features
    building_labels: NDArray[np.int32]
    water: NDArray[np.bool_]  # rivers and lakes, which no storm floods


def build(inputs: FloodInputs, run: RunContext) -> Ground:
    """Read terrain, land use and buildings in the asked area and lay them on one grid.

    Raises ``TwinError`` TWIN-520 (no terrain), TWIN-521 (area outside it), TWIN-522 (too many cells).
    """
    to_city = transformer(4326, run.srid)
    box = None if inputs.bbox is None else to_city.transform_bounds(*inputs.bbox, densify_pts=21)
    z, transform = _terrain(inputs, run, box)
    cell = transform.a
    shape = z.shape
    area = extent(transform, shape)
    land_use = run.features("land_use", columns=["land_use"], bbox=area)
    buildings = run.features("building", columns=list(BUILDING), bbox=area)
    footprint = labels(buildings.shapes, transform, shape)
    manning, capacity, water = _surface(inputs, land_use, transform, (shape[0], shape[1]))
    if inputs.buildings == "raised":
        z = raise_buildings(z, footprint > 0, inputs.building_rise_m)
    domain = Domain(
        z=z,
        cell=cell,
        manning=manning,
        blocked=footprint > 0 if inputs.buildings == "blocked" else None,
        infiltration=np.where(water, np.float32(0), capacity),
        initial_loss=np.where(water, np.float32(0), np.float32(inputs.initial_loss_mm)),
    )
    rain, rain_end = _rain(inputs, run, transform, shape)
    return Ground(
        domain=domain,
        rain=rain,
        inflows=tuple(_inflow(item, to_city, transform, z) for item in inputs.inflows),
        boundary=_edges(inputs),
        duration_s=60.0 * inputs.duration_min if inputs.duration_min is not None else rain_end + AFTER_RAIN_S,
        gauges=tuple(_cell_of(g.lon, g.lat, to_city, transform, z, "gauges") for g in inputs.gauges),
        transform=transform,
        buildings=buildings,
        building_labels=footprint,
        water=water,
    )


def _terrain(
    inputs: FloodInputs, run: RunContext, box: tuple[float, float, float, float] | None
) -> tuple[NDArray[np.float32], Affine]:
    raster = run.raster("terrain", bbox=box)
    if raster is None:
        raise TwinError(
            "TWIN-520",
            "计算范围内没有地形；请用 twin import FILE --layer terrain 导入。",
            "There is no terrain in the area; import one: twin import FILE --layer terrain.",
            status=422,
            where="bbox" if box else "terrain",
        )
    factor = max(1, round((inputs.cell_m or raster.cell) / raster.cell))
    z, transform = _coarser(raster, factor)
    if not np.isfinite(z).any():
        raise TwinError(
            "TWIN-521",
            "计算范围落在地形数据之外。",
            "The area lies outside the terrain's data.",
            status=422,
            where="bbox",
        )
    if z.size > MAX_CELLS:
        raise TwinError(
            "TWIN-522",
            f"计算网格 {z.size} 个，超过 {MAX_CELLS}；请缩小范围或加大 cell_m。",
            f"The grid has {z.size} cells, more than {MAX_CELLS}; take a smaller area or a larger cell_m.",
            status=422,
            where="cell_m",
        )
    return z, transform


def _coarser(raster: Raster, factor: int) -> tuple[NDArray[np.float32], Affine]:
    """Means of ``factor`` x ``factor`` cells; a block with any hole is a hole."""
    z = np.ascontiguousarray(raster.array, dtype=np.float32)
    if factor == 1:
        return z, raster.transform
    rows, columns = z.shape[0] // factor, z.shape[1] // factor
    blocks = z[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor)
    means = blocks.mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
    return means, raster.transform @ Affine.scale(factor)


def _surface(
    inputs: FloodInputs, land_use: Features, transform: Affine, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
    """Manning's n, the capacity of soil and sewers (mm/h), and where water always stands, for each cell."""
    codes = land_use.columns["land_use"]
    covers = [cover(code) for code in codes]
    own = {code: Cover(n, 0.0) for code, n in inputs.roughness.items() if code != "*"}
    rest = inputs.roughness.get("*")
    rough = [_roughness(code, found, own, rest) for code, found in zip(codes, covers, strict=True)]
    default = cover(None)
    place = land_use.shapes
    manning = burn(place, rough, transform, shape, fill=default.manning if rest is None else rest)
    sealed = burn(place, [found.sealed for found in covers], transform, shape, fill=default.sealed)
    capacity = (sealed * inputs.drainage_mm_h + (1 - sealed) * inputs.soil_mm_h).astype(np.float32)
    standing = [(code or "").startswith(WATER) for code in codes]
    return manning, capacity, burn(place, standing, transform, shape, fill=0, dtype="uint8") > 0


def _roughness(code: str | None, found: Cover, own: dict[str, Cover], rest: float | None) -> float:
    for length in range(len(code or ""), 0, -1):
        if (code or "")[:length] in own:
            return own[(code or "")[:length]].manning
    return found.manning if rest is None else rest


def _rain(
    inputs: FloodInputs, run: RunContext, transform: Affine, shape: tuple[int, ...]
) -> tuple[Rain | None, float]:
    """The rain for the engine and when it ends (s)."""
    storm = inputs.storm
    if storm is None:
        return None, 0.0
    if isinstance(storm, RainRaster):
        return _rain_rasters(storm, run, transform, (shape[0], shape[1]))
    series = hyetograph(storm)
    # a closing step of no rain: the series ends when the storm ends
    times = np.append(series.times_s, series.end_s)
    return Rain(times, np.append(series.intensity_mm_h, 0.0)), series.end_s


def _rain_rasters(
    storm: RainRaster, run: RunContext, transform: Affine, shape: tuple[int, int]
) -> tuple[Rain, float]:
    frames = run.rasters(storm.layer, start=storm.start, end=storm.end)
    if not frames:
        raise TwinError(
            "TWIN-523",
            f"图层“{storm.layer}”在所给时段内没有雨强栅格。",
            f'The layer "{storm.layer}" has no rain raster in the given period.',
            status=422,
            where="storm.layer",
        )
    grids = np.stack([_resampled(raster, transform, shape) for _, raster in frames])
    first = frames[0][0]
    times = [0.0 if time is None or first is None else (time - first).total_seconds() for time, _ in frames]
    end = times[-1] + (times[-1] - times[-2]) if len(times) > 1 else 60.0 * storm.duration_min
    return (
        Rain(np.array([*times, end]), np.concatenate([grids, np.zeros((1, *shape), dtype=grids.dtype)])),
        end,
    )


def _resampled(raster: Raster, transform: Affine, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The value of the rain cell over each centre; no rain outside the raster."""
    here, there = transform, raster.transform  # both north-up: rows and columns are apart
    column = np.floor((here.c + here.a * (np.arange(shape[1]) + 0.5) - there.c) / there.a).astype(int)
    row = np.floor((here.f + here.e * (np.arange(shape[0]) + 0.5) - there.f) / there.e).astype(int)
    inside = ((row >= 0) & (row < raster.array.shape[0]))[:, None] & (
        (column >= 0) & (column < raster.array.shape[1])
    )
    taken = raster.array[
        np.clip(row, 0, raster.array.shape[0] - 1)[:, None], np.clip(column, 0, raster.array.shape[1] - 1)
    ]
    return np.where(inside, np.nan_to_num(taken), 0.0).astype(np.float32)


def _inflow(item: PointInflow, to_city: Transformer, transform: Affine, z: NDArray[np.float32]) -> Inflow:
    row, column = _cell_of(item.lon, item.lat, to_city, transform, z, "inflows")
    x, y = to_city.transform(item.lon, item.lat)
    disc = labels(np.array([shapely.Point(x, y).buffer(item.radius_m, quad_segs=32)]), transform, z.shape)
    rows, columns = np.nonzero((disc > 0) & np.isfinite(z))
    if rows.size == 0:
        rows, columns = np.array([row]), np.array([column])
    return Inflow(rows, columns, 60.0 * np.asarray(item.times_min), np.asarray(item.discharge_m3_s))


def _cell_of(
    lon: float, lat: float, to_city: Transformer, transform: Affine, z: NDArray[np.float32], where: str
) -> tuple[int, int]:
    x, y = to_city.transform(lon, lat)
    column, row = ~transform @ (x, y)
    i, j = math.floor(row), math.floor(column)
    if not (0 <= i < z.shape[0] and 0 <= j < z.shape[1]) or not np.isfinite(z[i, j]):
        raise TwinError(
            "TWIN-524",
            f"点 ({lon}, {lat}) 不在计算范围的地形上。",
            f"The point ({lon}, {lat}) is not on the terrain of the area.",
            status=422,
            where=where,
        )
    return i, j


def _edges(inputs: FloodInputs) -> Boundary:
    asked = inputs.edges
    sides = {"north": asked.north, "east": asked.east, "south": asked.south, "west": asked.west}
    free = tuple(Edge(side, "free") for side, kind in sides.items() if kind == "free")  # type: ignore[arg-type]
    return Boundary((*free, Edge("outline", "free")) if free else ())
