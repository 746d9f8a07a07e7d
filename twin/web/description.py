"""``/openapi.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.processes.registry import registry
from twin.web import tiles
from twin.web.openapi import document
from twin.web.parameters import StrictRoute
from twin.web.service import language
from twin.web.told import about

if TYPE_CHECKING:
    from fastapi import FastAPI

    from twin.text import Language

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.1"
router = APIRouter(route_class=StrictRoute)


@router.get(
    "/openapi.json",
    **about("全部接口的 OpenAPI 描述", "OpenAPI description of every door", "service", media=MEDIA_TYPE),
)
async def openapi(request: Request) -> Response:
    body = described(request.app, language(request))
    return Response(
        body, media_type=MEDIA_TYPE, headers={"vary": "accept-language", "cache-control": "no-cache"}
    )


def described(app: FastAPI, chosen: Language) -> bytes:
    """The document's bytes, made once a language: it depends on the code alone."""
    kept: dict[Language, bytes] = app.state.__dict__.setdefault("_openapi", {})
    if chosen not in kept:
        kept[chosen] = orjson.dumps(document(app, chosen, _bodies(), tiles.PLAIN))
    return kept[chosen]


def _bodies() -> dict[str, Any]:
    """An example of each request body that operations refer to."""
    processes = registry()
    shown = processes.get("flood") or next(iter(processes.values()), None)
    return {"process": dict(shown.example)} if shown else {}
