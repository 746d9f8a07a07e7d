"""A raster from outside, in the reader child: checked before it is decoded, then made a COG in the storage CRS."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import rasterio.crs
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT

from twin.files import georef
from twin.files.cog import translate
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rasterio.windows import Window

    from twin.files.formats import Format

MAX_CELLS = 400_000_000
MAX_BLOCK_BYTES = 256 * 1024**2


@dataclass(frozen=True, slots=True)
class Cells:
    """What the coverage layer takes: cell type, nodata, unit, and the storage CRS."""

    dtype: str
    nodata: float
    unit: str
    srid: int


@dataclass(frozen=True, slots=True)
class Made:
    """The COG that came out: its size in cells, how many hold a value, their range, and the CRS it came from."""

    width: int
    height: int
    valid: int
    minimum: float
    maximum: float
    crs: str
    reprojected: bool


def answer(request: dict[str, Any], path: Path, form: Format) -> Iterator[tuple[bytes, Any]]:
    """The one frame of the reader child: what was made, as ``made.tif`` in its work folder."""
    try:
        made = convert(
            path, form, request["crs"], Cells(**request["cells"]), Path(request["work"]) / "made.tif"
        )
    except (RasterioError, OSError, ValueError) as error:
        said = str(error).replace(request["work"], "").replace(request["path"], "")
        raise refusal("TWIN-232", format=form.title, reason=" ".join(said.split())[:200]) from error
    yield b"D", made


def convert(path: Path, form: Format, crs: str | None, cells: Cells, target: Path) -> dict[str, Any]:
    """Write ``target`` from the raster at ``path`` and say what it holds (``Made`` as a dict).

    Refused: more than one band (TWIN-272), complex cells (TWIN-274), no place (TWIN-275), no CRS (TWIN-234), more
    than 400 million cells (TWIN-236), no cell with a value (TWIN-273).
    """
    with rasterio.open(path, driver=form.driver) as source:
        _check(source)
        told = georef.known(crs or (source.crs.to_wkt() if source.crs else None))
        if told is None:
            raise refusal("TWIN-234", where="crs")
        place = georef.place(told, cells.srid)
        plain = target.with_suffix(".plain.tif")
        with _in_storage(source, told.to_wkt(), place, cells) as grid:
            made = _write_plain(grid, source, cells, plain, place)
    if made.valid == 0:
        raise refusal("TWIN-273")
    with rasterio.open(plain, driver="GTiff") as dataset:
        translate(dataset, target, classes=not _smooth(cells.dtype))
    plain.unlink()
    return asdict(made)


def _check(source: rasterio.DatasetReader) -> None:
    if source.count != 1:
        raise refusal("TWIN-272", count=source.count)
    if source.width * source.height > MAX_CELLS:
        raise refusal(
            "TWIN-236",
            what_zh="像元数",
            what_en="its number of cells",
            size=source.width * source.height,
            limit=MAX_CELLS,
        )
    dtype = np.dtype(source.dtypes[0]) if not source.dtypes[0].startswith("complex_int") else np.dtype("c8")
    if dtype.kind == "c":
        raise refusal("TWIN-274", dtype=source.dtypes[0], wanted="float32")
    rows, columns = source.block_shapes[0]
    if rows * columns * dtype.itemsize > MAX_BLOCK_BYTES:
        raise refusal(
            "TWIN-236",
            what_zh="数据块",
            what_en="a block of it",
            size=rows * columns * dtype.itemsize,
            limit=MAX_BLOCK_BYTES,
        )
    if source.transform.is_identity or not all(map(math.isfinite, source.transform)):
        raise refusal("TWIN-275")


def _smooth(dtype: str) -> bool:
    return np.dtype(dtype).kind == "f"


def _in_storage(source: rasterio.DatasetReader, wkt: str, place: georef.Place, cells: Cells) -> WarpedVRT:
    """A view of the raster in the storage CRS: cell for cell where it lies there already, else warped
    (bilinear for measures, nearest for codes)."""
    here, there = rasterio.crs.CRS.from_wkt(wkt), rasterio.crs.CRS.from_epsg(cells.srid)
    straight = source.transform.b == 0 and source.transform.d == 0 and source.transform.e < 0
    if not place.moves and straight:
        here = there
        transform, width, height = source.transform, source.width, source.height
    else:
        transform, width, height = georef.grid(place, source.transform, source.width, source.height)
    if width * height > MAX_CELLS:
        raise refusal(
            "TWIN-236", what_zh="像元数", what_en="its number of cells", size=width * height, limit=MAX_CELLS
        )
    west, south, east, north = rasterio.transform.array_bounds(height, width, transform)
    box = place.box
    if not (box[0] <= west and east <= box[2] and box[1] <= south and north <= box[3]):
        raise refusal("TWIN-276", box=f"{west:.0f}, {south:.0f}, {east:.0f}, {north:.0f}", where="crs")
    return WarpedVRT(
        source,
        src_crs=here,
        crs=there,
        transform=transform,
        width=width,
        height=height,
        src_nodata=source.nodata,
        nodata=np.nan if _smooth(cells.dtype) else cells.nodata,
        dtype=cells.dtype,
        resampling=Resampling.bilinear if _smooth(cells.dtype) else Resampling.nearest,
        add_alpha=False,
        warp_mem_limit=64,
    )


def _write_plain(
    grid: WarpedVRT, source: rasterio.DatasetReader, cells: Cells, path: Path, place: georef.Place
) -> Made:
    """The cells block by block into a tiled file, NaN, infinite and masked ones as the layer's nodata."""
    profile = {
        "driver": "GTiff",
        "width": grid.width,
        "height": grid.height,
        "count": 1,
        "dtype": cells.dtype,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": cells.nodata,
        "tiled": True,
        "blockxsize": 512,
        "blockysize": 512,
        "bigtiff": "IF_SAFER",
    }
    scale, offset = source.scales[0], source.offsets[0]
    valid, low, high = 0, math.inf, -math.inf
    with rasterio.open(path, "w", **profile) as out:
        out.set_band_unit(1, cells.unit)
        for _, window in out.block_windows(1):
            block, good = _block(grid, window, cells, scale, offset)
            out.write(block, 1, window=window)
            if good.any():
                valid += int(good.sum())
                low, high = min(low, float(block[good].min())), max(high, float(block[good].max()))
    return Made(grid.width, grid.height, valid, low, high, place.name, place.moves)


def _block(
    grid: WarpedVRT, window: Window, cells: Cells, scale: float, offset: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    block = grid.read(1, window=window)
    good = np.isfinite(block) if block.dtype.kind == "f" else block != cells.nodata
    if (scale, offset) != (1.0, 0.0):
        block = block * scale + offset
    block = np.where(good, block, cells.nodata).astype(cells.dtype)
    return block, good & (block != cells.nodata)
