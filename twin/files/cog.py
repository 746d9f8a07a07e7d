"""Cloud-optimised GeoTIFFs of our own making: the one place that writes them, and the doors to read them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.io import MemoryFile

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
) -> Path:
    """Write ``array`` (rows, columns; first row northernmost) as a COG and put it in place when it is whole.

    ``transform`` maps column, row to x, y of ``crs`` (an EPSG code). NaN cells and masked cells become
    ``nodata``. ``dtype`` defaults to the array's. Overviews average the cells, or take the most frequent
    value where ``classes`` says that the numbers are codes. Equal arrays give equal bytes.
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
            translate(dataset, target, classes=classes)
    return target


def translate(dataset: rasterio.DatasetReader, target: Path, *, classes: bool) -> None:
    """Copy an open dataset into a COG (DEFLATE, 256-cell blocks, overviews) at ``target``, atomically."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        rasterio.shutil.copy(
            dataset,
            part,
            driver="COG",
            compress="DEFLATE",
            predictor="YES",
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
