"""Alive is not ready: what ``/ready`` sees, and how the doors come back after a lost database."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import Database
from tests.integration.web.city import City, open_city
from twin.store.cluster import create_database, ensure_cluster
from twin.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog

BEAT = "INSERT INTO queue.procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))"


@pytest.fixture(scope="module")
def lone(catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city with a cluster of its own, which the test may stop."""
    home = Path(tempfile.mkdtemp(prefix="twin-test-"))
    home.chmod(0o711)
    cluster = ensure_cluster(home, fsync=False)
    create_database(cluster, "lone")
    database = Database(cluster, "lone", catalog, 4547)
    migrate(database.owner_url, catalog, 4547)
    yield from open_city(database, catalog, tmp_path_factory.mktemp("lone"))
    cluster.stop()
    shutil.rmtree(home)


def until(city: City, path: str, status: int, seconds: float = 15) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        answer = city.get(path)
        if answer.status_code == status:
            return answer
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)


def beat(city: City, age_s: float) -> None:
    with city.store.service() as conn:
        conn.execute("DELETE FROM queue.procrastinate_workers")
        conn.execute(BEAT, [age_s])


def test_alive(lone: City) -> None:
    assert lone.get("/health").json()["status"] == "ok"


def test_ready_asks_for_a_worker(lone: City) -> None:
    answer = until(lone, "/ready", 503)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    checks = answer.json()["checks"]
    assert checks["database"] == checks["migrations"] == checks["layers"] == "ok"
    assert checks["worker"] != "ok"
    beat(lone, 0)
    assert until(lone, "/ready", 200).json()["ready"] is True
    beat(lone, 120)
    assert "silent" in until(lone, "/ready", 503).json()["checks"]["worker"]


def test_a_stopped_database_is_503_and_comes_back(lone: City) -> None:
    beat(lone, 0)
    until(lone, "/ready", 200)
    cluster = lone.database.cluster
    cluster.stop()
    try:
        gone = until(lone, "/ready", 503).json()
        assert gone["checks"]["database"] != "ok"
        assert lone.get("/health").status_code == 200
        for path in (
            "/layers",
            "/tiles/building/14/13388/6706.mvt",
            "/coverages/terrain",
            "/ogc/collections",
        ):
            answer = lone.get(path)
            assert answer.status_code == 503, (path, answer.text)
            assert answer.headers["retry-after"]
            assert answer.headers["content-type"] == "application/problem+json"
        assert lone.get("/runs", "planner").status_code == 503
    finally:
        cluster.start()
    beat_when_back(lone)
    until(lone, "/ready", 200)
    assert lone.get("/layers").status_code == 200


def beat_when_back(city: City) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            return beat(city, 0)
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_a_missing_column_is_seen(lone: City, new_database: Callable[..., Any], catalog: Catalog) -> None:
    import psycopg

    with psycopg.connect(lone.database.owner_url, autocommit=True) as owner:
        owner.execute("ALTER TABLE city.outfall RENAME COLUMN receiving TO other")
        try:
            checks = until(lone, "/ready", 503).json()["checks"]
            assert "outfall" in checks["migrations"]
            assert "outfall" in checks["layers"]
        finally:
            owner.execute("ALTER TABLE city.outfall RENAME COLUMN other TO receiving")
    beat(lone, 0)
    until(lone, "/ready", 200)
