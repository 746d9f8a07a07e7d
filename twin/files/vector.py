"""Opening a vector file in the reader child: its fields, its CRS, and its records as Arrow batches."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.raw

from twin.files import wording
from twin.files.refusals import refusal
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from twin.files.formats import Format

BATCH = 8192


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a file: geometry as WKB (None: the file has none), the file's own ids, the attributes,
    what is wrong with a record as such (index in the batch: reason), and the records' numbers in the file
    (None: they follow the batch before)."""

    geometry: Any
    ids: pa.Array | None
    columns: list[pa.Array]
    malformed: dict[int, str] = field(default_factory=dict)
    rows: NDArray[np.int64] | None = None


@dataclass(slots=True)
class Opened:
    """A file whose records are still to be read. ``crs`` is the file's own text of it, None when it has none."""

    fields: list[str]
    crs: str | None
    total: int | None
    batches: Iterator[Records]
    located: bool
    notes: list[Text] = field(default_factory=list)


def open_ogr(path: Path, form: Format, sublayer: str | None, encoding: str | None) -> Opened:
    """GeoPackage, Shapefile, GeoJSON, FlatGeobuf through GDAL, streamed."""
    text = wording.Decoder.of_shapefile(path, encoding) if form.name == "shp" else None
    options: dict[str, Any] = {"encoding": "ISO-8859-1"} if text else {}
    if form.name == "geojson":
        options = {"DATE_AS_STRING": "YES", "ARRAY_AS_STRING": "YES", "NATIVE_DATA": "NO"}
        if encoding and not wording.is_utf8(encoding):
            path = wording.recoded(path, encoding)
    layer = _sublayer(path, sublayer)
    info = pyogrio.read_info(
        path, layer=layer, force_feature_count=False, force_total_bounds=False, **options
    )
    if info["driver"] != form.driver:
        raise refusal("TWIN-232", format=form.title, reason=info["driver"])
    fields = [text.name(str(name)) if text else str(name) for name in info["fields"]]
    opened = Opened(
        fields=fields,
        crs=info["crs"],
        total=int(info["features"]) if info["features"] >= 0 else None,
        batches=iter(()),
        located=bool(info["geometry_type"]),
    )
    opened.batches = _ogr_batches(path, layer, options, opened, text)
    return opened


def _sublayer(path: Path, wanted: str | None) -> str | None:
    names = [str(name) for name, _ in pyogrio.list_layers(path)]
    located = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None] or names
    if wanted is not None:
        if wanted not in names:
            raise refusal("TWIN-238", names=", ".join(names[:20]))
        return wanted
    if len(located) > 1:
        raise refusal("TWIN-238", names=", ".join(located[:20]))
    return located[0] if located else None


def _ogr_batches(
    path: Path, layer: str | None, options: dict[str, Any], opened: Opened, text: wording.Decoder | None
) -> Iterator[Records]:
    with pyogrio.raw.open_arrow(
        path, layer=layer, return_fids=True, batch_size=BATCH, use_pyarrow=True, **options
    ) as (meta, reader):
        geometry, fid = meta["geometry_name"] or "wkb_geometry", meta["fid_column"] or "OGC_FID"
        names = reader.schema.names
        attributes = [str(name) for name in meta["fields"]]
        row = 0
        for batch in reader:
            columns = [plain(batch.column(names.index(name))) for name in attributes]
            if text:
                columns = [
                    text.column(column, row, name) if pa.types.is_string(column.type) else column
                    for column, name in zip(columns, opened.fields, strict=True)
                ]
            else:
                check_text(columns, opened.fields, row)
            row += batch.num_rows
            yield Records(
                geometry=_wkb(batch.column(names.index(geometry))) if geometry in names else None,
                ids=batch.column(names.index(fid)) if fid in names else None,
                columns=columns,
            )
        if text and text.shortened:
            opened.notes.append(text.note())


def _wkb(column: pa.Array) -> Any:
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    return storage.to_numpy(zero_copy_only=False)


def check_text(columns: list[pa.Array], fields: list[str], row: int) -> None:
    """GDAL hands bytes on as text unchecked: refuse what is not UTF-8, with the place of it (TWIN-233)."""
    for column, name in zip(columns, fields, strict=True):
        if pa.types.is_string(column.type):
            wording.refuse_bad_utf8(column, row, name)


def plain(column: pa.Array) -> pa.Array:
    """An Arrow array of a type that a column of a layer can come from; anything nested as JSON text."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if pa.types.is_nested(kind):
        texts = [
            None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()
        ]
        return pa.array(texts, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.nulls(len(column), pa.string())
    return column


def open_parquet(path: Path) -> Opened:
    """GeoParquet (1.0, 1.1): the primary column in WKB, its CRS from the metadata; CRS84 where that is silent."""
    file = pq.ParquetFile(path)
    meta = json.loads((file.metadata.metadata or {}).get(b"geo", b"{}"))
    primary = meta.get("primary_column")
    about = meta.get("columns", {}).get(primary, {})
    if primary is not None and about.get("encoding") != "WKB":
        raise refusal("TWIN-232", format="GeoParquet", reason=f"encoding {about.get('encoding')}")
    located = [name for name in meta.get("columns", {}) if name != primary]
    names = [name for name in file.schema_arrow.names if name != primary and name not in located]
    crs = about.get("crs", "OGC:CRS84") if primary is not None else None
    opened = Opened(
        fields=names,
        crs=json.dumps(crs) if isinstance(crs, dict) else crs,
        total=file.metadata.num_rows,
        batches=iter(()),
        located=primary is not None,
    )
    opened.batches = _parquet_batches(file, names, primary)
    return opened


def _parquet_batches(file: pq.ParquetFile, names: list[str], primary: str | None) -> Iterator[Records]:
    wanted = [*names, *([primary] if primary is not None else [])]
    row = 0
    for batch in file.iter_batches(batch_size=BATCH, columns=wanted, use_threads=False):
        columns = [plain(batch.column(batch.schema.names.index(name))) for name in names]
        check_text(columns, names, row)
        row += batch.num_rows
        geometry = None if primary is None else _wkb(batch.column(batch.schema.names.index(primary)))
        yield Records(geometry=geometry, ids=None, columns=columns)
