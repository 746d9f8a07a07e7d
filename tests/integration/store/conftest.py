"""A small city of its own for each test module of the store, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.store.people import ACTORS, empty, insert
from tests.integration.store.small import catalog as small_catalog
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import shapely

    from tests.conftest import Database


@pytest.fixture(scope="session")
def small_city(new_database: Callable[..., Database]) -> Database:
    """Read-only by agreement: migrated once a session."""
    return new_database(small_catalog())


@pytest.fixture(scope="module")
def database(new_database: Callable[..., Database]) -> Database:
    return new_database(small_catalog())


@pytest.fixture(scope="module")
def store(database: Database) -> Iterator[Store]:
    with Store.open(database.url, database.catalog) as opened:
        yield opened


@pytest.fixture
def put(store: Store) -> Callable[..., list[int]]:
    """``put("building", [square(0, 0)], use=["05"])``: rows written as the operator, their ids."""

    def make(
        name: str, shapes: Sequence[shapely.Geometry | None], /, **columns: Sequence[object]
    ) -> list[int]:
        with store.transaction(ACTORS["operator"], write=True) as conn:
            return insert(conn, store.catalog.layers[name], shapes, **columns)

    return make


@pytest.fixture
def clean(store: Store) -> None:
    """Every layer that is no result empty before the test."""
    with store.transaction(ACTORS["operator"], write=True) as conn:
        for name in ("road_link", "road_node", "building", "admin_area", "camera", "drain_pipe", "note"):
            empty(conn, f"city.{name}")
