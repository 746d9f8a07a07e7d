"""The sweep, look by look, on a database without workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from jobs_city import City

from twin.actions.steps import drive
from twin.jobs.order import MAX_ATTEMPTS
from twin.jobs.sweep import Suspects, sweep

if TYPE_CHECKING:
    from uuid import UUID

SILENCE_S = 3.0


@pytest.fixture
def taken(city: City) -> tuple[UUID, int, int]:
    """A run in hand of a worker whose last sign is a minute old: run, job, worker."""
    run = city.submit().id
    [(worker,)] = city.ask(
        "INSERT INTO queue.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 min') RETURNING id"
    )
    [(job,)] = city.ask(
        "UPDATE queue.procrastinate_jobs SET status = 'doing', worker_id = %s WHERE lock = %s RETURNING id",
        worker,
        str(run),
    )
    city.ask("UPDATE run.run SET state = 'running', attempt = 1 WHERE id = %s RETURNING id", run)
    return run, job, worker


def look(city: City, known: Suspects | None = None) -> Suspects:
    with city.store.service() as conn:
        return drive(conn, sweep(SILENCE_S, known or {}))


def waiting(city: City, run: UUID) -> int:
    return int(
        city.ask(
            "SELECT count(*) FROM queue.procrastinate_jobs WHERE lock = %s AND status = 'todo'", str(run)
        )[0][0]
    )


def test_the_second_look_decides(city: City, taken: tuple[UUID, int, int]) -> None:
    run, job, _ = taken
    suspects = look(city)
    assert job in suspects
    assert city.get(run).state == "running"
    assert waiting(city, run) == 0
    look(city, suspects)
    assert (city.get(run).state, city.get(run).attempt) == ("accepted", 1)
    assert waiting(city, run) == 1
    assert city.ask("SELECT count(*) FROM queue.procrastinate_jobs WHERE id = %s", job) == [(0,)]


def test_a_sign_of_life_in_between_clears_the_worker(city: City, taken: tuple[UUID, int, int]) -> None:
    run, _, worker = taken
    suspects = look(city)
    city.ask(
        "UPDATE queue.procrastinate_workers SET last_heartbeat = now() WHERE id = %s RETURNING id", worker
    )
    look(city, suspects)
    assert city.get(run).state == "running"
    assert waiting(city, run) == 0


def test_a_sign_that_is_old_again_is_looked_at_twice_again(city: City, taken: tuple[UUID, int, int]) -> None:
    """As after a database restart, when every heartbeat stands still for a while."""
    run, _, worker = taken
    suspects = look(city)
    city.ask(
        "UPDATE queue.procrastinate_workers SET last_heartbeat = now() - interval '4 s' WHERE id = %s RETURNING id",
        worker,
    )
    look(city, suspects)
    assert city.get(run).state == "running"


def test_a_worker_that_signed_off_left_its_job(city: City, taken: tuple[UUID, int, int]) -> None:
    run, _, worker = taken
    city.ask("DELETE FROM queue.procrastinate_workers WHERE id = %s RETURNING id", worker)
    look(city, look(city))
    assert waiting(city, run) == 1


def test_a_job_whose_fetch_got_lost_is_found(city: City, taken: tuple[UUID, int, int]) -> None:
    """The worker lives, but never heard that it got the job."""
    run, job, worker = taken
    city.ask("UPDATE run.run SET state = 'accepted', attempt = 0 WHERE id = %s RETURNING id", run)
    alive = "UPDATE queue.procrastinate_workers SET last_heartbeat = now() WHERE id = %s RETURNING id"
    city.ask(alive, worker)
    assert job not in look(city)
    city.ask(
        "UPDATE queue.procrastinate_events SET at = at - interval '11 s' WHERE job_id = %s RETURNING id", job
    )
    suspects = look(city)
    assert job in suspects
    look(city, suspects)
    assert waiting(city, run) == 1


def test_a_run_without_a_job_is_queued(city: City) -> None:
    run = city.submit().id
    city.ask("DELETE FROM queue.procrastinate_jobs WHERE lock = %s RETURNING id", str(run))
    look(city)
    assert waiting(city, run) == 0, "a run is given five seconds"
    city.ask("UPDATE run.run SET created = created - interval '6 s' WHERE id = %s RETURNING id", run)
    look(city)
    look(city)
    assert waiting(city, run) == 1


def test_a_run_that_outlives_no_worker_is_given_up(city: City, taken: tuple[UUID, int, int]) -> None:
    run, _, _ = taken
    city.ask("UPDATE run.run SET attempt = %s WHERE id = %s RETURNING id", MAX_ATTEMPTS, run)
    look(city, look(city))
    row = city.get(run)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["code"] == "TWIN-531"
    assert waiting(city, run) == 0


def test_a_row_that_is_being_written_is_left_alone(city: City, taken: tuple[UUID, int, int]) -> None:
    """A child in its final transaction holds the row; the sweep neither waits for it nor ends its job."""
    run, job, _ = taken
    suspects = look(city)
    with city.store.service() as conn:
        conn.execute("SELECT 1 FROM run.run WHERE id = %s FOR UPDATE", [run])
        suspects = look(city, suspects)
        conn.execute("UPDATE run.run SET state = 'successful', ended = now() WHERE id = %s", [run])
    look(city, suspects)
    assert city.get(run).state == "successful"
    assert waiting(city, run) == 0
    assert city.ask("SELECT count(*) FROM queue.procrastinate_jobs WHERE id = %s", job) == [(0,)]


def test_one_sweeps_at_a_time(city: City, taken: tuple[UUID, int, int]) -> None:
    run, job, _ = taken
    with city.store.service() as conn:
        known = drive(conn, sweep(SILENCE_S, {}))
        assert job in known
        assert look(city, known) == known
        assert city.get(run).state == "running"


def test_a_dismissed_run_is_not_taken_up_again(city: City, taken: tuple[UUID, int, int]) -> None:
    run, _, _ = taken
    suspects = look(city)
    city.ask("UPDATE run.run SET state = 'dismissed', ended = now() WHERE id = %s RETURNING id", run)
    look(city, suspects)
    assert city.get(run).state == "dismissed"
    assert waiting(city, run) == 0
