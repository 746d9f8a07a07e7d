"""A worker at work: results, progress, lineage, failures told in two languages, dismissal."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jobs_city import OPERATOR, OTHER, PLANNER, City, Worker

import twin
from twin.access.actor import ANONYMOUS
from twin.actions import runs
from twin.errors import TwinError
from twin.processes.registry import registry

if TYPE_CHECKING:
    from twin.actions.run_row import RunRow

pytestmark = pytest.mark.usefixtures("worker")


def attempts(log: Path) -> int:
    return log.read_text().count("start") if log.exists() else 0


def test_a_quick_process_answers_within_two_seconds(city: City) -> None:
    city.ended(city.submit("design-storm", **registry()["design-storm"].example).id)  # the worker is up now
    began = time.monotonic()
    row = city.ended(city.submit("design-storm", **registry()["design-storm"].example).id)
    assert time.monotonic() - began < 2.0
    assert row.state == "successful"
    assert row.outputs is not None
    assert row.outputs["total_mm"] == pytest.approx(103.6, rel=0.05)
    assert len(row.outputs["times_min"]) == 24


def test_rows_rasters_and_outputs_become_visible_together(city: City) -> None:
    run = city.submit(rows=25, seconds=0.3)
    row = city.ended(run.id)
    assert (row.state, row.progress, row.published) == ("successful", 100, True)
    assert row.outputs == {"rows": 25, "buildings": 0, "seed": row.seed}
    assert sorted(number for number, _ in city.rows(run.id)) == list(range(25))
    [artifact] = city.ask(
        "SELECT layer, srid, width, height, unit, nodata, bounds, name FROM run.artifact WHERE run = %s",
        run.id,
    )
    assert artifact[:6] == ("trial_depth", 4547, 30, 20, "m", -9999.0)
    assert artifact[6] == [500_000.0, 3_399_800.0, 500_300.0, 3_400_000.0]
    assert any(artifact[7] in str(path) for path in city.artifacts.rglob("*"))


def test_lineage_is_recorded(city: City) -> None:
    with city.store.transaction(OPERATOR) as conn:
        [version] = conn.execute("SELECT version FROM run.layer_version WHERE layer = 'building'").fetchall()
    row = city.ended(city.submit(seconds=0.5, megabytes=200).id)
    assert row.data_versions == {"building": version[0]}
    assert row.process_version == "1.2.3"
    assert row.code_version.startswith(twin.__version__)
    assert row.seed > 0
    assert row.started is not None
    assert row.ended is not None
    assert row.wall_s == pytest.approx((row.ended - row.started).total_seconds(), abs=1.0)
    assert row.wall_s is not None
    assert row.wall_s >= 0.5
    assert row.peak_memory_mb is not None
    assert 200 < row.peak_memory_mb < 1500
    light = city.ended(city.submit().id)
    assert light.peak_memory_mb is not None
    assert row.peak_memory_mb - light.peak_memory_mb == pytest.approx(200, abs=40)


def test_progress_rises_and_is_told_in_both_languages(city: City) -> None:
    run = city.submit(seconds=3)
    seen: list[RunRow] = []
    while not seen or seen[-1].state in ("accepted", "running"):
        seen.append(city.get(run.id))
        time.sleep(0.1)
    steps = sorted({row.progress for row in seen})
    assert len(steps) >= 4
    assert [row.progress for row in seen] == sorted(row.progress for row in seen)
    said = {(row.message.zh, row.message.en) for row in seen if row.message and row.state == "running"}
    assert said == {("正在等待", "waiting")}


FAILURES = [
    ("told", "TWIN-599", "试验失败：请改正", "the trial failed: mend it"),
    ("bug", "TWIN-530", "未预料的错误", "unexpectedly"),
    ("exit", "TWIN-530", "未预料的错误", "unexpectedly"),
    ("undeclared_write", "TWIN-533", "flood_cell", "flood_cell"),
    ("undeclared_read", "TWIN-534", "road_link", "road_link"),
]


@pytest.mark.parametrize(("fail", "code", "zh", "en"), FAILURES)
def test_failures_are_told(city: City, fail: str, code: str, zh: str, en: str) -> None:
    row = city.ended(city.submit(fail=fail, rows=3).id)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["code"] == code
    assert zh in row.error["zh"]
    assert en in row.error["en"]
    assert row.attempt == 1
    assert not city.rows(row.id)


def test_a_bug_leaves_its_trace_in_the_log(city: City, worker: Worker) -> None:
    city.ended(city.submit(fail="bug").id)
    assert "ZeroDivisionError: a bug" in worker.log.read_text()


def test_a_row_that_the_store_refuses_fails_the_run_and_leaves_nothing(city: City) -> None:
    row = city.ended(city.submit(fail="bad_row").id)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["code"].startswith("TWIN-2")
    assert not city.rows(row.id)
    assert city.ask("SELECT count(*) FROM run.artifact WHERE run = %s", row.id) == [(0,)]


def test_a_run_that_keeps_crashing_is_given_up(city: City, tmp_path: Path) -> None:
    log = tmp_path / "log"
    row = city.ended(city.submit(fail="killed", log=str(log)).id)
    assert row.state == "failed"
    assert row.error is not None
    assert row.error["code"] == "TWIN-531"
    assert attempts(log) == 3


def test_a_running_run_is_dismissed_at_its_next_check(city: City, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = city.submit(seconds=60, rows=5, log=str(log))
    city.running(run.id)
    while attempts(log) == 0:
        time.sleep(0.05)
    child = int(log.read_text().split()[1])
    began = time.monotonic()
    assert runs.dismiss(city.store, PLANNER, run.id).state == "dismissed"
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() - began < 2.0
        time.sleep(0.02)
    assert city.get(run.id).state == "dismissed"
    assert not city.rows(run.id)


def test_a_run_that_never_checks_is_killed(city: City, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = city.submit(seconds=60, fail="deaf", rows=5, log=str(log))
    while attempts(log) == 0:
        time.sleep(0.05)
    child = int(log.read_text().split()[1])
    began = time.monotonic()
    runs.dismiss(city.store, PLANNER, run.id)
    while Path(f"/proc/{child}").exists():
        assert time.monotonic() - began < 6.0
        time.sleep(0.02)
    assert city.get(run.id).state == "dismissed"


def test_an_ended_run_cannot_be_dismissed(city: City) -> None:
    run = city.ended(city.submit().id)
    with pytest.raises(TwinError) as caught:
        runs.dismiss(city.store, PLANNER, run.id)
    assert (caught.value.code, caught.value.status) == ("TWIN-508", 409)


def test_rows_of_a_failed_or_running_run_are_nobody_s(city: City) -> None:
    run = city.submit(seconds=1.5, rows=4)
    city.running(run.id)
    assert not city.rows(run.id)
    city.ended(run.id)
    for actor in (ANONYMOUS, OTHER, PLANNER, OPERATOR):
        with city.store.transaction(actor) as conn:
            assert conn.execute(
                "SELECT count(*) FROM city.trial_cell WHERE run = %s", [run.id]
            ).fetchone() == (4,)


def test_a_run_reads_with_its_actor_s_rights(city: City) -> None:
    """An operator's run may read what a planner's may not even name."""
    assert city.ended(city.submit(actor=OPERATOR, layer="gas_pipe").id).state == "successful"


def test_an_unknown_process_is_told(city: City) -> None:
    run = city.submit()
    city.ended(run.id)
    city.ask("UPDATE run.run SET process = 'gone', state = 'accepted' WHERE id = %s RETURNING id", run.id)
    row = city.ended(run.id, 20)  # the sweep finds the run without a job
    assert row.error is not None
    assert row.error["code"] == "TWIN-532"


def test_the_queue_keeps_no_done_jobs(city: City) -> None:
    run = city.ended(city.submit().id)
    deadline = time.monotonic() + 3
    while city.ask("SELECT 1 FROM queue.procrastinate_jobs WHERE lock = %s", str(run.id)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_children_yield_to_the_doors(city: City, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run = city.submit(seconds=5, log=str(log))
    while attempts(log) == 0:
        time.sleep(0.05)
    child = int(log.read_text().split()[1])
    assert os.getpriority(os.PRIO_PROCESS, child) == 5
    assert Path(f"/proc/{child}/oom_score_adj").read_text().strip() == "500"
    os.kill(child, signal.SIGINT)  # Ctrl+C in the terminal reaches every process of the group
    time.sleep(0.3)
    assert Path(f"/proc/{child}").exists()
    runs.dismiss(city.store, PLANNER, run.id)


def test_what_is_made_of_closer_layers_is_not_published(city: City) -> None:
    """Open results of a run that read pipes of a supervised class are for its asker and the operators."""
    open_ = city.ended(city.submit(rows=2).id)
    closed = city.ended(city.submit(rows=2, layer="drain_pipe").id)
    assert (open_.published, closed.published) == (True, False)
    assert len(city.rows(open_.id)) == 2
    assert city.rows(closed.id) == []
    with city.store.transaction(PLANNER) as conn:
        assert len(conn.execute("SELECT 1 FROM city.trial_cell WHERE run = %s", [closed.id]).fetchall()) == 2
    with pytest.raises(TwinError) as refused:
        runs.get(city.store, OTHER, closed.id)
    assert refused.value.status == 404
