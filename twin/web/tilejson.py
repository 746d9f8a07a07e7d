"""``/tiles/{layer}.json`` (TileJSON 3.0.0) and ``/tiles/style.json`` (MapLibre)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from twin.text import Text
from twin.web.answers import json_response
from twin.web.parameters import StrictRoute
from twin.web.service import actor, base_url, language, service, view
from twin.web.style import source, style
from twin.web.tiles import check_run, has_times
from twin.web.told import about

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.text import Language
    from twin.web.service import Service

router = APIRouter(route_class=StrictRoute)


def is_drawn(layer: Layer) -> bool:
    """Layers with tiles: coverages, and features with a geometry that declare tiles."""
    return layer.kind == "coverage" or (layer.kind == "features" and layer.tiles is not None)


@router.get(
    "/tiles/style.json",
    **about(
        "全部可见图层的 MapLibre 样式",
        "A MapLibre style of all layers one may see",
        "tiles",
        detail=Text(
            "不含字形与图标：MapLibre GL JS 用本机字体绘字，离线可用。",
            "Without glyphs and sprite: MapLibre GL JS draws text with local fonts, so that it works offline.",
        ),
    ),
)
async def style_json(request: Request) -> Response:
    doors, who = service(request), actor(request)
    shown = [layer for layer in view(request).layers.values() if is_drawn(layer)]
    bounds = await doors.extents.all(who, shown)
    return json_response(
        style(shown, doors.catalog, base_url(request), language(request), bounds, view(request).tile_columns)
    )


@router.get(
    "/tiles/{layer}.json",
    **about(
        "图层的 TileJSON",
        "TileJSON of a layer",
        "tiles",
        detail=Text(
            "随时间变化的图层另有 times：可作 datetime 参数的时刻，自早而晚。",
            "A layer that changes over time also has times: the moments to ask for by datetime, oldest first.",
        ),
        problems=(404,),
    ),
)
async def tile_json(request: Request, layer: str, run: UUID | None = None) -> Response:
    doors, who = service(request), actor(request)
    found = view(request).layer(layer, "features", "coverage")
    check_run(found, run)
    bounds = (await doors.extents.all(who, (found,))).get(layer)
    shown = source(found, base_url(request), bounds)
    suffix = f"?run={run}" if run else ""
    columns = view(request).tile_columns[layer]
    document = {
        "tilejson": "3.0.0",
        "name": layer,
        "description": found.title[language(request)],
        "version": "1.0.0",
        "scheme": "xyz",
        "tiles": [address + suffix for address in shown["tiles"]],
        "minzoom": shown["minzoom"],
        "maxzoom": shown["maxzoom"],
    }
    if bounds is not None:
        document["bounds"] = list(bounds)
    if has_times(found):
        document["times"] = await times(doors, who, found, run)
    if found.kind == "features":
        document["vector_layers"] = [_vector_layer(found, columns, language(request), shown)]
    return json_response(document)


async def times(doors: Service, who: Actor, layer: Layer, run: UUID | None) -> list[str]:
    """The moments of a layer's rasters or features, in UTC."""
    if layer.raster is None:
        return [told_moment(moment) for moment in await doors.tiles.moments(who, layer, run)]
    frames = await doors.rasters.frames(who, layer, run)
    return [told_moment(frame.valid_from) for frame in frames if frame.valid_from is not None]


def told_moment(moment: datetime) -> str:
    """In UTC, as ``datetime`` takes it back; whole seconds where they are."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _vector_layer(
    layer: Layer, columns: tuple[str, ...], language: Language, shown: dict[str, Any]
) -> dict[str, Any]:
    fields = {name: _described(layer, name, language) for name in columns}
    return {
        "id": layer.name,
        "description": layer.title[language],
        "minzoom": shown["minzoom"],
        "maxzoom": shown["maxzoom"],
        "fields": fields,
    }


def _described(layer: Layer, name: str, language: Language) -> str:
    column = layer.columns[name]
    return f"{column.title[language]} ({column.unit})" if column.unit else column.title[language]
