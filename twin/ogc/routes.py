"""Mounts the OGC door at ``/ogc``: an allow-list of our routes; everything else below it is a 404 that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.ogc import collections, coverages, items, jobs, pages, processes, schemas, tiles
from twin.ogc.problems import not_offered
from twin.ogc.router import Router

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.responses import Response

    from twin.ogc.door import Visit

_rest = Router()


def mount(app: FastAPI) -> None:
    """Adds the door to an application whose state holds ``store``, ``catalog`` and ``artifacts``, and, where there
    are other doors, the ``tiles`` (a ``TileSource``) that it shares with them.

    Identity and language are read from ``request.state`` (``actor``, ``language``); without them the visitor is
    anonymous and the language the deployment's. What is asked for most is tried first.
    """
    for part in (items, tiles, collections, schemas, coverages, pages, processes, jobs):
        app.router.routes.extend(part.router.routes)
    app.router.routes.extend(_rest.routes)


@_rest.get("/{path:path}")
async def rest(path: str, visit: Visit) -> Response:
    """What the standard or the hosted library would have, and this service has not."""
    raise not_offered(
        "没有这个地址；可用的地址见 /ogc/openapi。", "there is nothing at this address; see /ogc/openapi."
    )
