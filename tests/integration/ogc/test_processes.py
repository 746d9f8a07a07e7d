"""OGC API - Processes: descriptions, execution, jobs of one's own, dismissal, results."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

HERE = Path(__file__).parent
PLACE = "/ogc/processes/design-storm/execution"
PLANNER = {"x-role": "planner"}


def example(door: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = door.get("/ogc/processes/design-storm").json()["example"]
    return found


@pytest.fixture
def worker(city: City) -> Iterator[None]:
    command = [sys.executable, str(HERE / "run_worker.py"), city.url, str(city.folder)]
    root = str(HERE.parents[2])
    process = subprocess.Popen(command, cwd=root, env=os.environ | {"PYTHONPATH": root})
    yield
    process.terminate()
    assert process.wait(20) == 0


def test_the_list_and_a_description(door: TestClient) -> None:
    listed = door.get("/ogc/processes", params={"lang": "en"}).json()
    assert {"design-storm", "flood"} <= {one["id"] for one in listed["processes"]}
    for one in listed["processes"]:
        assert {"id", "version", "title", "jobControlOptions", "outputTransmission", "links"} <= set(one)
        assert set(one["jobControlOptions"]) <= {"sync-execute", "async-execute", "dismiss"}
    said = door.get("/ogc/processes/design-storm", params={"lang": "en"}).json()
    assert said["title"] == "Design storm"
    assert said["inputs"]["storm"]["schema"]
    assert said["inputs"]["storm"]["minOccurs"] == 1
    assert said["outputs"]["total_mm"]["schema"]["type"] == "number"
    assert any(
        one["rel"].endswith("/execute") and one["href"].endswith("/execution") for one in said["links"]
    )
    assert door.get("/ogc/processes/design-storm", params={"lang": "zh"}).json()["title"] == "设计暴雨过程"
    assert door.get("/ogc/processes/flood", params={"f": "html"}).status_code == 200


@pytest.mark.parametrize(("role", "status"), [("anonymous", 401), ("viewer", 403)])
def test_who_may_not_run(door: TestClient, role: str, status: int) -> None:
    answer = door.post(PLACE, json=example(door), headers={"x-role": role})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_asynchronous_execution_and_dismissal(door: TestClient) -> None:
    """No worker is there: the job waits until it is dismissed."""
    answer = door.post(PLACE, json=example(door), headers={**PLANNER, "prefer": "respond-async"})
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "respond-async"
    status = answer.json()
    assert (status["type"], status["status"], status["processID"]) == ("process", "accepted", "design-storm")
    assert status["progress"] == 0
    place = answer.headers["location"]
    assert place == f"http://localhost/ogc/jobs/{status['jobID']}"
    assert door.get(place, headers=PLANNER).json()["jobID"] == status["jobID"]
    assert door.get(f"{place}/results", headers=PLANNER).status_code == 404
    mine = [one["jobID"] for one in door.get("/ogc/jobs", headers=PLANNER).json()["jobs"]]
    assert status["jobID"] in mine
    assert door.get("/ogc/jobs", headers=PLANNER, params={"status": "failed"}).json()["jobs"] == []
    assert door.get(place, headers={**PLANNER, "accept": "text/html"}).status_code == 200
    gone = door.delete(place, headers=PLANNER)
    assert gone.status_code == 200
    assert gone.json()["status"] == "dismissed"
    assert door.get(f"{place}/results", headers=PLANNER).status_code == 410


def test_the_jobs_of_others_are_not_there(door: TestClient) -> None:
    made = door.post(PLACE, json=example(door), headers={**PLANNER, "prefer": "respond-async"}).json()[
        "jobID"
    ]
    for role in ("anonymous", "viewer"):
        headers = {"x-role": role}
        assert made not in door.get("/ogc/jobs", headers=headers).text
        for method, path in (("GET", ""), ("GET", "/results"), ("DELETE", "")):
            hidden = door.request(method, f"/ogc/jobs/{made}{path}", headers=headers)
            unknown = str(uuid4())
            other = door.request(method, f"/ogc/jobs/{unknown}{path}", headers=headers)
            assert hidden.status_code == other.status_code == 404
            assert hidden.text.replace(made, unknown) == other.text
    assert made in door.get("/ogc/jobs", headers={"x-role": "operator"}).text
    door.delete(f"/ogc/jobs/{made}", headers=PLANNER)


def test_the_same_key_asks_once(door: TestClient) -> None:
    headers = {**PLANNER, "prefer": "respond-async", "idempotency-key": "once"}
    first = door.post(PLACE, json=example(door), headers=headers).json()
    assert door.post(PLACE, json=example(door), headers=headers).json()["jobID"] == first["jobID"]
    other = example(door)
    other["inputs"]["storm"]["return_period_a"] = 50
    assert door.post(PLACE, json=other, headers=headers).status_code == 409
    door.delete(f"/ogc/jobs/{first['jobID']}", headers=PLANNER)


def test_a_sync_request_without_a_worker_turns_asynchronous(door: TestClient) -> None:
    start = time.monotonic()
    answer = door.post(PLACE, json=example(door), headers={**PLANNER, "prefer": "wait=1"})
    assert answer.status_code == 201
    assert time.monotonic() - start < 3
    door.delete(answer.headers["location"], headers=PLANNER)


@pytest.mark.usefixtures("worker")
def test_results(door: TestClient) -> None:
    answer = door.post(PLACE, json=example(door), headers={**PLANNER, "prefer": "wait=40"})
    assert answer.status_code == 200, answer.text
    outputs = answer.json()
    assert outputs["total_mm"] > 10
    assert len(outputs["times_min"]) == len(outputs["intensity_mm_h"])
    job = answer.headers["x-run"]
    status = door.get(f"/ogc/jobs/{job}", headers=PLANNER).json()
    assert (status["status"], status["progress"]) == ("successful", 100)
    assert status["created"] <= status["started"] <= status["finished"]
    results = next(one["href"] for one in status["links"] if one["rel"].endswith("/results"))
    assert door.get(results, headers=PLANNER).json() == outputs
    one = door.get(results, headers=PLANNER, params={"outputs": "total_mm"})
    assert one.json() == {"total_mm": outputs["total_mm"]}
    asked = {**example(door), "outputs": {"total_mm": {}}, "response": "raw"}
    raw = door.post(PLACE, json=asked, headers={**PLANNER, "prefer": "wait=40"})
    assert raw.json() == outputs["total_mm"]
    assert door.get(results, headers={"x-role": "viewer"}).status_code == 404
    assert door.delete(f"/ogc/jobs/{job}", headers=PLANNER).status_code == 409


def test_values_may_be_wrapped_and_links_are_refused(door: TestClient) -> None:
    storm = example(door)["inputs"]["storm"]
    wrapped = door.post(
        PLACE,
        json={"inputs": {"storm": {"value": storm, "mediaType": "application/json"}}},
        headers={**PLANNER, "prefer": "respond-async"},
    )
    assert wrapped.status_code == 201
    door.delete(wrapped.headers["location"], headers=PLANNER)
    linked = door.post(PLACE, json={"inputs": {"storm": {"href": "http://127.0.0.1:1/x"}}}, headers=PLANNER)
    assert linked.status_code == 400
    assert linked.json()["parameter"] == "inputs.storm"
