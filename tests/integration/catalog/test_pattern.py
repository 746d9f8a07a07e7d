"""A pattern means to PostgreSQL, which holds it as a CHECK, what it means to the import check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.catalog.test_pattern import BODIES, TEXTS
from twin.catalog.load import load
from twin.catalog.pattern import portability

PATTERNS = sorted(
    {
        column.pattern
        for layer in load().layers.values()
        for column in layer.columns.values()
        if column.pattern
    }
)


@pytest.fixture(scope="module")
def connection(new_database: Callable[..., Any], catalog: object) -> Iterator[psycopg.Connection]:
    with psycopg.connect(new_database(catalog, migrated=False).owner_url, autocommit=True) as made:
        yield made


def matches(connection: psycopg.Connection, text: str, pattern: str) -> bool:
    row = connection.execute("SELECT %s::text ~ %s::text", (text, pattern)).fetchone()
    assert row is not None
    return bool(row[0])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BODIES, TEXTS)
def test_an_accepted_pattern_is_read_alike(connection: psycopg.Connection, body: str, text: str) -> None:
    pattern = f"^{body}$"
    assert portability(pattern) is None
    assert matches(connection, text, pattern) == bool(re.fullmatch(pattern, text))


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_shipped_pattern_takes_what_it_describes(
    connection: psycopg.Connection, pattern: str, data: st.DataObject
) -> None:
    assert matches(connection, data.draw(st.from_regex(pattern, fullmatch=True)), pattern)
