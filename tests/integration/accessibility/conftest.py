"""The sample city's roads, buildings and facilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import SampleCity, sample_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def homes(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    with sample_city(new_database, catalog, tmp_path_factory, ["land_use", "building", "facility"]) as city:
        yield city
