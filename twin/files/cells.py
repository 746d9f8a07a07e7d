"""Reading the rasters of this service: a window, a point, the axes of a grid.

Everything here handles files that this service wrote (trusted); a file from outside goes through
``twin.files.sandbox`` first. Every call opens its own handle, so a pool of threads may share a path.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window, from_bounds

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from affine import Affine
    from numpy.typing import NDArray

Source = str | Path | bytes


@dataclass(frozen=True, slots=True)
class Grid:
    """What a COG says of itself: shape (rows, columns), geotransform, EPSG code, bounds (w, s, e, n)."""

    shape: tuple[int, int]
    transform: Affine
    srid: int
    bounds: tuple[float, float, float, float]
    dtype: str
    nodata: float | None
    unit: str | None
    minimum: float | None
    maximum: float | None


@contextmanager
def opened(source: Source) -> Iterator[rasterio.DatasetReader]:
    """The dataset behind a path or the bytes of a file; TWIN-271 when it cannot be read."""
    try:
        if isinstance(source, bytes):
            with MemoryFile(source) as memory, memory.open(driver="GTiff") as dataset:
                yield dataset
        else:
            with rasterio.open(source, driver="GTiff") as dataset:
                yield dataset
    except RasterioError as error:
        raise TwinError(
            "TWIN-271",
            zh="栅格文件缺失或已损坏，请重新导入或重新计算",
            en="the raster file is missing or damaged; import it or run its process again",
            status=500,
        ) from error


def describe(source: Source, cells: NDArray[Any] | None = None) -> Grid:
    """Shape, place and unit of a COG, and the range of its values (the cells are read, not the overviews; or taken
    from ``cells``, which were just written, nodata or NaN left out)."""
    with opened(source) as dataset:
        low, high = _range(dataset) if cells is None else _range_of(cells, dataset.nodata)
        found = low <= high
        return Grid(
            shape=(dataset.height, dataset.width),
            transform=dataset.transform,
            srid=int(dataset.crs.to_epsg() or 0),
            bounds=tuple(dataset.bounds),
            dtype=dataset.dtypes[0],
            nodata=dataset.nodata,
            unit=dataset.units[0],
            minimum=low if found else None,
            maximum=high if found else None,
        )


def _range(dataset: rasterio.DatasetReader) -> tuple[float, float]:
    low, high = math.inf, -math.inf
    for _, window in dataset.block_windows(1):
        block = _floats(dataset, window, None)
        if not np.isnan(block).all():
            low, high = min(low, float(np.nanmin(block))), max(high, float(np.nanmax(block)))
    return low, high


def _range_of(cells: NDArray[Any], nodata: float | None) -> tuple[float, float]:
    good = cells[np.isfinite(cells) & (cells != nodata)]
    return (float(good.min()), float(good.max())) if good.size else (math.inf, -math.inf)


def read(
    source: Source,
    bbox: tuple[float, float, float, float] | None = None,
    shape: tuple[int, int] | None = None,
) -> tuple[NDArray[np.float32], Affine]:
    """The cells of a window as float32 with NaN for nodata, and the geotransform of what is returned.

    ``bbox`` is (w, s, e, n) in the raster's own CRS; it grows to whole cells and is cut at the edge of the
    raster (an array with no rows when they do not meet). ``shape`` (rows, columns) asks for fewer cells: the
    nearest overview is averaged down; more cells than there are is never invented.
    """
    with opened(source) as dataset:
        window = Window(0, 0, dataset.width, dataset.height)
        if bbox is not None:
            window = _whole_cells(dataset, bbox)
        if window.width <= 0 or window.height <= 0:
            return np.empty((0, 0), np.float32), dataset.transform
        rows, columns = int(window.height), int(window.width)
        out = (min(shape[0], rows), min(shape[1], columns)) if shape else (rows, columns)
        array = _floats(dataset, window, out)
        transform = dataset.window_transform(window)
        return array, transform @ transform.scale(columns / out[1], rows / out[0])


def _whole_cells(dataset: rasterio.DatasetReader, bbox: tuple[float, float, float, float]) -> Window:
    exact = from_bounds(*bbox, transform=dataset.transform)
    slack = 1e-6  # of a cell: a box on a cell's edge does not ask for the next cell
    left = max(0, math.floor(exact.col_off + slack))
    top = max(0, math.floor(exact.row_off + slack))
    right = min(dataset.width, math.ceil(exact.col_off + exact.width - slack))
    bottom = min(dataset.height, math.ceil(exact.row_off + exact.height - slack))
    return Window(left, top, max(0, right - left), max(0, bottom - top))


def _floats(
    dataset: rasterio.DatasetReader, window: Window, out: tuple[int, int] | None
) -> NDArray[np.float32]:
    smooth = np.issubdtype(np.dtype(dataset.dtypes[0]), np.floating)
    masked = dataset.read(
        1,
        window=window,
        out_shape=out,
        masked=True,
        resampling=Resampling.average if smooth else Resampling.nearest,
    )
    cells: NDArray[np.float32] = masked.astype(np.float32).filled(np.nan)
    return cells


def value_at(source: Source, x: float, y: float) -> float | None:
    """The value of the cell that holds x, y (the raster's own CRS); None outside and without data."""
    with opened(source) as dataset:
        column, row = ~dataset.transform @ (x, y)
        if not (0 <= column < dataset.width and 0 <= row < dataset.height):
            return None
        cell = _floats(dataset, Window(int(column), int(row), 1, 1), None)[0, 0]
        return None if math.isnan(cell) else float(cell)


def axes(array: NDArray[Any], transform: Affine) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """x of the columns' and y of the rows' centres: the axes of a CoverageJSON Grid domain."""
    rows, columns = array.shape
    x: NDArray[np.float64] = transform.c + transform.a * (np.arange(columns, dtype=np.float64) + 0.5)
    y: NDArray[np.float64] = transform.f + transform.e * (np.arange(rows, dtype=np.float64) + 0.5)
    return x, y


def plain_values(array: NDArray[Any], digits: int = 4) -> list[float | None]:
    """Cells row by row, rounded, None for NaN: the ``values`` of a CoverageJSON NdArray."""
    cells = np.round(array.astype(np.float64).ravel(), digits)
    return [None if gap else value for value, gap in zip(cells.tolist(), np.isnan(cells), strict=True)]
