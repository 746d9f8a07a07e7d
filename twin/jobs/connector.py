"""The queue's connection: procrastinate's connector, made patient with a database that is being restarted."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.exceptions import ConnectorException

from twin.processes.patience import PATIENCE_S, lost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from procrastinate.connector import Notify
    from psycopg import AsyncConnection

logger = logging.getLogger(__name__)
PAUSE_S = 0.3
# A frozen worker must not hold the sweep, nor a sweep wait long for a frozen child's row.
LIMITS = "-c idle_in_transaction_session_timeout=3s -c lock_timeout=2s -c statement_timeout=20s"
OPTIONS = f"-c role=twin_service -c search_path=queue,pg_catalog {LIMITS}"


class PatientConnector(PsycopgConnector):
    """Asks again while the database is away.

    Procrastinate stops its worker, and with it every running job, at the first lost connection. A repeated fetch may
    take a second job when only the answer to the first got lost; the sweep finds that job again. Who stops the worker
    shortens ``patience_s`` (seconds) first.
    """

    patience_s = PATIENCE_S

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        await self._patiently(lambda: PsycopgConnector.execute_query_async(self, query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return await self._patiently(
            lambda: PsycopgConnector.execute_query_one_async(self, query, **arguments)
        )

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await self._patiently(
            lambda: PsycopgConnector.execute_query_all_async(self, query, **arguments)
        )

    async def transact[T](self, work: Callable[[AsyncConnection[Any]], Awaitable[T]]) -> T:
        """``work(connection)`` in a transaction of its own, anew while the database is away: it must be repeatable."""
        began = time.monotonic()
        while True:
            try:
                async with self.pool.connection() as conn:
                    return await work(conn)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if not lost(error) or time.monotonic() - began > self.patience_s:
                    raise
                logger.warning("the database is away: %s", str(error).strip()[:200])
            await asyncio.sleep(PAUSE_S)

    async def _patiently[T](self, attempt: Callable[[], Awaitable[T]]) -> T:
        began = time.monotonic()
        while True:
            try:
                return await attempt()
            except ConnectorException as error:
                cause = error.__cause__
                if cause is None or not lost(cause) or time.monotonic() - began > self.patience_s:
                    raise
                logger.warning("the queue's database is away: %s", str(cause).strip()[:200])
            await asyncio.sleep(PAUSE_S)

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        await self._patiently(lambda: PsycopgConnector.listen_notify(self, on_notification, channels))


def connector(url: str) -> PatientConnector:
    """A connector to the queue's schema under the service role; ``url`` logs in as the login role."""
    return PatientConnector(
        conninfo=url,
        kwargs={"options": OPTIONS, "application_name": "twin-queue"},
        min_size=1,
        max_size=8,
        timeout=1.0,
        reconnect_timeout=5.0,
    )
