"""The sample city's roads and crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import SampleCity, sample_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def crashes(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    with sample_city(new_database, catalog, tmp_path_factory, ["traffic_crash"]) as city:
        yield city
