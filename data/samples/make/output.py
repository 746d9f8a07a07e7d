"""Writing: a FlatGeobuf a layer, Parquet for records, COGs for terrain and rain, the manifest and the checksums."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import rasterio
import shapely
from rasterio.transform import from_origin

from . import rain
from .frame import CELL as TERRAIN_CELL
from .frame import CITY, CITY_EN, EPSG, HEIGHT, ORIGIN, SEED
from .relief import NODATA, terrain
from .table import Table
from .tables import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

KINDS = (".fgb", ".parquet", ".tif")
RECORDS = ("sensor_observation", "traffic_observation")
_KIND = {"Point": "Point", "LineString": "LineString", "Polygon": "Polygon", "MultiPolygon": "MultiPolygon"}


def _field(values: list[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """A column as an array and the mask of its empty places."""
    empty = np.array([v is None for v in values])
    some = next(v for v in values if v is not None)
    if isinstance(some, bool):
        return np.array([bool(v) for v in values]), empty
    if isinstance(some, int):
        return np.array([v or 0 for v in values], np.int32), empty
    if isinstance(some, float):
        return np.array([np.nan if v is None else v for v in values], float), empty
    if isinstance(some, datetime):
        return np.array(values, "datetime64[s]"), empty
    if isinstance(some, date):
        return np.array(values, "datetime64[D]"), empty
    return np.array(values, object), empty


def write_table(path: Path, table: Table) -> None:
    """One layer as FlatGeobuf, rows in their order, without a spatial index (the store makes its own)."""
    geometry = shapely.transform(np.array(table.geometry, object), lambda c: c + np.array(ORIGIN))
    data = [_field(v) for v in table.columns.values()]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(geometry),
        [d for d, _ in data],
        list(table.columns),
        field_mask=[m if m.any() else None for _, m in data],
        driver="FlatGeobuf",
        geometry_type=_KIND[table.geometry[0].geom_type],
        crs=f"EPSG:{EPSG}",
        SPATIAL_INDEX="NO",
    )


def write_records(path: Path, table: Table) -> None:
    """Records without geometry as Parquet; single precision holds counts and speeds, not centimetres of a level."""
    columns = {name: pa.array(values) for name, values in table.columns.items()}
    doubles = {name: c for name, c in columns.items() if pa.types.is_float64(c.type) and name != "value"}
    single = {name: c.cast(pa.float32()) for name, c in doubles.items()}
    times = {
        name: c.cast(pa.timestamp("s", "UTC")) for name, c in columns.items() if pa.types.is_timestamp(c.type)
    }
    pq.write_table(pa.table(columns | single | times), path, compression="zstd", compression_level=19)


def write_raster(path: Path, values: NDArray[Any], cell: float, when: datetime | None = None) -> None:
    """A deflated float32 COG; the floating-point predictor halves terrain once more."""
    profile = {
        "driver": "COG",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": "float32",
        "crs": f"EPSG:{EPSG}",
        "transform": from_origin(ORIGIN[0], ORIGIN[1] + HEIGHT, cell, cell),
        "nodata": NODATA,
        "compress": "DEFLATE",
        "level": 9,
        "predictor": "YES",
        "blocksize": 256,
        "overview_resampling": "average",
    }
    with rasterio.open(path, "w", **profile) as out:
        out.write(values.astype(np.float32), 1)
        if when is not None:
            out.update_tags(
                TIFFTAG_DATETIME=when.strftime("%Y:%m:%d %H:%M:%S"),
                valid_time=when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )


def write_layers(folder: Path, names: Iterable[str]) -> None:
    for name in names:
        table = LAYERS[name]()
        write = write_table if table.geometry else write_records
        write(folder / file_of(name), table)


def file_of(layer: str) -> str:
    """Records have no geometry, and FlatGeobuf is for what has."""
    return f"{layer}.parquet" if layer in RECORDS else f"{layer}.fgb"


def write_rasters(folder: Path) -> None:
    write_raster(folder / "terrain.tif", terrain(), TERRAIN_CELL)
    for k, when in enumerate(rain.times()):
        write_raster(folder / _rain_name(when), rain.intensity(k), rain.CELL, when)


def _rain_name(when: datetime) -> str:
    return f"rainfall_{when.astimezone(UTC):%Y%m%dT%H%MZ}.tif"


def write_manifest(folder: Path) -> None:
    """Which file fills which layer, in the order of their references."""
    lines = [
        "# Made by make_city.py; the order is that of the references between layers.",
        f'city = {{ zh = "{CITY}", en = "{CITY_EN}" }}',
        f"seed = {SEED}",
        f'crs = "EPSG:{EPSG}"',
        'licence = "CC0-1.0"',
    ]
    for name in LAYERS:
        lines += [
            "",
            "[[layers]]",
            f'file = "{file_of(name)}"',
            f'layer = "{name}"',
            f'crs = "EPSG:{EPSG}"',
            'source_id = "code"',
        ]
    lines += ["", "[[layers]]", 'file = "terrain.tif"', 'layer = "terrain"', f'crs = "EPSG:{EPSG}"']
    for when in rain.times():
        lines += [
            "",
            "[[layers]]",
            f'file = "{_rain_name(when)}"',
            'layer = "rainfall"',
            f'crs = "EPSG:{EPSG}"',
            f"valid_time = {when:%Y-%m-%dT%H:%M:%SZ}",
        ]
    (folder / "manifest.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_checksums(folder: Path) -> None:
    """SHA-256 of every data file, as ``sha256sum -c`` reads it."""
    files = sorted([*(f for kind in KINDS for f in folder.glob(f"*{kind}"))])
    lines = [f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}" for f in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="ascii")
