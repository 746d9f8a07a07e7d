"""The sample city's roads and crashes in a database of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import ROADS, SampleCity
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def crashes(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("artifacts")
    with Store.open(database.url, catalog) as store:
        city = SampleCity(store, ArtifactStore(str(folder)))
        city.load((*ROADS, "traffic_crash"))
        yield city
