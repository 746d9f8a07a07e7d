"""The sample city's roads, and an equilibrium on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import QUICK, Done, SampleCity, sample_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def city(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    with sample_city(new_database, catalog, tmp_path_factory, []) as city:
        yield city


@pytest.fixture(scope="module")
def town(city: SampleCity) -> SampleCity:
    """With what trips are estimated from, and its signals."""
    city.load(["land_use", "facility", "signal_plan"])
    return city


@pytest.fixture(scope="module")
def base(town: SampleCity) -> Done:
    """What closures and options are held against."""
    return town.run("traffic-assignment", QUICK)
