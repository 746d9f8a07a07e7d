"""Map tiles of a raster: one PNG of 256 cells in the web mercator grid, coloured by the layer's stops."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds

from twin.files.cells import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.files.cells import Source

HALF_WORLD_M = math.pi * 6378137.0
Box = tuple[float, float, float, float]


class ColourStop(Protocol):
    """From ``value`` on, ``colour`` (#rrggbb): a ``twin.catalog.spec.Stop``."""

    @property
    def value(self) -> float: ...
    @property
    def colour(self) -> str: ...


def tile_bounds(z: int, x: int, y: int) -> Box:
    """(w, s, e, n) of a WebMercatorQuad tile in metres of EPSG:3857 (OGC 17-083r4 annex D)."""
    span = 2 * HALF_WORLD_M / 2**z
    west, north = -HALF_WORLD_M + x * span, HALF_WORLD_M - y * span
    return west, north - span, west + span, north


def render_png(
    source: Source,
    z: int,
    x: int,
    y: int,
    stops: Sequence[ColourStop],
    size: int = 256,
    *,
    classes: bool = False,
) -> bytes | None:
    """A PNG (palette with transparency) of the tile, or None where nothing is to be drawn.

    Cells below the first stop and cells without data are transparent. Cells between the centres of the raster
    are interpolated, or taken from the nearest where ``classes`` says that the values are codes (whole-number
    rasters always are).
    """
    values = warped(source, tile_bounds(z, x, y), size, classes=classes)
    if values is None or not stops:
        return None
    stops = stops[:255]
    index = np.searchsorted([stop.value for stop in stops], values, side="right").astype(np.uint8)
    index[np.isnan(values)] = 0
    if not index.any():
        return None
    picture = Image.fromarray(index, mode="P")
    picture.putpalette(_palette(tuple(stop.colour for stop in stops)))
    out = io.BytesIO()
    picture.save(out, "PNG", transparency=0, compress_level=6)
    return out.getvalue()


@lru_cache(maxsize=256)
def _palette(colours: tuple[str, ...]) -> bytes:
    return bytes(3) + b"".join(bytes.fromhex(colour[1:]) for colour in colours)


def warped(source: Source, box: Box, size: int, *, classes: bool) -> NDArray[np.float32] | None:
    """The raster on a size x size grid over ``box`` (EPSG:3857), NaN for nodata; None if empty."""
    with opened(source) as dataset:
        if not _meets(_mercator_bounds(tuple(dataset.bounds), dataset.crs.to_wkt()), box):
            return None
        smooth = not classes and np.issubdtype(np.dtype(dataset.dtypes[0]), np.floating)
        with WarpedVRT(
            dataset,
            crs="EPSG:3857",
            transform=from_bounds(*box, size, size),
            width=size,
            height=size,
            resampling=Resampling.bilinear if smooth else Resampling.nearest,
        ) as grid:
            masked = grid.read(1, masked=True)
    cells: NDArray[np.float32] = masked.astype(np.float32).filled(np.nan)
    return None if np.isnan(cells).all() else cells


def _meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@lru_cache(maxsize=256)
def _mercator_bounds(bounds: Box, crs: str) -> Box:
    try:
        west, south, east, north = transform_bounds(crs, "EPSG:3857", *bounds)
    except RasterioError:  # reaches a pole: let the warper decide
        return -HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M
    return west, south, east, north
