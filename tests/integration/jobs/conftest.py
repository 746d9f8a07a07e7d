"""A city with a trial process, and workers that run as processes of their own."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from jobs_city import HERE, City, Worker

from twin.catalog.load import load, shipped_layers
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def city(new_database: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    database = new_database(load(shipped_layers(), HERE / "layers"))
    with Store.open(database.url, database.catalog) as store:
        yield City(store, database.url, tmp_path_factory.mktemp("jobs"))


@pytest.fixture
def new_worker(city: City) -> Iterator[Callable[..., Worker]]:
    """Factory of workers that are ready for work, stopped at the end of the test."""
    made: list[Worker] = []

    def make(concurrency: int = 1) -> Worker:
        known = city.ask("SELECT coalesce(max(id), 0) FROM queue.procrastinate_workers")[0][0]
        made.append(
            Worker(city.url, city.artifacts, city.folder / f"worker{time.time_ns()}.log", concurrency)
        )
        deadline = time.monotonic() + 60
        while not city.ask("SELECT 1 FROM queue.procrastinate_workers WHERE id > %s", known):
            assert time.monotonic() < deadline, made[-1].log.read_text()
            time.sleep(0.05)
        return made[-1]

    yield make
    for worker in made:
        if worker.process.poll() is None:
            worker.stop()


@pytest.fixture(scope="module")
def worker(city: City) -> Iterator[Worker]:
    """One worker for the tests that leave it alone."""
    made = Worker(city.url, city.artifacts, city.folder / "shared.log", 2)
    yield made
    assert made.stop() == 0
