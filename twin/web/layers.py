"""``/layers``: the nouns of the city that the caller may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.web.answers import json_response
from twin.web.layer_view import layer_view
from twin.web.parameters import StrictRoute
from twin.web.service import actor, language, service, view
from twin.web.told import about

if TYPE_CHECKING:
    from twin.catalog.spec import Layer

router = APIRouter(route_class=StrictRoute)


@router.get("/layers", **about("列出可见图层", "List the layers one may see", "layers"))
async def list_layers(request: Request) -> Response:
    doors, who = service(request), actor(request)
    shown = view(request).layers.values()
    bounds = await doors.extents.all(who, shown)
    return json_response({"layers": [_view(request, layer, bounds.get(layer.name)) for layer in shown]})


@router.get("/layers/{name}", **about("描述一个图层", "Describe one layer", "layers", problems=(404,)))
async def describe_layer(request: Request, name: str) -> Response:
    doors, who = service(request), actor(request)
    layer = view(request).layer(name)
    bounds = await doors.extents.all(who, (layer,))
    return json_response(_view(request, layer, bounds.get(name)))


def _view(request: Request, layer: Layer, bounds: Any) -> dict[str, Any]:
    doors = service(request)
    columns = view(request).columns[layer.name]
    return layer_view(layer, doors.catalog, columns, language(request), bounds)
