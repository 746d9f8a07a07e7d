"""Rows as FlatGeobuf (flatgeobuf.org 3.x), which map clients read several times faster than GeoJSON."""

from __future__ import annotations

import io
from datetime import UTC
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from psycopg.rows import TupleRow

    from twin.ogc.filter.fields import Type

_EMPTY: dict[str, tuple[Any, Any]] = {
    "integer": (np.int64, 0),
    "number": (np.float64, np.nan),
    "boolean": (np.bool_, False),
    "date": ("datetime64[D]", np.datetime64("1970-01-01", "D")),
    "datetime": ("datetime64[ms]", np.datetime64("1970-01-01", "ms")),
}
_UTC = 100  # GDAL's mark of a time in UTC


def flatgeobuf(
    rows: Sequence[TupleRow], types: Mapping[str, Type], geometry: int | None, srid: int, kind: str | None
) -> bytes:
    """A FlatGeobuf file of ``rows`` (id, the columns of ``types`` in order, ..., GeoJSON text at ``geometry``).

    Coordinates are x before y whatever the authority's order, as the format has it; the CRS stands by its code.
    """
    fields: dict[str, Type] = {"id": "integer", **types}
    data, masks = [], []
    for place, named in enumerate(fields.values()):
        values, mask = _column([row[place] for row in rows], named)
        data.append(values)
        masks.append(mask)
    texts = [None if geometry is None else row[geometry] for row in rows]
    out = io.BytesIO()
    pyogrio.raw.write(
        out,
        np.array(shapely.to_wkb(shapely.from_geojson(texts)), dtype=object),
        data,
        np.array(list(fields)),
        field_mask=masks,
        driver="FlatGeobuf",
        geometry_type=kind if kind not in (None, "Geometry") else "Unknown",
        crs=f"EPSG:{srid}",
        layer="items",
        promote_to_multi=False,
        gdal_tz_offsets={
            name: np.full(len(rows), _UTC) for name, named in fields.items() if named == "datetime"
        },
    )
    return out.getvalue()


def _column(values: list[Any], named: Type) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """A column in its own type, and which of its values are missing."""
    if named not in _EMPTY:
        return np.array([None if value is None else str(value) for value in values], dtype=object), None
    dtype, empty = _EMPTY[named]
    if named == "datetime":
        values = [None if value is None else value.astimezone(UTC).replace(tzinfo=None) for value in values]
    mask = np.array([value is None for value in values], dtype=bool)
    return np.array([empty if value is None else value for value in values], dtype=dtype), mask
