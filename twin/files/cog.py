"""Cloud-optimised GeoTIFFs of our own making: the one place that writes them, and the doors to read them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.crs
import rasterio.shutil
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import calculate_default_transform

from twin.errors import TwinError
from twin.files.cells import Grid, Source, axes, describe, opened, plain_values, read, value_at
from twin.files.picture import render_png, tile_bounds

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray

__all__ = [
    "Grid",
    "Source",
    "axes",
    "describe",
    "opened",
    "plain_values",
    "read",
    "regrid",
    "render_png",
    "tile_bounds",
    "translate",
    "value_at",
    "write_cog",
]
BLOCK = 256


def write_cog(
    path: str | Path,
    array: NDArray[Any],
    *,
    transform: Affine,
    crs: int | str,
    nodata: float,
    unit: str | None = None,
    dtype: str | None = None,
    classes: bool = False,
    quickly: bool = False,
) -> Path:
    """Write ``array`` (rows, columns; first row northernmost) as a COG and put it in place when it is whole.

    ``transform`` maps column, row to x, y of ``crs`` (an EPSG code). NaN cells and masked cells become
    ``nodata``. ``dtype`` defaults to the array's. Overviews average the cells, or take the most frequent
    value where ``classes`` says that the numbers are codes. ``quickly`` packs less tightly in half the time, for one
    of many. Equal arrays give equal bytes.
    """
    target = Path(path)
    data = _filled(array, nodata, dtype or str(array.dtype))
    crs_text = f"EPSG:{crs}" if isinstance(crs, int) else crs
    profile = {
        "driver": "GTiff",
        "height": data.shape[0],
        "width": data.shape[1],
        "count": 1,
        "dtype": data.dtype,
        "crs": crs_text,
        "transform": transform,
        "nodata": nodata,
    }
    with MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(data, 1)
            if unit:
                dataset.set_band_unit(1, unit)
        with memory.open() as dataset:
            translate(dataset, target, classes=classes, quickly=quickly)
    return target


def regrid(
    source: Path, target: Path, srid: int, bbox: tuple[float, float, float, float] | None = None
) -> None:
    """A COG of the part of ``source`` in ``bbox`` (w, s, e, n; None: all of it), in EPSG:``srid``: warped bilinearly, or
    to the nearest cell for whole numbers."""
    with opened(source) as dataset:
        smooth = np.issubdtype(np.dtype(dataset.dtypes[0]), np.floating)
        crs = rasterio.crs.CRS.from_epsg(srid)
        transform, width, height = calculate_default_transform(
            dataset.crs, crs, dataset.width, dataset.height, *dataset.bounds
        )
        if bbox is not None:
            width = max(1, round((bbox[2] - bbox[0]) / transform.a))
            height = max(1, round((bbox[3] - bbox[1]) / -transform.e))
            transform = from_bounds(*bbox, width, height)
        with WarpedVRT(
            dataset,
            crs=crs,
            transform=transform,
            width=width,
            height=height,
            resampling=Resampling.bilinear if smooth else Resampling.nearest,
        ) as grid:
            translate(grid, target, classes=not smooth)


def translate(dataset: rasterio.DatasetReader, target: Path, *, classes: bool, quickly: bool = False) -> None:
    """Copy an open dataset into a COG (DEFLATE, 256-cell blocks, overviews) at ``target``, atomically."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        rasterio.shutil.copy(
            dataset,
            part,
            driver="COG",
            compress="DEFLATE",
            level=1 if quickly else 6,
            predictor="NO" if quickly else "YES",
            blocksize=BLOCK,
            overview_resampling="mode" if classes else "average",
            bigtiff="IF_SAFER",
        )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _filled(array: NDArray[Any], nodata: float, dtype: str) -> NDArray[Any]:
    if array.ndim != 2 or 0 in array.shape:
        raise TwinError(
            "TWIN-270",
            zh=f"栅格必须是二维非空数组，实际形状为 {array.shape}",
            en=f"a raster must be a two-dimensional array that is not empty; got shape {array.shape}",
            where="array",
        )
    data = np.ma.filled(array, nodata) if isinstance(array, np.ma.MaskedArray) else array
    if np.issubdtype(data.dtype, np.floating):
        data = np.where(np.isfinite(data), data, nodata)
    return np.ascontiguousarray(data.astype(dtype, copy=False))
