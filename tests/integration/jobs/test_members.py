"""A run in parts: every part a job of its own, the whole summed up once when all have ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from jobs_city import OTHER, PLANNER, City, Worker

from twin.access.actor import Actor
from twin.actions import runs
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.actions.run_row import RunRow

SERIES = "trial-series"


def members(city: City, run: RunRow) -> list[RunRow]:
    return sorted(runs.list_runs(city.store, PLANNER, parent=run.id), key=lambda row: row.member or 0)


def test_the_whole_follows_its_members(city: City, worker: Worker) -> None:
    run = city.submit(SERIES, members=3)
    parts = members(city, run)
    assert [(part.member, part.process, part.inputs["rows"]) for part in parts] == [
        (0, "trial", 1),
        (1, "trial", 2),
        (2, "trial", 3),
    ]
    row = city.ended(run.id)
    assert (row.state, row.attempt, row.published) == ("successful", 1, True)
    assert row.outputs == {
        "states": ["successful"] * 3,
        "rows": [1, 2, 3],
        "deepest": pytest.approx(599 / 600),
    }
    assert all(part.state == "successful" and not part.published for part in members(city, run))


def test_members_are_told_under_their_run_and_to_its_owner_alone(city: City, worker: Worker) -> None:
    run = city.ended(city.submit(SERIES, members=1).id)
    [part] = members(city, run)
    assert part.id not in {row.id for row in runs.list_runs(city.store, PLANNER)}
    assert run.id in {row.id for row in runs.list_runs(city.store, PLANNER)}
    assert runs.list_runs(city.store, OTHER, parent=run.id) == []
    assert city.rows(part.id) == []  # what anybody sees
    with city.store.transaction(PLANNER) as conn:
        assert conn.execute("SELECT number FROM city.trial_cell WHERE run = %s", [part.id]).fetchall() == [
            (0,)
        ]


def test_a_member_may_fail(city: City, worker: Worker) -> None:
    row = city.ended(city.submit(SERIES, members=3, failing=[1]).id)
    assert row.outputs is not None
    assert row.outputs["states"] == ["successful", "failed", "successful"]
    assert row.outputs["rows"] == [1, 3]


def test_no_members_at_all(city: City, worker: Worker) -> None:
    row = city.ended(city.submit(SERIES, members=0).id)
    assert (row.state, row.outputs) == ("successful", {"states": [], "rows": [], "deepest": 0.0})


def test_progress_is_that_of_the_members(city: City, worker: Worker) -> None:
    run = city.submit(SERIES, members=2, seconds=3.0)
    row = city.until(run.id, lambda row: row.progress > 5)
    assert row.state == "running"
    assert city.ended(run.id).state == "successful"


def test_dismissing_the_whole_dismisses_what_is_open(city: City, worker: Worker) -> None:
    run = city.submit(SERIES, members=6, seconds=30.0)
    city.until(run.id, lambda row: row.state == "running")
    runs.dismiss(city.store, PLANNER, run.id)
    assert {part.state for part in members(city, run)} == {"dismissed"}
    # the worker is free again
    assert city.ended(city.submit().id, 15.0).state == "successful"
    assert city.get(run.id).state == "dismissed"


def test_a_quick_question_goes_before_waiting_members(city: City, worker: Worker) -> None:
    run = city.submit(SERIES, members=12, seconds=1.0)
    city.until(run.id, lambda row: row.state == "running")
    assert city.ended(city.submit().id).state == "successful"
    assert any(part.state == "accepted" for part in members(city, run))
    runs.dismiss(city.store, PLANNER, run.id)


def test_the_same_key_is_the_same_whole(city: City, worker: Worker) -> None:
    key = f"series-{time.time_ns()}"
    first = city.submit(SERIES, key=key, members=2)
    again = city.submit(SERIES, key=key, members=2)
    assert first.id == again.id
    assert len(members(city, first)) == 2
    city.ended(first.id)


def test_what_a_member_cannot_be_is_refused_with_nothing_stored(city: City) -> None:
    before = city.ask("SELECT count(*) FROM run.run")
    for asked in ({"members": 501}, {"members": 2, "layer": "no_such_layer"}):
        with pytest.raises(TwinError) as refused:
            city.submit(SERIES, **asked)
        assert refused.value.code == "TWIN-501"
    with pytest.raises(TwinError):
        city.submit(SERIES, actor=Actor("anonymous"))
    assert city.ask("SELECT count(*) FROM run.run") == before


def test_members_survive_their_worker(city: City, new_worker: Callable[..., Worker]) -> None:
    """Killed in the middle of its members, a worker leaves work to be done and nothing to be done twice."""
    first = new_worker(1)
    run = city.submit(SERIES, members=3, seconds=1.5)
    city.until(run.id, lambda row: row.progress > 10)
    first.kill()
    new_worker(2)
    row = city.ended(run.id, 60.0)
    assert row.outputs is not None
    assert row.outputs["rows"] == [1, 2, 3]
    assert city.ask("SELECT count(*) FROM run.run WHERE parent = %s", run.id) == [(3,)]


def test_a_whole_of_closed_members_is_closed(city: City, worker: Worker) -> None:
    row = city.ended(city.submit(SERIES, members=2, layer="drain_pipe").id)
    assert (row.state, row.published) == ("successful", False)
