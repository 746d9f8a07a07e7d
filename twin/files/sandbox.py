"""Files from outside are opened in a child process; here is the parent's side of it.

The child gets a request, an almost empty environment, a folder of its own and limits; it answers with a header and
Arrow record batches over a pipe. The pipe is the memory bound: the child waits until the parent has taken a batch.
"""

from __future__ import annotations

import json
import logging
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twin.files import frames
from twin.files.confine import Limits
from twin.files.formats import SHAPEFILE_PARTS, SUFFIXES
from twin.files.refusals import refusal
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twin.catalog.spec import Layer

log = logging.getLogger(__name__)
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(slots=True)
class Table:
    """A vector file being read: what it says of itself, then ``batches()`` once; ``notes`` are complete afterwards.

    A batch has ``_row`` (1, 2, ... in the file), ``_id`` (the file's own id as text), ``_geom`` (EWKB in the storage
    CRS, null where refused; absent for layers without geometry), ``_fault`` (JSON of the geometry's refusal or null)
    and ``f0``, ``f1`` ... in the order of ``fields``.
    """

    format: str
    fields: list[str]
    total: int | None
    crs: str | None
    walls: dict[str, bool]
    _child: _Child
    notes: list[Text] = field(default_factory=list)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Raises the file's refusal (a TwinError) at the place where reading met it."""
        schema: pa.Schema | None = None
        while True:
            kind, payload = self._child.frame()
            if kind == b"S":
                schema = pa.ipc.read_schema(pa.py_buffer(payload))
            elif kind == b"B" and schema is not None:
                yield pa.ipc.read_record_batch(pa.py_buffer(payload), schema)
            elif kind == b"D":
                self.notes += [Text(**note) for note in json.loads(payload)["notes"]]
                return
            else:
                raise self._child.stopped("应答无序", "its answers are out of order")


@contextmanager
def open_table(
    path: Path,
    *,
    layer: Layer,
    srid: int,
    crs: str | None = None,
    encoding: str | None = None,
    sublayer: str | None = None,
    axes: Mapping[str, str] | None = None,
    limits: Limits | None = None,
) -> Iterator[Table]:
    """A vector file or zip of one, read in a child; its geometries come as ``layer`` takes them, in EPSG:``srid``."""
    request: dict[str, Any] = {
        "srid": srid,
        "crs": crs,
        "encoding": encoding,
        "sublayer": sublayer,
        "axes": dict(axes or {}),
    }
    request |= _told(layer)
    with _child(path, request, limits or Limits()) as child:
        kind, payload = child.frame()
        if kind != b"H":
            raise child.stopped("应答无序", "its answers are out of order")
        head = json.loads(payload)
        yield Table(**head, _child=child)


def convert_raster(
    path: Path,
    target: Path,
    *,
    layer: Layer,
    cells: dict[str, Any],
    crs: str | None = None,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """A raster file or zip of one made a COG at ``target``; ``cells`` is a ``twin.files.raster.Cells`` as a dict.

    The answer is a ``twin.files.raster.Made`` as a dict.
    """
    request = {"cells": cells, "crs": crs, **_told(layer)}
    with _child(path, request, limits or Limits()) as child:
        kind, payload = child.frame()
        if kind != b"D":
            raise child.stopped("应答无序", "its answers are out of order")
        made: dict[str, Any] = json.loads(payload)
        shutil.move(child.work / "made.tif", target)
        return made


def read_network(
    path: Path, folder: Path, *, said: Mapping[str, Any] | None = None, limits: Limits | None = None
) -> dict[str, Any]:
    """A road network (OpenStreetMap, SUMO, TNTP, zipped GMNS) as CSV files in ``folder``, named after the layers they are for.

    ``said``: what the file leaves open (``twin.files.tntp_read.read``). The answer: ``counts`` of rows by
    layer, ``crs`` of their coordinates or None, ``skipped`` counts by reason.
    """
    with _child(path, {"network": dict(said or {})}, limits or Limits()) as child:
        kind, payload = child.frame()
        if kind != b"D":
            raise child.stopped("应答无序", "its answers are out of order")
        made: dict[str, Any] = json.loads(payload)
        for table in made["counts"]:
            shutil.move(child.work / f"{table}.csv", folder / f"{table}.csv")
        return made


def _told(layer: Layer) -> dict[str, Any]:
    """What the child needs to know of the layer: its geometry; the attributes are judged by the parent."""
    return {"layer": layer.model_copy(update={"columns": {}}).model_dump(mode="json")}


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    work: Path
    limits: Limits
    waited: float = 0.0

    def frame(self) -> tuple[bytes, bytes]:
        try:
            got = frames.receive(self._read)
        except ValueError as error:
            raise self.stopped("应答中断", str(error)) from error
        if got is None:
            raise self.stopped(*self._why())
        if got[0] == b"E":
            raise frames.error_from_json(json.loads(got[1]))
        return got

    def _read(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer at the end; waits at most ``limits.wait_s`` without a byte."""
        if self.process.stdout is None:
            return b""
        handle = self.process.stdout.fileno()
        buffer = bytearray(size)
        view, done = memoryview(buffer), 0
        with selectors.DefaultSelector() as selector:
            selector.register(handle, selectors.EVENT_READ)
            while done < size:
                began = time.monotonic()
                ready = selector.select(self.limits.wait_s)
                self.waited += time.monotonic() - began
                if not ready or self.waited > self.limits.cpu_s:
                    raise self.stopped("超时", "it took too long")
                count = os.readv(handle, [view[done:]])
                if count == 0:
                    break
                done += count
        return bytes(view[:done]) if done < size else bytes(buffer)

    def stopped(self, zh: str, en: str) -> Exception:
        self.process.kill()
        return refusal("TWIN-237", reason_zh=zh, reason_en=en)

    def _last_words(self) -> str:
        with (self.work / "messages.txt").open("rb") as messages:
            messages.seek(max(0, messages.seek(0, os.SEEK_END) - 1500))
            return messages.read().decode(errors="replace")

    def _why(self) -> tuple[str, str]:
        code = self.process.wait(5)
        log.warning("reader stopped with %s: %s", code, self._last_words())
        if code == -signal.SIGXCPU or code == -signal.SIGKILL:
            return "超出处理时间或内存上限", "it went over its time or memory"
        if code == -signal.SIGXFSZ:
            return "写出数据超过上限", "it wrote more than it may"
        return f"退出码 {code}", f"exit code {code}"


@contextmanager
def _child(path: Path, request: dict[str, Any], limits: Limits) -> Iterator[_Child]:
    path = _existing(path)
    work = Path(tempfile.mkdtemp(prefix="twin-file-"))
    process = None
    try:
        opened, inputs = _linked(path, work)
        request |= {
            "path": str(opened),
            "name": path.name,
            "inputs": [str(p) for p in inputs],
            "work": str(work),
            "limits": asdict(limits),
        }
        process = _start(work)
        if process.stdin is not None:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.close()
        yield _Child(process, work, limits)
    finally:
        if process is not None:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        shutil.rmtree(work, ignore_errors=True)


def _existing(path: Path) -> Path:
    try:
        resolved = path.resolve(strict=True)
    except (OSError, ValueError) as error:
        raise refusal("TWIN-243", name=path.name) from error
    if not resolved.is_file():
        raise refusal("TWIN-243", name=path.name)
    return resolved


def _linked(path: Path, work: Path) -> tuple[Path, list[Path]]:
    """Links under names of our own: what a user calls a file never reaches a driver. A Shapefile comes with its
    parts, a grid with its .prj; the case of their suffixes does not matter."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        (work / "data").symlink_to(path)
        return work / "data", [path]
    parts = SHAPEFILE_PARTS if suffix == ".shp" else (suffix, ".prj")
    inputs = []
    for sibling in sorted(path.parent.iterdir()):
        ending = sibling.suffix.lower()
        link = work / f"data{ending}"
        wanted = sibling == path or (ending != suffix and ending in parts)
        if sibling.stem == path.stem and wanted and sibling.is_file() and not link.exists():
            link.symlink_to(sibling.resolve())
            inputs.append(sibling.resolve())
    return work / f"data{suffix}", inputs


def _start(work: Path) -> subprocess.Popen[bytes]:
    """The child's environment holds nothing of ours but where the package is."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work),
        "TMPDIR": str(work),
        "PYTHONPATH": str(_PACKAGE.parent),
        "PYTHONSAFEPATH": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "ARROW_DEFAULT_MEMORY_POOL": "system",
    }
    with (work / "messages.txt").open("wb") as messages:
        return subprocess.Popen(
            [sys.executable, "-m", "twin.files.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=messages,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
