"""The map page: the built bundle, read into memory at start; no path of a request touches the disk."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from twin.errors import TwinError
from twin.web import parameters, ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "worker-src 'self' blob:",
        "child-src 'self' blob:",
        "img-src 'self' data: blob:",
        "style-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
COMPRESSIBLE = ("text/", "application/json", "application/javascript", "image/svg+xml")


@dataclass(frozen=True, slots=True)
class Asset:
    body: bytes
    packed: bytes | None
    media_type: str
    etag: str


def bundle_folder() -> Path:
    """Where the built console lies: in the wheel, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    wheel = package / "_data" / "console"
    return wheel if wheel.is_dir() else package.parent / "console" / "dist"


def read_bundle(folder: Path) -> dict[str, Asset]:
    """Every file below ``folder`` by its path; empty when the console has not been built."""
    if not folder.is_dir():
        return {}
    return {
        path.relative_to(folder).as_posix(): _asset(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".map"
    }


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if kind.startswith(COMPRESSIBLE) else None
    if kind.startswith("text/") or kind == "application/javascript":
        kind += "; charset=utf-8"
    return Asset(body, packed, kind, blake2b(body, digest_size=12).hexdigest())


class Console:
    """``/`` and ``/console/*``. ``bundle`` maps paths to files; ``index.html`` answers for the folder."""

    def __init__(self, bundle: Mapping[str, Asset]) -> None:
        self.bundle = bundle

    async def root(self, request: Request) -> Response:
        parameters.query(request.scope["query_string"], ())
        return RedirectResponse("/console/", status_code=307)

    async def file(self, request: Request) -> Response:
        path = request.path_params.get("path", "")
        asset = self.bundle.get(path or "index.html")
        if asset is None:
            raise self._missing(path)
        headers = {
            "content-security-policy": POLICY,
            "cache-control": "no-cache",
            "etag": f'"{asset.etag}"',
            "vary": "accept-encoding",
        }
        if ranges.matches(request.headers.get("if-none-match"), asset.etag):
            return Response(status_code=304, headers=headers)
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers |= {"content-encoding": "gzip", "etag": f'"{asset.etag}-gz"'}
            return Response(asset.packed, media_type=asset.media_type, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    def _missing(self, path: str) -> TwinError:
        if not self.bundle:
            return TwinError(
                "TWIN-336",
                "地图页尚未构建；请运行 make install 后重新启动",
                "the map page has not been built; run make install and start again",
                status=404,
            )
        return TwinError(
            "TWIN-320", f"地图页没有文件“{path[:60]}”", f'the map page has no file "{path[:60]}"', status=404
        )
