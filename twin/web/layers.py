"""``/layers``: the nouns of the city that the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.access.decide import readable_columns, visible_layers
from twin.web.answers import json_response
from twin.web.layer_view import layer_view
from twin.web.parameters import StrictRoute
from twin.web.service import actor, language, service
from twin.web.told import about
from twin.web.visible import layer_for

if TYPE_CHECKING:
    from twin.catalog.spec import Layer

router = APIRouter(route_class=StrictRoute)


@router.get("/layers", **about("列出可见图层", "List the layers one may see", "layers"))
async def list_layers(request: Request) -> Response:
    doors, who = service(request), actor(request)
    shown = visible_layers(doors.catalog, who)
    bounds = await doors.extents.all(who, shown)
    return json_response({"layers": [_view(request, layer, bounds.get(layer.name)) for layer in shown]})


@router.get("/layers/{name}", **about("描述一个图层", "Describe one layer", "layers", problems=(404,)))
async def describe_layer(request: Request, name: str) -> Response:
    doors, who = service(request), actor(request)
    layer = layer_for(doors.catalog, who, name)
    bounds = await doors.extents.all(who, (layer,))
    return json_response(_view(request, layer, bounds.get(name)))


def _view(request: Request, layer: Layer, bounds: Any) -> dict[str, Any]:
    doors = service(request)
    columns = readable_columns(doors.catalog, actor(request), layer)
    return layer_view(layer, doors.catalog, columns, language(request), bounds)
