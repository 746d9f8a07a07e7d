"""One description of a database exchange, driven over a synchronous or an asynchronous connection.

A generator yields ``(SQL, values)`` and gets the rows back as dicts; what it returns is the answer. So the web
(async) and everybody else (sync) share one text of every action.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

if TYPE_CHECKING:
    from psycopg import AsyncConnection, Connection
    from psycopg.abc import QueryNoTemplate

type Row = dict[str, Any]
type Steps[T] = Generator[tuple[QueryNoTemplate, Mapping[str, Any]], list[Row], T]


def drive[T](conn: Connection[Any], steps: Steps[T]) -> T:
    """Run ``steps`` in the transaction of ``conn``."""
    with conn.cursor(row_factory=dict_row) as cursor:
        try:
            text, values = next(steps)
            while True:
                cursor.execute(text, values)
                text, values = steps.send(cursor.fetchall() if cursor.description else [])
        except StopIteration as end:
            answer: T = end.value
            return answer


async def adrive[T](conn: AsyncConnection[Any], steps: Steps[T]) -> T:
    """Run ``steps`` in the transaction of the asynchronous ``conn``."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        try:
            text, values = next(steps)
            while True:
                await cursor.execute(text, values)
                text, values = steps.send(await cursor.fetchall() if cursor.description else [])
        except StopIteration as end:
            answer: T = end.value
            return answer
