"""Layers and files for the tests of this folder; no database."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyogrio.raw
import pytest
import shapely

from twin.catalog.spec import Column, Layer
from twin.files import answer, respond, sandbox
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

SRID = 4547


def make_layer(geometry: str | None = "Point", **rest: Any) -> Layer:
    word = Text(zh="图层", en="layer")
    given: dict[str, Any] = {
        "name": "thing",
        "data_class": "base",
        "kind": "features" if geometry else "records",
        "title": word,
        "description": word,
        "steward": word,
        "access": "open",
        "geometry": geometry,
        "columns": {
            "code": Column(title=Text(zh="编号", en="Code"), type="text"),
            "ground_elevation": Column(title=Text(zh="地面高程", en="Ground elevation"), type="number"),
            "use": Column(title=Text(zh="用途", en="Use"), type="text", aliases=("YT", "yongtu")),
        },
    }
    return Layer(**(given | rest))


@pytest.fixture
def layer() -> Callable[..., Layer]:
    """``layer(geometry, ...)``: a layer of that geometry with the columns code, ground_elevation, use."""
    return make_layer


@dataclass
class Head:
    """What a file says of itself."""

    fields: list[str]
    crs: str | None
    total: int | None
    notes: list[Text]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Any]:
    """``read(path, layer, ...)``: header and all rows of a file, by the child's code in this process (a child takes a
    second to start; what is the child's own is tested in tests/security)."""

    def whole(path: Path, of: Layer | None = None, **rest: Any) -> tuple[Head, pa.Table]:
        work = Path(tempfile.mkdtemp(dir=tmp_path))
        resolved = sandbox._existing(path)
        opened, _ = sandbox._linked(resolved, work)
        request = {"srid": SRID, "crs": None, "encoding": None, "sublayer": None, "axes": {}} | rest
        told = sandbox._told(of or make_layer())
        request |= told | {"path": str(opened), "name": resolved.name, "work": str(work)}
        data, form = respond.found(request)
        frames = list(answer.answer(request, data, form, {}))
        head, end = frames[0][1], frames[-1][1]
        batches = [payload for kind, payload in frames if kind == b"B"]
        notes = [Text(**note) for note in end["notes"]]
        return Head(head["fields"], head["crs"], head["total"], notes), pa.Table.from_batches(batches)

    return whole


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """``write(name, shapes, crs=..., encoding=..., **fields)``: a file by GDAL, its driver by the suffix."""

    def made(name: str, shapes: list[Any], /, crs: str | None = "EPSG:4547", **rest: Any) -> Path:
        path = tmp_path / name
        encoding, kind = rest.pop("encoding", None), rest.pop("kind", None)
        options = rest.pop("options", {})
        kinds = {shape.geom_type for shape in shapes if shape is not None}
        pyogrio.raw.write(
            path,
            geometry=np.array([None if s is None else shapely.to_wkb(s) for s in shapes], dtype=object),
            field_data=[
                np.array(values, dtype=object if isinstance(values[0], str) else None)
                for values in rest.values()
            ],
            fields=list(rest),
            geometry_type=kind or (kinds.pop() if len(kinds) == 1 else "Unknown"),
            crs=crs,
            encoding=encoding,
            **options,
        )
        return path

    return made
