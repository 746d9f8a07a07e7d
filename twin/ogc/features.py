"""Rows as GeoJSON, CSV and FlatGeobuf. The geometry comes as text from SQL and is put in place without being read."""

from __future__ import annotations

import csv
import io
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson
import shapely

from twin.ogc.properties import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.rows import TupleRow

OPTIONS = orjson.OPT_UTC_Z


def feature(row: TupleRow, names: Sequence[str], geometry: int | None) -> dict[str, Any]:
    """A row (id, the columns ``names``, ...) as a GeoJSON feature; ``geometry`` is the place of the GeoJSON text."""
    text = None if geometry is None else row[geometry]
    return {
        "type": "Feature",
        "id": row[0],
        "geometry": None if text is None else orjson.Fragment(text),
        "properties": dict(zip(names, row[1:], strict=False)),
    }


def collection(
    rows: Sequence[TupleRow], names: Sequence[str], geometry: int | None, head: dict[str, Any]
) -> bytes:
    """A FeatureCollection; ``head`` are its other members (links, counts, time)."""
    if geometry is None:
        features = [feature(row, names, None) for row in rows]
    else:
        # The hottest loop of the door: what can be is left to functions that run in C. The names end before the row.
        fragment, values = orjson.Fragment, itemgetter(slice(1, len(names) + 1))
        properties = map(dict, map(zip, repeat(names), map(values, rows)))
        features = [
            {
                "type": "Feature",
                "id": row[0],
                "geometry": fragment(row[geometry]) if row[geometry] is not None else None,
                "properties": values,
            }
            for row, values in zip(rows, properties, strict=True)
        ]
    return orjson.dumps({"type": "FeatureCollection", "features": features, **head}, option=OPTIONS)


def table(rows: Sequence[TupleRow], names: Sequence[str], geometry: int | None) -> bytes:
    """CSV in UTF-8 with a byte order mark (spreadsheets need it for Chinese text), geometry as WKT."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", *names, *(["geometry"] if geometry is not None else [])])
    outlines = _wkt([row[geometry] for row in rows]) if geometry is not None else []
    for index, row in enumerate(rows):
        cells = [_safe(plain(value)) for value in row[: len(names) + 1]]
        writer.writerow([*cells, *outlines[index : index + 1]])
    return out.getvalue().encode("utf-8-sig")


def _wkt(texts: Sequence[str | None]) -> list[str]:
    shapes = shapely.from_geojson(texts)
    return [text or "" for text in shapely.to_wkt(shapes, rounding_precision=-1, trim=True)]


def _safe(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{value}"
    return value
