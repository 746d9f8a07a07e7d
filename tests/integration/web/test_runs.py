"""Simulations and runs: asked once, told to their owner, invisible to others."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from twin.processes.registry import registry

if TYPE_CHECKING:
    import httpx

    from tests.integration.web.city import City

JSON = "application/json"


def example() -> dict[str, Any]:
    return dict(registry()["flood"].example)


def ask(city: City, role: str, body: Any = None, **headers: str) -> httpx.Response:
    with city.client(role, **headers) as client:
        return client.post("/simulations/flood", json=example() if body is None else body)


def test_list_and_description(city: City) -> None:
    listed = city.get("/simulations?lang=en").json()
    assert {process["name"] for process in listed} == set(registry())
    zh, en = city.get("/simulations/flood").json(), city.get("/simulations/flood?lang=en").json()
    assert zh["title"] != en["title"]
    assert en["inputs"]["type"] == "object"
    assert set(en["example"]) <= set(en["inputs"]["properties"])
    assert city.get("/simulations/floood?lang=en").status_code == 404
    assert "flood" in city.get("/simulations/floood?lang=en").json()["detail"]


def test_a_run_from_asking_to_dismissal(city: City) -> None:
    made = ask(city, "planner")
    assert made.status_code == 201, made.text
    run = made.json()
    assert made.headers["location"] == f"/runs/{run['id']}"
    assert (run["state"], run["progress"], run["process"]) == ("accepted", 0, "flood")
    target = f"/runs/{run['id']}"
    assert city.get(target, "planner").json()["id"] == run["id"]
    assert city.get(target, "operator").status_code == 200
    early = city.get(f"{target}/results", "planner")
    assert (early.status_code, early.json()["code"]) == (409, "TWIN-334")
    with city.client("planner") as client:
        gone = client.delete(target)
        assert (gone.status_code, gone.json()["state"]) == (200, "dismissed")
        assert client.delete(target).status_code == 200
    with city.client("planner") as client:
        ended = client.delete(f"/runs/{city.published}")
        assert ended.status_code == 409


def test_an_operator_publishes_a_run_and_takes_it_back(city: City) -> None:
    target = f"/runs/{city.private}/publication"
    with city.client("planner") as client:
        refused = client.put(target)
        assert (refused.status_code, refused.json()["code"]) == (403, "TWIN-582")
    with city.client("operator") as client:
        given = client.put(target)
        assert (given.status_code, given.json()["published"]) == (200, True)
        taken = client.delete(target)
        assert (taken.status_code, taken.json()["published"]) == (200, False)


@pytest.mark.parametrize("role", ["anonymous", "viewer", "other"])
def test_other_peoples_runs_do_not_exist(city: City, role: str) -> None:
    target = f"/runs/{city.private}"
    with city.client(role) as client:
        unknown = client.get(f"/runs/{uuid.uuid4()}")
        for answer in (client.get(target), client.get(f"{target}/results"), client.delete(target)):
            assert answer.status_code == 404
            assert answer.json()["code"] == unknown.json()["code"]
        assert str(city.private) not in client.get("/runs").text
    assert str(city.private) in city.get("/runs", "planner").text
    assert str(city.private) in city.get("/runs", "operator").text


def test_results_lead_to_the_layers(city: City) -> None:
    results = city.get(f"/runs/{city.published}/results?lang=en", "planner").json()
    layers = {layer["name"]: layer for layer in results["layers"]}
    assert set(layers) == set(registry()["flood"].writes)
    assert layers["flood_depth"]["links"]["download"].endswith(f"/coverages/flood_depth?run={city.published}")
    answer = city.get(layers["flood_depth"]["links"]["download"].removeprefix(city.base), "planner")
    assert answer.status_code == 200


def test_idempotency(city: City) -> None:
    key = uuid.uuid4().hex
    first = ask(city, "planner", **{"idempotency-key": key})
    again = ask(city, "planner", **{"idempotency-key": key})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    other = example() | {"seed": 7} if "seed" in example() else _changed(example())
    clash = ask(city, "planner", other, **{"idempotency-key": key})
    assert clash.status_code in (409, 422)
    assert clash.json()["code"] == "TWIN-506"
    mine = ask(city, "other", **{"idempotency-key": key})
    assert mine.status_code == 201
    assert mine.json()["id"] != first.json()["id"]
    for run in (first, mine):
        with city.client("operator") as client:
            client.delete(f"/runs/{run.json()['id']}")


def _changed(inputs: dict[str, Any]) -> dict[str, Any]:
    """The example with one of its numbers a little different."""
    for name, value in inputs.items():
        if isinstance(value, dict):
            return inputs | {name: _changed(value)}
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return inputs | {name: value + 1}
    raise AssertionError(inputs)


def test_prefer_wait_ends_in_time(city: City) -> None:
    with city.client("planner", prefer="respond-async, wait=1") as client:
        answer = client.post("/simulations/flood", json=example())
        assert answer.headers["preference-applied"] == "wait=1"
        assert answer.elapsed.total_seconds() < 4
        client.delete(answer.headers["location"])


@pytest.mark.parametrize(("role", "status"), [("anonymous", 403), ("viewer", 403)])
def test_who_may_not_run(city: City, role: str, status: int) -> None:
    answer = ask(city, role)
    assert answer.status_code in (status, 401)
    assert answer.headers["content-type"] == "application/problem+json"


def stored(city: City) -> int:
    with city.store.service() as conn:
        row = conn.execute("SELECT count(*) FROM run.run").fetchone()
        assert row is not None
        return int(row[0])


BAD_BODIES: dict[str, bytes] = {
    "empty": b"",
    "open": b"{",
    "list": b"[]",
    "null": b"null",
    "text": b'"x"',
    "number": b"1",
    "latin": b'{"a": "\xff"}',
    "deep": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "long-number": b'{"seed":' + b"9" * 5000 + b"}",
    "nan": b'{"seed": NaN}',
    "infinity": b'{"seed": Infinity}',
    "surrogate": b'{"a": "\\ud800"}',
    "nul": b'{"a": "\\u0000"}',
    "twice": b'{"seed": 1, "seed": 2}',
    "unknown": b'{"sed": 1}',
    "href": b'{"storm": {"href": "http://127.0.0.1/x"}}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_bodies_store_nothing(city: City, body: bytes) -> None:
    before = stored(city)
    with city.client("planner") as client:
        answer = client.post("/simulations/flood", content=body, headers={"content-type": JSON})
    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem["code"] in ("TWIN-311", "TWIN-501")
    assert problem["parameter"]
    assert stored(city) == before


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_wrong_content_type(city: City, kind: str) -> None:
    with city.client("planner") as client:
        answer = client.post("/simulations/flood", content=b"{}", headers={"content-type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "TWIN-310")


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_beyond_the_cap(city: City, declared: bool) -> None:
    size = 2_000_000

    def chunks() -> Any:
        for _ in range(size // 100_000):
            yield b" " * 100_000

    with city.client("planner") as client:
        content = b" " * size if declared else chunks()
        answer = client.post("/simulations/flood", content=content, headers={"content-type": JSON})
    assert (answer.status_code, answer.json()["code"]) == (413, "TWIN-309")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.5", "limit"),
        ("limit=abc", "limit"),
        ("limit=", "limit"),
        ("limit=1000000000", "limit"),
        ("limit=10000000000000000000000", "limit"),
        ("limit=1&limit=2", "limit"),
        ("state=done", "state"),
        ("before=abc", "before"),
        ("parent=abc", "parent"),
        ("offset=3", "offset"),
        ("process=" + "x" * 100, "process"),
    ],
)
def test_bad_list_parameters(city: City, query: str, parameter: str) -> None:
    answer = city.get(f"/runs?{query}", "planner")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter


def test_paging(city: City) -> None:
    ids = [run["id"] for run in city.get("/runs", "operator").json()["runs"]]
    assert ids == sorted(ids, reverse=True)
    paged, target = [], "/runs?limit=1"
    while target:
        page = city.get(target, "operator").json()
        paged += [run["id"] for run in page["runs"]]
        target = page["next"]
    assert paged == ids


@pytest.mark.parametrize("run", ["abc", "0", "..%2f..%2fetc", "%00", "'", "9" * 400])
def test_bad_run_ids(city: City, run: str) -> None:
    answer = city.get(f"/runs/{run}", "planner")
    assert answer.status_code in (400, 404)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("prefer", ["wait=abc", "wait=", "wait=-1", "wait=1.5", "wait=" + "9" * 20])
def test_bad_wait(city: City, prefer: str) -> None:
    answer = ask(city, "planner", prefer=prefer)
    assert (answer.status_code, answer.json()["code"]) == (400, "TWIN-312")
