"""``/health``: the process lives. ``/ready``: it can do its work, asked of the database and of every layer."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import psycopg
from fastapi import APIRouter
from psycopg import sql
from psycopg_pool import PoolClosed, PoolTimeout
from starlette.requests import Request
from starlette.responses import Response

from twin import __version__
from twin.access.actor import Actor
from twin.access.decide import visible_layers
from twin.errors import TwinError
from twin.store import names
from twin.store.queryfile import query
from twin.text import Text
from twin.web import problems
from twin.web.answers import json_response
from twin.web.parameters import StrictRoute
from twin.web.service import language, service
from twin.web.told import about

if TYPE_CHECKING:
    from twin.web.service import Service

CHECK_S = 3.0
# Asked more often than this, the last findings are told again: the question must not become a load.
KEPT_S = 0.5
SILENT_WORKER_S = 30.0
LOST = (psycopg.Error, PoolTimeout, PoolClosed, TwinError, OSError, TimeoutError)
NOT_READY = Text("服务尚未就绪：{failing}", "not ready: {failing}")
router = APIRouter(route_class=StrictRoute)


@router.get("/health", **about("进程存活", "The process lives", "service"))
async def health(_request: Request) -> Response:
    return json_response({"status": "ok", "version": __version__})


@router.get(
    "/ready",
    **about(
        "能否提供服务",
        "Whether the service can do its work",
        "service",
        detail=Text(
            "检查数据库、迁移、作业进程心跳与每个图层；任何一项不通过即 503。",
            "Checks the database, its migrations, the workers' heartbeat and every layer; 503 when one fails.",
        ),
    ),
)
async def ready(request: Request) -> Response:
    doors = service(request)
    checks = await doors.readiness.checks(doors)
    failing = [name for name, found in checks.items() if found != "ok"]
    if not failing:
        return json_response({"ready": True, "checks": checks})
    text = NOT_READY.format(failing=", ".join(failing))
    body = problems.document(503, "TWIN-606", text, language(request), checks=checks)
    body["instance"] = "/ready"
    return problems.respond(body, language(request), problems.retry_headers(503))


class Readiness:
    """The last findings, and one look at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._found: dict[str, str] = {}
        self._until = 0.0

    async def checks(self, doors: Service) -> dict[str, str]:
        """``{check: "ok" or what is wrong}``."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._found = await look(doors)
                self._until = time.monotonic() + KEPT_S
            return self._found


async def look(doors: Service) -> dict[str, str]:
    """One look at everything; a lost database leaves the rest unasked."""
    found = {"database": "unavailable", "migrations": "unknown", "worker": "unknown", "layers": "unknown"}
    try:
        async with asyncio.timeout(CHECK_S):
            async with doors.store.service() as conn:
                found["database"] = "ok"
                found["migrations"] = await _migrations(conn, doors)
                found["worker"] = await _worker(conn)
            found["layers"] = await _layers(doors)
    except LOST as error:
        problems.log.warning("not ready: %s", type(error).__name__, exc_info=error)
    return found


async def _migrations(conn: psycopg.AsyncConnection[Any], doors: Service) -> str:
    """Whether every declared table and column is there."""
    rows = await (await conn.execute(query("web", "columns_there"))).fetchall()
    there: dict[str, set[str]] = {table: set(columns) for table, columns in rows}
    missing = [
        layer.name
        for layer in names.tabled(doors.catalog)
        if not set(layer.columns) <= there.get(layer.name, set())
    ]
    return f"waiting: {', '.join(missing)}" if missing else "ok"


async def _worker(conn: psycopg.AsyncConnection[Any]) -> str:
    row = await (await conn.execute(query("web", "heard_worker"))).fetchone()
    if row is None:
        return "no worker has reported"
    return "ok" if row[0] < SILENT_WORKER_S else f"silent for {row[0]:.0f} s"


async def _layers(doors: Service) -> str:
    """Every table answers to the strongest role, with its columns."""
    probe = Actor(list(doors.catalog.access.roles)[-1], "readiness")
    async with doors.store.transaction(probe) as conn:
        for layer in visible_layers(doors.catalog, probe):
            if names.has_table(layer):
                try:
                    await conn.execute(_probe(names.in_city(layer), ("id", *layer.columns)))
                except psycopg.Error as error:
                    return f"{layer.name}: {error.sqlstate}"
    return "ok"


def _probe(table: sql.Composable, columns: tuple[str, ...]) -> sql.Composed:
    listed = sql.SQL(", ").join([sql.Identifier(name) for name in columns])
    return sql.SQL("SELECT {} FROM {} LIMIT 0").format(listed, table)
