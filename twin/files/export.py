"""Writing a layer's rows to a vector file, batch by batch; the file takes its name when it is whole."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS

from twin.files.formats import FORMATS, SUFFIXES, Format
from twin.files.mapping import short_names
from twin.files.refusals import refusal
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Rows = Iterable[tuple[list[pa.Array], NDArray[Any] | None]]

_DBF_TEXT = 254  # bytes


def vector_format(path: Path) -> Format:
    """The format that a file's suffix asks for; TWIN-246 when it is none for features."""
    found = SUFFIXES.get(path.suffix.lower())
    if found is None or found.kind != "vector":
        _no_format(path, "vector", Text(zh="要素", en="features"))
    return found


def raster_format(path: Path) -> Format:
    """As ``vector_format``, for coverages: GeoTIFF only."""
    found = SUFFIXES.get(path.suffix.lower())
    if found is None or found.name != "tif":
        _no_format(path, "raster", Text(zh="栅格", en="rasters"))
    return found


def _no_format(path: Path, kind: str, what: Text) -> NoReturn:
    suffixes = ", ".join(f.suffixes[0] for f in FORMATS.values() if f.kind == kind and f.name != "asc")
    raise refusal(
        "TWIN-246", name=path.name, kind_zh=what.zh, kind_en=what.en, formats=suffixes, where="path"
    )


def write(
    path: Path,
    name: str,
    geometry: str | None,
    srid: int,
    schema: pa.Schema,
    rows: Rows,
    *,
    tall: bool = False,
) -> list[Text]:
    """Write ``rows`` (arrays of ``schema``, shapely geometries in EPSG:``srid``, x first) to ``path`` by its suffix.

    ``geometry`` is the layer's type, None for records, ``tall`` when it has heights. The answer says what the format could not hold.
    """
    form = vector_format(path)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.stem}-", dir=path.parent))
    part, notes = folder / f"{path.stem}{path.suffix.lower()}", list[Text]()
    try:
        if form.name == "parquet":
            _parquet(part, geometry, srid, schema, rows)
        elif form.name == "csv":
            _csv(part, geometry, schema, rows)
        else:
            notes = _ogr(part, form, name, geometry, srid, schema, rows, tall)
        for made in sorted(folder.iterdir(), key=lambda one: one == part):
            made.replace(path if made == part else path.with_suffix(made.suffix))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return notes


def _ogr(
    path: Path,
    form: Format,
    name: str,
    geometry: str | None,
    srid: int,
    schema: pa.Schema,
    rows: Rows,
    tall: bool,
) -> list[Text]:
    notes: list[Text] = []
    if form.name == "shp":
        schema, notes = _shortened(schema)
        rows = _cut(rows, notes)
    whole = schema if geometry is None else schema.append(pa.field("geom", pa.binary()))
    reader = pa.RecordBatchReader.from_batches(whole, _batches(whole, rows))
    pyogrio.write_arrow(
        reader,
        path,
        layer=name,
        driver=form.driver,
        geometry_name=None if geometry is None else "geom",
        geometry_type="Unknown" if geometry in (None, "Geometry") else geometry + (" Z" if tall else ""),
        crs=None if geometry is None else f"EPSG:{srid}",
        layer_options=_layer_options(form, srid),
    )
    return notes


def _layer_options(form: Format, srid: int) -> dict[str, str]:
    if form.name == "shp":
        return {"ENCODING": "UTF-8"}
    if form.name == "geojson":
        degrees = srid in (4326, 4490)
        return {"RFC7946": "NO", "COORDINATE_PRECISION": "9" if degrees else "4", "WRITE_NAME": "NO"}
    return {}


def _batches(schema: pa.Schema, rows: Rows) -> Iterator[pa.RecordBatch]:
    for arrays, shapes in rows:
        extra = [] if shapes is None else [pa.array(shapely.to_wkb(shapes, flavor="iso"), pa.binary())]
        yield pa.RecordBatch.from_arrays([*arrays, *extra], schema=schema)


def _shortened(schema: pa.Schema) -> tuple[pa.Schema, list[Text]]:
    short = short_names(schema.names)
    changed = [f"{name} → {cut}" for name, cut in short.items() if name != cut]
    renamed = pa.schema([field.with_name(short[field.name]) for field in schema])
    if not changed:
        return renamed, []
    told = ", ".join(changed)
    return renamed, [
        Text(zh=f"Shapefile 字段名最长 10 字符，已缩短：{told}", en=f"names cut to ten letters: {told}")
    ]


def _cut(rows: Rows, notes: list[Text]) -> Rows:
    """A .dbf holds 254 bytes of text."""
    lost = 0
    for arrays, shapes in rows:
        made = []
        for array in arrays:
            if pa.types.is_string(array.type):
                long = pc.greater(pc.binary_length(array), _DBF_TEXT)
                count = pc.sum(long).as_py() or 0
                if count:
                    lost += count
                    array = pa.array([_bytes(value) for value in array.to_pylist()], pa.string())
            made.append(array)
        yield made, shapes
    if lost:
        notes.append(
            Text(
                zh=f"{lost} 个文字值超过 Shapefile 的 254 字节，已截断",
                en=f"{lost} texts are longer than the 254 bytes of a Shapefile and were cut",
            )
        )


def _bytes(value: str | None) -> str | None:
    return None if value is None else value.encode()[:_DBF_TEXT].decode(errors="ignore")


def _csv(
    path: Path,
    geometry: str | None,
    schema: pa.Schema,
    rows: Rows,
) -> None:
    """UTF-8 with a byte order mark; points as x and y, other geometries as WKT."""
    place = [] if geometry is None else ["x", "y"] if geometry == "Point" else ["wkt"]
    kind = pa.float64() if geometry == "Point" else pa.string()
    whole = pa.schema([*schema, *(pa.field(name, kind) for name in place)])
    with path.open("wb") as file:
        file.write(b"\xef\xbb\xbf")
        with pv.CSVWriter(file, whole) as writer:
            for arrays, shapes in rows:
                writer.write_batch(
                    pa.RecordBatch.from_arrays([*arrays, *_located(shapes, geometry)], schema=whole)
                )


def _located(shapes: NDArray[Any] | None, geometry: str | None) -> list[pa.Array]:
    if shapes is None:
        return []
    if geometry == "Point":
        return [pa.array(shapely.get_x(shapes)), pa.array(shapely.get_y(shapes))]
    return [pa.array(shapely.to_wkt(shapes, rounding_precision=9), pa.string())]


def _parquet(
    path: Path,
    geometry: str | None,
    srid: int,
    schema: pa.Schema,
    rows: Rows,
) -> None:
    """GeoParquet 1.1 (OGC 24-013): WKB, the CRS as PROJJSON, the bounds over all rows in the metadata."""
    whole = schema if geometry is None else schema.append(pa.field("geom", pa.binary()))
    box = np.array([np.inf, np.inf, -np.inf, -np.inf])
    with pq.ParquetWriter(path, whole, compression="zstd") as writer:
        for arrays, shapes in rows:
            extra = []
            if shapes is not None:
                bounds = shapely.bounds(shapes)
                box[:2] = np.fmin(box[:2], np.nanmin(bounds[:, :2], axis=0))
                box[2:] = np.fmax(box[2:], np.nanmax(bounds[:, 2:], axis=0))
                extra = [pa.array(shapely.to_wkb(shapes, flavor="iso"), pa.binary())]
            writer.write_batch(pa.RecordBatch.from_arrays([*arrays, *extra], schema=whole))
        if geometry is not None:
            writer.add_key_value_metadata({"geo": json.dumps(_geo(geometry, srid, box))})


def _geo(geometry: str, srid: int, box: NDArray[np.float64]) -> dict[str, Any]:
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [] if geometry == "Geometry" else [geometry],
        "crs": CRS.from_epsg(srid).to_json_dict(),
    }
    if np.isfinite(box).all():
        column["bbox"] = box.tolist()
    return {"version": "1.1.0", "primary_column": "geom", "columns": {"geom": column}}
