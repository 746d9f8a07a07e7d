"""``/openapi.json``."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.ogc.door import visit
from twin.ogc.openapi import openapi as ogc_document
from twin.processes.registry import registry
from twin.web import tiles
from twin.web.answers import VARY
from twin.web.joined import joined
from twin.web.openapi import document
from twin.web.parameters import StrictRoute
from twin.web.service import actor, language, service
from twin.web.told import about

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
router = APIRouter(route_class=StrictRoute)


@router.get(
    "/openapi.json",
    **about("全部接口的 OpenAPI 描述", "OpenAPI description of every door", "service", media=MEDIA_TYPE),
)
async def openapi(request: Request) -> Response:
    headers = {"vary": VARY, "cache-control": "no-cache"}
    return Response(described(request), media_type=MEDIA_TYPE, headers=headers)


def described(request: Request) -> bytes:
    """The document's bytes, made once a language and role: it names only the layers that exist for the caller."""
    kept = service(request).descriptions
    chosen, role = language(request), actor(request).role
    if (chosen, role) not in kept:
        own = document(request.app, chosen, _bodies(), tiles.PLAIN)
        kept[chosen, role] = orjson.dumps(joined(own, ogc_document(visit(request))))
    return kept[chosen, role]


def _bodies() -> dict[str, Any]:
    """An example of each request body that operations refer to."""
    processes = registry()
    shown = processes.get("flood") or next(iter(processes.values()), None)
    return {"process": dict(shown.example)} if shown else {}
