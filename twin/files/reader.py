"""The reader child: ``python -m twin.files.reader``, one untrusted file, a request on standard input, frames out.

It puts up its walls, then looks at the file's first bytes, then chooses GDAL's drivers, and only then imports a
library that opens files; see ``twin.files.confine``.
"""

from __future__ import annotations

import json
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


def main() -> None:
    """Read one request, answer in frames; exit 0 also when the file is refused (the refusal is a frame)."""
    request = json.loads(sys.stdin.readline())
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the frames
    walls = _confine(request)
    try:
        for kind, payload in _answers(request, walls):
            _send(out, kind, payload)
    except BrokenPipeError:
        os._exit(0)
    except TwinError as error:
        frames.send_json(out, b"E", frames.error_as_json(error))
    except MemoryError:
        full = refusal("TWIN-237", reason_zh="内存不足", reason_en="out of memory")
        frames.send_json(out, b"E", frames.error_as_json(full))
    out.flush()
    os._exit(0)  # the libraries' own tear-down may hang on a file that is broken


def _send(out: BinaryIO, kind: bytes, payload: Any) -> None:
    if kind == b"B":
        frames.send_batch(out, payload)
    elif kind == b"S":
        frames.send(out, kind, payload)
    else:
        frames.send_json(out, kind, payload)


def _confine(request: dict[str, Any]) -> dict[str, bool]:
    confine.limit(confine.Limits(**request["limits"]))
    network = confine.leave_network()
    files = confine.hide_files([Path(p) for p in request["inputs"]], [Path(request["work"])])
    return {"no_network": network, "no_files": files}


def _answers(request: dict[str, Any], walls: dict[str, bool]) -> Iterator[tuple[bytes, Any]]:
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


if __name__ == "__main__":
    main()
