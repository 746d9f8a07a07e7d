"""How a transaction says whose it is: one round trip sets role, actor and time limit for that transaction alone."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from psycopg import sql

from twin.errors import TwinError
from twin.store import names

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog

_READ, _WRITE = b"BEGIN READ ONLY; ", b"BEGIN; "
# The queue's SQL names no schema, so that a run and its job can be written in one transaction.
_SERVICE = sql.SQL(
    "BEGIN; SET LOCAL ROLE {role}; SET LOCAL search_path = queue, public; SET LOCAL statement_timeout = {ms}"
)
_ACTOR = sql.SQL("SET LOCAL ROLE {role}; SET LOCAL twin.actor = {actor}; SET LOCAL statement_timeout = {ms}")
_BACK = sql.SQL("SET LOCAL ROLE {role}; SET LOCAL search_path = queue, public")

BEGINNINGS = 4  # results that ``begin`` gives, before those of what follows it in one text
UNMARKED = (
    "geometry_overlaps is not LEAKPROOF (a restore loses the mark): results of runs are read without the spatial index; "
    "let a superuser run ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF / "
    "geometry_overlaps 缺少 LEAKPROOF 标记：行级安全下结果图层无法使用空间索引，请超级用户执行上述语句"
)
TILE_TIMEOUT_S = 2.0
OPTIONS = "-c timezone=UTC"
SERIAL_OPTIONS = f"{OPTIONS} -c max_parallel_workers_per_gather=0 -c jit=off"
"""For the web: parallel workers would each load PROJ anew (a box then takes 400 ms instead of 2, and 54 tiles/s are made
instead of 136), and make equal tiles differ in their bytes."""


def act_as(catalog: Catalog, actor: Actor, timeout_s: float | None) -> bytes:
    """``SET LOCAL`` for one actor. The role comes from the catalogue: an unknown one is refused (TWIN-406)."""
    role = catalog.access.roles.get(actor.role)
    if role is None:
        raise TwinError("TWIN-406", f"未知角色 {actor.role}", f"unknown role {actor.role}", status=403)
    seconds = role.statement_timeout_s if timeout_s is None else timeout_s
    return _acting(actor.role, actor.key or "", int(seconds * 1000))


def begin(catalog: Catalog, actor: Actor, *, write: bool, timeout_s: float | None) -> bytes:
    """BEGIN and ``act_as`` in one text: one round trip."""
    return (_WRITE if write else _READ) + act_as(catalog, actor, timeout_s)


@lru_cache(maxsize=1024)
def _acting(role: str, key: str, milliseconds: int) -> bytes:
    """Composed once for each actor: it stands before every statement of every request."""
    text = _ACTOR.format(
        role=sql.Identifier(names.role(role)), actor=sql.Literal(key), ms=sql.Literal(milliseconds)
    )
    return text.as_bytes(None)


@cache
def begin_service(timeout_s: float = 30.0) -> bytes:
    """BEGIN as ``twin_service``, which owns keys, runs, rasters' rows and the queue, and sees no layer."""
    text = _SERVICE.format(role=sql.Identifier(names.SERVICE), ms=sql.Literal(int(timeout_s * 1000)))
    return text.as_bytes(None)


@cache
def act_as_service() -> bytes:
    """Turn the rest of an actor's transaction into the service's: a worker writes results and run row together."""
    return _BACK.format(role=sql.Identifier(names.SERVICE)).as_bytes(None)
