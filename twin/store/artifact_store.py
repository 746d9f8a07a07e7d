"""Where the bytes of rasters lie: a folder, or an object store by URL (fsspec). Names are hashes of the content, so
putting the same bytes twice keeps them once, and a file never changes."""

from __future__ import annotations

import os
import re
import tempfile
import time
from hashlib import file_digest, sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING
from uuid import uuid4

import fsspec

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Container

_NAME = re.compile(r"[0-9a-f]{64}\.[a-z0-9]{1,8}")


class ArtifactStore:
    """``url`` is a folder or anything that fsspec opens (``s3://bucket/city``). Remote files are kept in ``cache``,
    a folder of this machine, once they were read."""

    def __init__(self, url: str | Path, cache: Path | None = None) -> None:
        self.url = str(url)
        self._files, root = fsspec.core.url_to_fs(self.url)
        self._root = str(root).rstrip("/")
        self._local = self._files.protocol in ("file", "local") or "file" in self._files.protocol
        self._cache = cache or Path(tempfile.gettempdir()) / f"twin-artifacts-{os.geteuid()}"

    def put(self, content: bytes | Path, suffix: str = ".tif") -> str:
        """Store bytes or a file; returns its name. Whole or not at all: written beside its place, then moved."""
        name = _digest(content) + suffix
        target = self._place(name)
        if not self._files.exists(target):
            self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
            part = f"{target}.{uuid4().hex}.part"
            if isinstance(content, bytes):
                self._files.pipe_file(part, content)
            else:
                self._files.put_file(str(content), part)
            self._files.mv(part, target)
        return name

    def open(self, name: str) -> IO[bytes]:
        """The bytes of an artifact, to be read. Raises TWIN-630 when they are gone."""
        try:
            opened: IO[bytes] = self._files.open(self._place(name), "rb")
        except FileNotFoundError as error:
            raise _missing(name) from error
        return opened

    def path(self, name: str) -> Path:
        """A file of this machine with the artifact's bytes. Raises TWIN-630 when they are gone."""
        if self._local:
            there = Path(self._place(name))
            if not there.exists():
                raise _missing(name)
            return there
        return self._fetched(name)

    def source(self, name: str) -> Path:
        """What the raster functions read from; the same as ``path``."""
        return self.path(name)

    def sweep(self, in_use: Container[str], older_than_s: float = 86_400.0) -> int:
        """Delete what no row names and is older than a running import or run could be; returns how many files."""
        gone = 0
        for found, detail in self._files.find(self._root, detail=True).items():
            age = time.time() - _modified(detail)
            if found.rpartition("/")[2] not in in_use and age > older_than_s:
                self._files.rm_file(found)
                gone += 1
        return gone

    def _place(self, name: str) -> str:
        if _NAME.fullmatch(name) is None:
            raise _missing(name)
        return f"{self._root}/{name[:2]}/{name}"

    def _fetched(self, name: str) -> Path:
        self._cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = self._cache / name
        if not kept.exists():
            part = kept.with_name(f".{name}.{uuid4().hex}")
            try:
                self._files.get_file(self._place(name), str(part))
            except FileNotFoundError as error:
                raise _missing(name) from error
            part.replace(kept)
        return kept


def _digest(content: bytes | Path) -> str:
    if isinstance(content, bytes):
        return sha256(content).hexdigest()
    with content.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _modified(detail: dict[str, object]) -> float:
    for key in ("mtime", "LastModified", "last_modified", "created"):
        value = detail.get(key)
        if isinstance(value, int | float):
            return float(value)
        if value is not None and hasattr(value, "timestamp"):
            return float(value.timestamp())
    return time.time()  # of unknown age: kept


def _missing(name: str) -> TwinError:
    return TwinError(
        "TWIN-630",
        f"栅格文件 {name[:80]} 不在存储中：请重新导入，或检查 TWIN_ARTIFACTS",
        f"the raster file {name[:80]} is not in the store: import it again, or check TWIN_ARTIFACTS",
        status=503,
    )
