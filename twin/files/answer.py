"""What the reader child answers about a vector file: a header, record batches, the end; as (kind, payload) pairs.

Runs inside the child's walls; it is imported after GDAL's drivers were chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from shapely.errors import ShapelyError

from twin.catalog.findings import Findings
from twin.catalog.spec import Layer
from twin.errors import Problem, TwinError
from twin.files import georef, shapes
from twin.files.refusals import TEXTS, refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twin.files.formats import Format
    from twin.files.georef import Place
    from twin.files.records import Opened, Records

# pyogrio's errors are RuntimeErrors and ValueErrors
_LIBRARIES = (
    pa.ArrowException,
    ShapelyError,
    OSError,
    ValueError,
    RuntimeError,
)


def answer(
    request: dict[str, Any], path: Path, form: Format, walls: dict[str, bool]
) -> Iterator[tuple[bytes, Any]]:
    """Frames of ``twin.files.frames``. What a library says of a broken file becomes TWIN-232."""
    pa.set_cpu_count(1)
    try:
        opened = _opened(request, path, form)
        layer = Layer.model_validate(request["layer"])
        place = _place(request, opened, layer)
        yield b"H", _header(opened, form, place, walls)
        yield from _batches(opened, layer, request["srid"], place)
    except BrokenPipeError:
        raise
    except _LIBRARIES as error:
        raise damaged(form, error, request) from error


def damaged(form: Format, error: Exception, request: dict[str, Any]) -> TwinError:
    """TWIN-232 with the library's words, without the names of our folders."""
    said = str(error).replace(request["work"], "").replace(request["path"], "")
    return refusal("TWIN-232", format=form.title, reason=" ".join(said.split())[:200])


def _opened(request: dict[str, Any], path: Path, form: Format) -> Opened:
    """Each format brings its own library, and only that one is loaded."""
    if form.name == "csv":
        from twin.files.table import open_csv

        located = request["layer"]["geometry"] is not None
        return open_csv(path, request["encoding"], request["axes"], located=located)
    if form.name == "parquet":
        from twin.files.parquet import open_parquet

        return open_parquet(path)
    from twin.files.vector import open_ogr

    return open_ogr(path, form, request["sublayer"], request["encoding"])


def _header(opened: Opened, form: Format, place: Place | None, walls: dict[str, bool]) -> dict[str, Any]:
    return {
        "format": form.name,
        "fields": opened.fields,
        "total": opened.total,
        "crs": place.name if place else None,
        "walls": walls,
    }


def _place(request: dict[str, Any], opened: Opened, layer: Layer) -> Place | None:
    if layer.geometry is None:
        return None
    if not opened.located:
        raise refusal("TWIN-277", layer=layer.name, fields=", ".join(opened.fields[:30]))
    crs = georef.known(request["crs"] or opened.crs)
    if crs is None:
        raise refusal("TWIN-234", where="crs")
    return georef.place(crs, request["srid"])


def _batches(opened: Opened, layer: Layer, srid: int, place: Place | None) -> Iterator[tuple[bytes, Any]]:
    schema, rows = None, 0
    for records in opened.batches:
        batch = _batch(records, layer, srid, place, rows + 1)
        if schema is None:
            schema = batch.schema
            yield b"S", schema.serialize()
        rows += batch.num_rows
        yield b"B", batch.cast(schema)
    yield b"D", {"rows": rows, "notes": [note.model_dump() for note in opened.notes]}


def _batch(records: Records, layer: Layer, srid: int, place: Place | None, first: int) -> pa.RecordBatch:
    size = len(records.columns[0]) if records.columns else len(records.geometry)
    findings = Findings(size, first)
    for index, reason in records.malformed.items():
        text = TEXTS["TWIN-257"].format(reason=reason)
        findings.problems.append(Problem(code="TWIN-257", text=text, row=first + index))
        findings.good[index] = False
    rows = records.rows if records.rows is not None else np.arange(first, first + size)
    numbers = pa.array(rows, pa.int64())
    arrays = {"_row": numbers, "_id": (numbers if records.ids is None else records.ids).cast(pa.string())}
    if place is not None:
        geometry = records.geometry if records.geometry is not None else np.full(size, None)
        arrays["_geom"] = shapes.store(geometry, layer, srid, place, findings)
    arrays["_fault"] = shapes.faults(findings.problems, first, size)
    arrays |= {f"f{number}": column for number, column in enumerate(records.columns)}
    return pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))
