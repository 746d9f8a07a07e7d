"""The small city of ``city.py``, once for all tests that change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.web.city import City, open_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@pytest.fixture(scope="session")
def city(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    """Shared by all tests that change nothing."""
    yield from open_city(new_database(catalog), catalog, tmp_path_factory.mktemp("city"))
