"""A city with a trial process, workers as real processes, and ways to ask and look, for the tests of this folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.access.actor import Actor
from twin.actions import runs
from twin.actions.run_row import ENDED
from twin.errors import TwinError
from twin.processes.registry import find, registry
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from twin.actions.run_row import RunRow

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
TRIAL = "jobs_trial"
PLANNER = Actor("planner", "planner of the tests", "key-planner")
OTHER = Actor("planner", "another planner", "key-other")
OPERATOR = Actor("operator", "operator of the tests", "key-operator")
registry(TRIAL)


class Worker:
    """A worker process that the test may kill."""

    def __init__(self, url: str, artifacts: Path, log: Path, concurrency: int) -> None:
        command = [sys.executable, str(HERE / "run_worker.py"), url, str(artifacts), str(concurrency)]
        path = os.pathsep.join(filter(None, [str(ROOT), str(HERE), os.environ.get("PYTHONPATH")]))
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, stdout=output, stderr=output
            )

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """As the system's out-of-memory killer would."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 20.0) -> int:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class City:
    """One database with the trial layers, asked as a planner unless said otherwise."""

    def __init__(self, store: Store, url: str, folder: Path) -> None:
        self.store = store
        self.url = url
        self.folder = folder
        self.artifacts = folder / "artifacts"
        self.artifacts.mkdir(exist_ok=True)

    def submit(
        self, process: str = "trial", actor: Actor = PLANNER, key: str | None = None, **inputs: Any
    ) -> RunRow:
        return runs.submit(self.store, actor, find(process, TRIAL), inputs, idempotency_key=key)[0]

    def get(self, run: UUID, actor: Actor = OPERATOR) -> RunRow:
        return runs.get(self.store, actor, run)

    def until(self, run: UUID, met: Callable[[RunRow], bool], timeout_s: float = 30.0) -> RunRow:
        """The run once it meets the condition; a database that is away is waited for."""
        deadline = time.monotonic() + timeout_s
        row = None
        while time.monotonic() < deadline:
            try:
                row = self.get(run)
            except TwinError as error:
                if error.status != 503:
                    raise
            else:
                if met(row):
                    return row
            time.sleep(0.05)
        raise AssertionError(f"still {row} after {timeout_s} s")

    def ended(self, run: UUID, timeout_s: float = 30.0) -> RunRow:
        return self.until(run, lambda row: row.state in ENDED, timeout_s)

    def running(self, run: UUID, attempt: int = 1, timeout_s: float = 30.0) -> RunRow:
        return self.until(run, lambda row: row.state == "running" and row.attempt >= attempt, timeout_s)

    def ask(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """SQL as the service."""
        with self.store.service() as conn:
            return conn.execute(text, values).fetchall()  # type: ignore[arg-type]

    def rows(self, run: UUID) -> list[tuple[Any, ...]]:
        """What anybody sees of the run's rows."""
        with self.store.transaction(Actor("anonymous")) as conn:
            return conn.execute(
                "SELECT number, attempt FROM city.trial_cell WHERE run = %s", [run]
            ).fetchall()
