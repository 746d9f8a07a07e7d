"""Requests that nobody polite would send: each has a decided answer, in problem+json, within two seconds."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ITEMS = "/ogc/collections/plot/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
DEEP = '{"op":"not","args":[' * 400 + "true" + "]}" * 400

# Query of the items page -> the parameter that the refusal must name.
REFUSED: list[tuple[dict[str, str], str]] = [
    *(({"bbox": text}, "bbox") for text in (
        "", "1", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6", "a,b,c,d", "nan,nan,nan,nan", "inf,0,1,1", "0,0,1e400,1",
        "0,0,1e300,1", "10,20,5,10", "0,50,10,40", "-181,0,0,1", "0,-91,1,1", "0,0,1,91", "1 ,2,3;4", "１,2,3,4",
    )),
    *(({"bbox": "113,22,115,24", "bbox-crs": text}, "bbox-crs") for text in (
        "x", f"{EPSG}9999999", f"{EPSG}99999", "", "+proj=longlat", "../../etc/passwd", f"{EPSG}27700",
    )),
    *(({"limit": text}, "limit") for text in ("0", "-1", "1.5", "abc", "", "1e3", "+1", "00", "１")),
    *(({"offset": text}, "offset") for text in ("10", "-1", "9223372036854775808")),
    *(({"cursor": text}, "cursor") for text in ("", "-1", "9" * 20, "9223372036854775808", "AAAA", "é", "{}", "=" * 9)),
    *(({"datetime": text}, "datetime") for text in (
        "", "abc", "2024-13-01", "2024-02-30", "99999-01-01", "0000-01-01", "2024-01-01T00:00:60Z",
        "2024-01-01T25:00:00Z", "/", "../..", "2024-01-02/2024-01-01", "2024/2025/2026", "2024-01-01T00:00:00",
        "2024-1-1", "2024-01-01T00:00:00+99:00",
    )),
    *(({"crs": text}, "crs") for text in (
        "x", "", f"{EPSG}99999", "4547", "+proj=utm +zone=50", f"{EPSG}../../x", f"{EPSG}4978", "PROJCS[]",
        "http://evil.invalid/def/crs/EPSG/0/4326", f"{EPSG}32633",
    )),
    *(({"sortby": text}, "sortby") for text in (
        "", ",", "-", "nope", "geom", "geometry", "code;DROP TABLE x", "code,code", "owner_name", "--code", "+",
    )),
    *(({"properties": text}, "properties") for text in ("", ",", "nope", "geom", "code,code", "owner_name", "*")),
    *(({name: "1"}, name) for name in ("nope", "Limit", "resulttype", "FILTER", "owner_name", "callback", "$top", "geom")),
    *(({"f": text}, "f") for text in ("", "xml", "JSON", "jsonld", "../json", "mvt")),
    *(({"lang": text}, "lang") for text in ("", "fr", "../../etc/passwd", "zh;en", "z" * 500)),
    *(({"skipGeometry": text}, "skipGeometry") for text in ("xx", "", "1", "TRUE")),
    *(({name: text}, name) for name, text in (
        ("id", "abc"), ("id", "9" * 20), ("id", "1.5"), ("height", "abc"), ("height", "nan"), ("height", "1e999"),
        ("floors", "9223372036854775808"), ("floors", "1.0"), ("gate", "yes"), ("built", "2024-02-30"),
        ("seen", "abc"), ("valid_from", "x"),
    )),
    *(({"run": text}, "run") for text in ("1", "", "0190aaaa-0000-7000-8000-000000000000")),
    *(({"asof": text}, "asof") for text in ("", "abc", "2024-13-01")),
    *(({"filter-lang": text}, "filter-lang") for text in ("", "sql", "CQL2-TEXT", "cql-text")),
    *(({"filter-crs": text, "filter": "TRUE"}, "filter-crs") for text in ("x", "", f"{EPSG}99999")),
    *(({"filter": text}, "filter") for text in (
        "", "((", "name =", "nope = 1", "owner_name = 'x'", "owner_name LIKE 'o%'", "name = 1", "seen > 'abc'",
        "geom = 1", "name BETWEEN 'a' AND 'b'", "'a'", "1", "name LIKE 'a\\'", "name IN ()", "height / 0 = 1",
        "pg_sleep(5) = 1", "sin(height) = 1", "version() = 'x'", "(" * 500 + "floors = 1" + ")" * 500,
        " AND ".join(["floors=1"] * 900), "NOT " * 400 + "gate", "floors = " + "9" * 30, "height = 1e400",
        "S_INTERSECTS(geom, POLYGON((0 0,1 1,0 1)))", "S_INTERSECTS(geom, POLYGON((0 0,1 1,0 1,2 2)))",
        "S_INTERSECTS(geom, POLYGON((0 0,10 10,0 10,10 0,0 0)))", "S_INTERSECTS(geom, POINT(1e400 1))",
        "S_INTERSECTS(geom, BBOX(1,2,3))", "S_INTERSECTS(geom, BBOX(3,4,1,2))", "S_INTERSECTS(geom, POINT(500 500))",
        "S_RELATE(geom, POINT(1 1), 'xxxx')", "S_DWITHIN(geom, POINT(1 1), 1e400)", "S_INTERSECTS(geom, 'x')",
        "S_INTERSECTS(name, POINT(1 1))", "name = 'a' OR", "name = 'x' -- comment", "1; DROP TABLE city.plot",
        "CASEI(height) = 'x'", "T_AFTER(name, DATE('2020-01-01'))", "seen > TIMESTAMP('2020-02-30T00:00:00Z')",
        "gate < TRUE", "geom IN (1)", "name = name = name", "x" * 9000,
    )),
    *(({"filter": text, "filter-lang": "cql2-json"}, "filter") for text in (
        "{", "null", "[]", "1", '{"op":"="}', DEEP[:8000], '{"op":"=","args":[{"property":"nope"},1]}',
        '{"op":"=","args":[{"property":"height"},NaN]}', '{"op":"pg_sleep","args":[1]}',
        '{"op":"=","args":[{"property":"name"},"\\ud800"]}', '{"op":"=","args":[{"property":"name"},"\\u0000"]}',
        '{"op":"in","args":[{"property":"name"},[]]}', '{"op":"and","args":[]}',
        '{"op":"s_intersects","args":[{"property":"geom"},{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1]]]}]}',
    )),
]  # fmt: skip


@pytest.mark.parametrize(("query", "named"), REFUSED, ids=lambda value: str(value)[:40])
def test_items_refuse_by_name(door: TestClient, query: dict[str, str], named: str) -> None:
    start = time.monotonic()
    answer = door.get(ITEMS, params=query)
    assert time.monotonic() - start < 2
    assert answer.status_code == 400, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["parameter"] == named
    assert problem["code"].startswith("TWIN-")
    assert problem["detail"]


@pytest.mark.parametrize(
    "twice", ["limit=1&limit=2", "bbox=1,2,3,4&bbox=1,2,3,4", "f=json&f=json", "filter=TRUE&filter=TRUE"]
)
def test_a_parameter_given_twice(door: TestClient, twice: str) -> None:
    answer = door.get(f"{ITEMS}?{twice}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    ["limit=%00", "name=%00", "filter=name%3D'%00'", "%00=1", "name=%ff", "bbox=%F0%28%8C%28", "a" * 40000 + "=1",
     "&".join(f"p{n}=1" for n in range(5000))],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_odd_bytes(door: TestClient, query: str) -> None:
    answer = door.get(f"{ITEMS}?{query}")
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"


PATHS = [
    "/ogc/collections/nope", "/ogc/collections/nope/items", "/ogc/collections/plot/", "/ogc/collections/plot/nope",
    "/ogc/collections/%E6%8E%92/items", "/ogc/collections/plot%27/items", "/ogc/collections/PLOT/items",
    "/ogc/collections/plot/items/abc", f"/ogc/collections/plot/items/{'9' * 20}", "/ogc/collections/plot/items/-1",
    "/ogc/collections/height_map/items", "/ogc/collections/plot/coverage", "/ogc/collections/height_map/tiles",
    "/ogc/collections/plot/tiles/Nope", "/ogc/collections/plot/tiles/WorldCRS84Quad/0/0/0",
    "/ogc/collections/plot/tiles/WebMercatorQuad/99/0/0", "/ogc/collections/plot/tiles/WebMercatorQuad/3/9/0",
    "/ogc/collections/plot/tiles/WebMercatorQuad/3/0/9", "/ogc/collections/plot/map", "/ogc/collections/plot/position",
    "/ogc/collections/plot/styles", "/ogc/stac", "/ogc/admin/config", "/ogc/asyncapi", "/ogc/static/css/default.css",
    "/ogc/TileMatrixSets", "/ogc/tileMatrixSets/nope", "/ogc/processes/nope", "/ogc/processes/nope/execution",
    "/ogc/jobs/nope", "/ogc/jobs/0190aaaa-0000-7000-8000-000000000000", "/ogc/jobs/nope/results",
    "/ogc/jobs/%2e%2e", "/ogc/collections/catalogue/items/nope", "/ogc/collections/catalogue/tiles",
    "/ogc/collections/catalogue/schema",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_there(door: TestClient, path: str) -> None:
    answer = door.get(path, headers={"x-role": "planner"})
    assert answer.status_code in (400, 404, 405), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"].startswith("TWIN-")


@pytest.mark.parametrize(
    "path",
    ["/ogc/collections/plot%00/items", "/ogc/collections/..%2f..%2fetc/items", "/ogc/collections/plot/items/%00",
     "/ogc/..%2f..%2fetc%2fpasswd", "/ogc/jobs/..%2f..%2f", "/ogc/tileMatrixSets/..%2fx",
     "/ogc/collections/plot/tiles/WebMercatorQuad/-1/0/0", "/ogc/collections/plot/tiles/WebMercatorQuad/a/b/c",
     f"/ogc/collections/plot/tiles/WebMercatorQuad/{10**20}/0/0"],
)  # fmt: skip
def test_odd_paths(door: TestClient, path: str) -> None:
    answer = door.get(path)
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/ogc", "/ogc/", "/ogc/conformance", "/ogc/openapi", "/ogc/collections", "/ogc/collections/plot",
     "/ogc/collections/plot/queryables", "/ogc/collections/plot/schema", "/ogc/collections/plot/items/1",
     "/ogc/collections/plot/tiles", "/ogc/collections/plot/tiles/WebMercatorQuad", "/ogc/collections/catalogue/items",
     "/ogc/tileMatrixSets", "/ogc/tileMatrixSets/WebMercatorQuad", "/ogc/processes", "/ogc/jobs",
     "/ogc/collections/plot/tiles/WebMercatorQuad/0/0/0", "/ogc/collections/height_map/coverage"],
)  # fmt: skip
def test_every_page_refuses_unknown_parameters_formats_and_languages(door: TestClient, path: str) -> None:
    for query, named in ((("nope", "1"), "nope"), (("f", "nope"), "f"), (("lang", "fr"), "lang")):
        answer = door.get(path, params=dict([query]))
        assert answer.status_code == 400, (path, query, answer.text[:200])
        assert answer.json()["parameter"] == named


@pytest.mark.parametrize(
    "path", ["/ogc", "/ogc/collections/plot/items", "/ogc/processes/nope/execution", "/ogc/jobs"]
)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE"])
def test_methods_that_are_not_offered(door: TestClient, path: str, method: str) -> None:
    answer = door.request(method, path, content=b"{}")
    assert answer.status_code in (400, 401, 403, 404, 405)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "headers",
    [{"accept": "x" * 5000}, {"accept-language": "x" * 5000}, {"accept": ",;q=,"}, {"accept-language": ";;;q=9,zh;q=x"},
     {"if-none-match": "x" * 5000}],
)  # fmt: skip
def test_odd_headers_change_nothing(door: TestClient, headers: dict[str, str]) -> None:
    answer = door.get(ITEMS, params={"limit": "1"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"


BODIES: list[bytes] = [
    b"", b"{", b"[]", b"null", b'"x"', b"1", b"\xff\xfe", b"[" * 100_000, b'{"inputs": {"x": ' + b"9" * 5000 + b"}}",
    b'{"inputs": {"x": NaN}}', b'{"inputs": {"x": Infinity}}', b'{"inputs": {"x": "\\ud800"}}',
    b'{"inputs": null}', b'{"inputs": []}', b'{"inputs": {"storm": {"href": "http://127.0.0.1/"}}}',
    b'{"outputs": []}', b'{"outputs": {"nope": {}}}', b'{"response": "nope"}', b'{"nope": 1}',
    b'{"subscriber": "x"}', b'{"subscriber": 1}', b'{"subscriber": {"successUri": "http://127.0.0.1:1/"}}',
    b'{"subscriber": {"successUri": "file:///etc/passwd"}}', b'{"inputs": {"nope": 1}}',
    b'{"inputs": ' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}",
    json.dumps({"inputs": {"x": "y" * 2_000_000}}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:30].decode("latin-1"))
def test_bad_executions_store_nothing(door: TestClient, body: bytes) -> None:
    jobs = door.get("/ogc/jobs", headers={"x-role": "admin"}).json()["jobs"]
    answer = door.post(
        f"/ogc/processes/{process(door)}/execution",
        content=body,
        headers={"x-role": "planner", "content-type": "application/json"},
    )
    assert answer.status_code in (400, 413, 422), answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    assert door.get("/ogc/jobs", headers={"x-role": "admin"}).json()["jobs"] == jobs


def test_a_wrong_content_type(door: TestClient) -> None:
    answer = door.post(
        f"/ogc/processes/{process(door)}/execution",
        content=b"<x/>",
        headers={"x-role": "planner", "content-type": "text/xml"},
    )
    assert answer.status_code == 415


def process(door: TestClient) -> str:
    return str(door.get("/ogc/processes").json()["processes"][0]["id"])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_refusals_speak_the_language_of_the_request(door: TestClient, language: str) -> None:
    answer = door.get(ITEMS, params={"filter": "heigth > 1", "lang": language})
    assert ("是否为" in answer.json()["detail"]) == (language == "zh")
    assert ("Did you mean" in answer.json()["detail"]) == (language == "en")
    assert quote("heigth") in answer.json()["detail"]
