"""Keys: who one is, what a bad key gets, how soon a revoked one dies."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest

from twin.store import keys

if TYPE_CHECKING:
    from tests.integration.web.city import City


def names(answer: httpx.Response) -> set[str]:
    return {layer["name"] for layer in answer.json()["layers"]}


def test_both_headers_carry_a_key(city: City) -> None:
    key = city.keys["operator"]
    for headers in (
        {"authorization": f"Bearer {key}"},
        {"authorization": f"bearer  {key}"},
        {"x-api-key": key},
    ):
        assert "gas_pipe" in names(httpx.get(f"{city.base}/layers", headers=headers))
    both = {"authorization": f"Bearer {key}", "x-api-key": key}
    assert httpx.get(f"{city.base}/layers", headers=both).status_code == 200


BAD = {
    "unknown": {"authorization": "Bearer twin_nobody_secret"},
    "empty": {"authorization": "Bearer"},
    "basic": {"authorization": "Basic dXNlcjpwYXNz"},
    "no-scheme": {"authorization": "abc"},
    "empty-own": {"x-api-key": ""},
    "long": {"x-api-key": "x" * 5000},
    "binary": {"x-api-key": b"\xff\xfe"},
    "quote": {"x-api-key": "' OR 1=1 --"},
    "jwt": {"authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
@pytest.mark.parametrize("path", ["/layers", "/tiles/building/14/0/0.mvt", "/runs", "/nowhere"])
def test_a_bad_key_is_401_everywhere(city: City, headers: dict[str, str], path: str) -> None:
    answer = httpx.get(city.base + path, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "TWIN-401"


def test_a_tampered_key_is_refused(city: City) -> None:
    key = city.keys["admin"]
    for bad in (key[:-1], key + "0", key[:-1] + ("0" if key[-1] != "0" else "1"), key.upper()):
        assert httpx.get(f"{city.base}/layers", headers={"x-api-key": bad}).status_code == 401


def test_two_different_keys_are_refused(city: City) -> None:
    headers = {"authorization": f"Bearer {city.keys['viewer']}", "x-api-key": city.keys["admin"]}
    assert httpx.get(f"{city.base}/layers", headers=headers).status_code == 401


def test_a_doubled_header_is_refused(city: City) -> None:
    key = city.keys["viewer"]
    headers = [("x-api-key", key), ("x-api-key", key)]
    answer = httpx.get(f"{city.base}/layers", headers=headers)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "x-api-key")


def test_a_revoked_key_dies_within_seconds(city: City) -> None:
    with city.store.service() as conn:
        key = keys.create(conn, "operator", "soon gone")
        actor = keys.verify(conn, key)
    assert actor is not None
    headers = {"x-api-key": key}
    assert httpx.get(f"{city.base}/layers", headers=headers).status_code == 200
    with city.store.service() as conn:
        assert actor.key is not None
        keys.revoke(conn, actor.key)
    begun = time.monotonic()
    while httpx.get(f"{city.base}/layers", headers=headers).status_code != 401:
        assert time.monotonic() - begun < 4
        time.sleep(0.05)


def test_health_needs_nobody(city: City) -> None:
    answer = httpx.get(f"{city.base}/health", headers={"x-api-key": "nonsense"})
    assert answer.status_code == 200
