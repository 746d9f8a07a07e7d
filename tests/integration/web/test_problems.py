"""Every error is a problem document, in the language of the request, with headers that fit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi.exceptions import RequestValidationError
from psycopg import errors as pg
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from twin.access.actor import Actor
from twin.errors import Problem, Refused, TwinError
from twin.text import Text
from twin.web import problems
from twin.web.problems import ProblemMiddleware

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from tests.integration.web.city import City

INNER = "secret detail"


def told(error: Exception, language: str = "en", role: str = "viewer") -> tuple[int, dict[str, Any], Any]:
    import orjson

    scope = {"path": "/x", "state": {"language": language, "actor": Actor(role)}}
    answer = problems.response(error, scope)
    return answer.status_code, orjson.loads(bytes(answer.body)), answer.headers


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (pg.UniqueViolation(INNER), 409),
        (pg.ForeignKeyViolation(INNER), 409),
        (pg.QueryCanceled(INNER), 503),
        (pg.AdminShutdown(INNER), 503),
        (pg.ConnectionException(INNER), 503),
        (pg.OperationalError(INNER), 503),
        (pg.TooManyConnections(INNER), 503),
        (PoolTimeout(INNER), 503),
        (pg.ReadOnlySqlTransaction(INNER), 405),
        (pg.InsufficientPrivilege(INNER), 403),
        (pg.NumericValueOutOfRange(INNER), 400),
        (pg.SyntaxError(INNER), 500),
        (pg.UndefinedTable(INNER), 500),
        (ValueError(INNER), 500),
        (KeyError(INNER), 500),
        (HTTPException(404), 404),
        (HTTPException(405, headers={"Allow": "GET"}), 405),
        (TwinError("TWIN-330", "无", "none", status=404), 404),
        (
            RequestValidationError([{"type": "missing", "loc": ("query", "lon"), "msg": "x", "input": None}]),
            400,
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_each_kind_of_error(error: Exception, status: int) -> None:
    found, body, headers = told(error)
    assert (found, body["status"]) == (status, status)
    assert headers["content-type"] == "application/problem+json"
    assert body["code"].startswith("TWIN-")
    assert {"type", "title", "detail", "instance"} <= set(body)
    assert ("retry-after" in headers) == (status == 503)
    if status >= 500:
        assert INNER not in str(body)


def test_without_identity_a_refusal_of_the_database_asks_for_one() -> None:
    status, _, headers = told(pg.InsufficientPrivilege(INNER), role="anonymous")
    assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="twin"')


def test_a_database_fault_told_by_the_store_keeps_its_details() -> None:
    error = TwinError("TWIN-615", INNER, INNER, status=500)
    error.__cause__ = pg.SyntaxError(INNER)
    status, body, _ = told(error)
    assert status == 500
    assert INNER not in str(body)


def test_findings_are_listed() -> None:
    finding = Problem("TWIN-204", Text("坏", "bad"), row=3, column="height")
    _, body, _ = told(Refused("TWIN-245", "拒绝", "refused", [finding] * 500))
    assert len(body["problems"]) == 100
    assert body["problems"][0] == {"code": "TWIN-204", "detail": "bad", "row": 3, "column": "height"}


def test_the_outermost_catches_what_escapes() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise RuntimeError(INNER)

    transport = httpx.ASGITransport(app=ProblemMiddleware(broken))

    async def scene() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.get("/")

    answer = asyncio.run(scene())
    assert answer.status_code == 500
    assert answer.json()["code"] == "TWIN-600"
    assert answer.json()["instance"].startswith("urn:uuid:")
    assert INNER not in answer.text


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nowhere", "TWIN-320"),
        ("/layers?x=1", "TWIN-301"),
        ("/layers/none", "TWIN-330"),
        ("/runs/x", "TWIN-303"),
    ],
)
def test_two_languages(city: City, path: str, code: str) -> None:
    joint = "&" if "?" in path else "?"
    zh = city.get(path, **{"accept-language": "zh-CN"})
    en = city.get(path, **{"accept-language": "en"})
    by_query = city.get(f"{path}{joint}lang=en", **{"accept-language": "zh-CN"})
    assert zh.json()["code"] == en.json()["code"] == code
    assert zh.headers["content-language"] == "zh"
    assert en.headers["content-language"] == "en"
    assert by_query.json()["detail"] == en.json()["detail"] != zh.json()["detail"]
    assert not zh.json()["detail"].isascii()
    assert zh.json()["title"] != en.json()["title"]


@pytest.mark.parametrize("lang", ["fr", "", "../../etc/passwd", "zh&lang=en", "%00"])
def test_a_bad_lang(city: City, lang: str) -> None:
    answer = city.get(f"/layers?lang={lang}")
    assert answer.status_code == 400
    assert answer.json()["code"] in ("TWIN-304", "TWIN-306")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/layers", "/tiles/building/14/0/0.mvt", "/console/", "/", "/health"])
def test_other_methods(city: City, method: str, path: str) -> None:
    with city.client() as client:
        answer = client.request(method, path)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert answer.headers["content-type"] == "application/problem+json"


def test_safe_headers_everywhere(city: City) -> None:
    for path in ("/", "/layers", "/nowhere", "/console/", "/health", "/tiles/building/14/0/0.mvt"):
        with city.client() as client:
            headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "content-security-policy" in headers
        assert "server" not in headers or "uvicorn" not in headers["server"]
