"""The reader child behind its walls: the file's format first, then GDAL's drivers, then the library that opens it."""

from __future__ import annotations

import os
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from twin.errors import TwinError
from twin.files import archive, confine, formats, frames
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from twin.files.formats import Format


class _Absent(MetaPathFinder):
    """pandas is optional for pyogrio and pyarrow, not needed here, and takes 1.5 s to import: it is not there."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name in ("pandas", "geopandas"):
            raise ModuleNotFoundError(name)
        return None


def respond(request: dict[str, Any], walls: dict[str, bool], out: BinaryIO) -> None:
    """Answer a request in frames; a refusal is a frame too."""
    try:
        for kind, payload in _answers(request, walls):
            _send(out, kind, payload)
    except BrokenPipeError:  # the parent has lost interest
        return
    except TwinError as error:
        frames.send_json(out, b"E", frames.error_as_json(error))
    except MemoryError:
        full = refusal("TWIN-237", reason_zh="内存不足", reason_en="out of memory")
        frames.send_json(out, b"E", frames.error_as_json(full))
    out.flush()


def _send(out: BinaryIO, kind: bytes, payload: Any) -> None:
    if kind == b"B":
        frames.send_batch(out, payload)
    elif kind == b"S":
        frames.send(out, kind, payload)
    else:
        frames.send_json(out, kind, payload)


def _answers(request: dict[str, Any], walls: dict[str, bool]) -> Iterator[tuple[bytes, Any]]:
    if "network" in request:
        from twin.files import networks

        return networks.answer(request)
    path, form = found(request)
    os.environ.update(confine.driver_environment(form.driver if form.kind == "vector" else None))
    sys.meta_path.insert(0, _Absent())
    if form.kind == "raster":
        from twin.files import raster

        return raster.answer(request, path, form)
    from twin.files import answer

    return answer.answer(request, path, form, walls)


def found(request: dict[str, Any]) -> tuple[Path, Format]:
    """The data set of a request, out of its zip if need be, and its format. Raises TWIN-230, 231, 240."""
    path, name = Path(request["path"]), str(request["name"])
    if archive.is_zip(path):
        path, name = archive.unpack(path, Path(request["work"]))
    form = formats.identify(path, name)
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
    return path, form
