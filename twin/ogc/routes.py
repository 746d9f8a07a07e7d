"""Mounts the OGC door at ``/ogc``: an allow-list of our routes; everything else below it is a 404 that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.responses import Response

from twin.ogc import collections, coverages, items, jobs, pages, processes, schemas, tiles
from twin.ogc.door import Here
from twin.ogc.problems import not_offered

if TYPE_CHECKING:
    from fastapi import FastAPI

_rest = APIRouter()


def ogc_router() -> APIRouter:
    """All routes of the door, in the order in which they are tried."""
    router = APIRouter(include_in_schema=False)
    for part in (pages, collections, schemas, items, tiles, coverages, processes, jobs):
        router.include_router(part.router, prefix="/ogc")
    router.include_router(_rest, prefix="/ogc")
    return router


def mount(app: FastAPI) -> None:
    """Adds the door to an application whose state holds ``store``, ``catalog`` and ``artifacts``.

    Identity and language are read from ``request.state`` (``actor``, ``language``); without them the visitor is
    anonymous and the language the deployment's.
    """
    app.include_router(ogc_router())


@_rest.api_route("/{path:path}", methods=["GET"])
async def rest(path: str, visit: Here) -> Response:
    """What the standard or the hosted library would have, and this service has not."""
    raise not_offered(
        "没有这个地址；可用的地址见 /ogc/openapi。", "there is nothing at this address; see /ogc/openapi."
    )
