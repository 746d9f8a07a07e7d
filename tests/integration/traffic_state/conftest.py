"""The sample city with its detectors and a week of their readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import OPERATOR, SAMPLES, SampleCity, sample_city
from twin.actions.import_layer import import_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def watched(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    with sample_city(
        new_database, catalog, tmp_path_factory, ["land_use", "facility", "building", "traffic_detector"]
    ) as city:
        import_file(
            city.store,
            OPERATOR,
            SAMPLES / "traffic_observation.parquet",
            "traffic_observation",
            artifacts=city.files,
        )
        yield city
