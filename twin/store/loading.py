"""A big load into a layer: its indexes are made after the first one, and the planner learns what came."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from psycopg import sql

from twin.store import names
from twin.store.follow import BULK, load_function

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

    from twin.catalog.spec import Layer


@contextmanager
def loading(conn: Connection[Any], layer: Layer, rows: int) -> Iterator[None]:
    """Around the INSERT of ``rows`` rows. An empty layer's plain indexes are dropped before and made after a big load
    (readers of the empty layer wait until the transaction ends); any big load ends with ANALYZE."""
    if rows < BULK or layer.is_result or not names.has_table(layer):
        yield
        return
    call = sql.SQL("SELECT {}({})")
    conn.execute(call.format(load_function(layer), sql.Literal(True)))
    yield
    conn.execute(call.format(load_function(layer), sql.Literal(False)))
