"""GeoPackage, Shapefile, GeoJSON and FlatGeobuf in the reader child: streamed through GDAL as Arrow batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyogrio
import pyogrio.raw

from twin.files import wording
from twin.files.records import BATCH, Opened, Records, check_text, plain, wkb_of
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.files.formats import Format


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
                geometry=wkb_of(batch.column(names.index(geometry))) if geometry in names else None,
                ids=batch.column(names.index(fid)) if fid in names else None,
                columns=columns,
            )
        if text and text.shortened:
            opened.notes.append(text.note())
