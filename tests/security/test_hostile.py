"""Hostile requests at our own doors: each has a decided answer, within two seconds, never a 5xx, never a silent 200."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.security.raw import Answer, send

if TYPE_CHECKING:
    from tests.integration.web.city import City

# Values that no parameter of ours takes.
NASTY = [
    b"",
    b"%00",
    b"a%00b",
    b"%ff",
    b"%27%20OR%201=1--",
    b"../../etc/passwd",
    b"..%2f..%2fetc%2fpasswd",
    b"%252e%252e",
    b"nan",
    b"inf",
    b"-1",
    b"1e400",
    b"1e300",
    b"9" * 40,
    b"0x10",
    b"%F0%9F%92%A9",
    b"%EF%BC%91%EF%BC%94",
    b"true",
    b"null",
    b"[]",
    b"{}",
    b"%3Cscript%3E",
    b"$%7B7*7%7D",
    b"A" * 6000,
]
PARAMETERS = [
    (b"/layers", b"lang"),
    (b"/tiles/flood_building/14/13488/6650.mvt", b"run"),
    (b"/tiles/flood_depth/14/13488/6650.png", b"run"),
    (b"/tiles/flood_depth.json", b"run"),
    (b"/coverages/flood_depth", b"run"),
    (b"/coverages/flood_depth/value?lat=31.7", b"lon"),
    (b"/coverages/flood_depth/value?lon=116.5", b"lat"),
    (b"/coverages/flood_depth/value?lon=116.5&lat=31.7", b"run"),
    (b"/runs", b"limit"),
    (b"/runs", b"before"),
    (b"/runs", b"state"),
]
EVERY_ROUTE = [
    b"/health",
    b"/ready",
    b"/openapi.json",
    b"/layers",
    b"/layers/building",
    b"/tiles/style.json",
    b"/tiles/building.json",
    b"/tiles/building/14/13488/6650.mvt",
    b"/tiles/flood_depth/14/13488/6650.png",
    b"/coverages/flood_depth",
    b"/coverages/flood_depth/value",
    b"/simulations",
    b"/simulations/flood",
    b"/runs",
    b"/",
]
PATHS = [
    b"/%00",
    b"/layers/%00",
    b"/layers/building%00",
    b"/layers/..%2f..%2fetc%2fpasswd",
    b"/layers/../../etc/passwd",
    b"/layers/%2e%2e/%2e%2e/etc/passwd",
    b"/layers/building/",
    b"/layers//building",
    b"//layers",
    b"/layers/BUILDING",
    b"/layers/building;x=1",
    b"/layers/'",
    b'/layers/"quoted"',
    b"/layers/a%5cb",
    b"/layers/%ff%fe",
    b"/layers/%F0%9F%92%A9",
    b"/layers/__proto__",
    b"/layers/pg_catalog.pg_class",
    b"/layers/" + b"x" * 1900,
    b"/layers/" + b"x" * 5000,
    b"/console/..%2f..%2fpyproject.toml",
    b"/console/../../pyproject.toml",
    b"/console/%2e%2e%2f%2e%2e%2fpyproject.toml",
    b"/console/....//....//pyproject.toml",
    b"/coverages/..%2f..%2fetc%2fpasswd",
    b"/coverages/flood_depth%00.tif",
    b"/tiles/building/14/13488/6650.mvt/",
    b"/tiles/building/14/13488/6650.mvt%00",
    b"/tiles/building/14/13488/..%2f6650.mvt",
    b"/tiles/../layers",
    b"/tiles/%2e/building.json",
    b"/runs/../layers",
    b"/runs/%00",
    b"/simulations/..%2fflood",
    b"/simulations/flood%20",
    b"/.git/config",
    b"/.env",
    b"/admin",
    b"/docs",
    b"/redoc",
    b"/metrics",
]


def decided(answer: Answer, begun: float, *statuses: int) -> Answer:
    assert time.monotonic() - begun < 2
    assert 400 <= answer.status < 500, (answer.status, answer.body[:300])
    if statuses:
        assert answer.status in statuses
    assert answer.headers["content-type"] == "application/problem+json", answer.headers
    problem = answer.json()
    assert problem["status"] == answer.status
    assert str(problem["code"]).startswith("TWIN-")
    assert problem["detail"]
    return answer


@pytest.mark.parametrize("value", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize(("path", "name"), PARAMETERS, ids=lambda value: value.decode())
def test_nasty_values(city: City, path: bytes, name: bytes, value: bytes) -> None:
    joint = b"&" if b"?" in path else b"?"
    begun = time.monotonic()
    answer = send(city.base, path + joint + name + b"=" + value)
    legal = (name, value) in {(b"lon", b"-1"), (b"lat", b"-1")}
    if legal:
        assert answer.status == 200
        assert answer.json()["value"] is None
        return
    decided(answer, begun, 400)


@pytest.mark.parametrize("path", EVERY_ROUTE, ids=lambda value: value.decode())
@pytest.mark.parametrize(
    "query", [b"nope=1", b"Lang=en", b"lang=en&lang=zh", b"=", b"a", b"%6cang2=1", b"f=json", b"limit%00=1"]
)
def test_unknown_parameters(city: City, path: bytes, query: bytes) -> None:
    begun = time.monotonic()
    decided(send(city.base, path + b"?" + query), begun, 400)


@pytest.mark.parametrize("path", PATHS, ids=range(len(PATHS)))
def test_odd_paths(city: City, path: bytes) -> None:
    begun = time.monotonic()
    decided(send(city.base, path), begun, 400, 404, 414)


@pytest.mark.parametrize("path", EVERY_ROUTE, ids=lambda value: value.decode())
def test_five_thousand_parameters(city: City, path: bytes) -> None:
    begun = time.monotonic()
    decided(
        send(city.base, path + b"?" + b"&".join(b"a%d=1" % number for number in range(5000))), begun, 400, 414
    )


HEADERS: dict[str, tuple[bytes, tuple[int, ...]]] = {
    "long-language": (b"Accept-Language: " + b"x-" * 2500 + b"\r\n", (200,)),
    "odd-language": (b"Accept-Language: ;;;q=zz,\xff\xfe,*;q=9\r\n", (200,)),
    "long-accept": (b"Accept: " + b"a/" * 2500 + b"\r\n", (200,)),
    "odd-accept": (b"Accept: \x01garbage;;;\r\n", (200, 400)),
    "foreign-host": (b"Host: evil.example\r\n", (421,)),
    "host-with-user": (b"Host: a@127.0.0.1\r\n", (400,)),
    "empty-host": (b"Host: \r\n", (400,)),
    "two-hosts": (b"Host: 127.0.0.1\r\nHost: evil.example\r\n", (400,)),
    "two-keys": (b"X-API-Key: a\r\nX-API-Key: b\r\n", (400,)),
    "huge-header": (b"X-Long: " + b"x" * 9000 + b"\r\n", (431,)),
    "many-headers": (b"".join(b"X-%d: 1\r\n" % number for number in range(150)), (431,)),
    "forwarded": (b"X-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n", (200,)),
    "override": (b"X-HTTP-Method-Override: DELETE\r\nX-Original-URL: /runs\r\n", (200,)),
    "expect": (b"Expect: 100-continue\r\n", (200,)),
    "if-none-match": (b"If-None-Match: " + b'"a",' * 1500 + b"\r\n", (200,)),
}


@pytest.mark.parametrize(("headers", "statuses"), HEADERS.values(), ids=HEADERS)
def test_headers(city: City, headers: bytes, statuses: tuple[int, ...]) -> None:
    begun = time.monotonic()
    answer = send(city.base, b"/layers", headers=headers)
    assert answer.status in statuses, answer.body[:300]
    if answer.status != 200 and answer.headers.get("content-type", "").startswith("application"):
        decided(answer, begun)
    assert b"evil.example" not in answer.body


def test_links_never_follow_forwarded_headers(city: City) -> None:
    answer = send(city.base, b"/tiles/building.json", headers=b"X-Forwarded-Host: evil.example\r\n")
    assert answer.status == 200
    assert b"evil" not in answer.body


RANGES = [b"bytes=0-,0-,0-", b"bytes=" + b"0-1," * 1500, b"bytes=-", b"bytes=5-1", b"cows=1-2", b"bytes=a-b"]


@pytest.mark.parametrize("value", RANGES, ids=range(len(RANGES)))
def test_odd_ranges_are_ignored(city: City, value: bytes) -> None:
    begun = time.monotonic()
    answer = send(city.base, b"/coverages/flood_depth", headers=b"Range: " + value + b"\r\n")
    assert answer.status == 200
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("value", [b"bytes=99999999-", b"bytes=-0", b"bytes=999999999999999999-"])
def test_ranges_beyond_the_end(city: City, value: bytes) -> None:
    answer = send(city.base, b"/coverages/flood_depth", headers=b"Range: " + value + b"\r\n")
    decided(answer, time.monotonic(), 416)


def test_fifty_megabytes(city: City) -> None:
    key = city.keys["planner"].encode()
    headers = b"Content-Type: application/json\r\nAuthorization: Bearer " + key + b"\r\n"
    begun = time.monotonic()
    answer = send(city.base, b"/simulations/flood", method=b"POST", headers=headers, body=b"[" * 50_000_000)
    decided(answer, begun, 413)


def test_a_body_where_none_belongs_changes_nothing(city: City) -> None:
    answer = send(city.base, b"/layers", body=b'{"x": 1}', headers=b"Content-Type: application/json\r\n")
    assert answer.status == 200


def test_the_machine_is_still_well(city: City) -> None:
    begun = time.monotonic()
    assert city.get("/health").status_code == 200
    assert time.monotonic() - begun < 0.5
