"""The map page's files: served from memory, under a policy that lets nothing else in."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from twin.web.console import Console, read_bundle
from twin.web.headers import HeadersMiddleware
from twin.web.problems import ProblemMiddleware

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.joinpath("assets").mkdir(parents=True)
    folder.joinpath("index.html").write_text("<!doctype html><title>城市</title>", encoding="utf-8")
    folder.joinpath("assets", "map.js").write_text("console.log(1);" * 200)
    folder.joinpath("assets", "map.js.map").write_text("{}")
    tmp_path.joinpath("private.txt").write_text("private")
    folder.joinpath("link.txt").symlink_to(tmp_path / "private.txt")
    return folder


def get(folder: Path, path: str, **headers: str) -> httpx.Response:
    console = Console(read_bundle(folder))
    routes = [Route("/", console.root), Route("/console/{path:path}", console.file)]
    app = Starlette(routes=routes, middleware=[Middleware(HeadersMiddleware), Middleware(ProblemMiddleware)])

    async def scene() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(scene())


def test_page_and_policy(bundle: Path) -> None:
    answer = get(bundle, "/console/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "worker-src 'self' blob:" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "unsafe-eval" not in policy
    assert get(bundle, "/").headers["location"] == "/console/"


def test_files_are_packed_and_validated(bundle: Path) -> None:
    plain = get(bundle, "/console/assets/map.js", **{"accept-encoding": "identity"})
    packed = get(bundle, "/console/assets/map.js", **{"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content
    assert packed.headers["etag"] != plain.headers["etag"]
    assert len(gzip.compress(plain.content)) < len(plain.content)
    tag = plain.headers["etag"]
    assert get(bundle, "/console/assets/map.js", **{"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path",
    ["link.txt", "none.js", "assets", "assets/map.js.map", "../private.txt", "..%2fprivate.txt", "%2e%2e/x"],
)
def test_nothing_else_is_served(bundle: Path, path: str) -> None:
    answer = get(bundle, f"/console/{path}")
    assert answer.status_code in (400, 404)
    assert "private" not in answer.text.replace("private.txt", "")


def test_a_console_that_was_not_built_says_so(tmp_path: Path) -> None:
    answer = get(tmp_path / "nothing", "/console/")
    assert (answer.status_code, answer.json()["code"]) == (404, "TWIN-336")
