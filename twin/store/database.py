"""The store: pools of connections that log in without rights, and transactions that take an actor's role."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from twin.errors import TwinError
from twin.store import session
from twin.store.errors import translated
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from psycopg import sql
    from psycopg.rows import TupleRow

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog

_WAIT_S = 5.0  # for a connection of the pool, before the answer is 503
_KEYWORDS = {"autocommit": True, "application_name": "twin", "options": session.OPTIONS}
_SETTINGS = (
    "SELECT srid, (SELECT bool_and(proleakproof) FROM pg_proc WHERE proname = 'geometry_overlaps' AND pronargs = 2)"
    " FROM gov.setting"
)
log = logging.getLogger("twin.store")

# jsonb writes 1e30 as an integer of 31 digits; as a Python integer it would fit no answer, orjson makes it a number again
set_json_loads(orjson.loads)


class Store:
    """For the command line, workers, processes and actions. ``srid`` is the storage CRS of the city (EPSG code)."""

    def __init__(self, url: str, catalog: Catalog, srid: int, pool: ConnectionPool) -> None:
        self.url = url
        self.catalog = catalog
        self.srid = srid
        self._pool = pool

    @classmethod
    def open(cls, url: str, catalog: Catalog, *, pool_max: int = 4) -> Store:
        """Connect. ``url`` logs in as ``twin_login``. Raises TWIN-610/611 when the database is away and TWIN-626
        when it was never migrated."""
        with translated():
            pool = ConnectionPool(
                url,
                min_size=1,
                max_size=pool_max,
                timeout=_WAIT_S,
                kwargs=dict(_KEYWORDS),
                open=False,
                name="store",
            )
            store = cls(url, catalog, 0, pool)
            try:
                pool.open(wait=True, timeout=_WAIT_S)
                store.srid = store._storage_crs()
            except BaseException:
                pool.close()
                raise
        return store

    @contextmanager
    def transaction(
        self, actor: Actor, *, write: bool = False, timeout_s: float | None = None
    ) -> Iterator[psycopg.Connection]:
        """A transaction under the actor's role: READ ONLY unless ``write``, with the role's time limit unless
        ``timeout_s`` (0: none). Committed at the end, rolled back by an exception; what the database refuses becomes
        a TwinError."""
        with self._begun(session.begin(self.catalog, actor, write=write, timeout_s=timeout_s)) as conn:
            yield conn

    @contextmanager
    def service(self) -> Iterator[psycopg.Connection]:
        """A read-write transaction as ``twin_service``: keys, runs, rasters' rows, the queue; no layer."""
        with self._begun(session.begin_service()) as conn:
            yield conn

    def become(self, conn: psycopg.Connection, actor: Actor, *, timeout_s: float | None = None) -> None:
        """Go on in this transaction as ``actor``."""
        conn.execute(session.act_as(self.catalog, actor, timeout_s))

    def become_service(self, conn: psycopg.Connection) -> None:
        """Go on in this transaction as ``twin_service``, so that a worker commits results and run state together."""
        conn.execute(session.act_as_service())

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _storage_crs(self) -> int:
        try:
            with self.service() as conn:
                row = conn.execute(_SETTINGS).fetchone()
        except TwinError as error:
            raise _unready(error) from error
        return _srid(row)

    @contextmanager
    def _begun(self, text: bytes) -> Iterator[psycopg.Connection]:
        with translated():
            conn = self._take(text)
            try:
                yield conn
                conn.execute(b"COMMIT", prepare=False)
            except BaseException:
                _rollback(conn)
                raise
            finally:
                self._pool.putconn(conn)

    def _take(self, text: bytes) -> psycopg.Connection:
        """A connection with its transaction begun; one that the server dropped meanwhile is replaced once."""
        conn = self._pool.getconn()
        try:
            conn.execute(text, prepare=False)
        except psycopg.OperationalError:
            broken = conn.closed
            self._pool.putconn(conn)
            if not broken:
                raise
            self._pool.check()
            conn = self._pool.getconn()
            try:
                conn.execute(text, prepare=False)
            except BaseException:
                self._pool.putconn(conn)
                raise
        except BaseException:
            self._pool.putconn(conn)
            raise
        return conn


class AsyncStore:
    """For the web: the same transactions, asynchronous, and a pool of its own for tiles."""

    def __init__(
        self, url: str, catalog: Catalog, general: AsyncConnectionPool, tiles: AsyncConnectionPool
    ) -> None:
        self.url = url
        self.catalog = catalog
        self.srid = 0
        self._general = general
        self._tiles = tiles

    @classmethod
    async def open(
        cls, url: str, catalog: Catalog, *, pool_max: int = 8, tile_pool_max: int = 4
    ) -> AsyncStore:
        """Connect; as ``Store.open``."""
        keywords = {**_KEYWORDS, "options": session.SERIAL_OPTIONS}
        general = _pool(url, pool_max, keywords, "general")
        tiles = _pool(url, tile_pool_max, keywords, "tiles")
        store = cls(url, catalog, general, tiles)
        with translated():
            try:
                await general.open(wait=True, timeout=_WAIT_S)
                await tiles.open(wait=True, timeout=_WAIT_S)
                store.srid = await store._storage_crs()
            except BaseException:
                await store.close()
                raise
        return store

    def transaction(self, actor: Actor, *, write: bool = False, timeout_s: float | None = None) -> Turn:
        """As ``Store.transaction``. A cancelled task cancels its query."""
        return Turn(self._general, session.begin(self.catalog, actor, write=write, timeout_s=timeout_s))

    def tiles(self, actor: Actor) -> Turn:
        """A read transaction on the tile pool: no parallel query, prepared statements, two seconds."""
        limit = session.TILE_TIMEOUT_S
        return Turn(self._tiles, session.begin(self.catalog, actor, write=False, timeout_s=limit))

    async def read(self, actor: Actor, *statements: sql.Composed) -> list[list[TupleRow]]:
        """The rows of each statement: one READ ONLY transaction under the actor's role, in one round trip."""
        begin = session.begin(self.catalog, actor, write=False, timeout_s=None)
        with translated():
            conn, cursor = await _started(self._general, begin, statements)
            try:
                rows = []
                for place in range(len(statements)):
                    await cursor.set_result(session.BEGINNINGS + place)
                    rows.append(await cursor.fetchall())
                return rows
            finally:
                await self._general.putconn(conn)

    def service(self) -> Turn:
        """As ``Store.service``."""
        return Turn(self._general, session.begin_service())

    async def become_service(self, conn: psycopg.AsyncConnection) -> None:
        """As ``Store.become_service``."""
        await conn.execute(session.act_as_service())

    async def close(self) -> None:
        await self._general.close()
        await self._tiles.close()

    async def _storage_crs(self) -> int:
        try:
            async with self.service() as conn:
                row = await (await conn.execute(_SETTINGS)).fetchone()
        except TwinError as error:
            raise _unready(error) from error
        return _srid(row)


class Turn:
    """One transaction on a connection of a pool: ``async with turn as conn``. Written out rather than generated: it
    stands around every tile."""

    __slots__ = ("_conn", "_pool", "_text")

    def __init__(self, pool: AsyncConnectionPool, text: bytes) -> None:
        self._pool = pool
        self._text = text

    async def __aenter__(self) -> psycopg.AsyncConnection:
        with translated():
            self._conn, _ = await _started(self._pool, self._text)
        return self._conn

    async def __aexit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        with translated():
            try:
                if error is None:
                    await self._conn.execute(b"COMMIT", prepare=False)
                else:
                    await _arollback(self._conn)
                    if isinstance(error, psycopg.Error):
                        raise error
            except BaseException:
                await _arollback(self._conn)
                raise
            finally:
                await self._pool.putconn(self._conn)


async def _started(
    pool: AsyncConnectionPool, begin: bytes, statements: tuple[sql.Composed, ...] = ()
) -> tuple[psycopg.AsyncConnection, psycopg.AsyncCursor]:
    """A connection with its transaction begun (and with ``statements`` ended, too); one that the server dropped
    meanwhile is replaced once."""
    conn = await pool.getconn()
    try:
        return conn, await _sent(conn, begin, statements)
    except psycopg.OperationalError:
        broken = conn.closed
        await pool.putconn(conn)
        if not broken:
            raise
    except BaseException:
        await pool.putconn(conn)
        raise
    await pool.check()
    conn = await pool.getconn()
    try:
        return conn, await _sent(conn, begin, statements)
    except BaseException:
        await pool.putconn(conn)
        raise


async def _sent(
    conn: psycopg.AsyncConnection, begin: bytes, statements: tuple[sql.Composed, ...]
) -> psycopg.AsyncCursor:
    if not statements:
        return await conn.execute(begin, prepare=False)
    text = b"; ".join([begin, *(one.as_bytes(conn) for one in statements), b"COMMIT"])
    try:
        return await conn.execute(text, prepare=False)
    except BaseException:
        await _arollback(conn)
        raise


def _pool(url: str, size: int, keywords: dict[str, object], name: str) -> AsyncConnectionPool:
    return AsyncConnectionPool(
        url,
        min_size=min(2, size),
        max_size=size,
        timeout=_WAIT_S,
        kwargs=keywords,
        configure=_warm,
        open=False,
        name=name,
    )


async def _warm(conn: psycopg.AsyncConnection) -> None:
    """Load PostGIS and the transformations of this city: the first use in a connection costs up to half a second."""
    try:
        await conn.execute(session.begin_service(), prepare=False)
        await conn.execute(query("session", "warm"))
        await conn.execute(b"COMMIT", prepare=False)
    except psycopg.Error:
        await _arollback(conn)  # a database without our tables; opening says so


def _rollback(conn: psycopg.Connection) -> None:
    if not conn.closed:
        try:
            conn.rollback()
        except psycopg.Error:
            conn.close()


async def _arollback(conn: psycopg.AsyncConnection) -> None:
    if not conn.closed:
        try:
            await conn.rollback()
        except psycopg.Error:
            await conn.close()


def _srid(row: tuple[object, ...] | None) -> int:
    if row is None or not isinstance(row[0], int):
        raise _not_migrated()
    if not row[1]:
        log.warning(session.UNMARKED)
    return row[0]


def _unready(error: TwinError) -> TwinError:
    """A database that lacks our tables or roles says so in many ways; a lost one stays what it is."""
    return error if error.status == 503 else _not_migrated()


def _not_migrated() -> TwinError:
    return TwinError(
        "TWIN-626",
        "数据库尚未建表：请执行 twin migrate",
        "the database has no tables yet: run twin migrate",
        status=503,
    )
