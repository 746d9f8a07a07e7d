"""The data version of every layer, kept current by the database's own notices.

A cache key that holds a layer's version never serves what the layer was. While the listening connection is down
there is no version, and nothing is cached.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import psycopg
from psycopg import sql

from twin.store.names import SERVICE
from twin.store.queryfile import query

CHANNEL = "twin_layer"
# A notice that got lost is made good this often; a dead connection is seen no later.
ASK_ANEW_S = 10.0
RETRY_S = 0.5
KEEPALIVE: dict[str, Any] = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "connect_timeout": 5,
}
log = logging.getLogger("twin.web")


class Versions:
    """``of(layer)`` answers from memory; ``follow()`` keeps the memory true until it is cancelled."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, int] = {}
        self._notices: Counter[str] = Counter()
        self._lives = 0
        self._heard = False
        self.first = asyncio.Event()

    def of(self, layer: str) -> int | None:
        """A number that grows whenever what the layer answers changes, ``None`` while it is not known: the data
        version, and every notice since, for a run's publication changes the answer but no row."""
        version = self._known.get(layer) if self._heard else None
        return None if version is None else version + self._notices[layer] + self._lives

    async def follow(self) -> None:
        """Listen for ever; a lost connection is made again."""
        while True:
            try:
                await self._listen()
            except psycopg.Error as error:
                log.warning("not listening for changes of layers: %s", error)
            self._heard = False
            self._lives += 1  # what was said meanwhile is not known
            self.first.set()
            await asyncio.sleep(RETRY_S)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True, **KEEPALIVE)
        async with connection:
            await connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(SERVICE)))
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            while True:
                await self._ask(connection)
                async for notice in connection.notifies(timeout=ASK_ANEW_S, stop_after=1):
                    self._notices[notice.payload] += 1

    async def _ask(self, connection: psycopg.AsyncConnection[Any]) -> None:
        rows = await (await connection.execute(query("web", "versions"))).fetchall()
        self._known = dict(rows)
        self._heard = True
        self.first.set()
