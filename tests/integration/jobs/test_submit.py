"""Asking for a run: all or nothing, once a key, and only by those who may."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from jobs_city import OPERATOR, OTHER, PLANNER, TRIAL, City

from twin.access.actor import ANONYMOUS, Actor
from twin.actions import runs
from twin.actions.steps import drive
from twin.errors import TwinError
from twin.processes.registry import find
from twin.store.database import AsyncStore

if TYPE_CHECKING:
    from collections.abc import Mapping

LIVE = "SELECT count(*) FROM queue.procrastinate_jobs WHERE lock = %s AND status = 'todo'"


def counts(city: City) -> tuple[int, int]:
    [(rows, jobs)] = city.ask(
        "SELECT (SELECT count(*) FROM run.run), (SELECT count(*) FROM queue.procrastinate_jobs)"
    )
    return rows, jobs


def refused(city: City, actor: Actor = PLANNER, key: str | None = None, **inputs: Any) -> TwinError:
    """The refusal of a request, which must have stored nothing."""
    before = counts(city)
    with pytest.raises(TwinError) as caught:
        city.submit(actor=actor, key=key, **inputs)
    assert counts(city) == before
    return caught.value


def test_a_run_and_its_job_come_together(city: City) -> None:
    run = city.submit(rows=2)
    assert (run.state, run.attempt, run.progress, run.process_version) == ("accepted", 0, 0, "1.2.3")
    assert run.actor == "key-planner"
    assert run.inputs["rows"] == 2
    assert run.inputs["fail"] == "none"
    assert run.code_version
    assert run.id.version == 7
    assert city.ask(LIVE, str(run.id)) == [(1,)]


def test_a_rolled_back_request_leaves_neither(city: City) -> None:
    before = counts(city)
    process = find("trial", TRIAL)
    asked = runs.admit(city.store.catalog, PLANNER, process, {}, None)

    def interrupted() -> None:
        with city.store.service() as conn:
            drive(conn, runs._submit(city.store.catalog, city.store.srid, PLANNER, process, asked, None))
            assert conn.execute("SELECT count(*) FROM queue.procrastinate_jobs").fetchone() == (
                before[1] + 1,
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert counts(city) == before


def test_a_queue_that_refuses_leaves_no_run(city: City) -> None:
    """The job's insert fails after the run's: the run must go with it."""
    before = counts(city)
    with psycopg.connect(city.url.replace("twin_login", "twin_owner"), autocommit=True) as owner:
        owner.execute(
            "ALTER TABLE queue.procrastinate_jobs ADD CONSTRAINT shut CHECK (task_name <> 'run') NOT VALID"
        )
        try:
            with pytest.raises(TwinError):
                city.submit()
        finally:
            owner.execute("ALTER TABLE queue.procrastinate_jobs DROP CONSTRAINT shut")
    assert counts(city) == before


def test_the_same_key_gives_the_same_run(city: City) -> None:
    key = str(uuid4())
    first, made = runs.submit(city.store, PLANNER, find("trial", TRIAL), {"rows": 1}, idempotency_key=key)
    again, remade = runs.submit(city.store, PLANNER, find("trial", TRIAL), {"rows": 1.0}, idempotency_key=key)
    assert (made, remade) == (True, False)
    assert again.id == first.id
    assert city.ask(LIVE, str(first.id)) == [(1,)]


def test_the_same_key_with_other_inputs_is_refused(city: City) -> None:
    key = str(uuid4())
    city.submit(key=key, rows=1)
    error = refused(city, key=key, rows=2)
    assert (error.code, error.status, error.where) == ("TWIN-506", 409, "Idempotency-Key")


def test_a_key_belongs_to_its_actor(city: City) -> None:
    key = str(uuid4())
    assert city.submit(key=key).id != city.submit(actor=OTHER, key=key).id


def test_one_key_from_many_sides_at_once_makes_one_run(city: City) -> None:
    key = str(uuid4())
    found: list[Any] = []
    asking = [threading.Thread(target=lambda: found.append(city.submit(key=key).id)) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert city.ask(LIVE, str(found[0])) == [(1,)]


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 201, "a\n"])
def test_a_malformed_key_is_refused(city: City, key: str) -> None:
    assert refused(city, key=key).code == "TWIN-507"


def test_faulty_inputs_are_refused_with_their_name(city: City) -> None:
    assert refused(city, rosw=1).where == "rosw"
    assert refused(city, rows=-1).where == "rows"


def test_impossible_inputs_are_refused_at_once(city: City) -> None:
    error = refused(city, unlucky=13)
    assert (error.code, error.status, error.where) == ("TWIN-501", 400, "unlucky")
    assert "4547" in error.text.zh
    assert "4547" in error.text.en


def test_who_may_not_run_is_told_so(city: City) -> None:
    for actor in (ANONYMOUS, Actor("viewer", "v", "key-viewer")):
        error = refused(city, actor=actor)
        assert (error.code, error.status) == ("TWIN-503", 403)


def test_a_hidden_layer_is_no_layer(city: City) -> None:
    """gas_pipe is protected: to a planner it reads as one that does not exist."""
    hidden, unknown = refused(city, layer="gas_pipe"), refused(city, layer="gas_pip")
    assert hidden.status == unknown.status == 400
    assert hidden.text.en.replace("gas_pipe", "gas_pip") == unknown.text.en
    assert city.submit(actor=OPERATOR, layer="gas_pipe").state == "accepted"


def test_a_process_whose_layers_are_closed_is_refused_without_naming_them(city: City) -> None:
    class Reader:
        name, version, reads = "secret", "1", ("gas_pipe",)
        validate = staticmethod(find("trial", TRIAL).validate)

    with pytest.raises(TwinError) as caught:
        runs.submit(city.store, PLANNER, Reader(), {})
    assert (caught.value.code, caught.value.status) == ("TWIN-504", 403)
    assert "gas_pipe" not in str(caught.value)


def test_others_runs_do_not_exist(city: City) -> None:
    run = city.submit()
    assert city.get(run.id, OPERATOR).id == run.id
    for look in (runs.get, runs.dismiss):
        with pytest.raises(TwinError) as caught:
            look(city.store, OTHER, run.id)
        assert (caught.value.code, caught.value.status) == ("TWIN-505", 404)
    assert run.id not in {row.id for row in runs.list_runs(city.store, OTHER)}
    assert run.id in {row.id for row in runs.list_runs(city.store, PLANNER)}


def test_lists_are_newest_first_and_paged(city: City) -> None:
    made = [city.submit(actor=OTHER).id for _ in range(5)]
    first = runs.list_runs(city.store, OTHER, limit=2)
    second = runs.list_runs(city.store, OTHER, limit=3, before=first[-1].id)
    assert [row.id for row in (*first, *second)] == made[::-1]
    assert not runs.list_runs(city.store, OTHER, process="flood")
    assert not runs.list_runs(city.store, OTHER, state="failed")


def test_a_waiting_run_is_dismissed_with_its_job(city: City) -> None:
    run = city.submit()
    assert runs.dismiss(city.store, PLANNER, run.id).state == "dismissed"
    assert runs.dismiss(city.store, PLANNER, run.id).state == "dismissed"
    assert city.ask(LIVE, str(run.id)) == [(0,)]


def test_the_same_question_gets_the_same_seed(city: City) -> None:
    assert city.submit(rows=7).seed == city.submit(rows=7, actor=OTHER).seed != city.submit(rows=8).seed


async def asynchronously(city: City, inputs: Mapping[str, Any]) -> None:
    store = await AsyncStore.open(city.url, city.store.catalog)
    try:
        key = str(uuid4())
        run, made = await runs.asubmit(store, PLANNER, find("trial", TRIAL), inputs, idempotency_key=key)
        again, remade = await runs.asubmit(store, PLANNER, find("trial", TRIAL), inputs, idempotency_key=key)
        assert (made, remade, again.id) == (True, False, run.id)
        assert (await runs.aget(store, PLANNER, run.id)).id == run.id
        assert (await runs.afollow(store, PLANNER, run.id, 0.2)).state == "accepted"
        assert run.id in {row.id for row in await runs.alist_runs(store, PLANNER)}
        assert (await runs.adismiss(store, PLANNER, run.id)).state == "dismissed"
    finally:
        await store.close()


def test_the_web_s_forms_do_the_same(city: City) -> None:
    import asyncio

    asyncio.run(asynchronously(city, {"rows": 1}))
