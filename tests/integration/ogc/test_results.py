"""Layers that a process writes: ``run`` selects, the newest published run is the default, others' runs stay hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from tests.integration.ogc.conftest import ORIGIN

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

ITEMS = "/ogc/collections/flood_cell/items"
OLD, NEW, PRIVATE = (UUID(f"0190aaaa-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))


@pytest.fixture(scope="module", autouse=True)
def _runs(city: City) -> None:
    with city.store.service() as conn:
        for run, ended, published in (
            (OLD, "2024-01-01", True),
            (NEW, "2024-01-02", True),
            (PRIVATE, "2024-01-03", False),
        ):
            conn.execute(
                "INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, state,"
                " published, started, ended) VALUES (%s, 'flood', '1.0.0', 'test', '{}', 'planner', 'key-planner', 1,"
                " 'successful', %s, %s, %s)",
                [run, published, ended, ended],
            )
    for run, count in ((OLD, 2), (NEW, 3), (PRIVATE, 5)):
        city.write(
            "INSERT INTO city.flood_cell (run, grid_code, mean_depth, max_depth, flooded_area_m2, flooded_share, geom)"
            " VALUES (%s, %s, 0.2, 0.5, 50, 0.5,"
            " ST_MakeEnvelope(%s::float8 + %s * 20, %s, %s::float8 + %s * 20 + 10, %s::float8 + 10, 4547))",
            [
                (run, f"44010600100100{n}", ORIGIN[0], n, ORIGIN[1], ORIGIN[0], n, ORIGIN[1])
                for n in range(count)
            ],
        )


@pytest.mark.parametrize(
    ("role", "run", "count"),
    [
        ("anonymous", None, 3),
        ("anonymous", OLD, 2),
        ("anonymous", NEW, 3),
        ("anonymous", PRIVATE, 0),
        ("viewer", PRIVATE, 0),
        ("planner", None, 3),
        ("planner", PRIVATE, 5),
        ("operator", PRIVATE, 5),
        ("operator", UUID(int=7), 0),
    ],
)
def test_run_selects(door: TestClient, role: str, run: UUID | None, count: int) -> None:
    query = {"run": str(run)} if run else {}
    page = door.get(ITEMS, params=query, headers={"x-role": role}).json()
    assert page["numberMatched"] == page["numberReturned"] == count
    expected = str(run) if run else str(NEW)
    assert all(one["properties"]["run"] == expected for one in page["features"])
    for one in page["features"][:1]:
        found = door.get(f"{ITEMS}/{one['id']}", params=query, headers={"x-role": role})
        assert found.json()["properties"] == one["properties"]


def test_the_collection_counts_what_its_items_show(door: TestClient) -> None:
    assert door.get("/ogc/collections/flood_cell").json()["itemCount"] == 3


def test_pages_stay_with_their_run(door: TestClient) -> None:
    page = door.get(ITEMS, params={"run": str(OLD), "limit": "1"}).json()
    following = next(one["href"] for one in page["links"] if one["rel"] == "next")
    assert str(OLD) in following
    last = door.get(following).json()
    assert last["numberReturned"] == 1
    assert not any(one["rel"] == "next" for one in last["links"])


def test_a_run_that_is_none(door: TestClient) -> None:
    answer = door.get(ITEMS, params={"run": "abc"})
    assert answer.status_code == 400
    assert answer.json()["parameter"] == "run"
