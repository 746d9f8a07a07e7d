"""The sample city with its detectors and a week of their readings, in a database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import OPERATOR, ROADS, SAMPLES, SampleCity
from twin.actions.import_layer import import_file
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def watched(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("artifacts")
    with Store.open(database.url, catalog) as store:
        city = SampleCity(store, ArtifactStore(str(folder)))
        city.load([*ROADS, "land_use", "facility", "building", "traffic_detector"])
        import_file(
            store,
            OPERATOR,
            SAMPLES / "traffic_observation.parquet",
            "traffic_observation",
            artifacts=city.files,
        )
        yield city
