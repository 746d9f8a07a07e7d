"""The reader child: ``python -m twin.files.reader``, one untrusted file, a request on standard input, frames out.

It puts up its walls before it imports a library that opens files; see ``twin.files.confine``.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from pyarrow import RecordBatch

    from twin.catalog.findings import Findings
    from twin.catalog.spec import Layer
    from twin.errors import TwinError
    from twin.files.formats import Format
    from twin.files.georef import Place
    from twin.files.vector import Opened, Records


class _Absent(MetaPathFinder):
    """pandas is optional for pyogrio and pyarrow, not needed here, and takes 1.5 s to import: it is not there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in ("pandas", "geopandas"):
            raise ModuleNotFoundError(name)
        return None


def main() -> None:
    """Read one request, answer in frames; exit 0 also when the file is refused (the refusal is a frame)."""
    request = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    walls = _confine(request)
    from twin.errors import TwinError
    from twin.files import frames

    try:
        _answer(request, out, walls)
    except TwinError as error:
        frames.send_json(out, b"E", frames.error_as_json(error))
    except MemoryError:
        frames.send_json(out, b"E", frames.error_as_json(_too_much()))
    out.flush()
    os._exit(0)  # the libraries' own tear-down may hang on a file that is broken


def _confine(request: dict[str, Any]) -> dict[str, bool]:
    from twin.files import confine

    confine.limit(confine.Limits(**request["limits"]))
    # GDAL loads with the drivers of one format: which one is known after the first bytes were read
    network = confine.leave_network()
    work = Path(request["work"])
    files = confine.hide_files([Path(p) for p in request["inputs"]], [work])
    return {"no_network": network, "no_files": files}


def _too_much() -> TwinError:
    from twin.files.refusals import refusal

    return refusal("TWIN-237", reason_zh="内存不足", reason_en="out of memory")


def _answer(request: dict[str, Any], out: BinaryIO, walls: dict[str, bool]) -> None:
    from twin.files import archive, confine, formats

    path, name = Path(request["path"]), str(request["name"])
    if archive.is_zip(path):
        path, name = archive.unpack(path, Path(request["work"]))
    form = formats.identify(path, name)
    os.environ.update(confine.driver_environment(form.driver if form.kind == "vector" else None))
    sys.meta_path.insert(0, _Absent())
    _check_kind(request, form)
    if form.kind == "raster":
        _raster(request, path, form, out)
    else:
        _vector(request, path, form, out, walls)


def _check_kind(request: dict[str, Any], form: Format) -> None:
    from twin.files.refusals import refusal

    wanted = "raster" if "cells" in request else "vector"
    if form.kind != wanted:
        raise refusal(
            "TWIN-240",
            layer=request["layer"]["name"],
            kind_zh="栅格" if wanted == "raster" else "要素",
            kind_en="a raster" if wanted == "raster" else "features",
            file_zh=form.title,
            file_en=form.title,
        )


def _raster(request: dict[str, Any], path: Path, form: Format, out: BinaryIO) -> None:
    from rasterio.errors import RasterioError

    from twin.files import frames
    from twin.files.raster import Cells, convert

    target = Path(request["work"]) / "made.tif"
    try:
        made = convert(path, form, request["crs"], Cells(**request["cells"]), target)
    except (RasterioError, OSError, ValueError) as error:
        raise _damaged(form, error, request) from error
    frames.send_json(out, b"D", made)


def _vector(request: dict[str, Any], path: Path, form: Format, out: BinaryIO, walls: dict[str, bool]) -> None:
    import pyarrow as pa
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
    from shapely.errors import ShapelyError

    from twin.files import frames

    pa.set_cpu_count(1)
    try:
        opened = _opened(request, path, form)
        for kind, payload in _frames(request, opened, form, walls):
            if kind == b"B":
                frames.send_batch(out, payload)
            elif kind == b"S":
                frames.send(out, b"S", payload)
            else:
                frames.send_json(out, kind, payload)
    except BrokenPipeError:
        os._exit(0)
    except (
        pa.ArrowException,
        DataLayerError,
        DataSourceError,
        FeatureError,
        FieldError,
        GeometryError,
        ShapelyError,
        OSError,
        ValueError,
        RuntimeError,
    ) as error:
        raise _damaged(form, error, request) from error


def _opened(request: dict[str, Any], path: Path, form: Format) -> Opened:
    from twin.files import table, vector

    if form.name == "csv":
        return table.open_csv(path, request["encoding"], located=request["layer"]["geometry"] is not None)
    if form.name == "parquet":
        return vector.open_parquet(path)
    return vector.open_ogr(path, form, request["sublayer"], request["encoding"])


def _frames(
    request: dict[str, Any], opened: Opened, form: Format, walls: dict[str, bool]
) -> Iterator[tuple[bytes, Any]]:
    """Header, schema, batches and the end, as (kind, payload)."""
    from twin.catalog.spec import Layer

    layer = Layer.model_validate(request["layer"])
    place = _place(request, opened, layer)
    yield (
        b"H",
        {
            "format": form.name,
            "fields": opened.fields,
            "total": opened.total,
            "crs": place.name if place else None,
            "walls": walls,
        },
    )
    schema, rows = None, 0
    for records in opened.batches:
        batch = _batch(records, layer, request["srid"], place, rows + 1)
        if schema is None:
            schema = batch.schema
            yield b"S", schema.serialize()
        rows += batch.num_rows
        yield b"B", batch.cast(schema)
    yield b"D", {"rows": rows, "notes": [note.model_dump() for note in opened.notes]}


def _place(request: dict[str, Any], opened: Opened, layer: Layer) -> Place | None:
    from twin.files import georef
    from twin.files.refusals import refusal

    if layer.geometry is None:
        return None
    if not opened.located:
        raise refusal("TWIN-277", layer=layer.name, fields=", ".join(opened.fields[:30]))
    crs = georef.known(request["crs"] or opened.crs)
    if crs is None:
        raise refusal("TWIN-234", where="crs")
    return georef.place(crs, request["srid"])


def _batch(records: Records, layer: Layer, srid: int, place: Place | None, first: int) -> RecordBatch:
    import numpy as np
    import pyarrow as pa

    from twin.catalog.findings import Findings
    from twin.files import shapes

    size = len(records.columns[0]) if records.columns else len(records.geometry)
    findings = Findings(size, first)
    _note_malformed(records, findings)
    rows = records.rows if records.rows is not None else np.arange(first, first + size)
    numbers = pa.array(rows, pa.int64())
    arrays = {"_row": numbers, "_id": (numbers if records.ids is None else records.ids).cast(pa.string())}
    if place is not None:
        geometry = records.geometry if records.geometry is not None else np.full(size, None)
        arrays["_geom"] = shapes.store(geometry, layer, srid, place, findings)
    arrays["_fault"] = shapes.faults(findings.problems, first, size)
    arrays |= {f"f{number}": column for number, column in enumerate(records.columns)}
    return pa.RecordBatch.from_arrays(list(arrays.values()), list(arrays))


def _note_malformed(records: Records, findings: Findings) -> None:
    from twin.errors import Problem
    from twin.files.refusals import TEXTS

    for index, reason in records.malformed.items():
        text = TEXTS["TWIN-257"].format(reason=reason)
        findings.problems.append(Problem(code="TWIN-257", text=text, row=findings.first_row + index))
        findings.good[index] = False


def _damaged(form: Format, error: Exception, request: dict[str, Any]) -> TwinError:
    from twin.errors import TwinError
    from twin.files.refusals import refusal

    if isinstance(error, TwinError):
        return error
    said = str(error).replace(request["work"], "").replace(request["path"], "")
    return refusal("TWIN-232", format=form.title, reason=" ".join(said.split())[:200])


if __name__ == "__main__":
    main()
