"""Fixtures of all tests: a private PostGIS cluster a worker process, and databases on it in half a second each."""

from __future__ import annotations

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from twin.store.cluster import Cluster, create_database, ensure_cluster
from twin.store.database import Store
from twin.store.migrate import migrate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog

_numbers = count(1)

# The same examples on every machine, and none refused for being slow; `make verify` searches for new ones.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("searching", deadline=None)
settings.load_profile(os.environ.get("TWIN_TEST_PROFILE", "steady"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of this process alone. Not under pytest's own folder, which root keeps closed to others."""
    home = Path(tempfile.mkdtemp(prefix="twin-test-"))
    home.chmod(0o711)
    made = ensure_cluster(home, fsync=False)
    yield made
    made.stop(at_once=True)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The shipped catalogue."""
    from twin.catalog.load import load, shipped_layers

    return load(shipped_layers())


class Database:
    """One migrated database: where to log in, as whom, and what is declared in it."""

    def __init__(self, cluster: Cluster, name: str, catalog: Catalog, srid: int) -> None:
        self.cluster = cluster
        self.name = name
        self.catalog = catalog
        self.srid = srid

    @property
    def url(self) -> str:
        """As ``twin_login``, like web and worker."""
        return self.cluster.url("twin_login", self.name)

    @property
    def owner_url(self) -> str:
        """As ``twin_owner``, like ``twin migrate``."""
        return self.cluster.url("twin_owner", self.name)


@pytest.fixture(scope="session")
def new_database(cluster: Cluster) -> Callable[..., Database]:
    """Factory: ``new_database(catalog, srid=4547, migrated=True)``; it ends with its cluster."""

    def make(catalog: Catalog, srid: int = 4547, *, migrated: bool = True) -> Database:
        database = Database(cluster, f"test_{next(_numbers)}", catalog, srid)
        create_database(cluster, database.name)
        if migrated:
            migrate(database.owner_url, catalog, srid)
        return database

    return make


@pytest.fixture(scope="module")
def database(new_database: Callable[..., Database], catalog: Catalog) -> Database:
    """A database of the shipped layers, shared by the tests of one module."""
    return new_database(catalog)


@pytest.fixture(scope="module")
def store(database: Database) -> Iterator[Store]:
    """A store on ``database``."""
    with Store.open(database.url, database.catalog) as opened:
        yield opened


@pytest.fixture(scope="session")
def actor() -> Callable[[str], Actor]:
    """``actor("planner")``: somebody of that role, with a key of that name."""
    from twin.access.actor import ANONYMOUS, Actor

    def make(role: str) -> Actor:
        return (
            ANONYMOUS if role == "anonymous" else Actor(role, name=f"{role} of the tests", key=f"key-{role}")
        )

    return make
