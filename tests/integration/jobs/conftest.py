"""A city with a trial process, and workers that run as processes of their own."""

from __future__ import annotations

import sys
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
    """Factory of workers, stopped at the end of the test."""
    made: list[Worker] = []

    def make(concurrency: int = 1) -> Worker:
        made.append(Worker(city.url, city.artifacts, city.folder / f"worker{len(made)}.log", concurrency))
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
