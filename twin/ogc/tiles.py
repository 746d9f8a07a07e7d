"""OGC API - Tiles: the vector tiles of a layer in WebMercatorQuad, row before column as the standard has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from twin.ogc import parameters
from twin.ogc.answers import answer, document
from twin.ogc.collections import extents
from twin.ogc.links import JSON, MVT, REL, address, link
from twin.ogc.problems import bad_value, no_resource
from twin.ogc.router import Router

if TYPE_CHECKING:
    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

router = Router()
SET = "WebMercatorQuad"
SET_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_DIMENSIONS = {
    "Point": 0,
    "MultiPoint": 0,
    "LineString": 1,
    "MultiLineString": 1,
    "Polygon": 2,
    "MultiPolygon": 2,
}


@router.get("/collections/{name}/tiles")
async def tilesets(name: str, visit: Visit) -> Response:
    layer = _tiled(visit, name)
    parameters.form(visit.request, parameters.read(visit.request), {"json": JSON})
    path = f"{visit.base}/collections/{layer.name}/tiles"
    data = {
        "tilesets": [await _tileset(visit, layer, whole=False)],
        "links": [link("self", address(path, f="json"), JSON, "self", visit.language)],
    }
    return document(visit, data)


@router.get("/collections/{name}/tiles/{matrix_set}")
async def tileset(name: str, matrix_set: str, visit: Visit) -> Response:
    layer = _tiled(visit, name)
    parameters.form(visit.request, parameters.read(visit.request), {"json": JSON})
    _check_set(matrix_set)
    return document(visit, await _tileset(visit, layer, whole=True))


@router.get("/collections/{name}/tiles/{matrix_set}/{matrix}/{row}/{column}")
async def tile(name: str, matrix_set: str, matrix: str, row: str, column: str, visit: Visit) -> Response:
    """One tile; 204 when nothing lies in it, 404 outside of the matrix."""
    layer = _tiled(visit, name)
    query = parameters.read(visit.request, *(("run",) if layer.is_result else ()))
    parameters.form(visit.request, query, {"mvt": MVT}, default="mvt")
    _check_set(matrix_set)
    z, y, x = _number("tileMatrix", matrix), _number("tileRow", row), _number("tileCol", column)
    _check_place(layer, z, x, y)
    run = parameters.identifier("run", query["run"]) if "run" in query else None
    made = await visit.door.tiles.get(visit.actor, layer, visit.columns(layer), (z, x, y), run)
    if not made.body:
        return Response(status_code=204, headers={"cache-control": "no-cache"})
    return answer(visit, made.body, MVT, tag=made.etag.decode("ascii"))


async def _tileset(visit: Visit, layer: Layer, *, whole: bool) -> dict[str, Any]:
    path = f"{visit.base}/collections/{layer.name}/tiles/{SET}"
    language = visit.language
    links = [
        link("self", address(path, f="json"), JSON, "self", language),
        link(
            "item", f"{path}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", MVT, "tiles", language, templated=True
        ),
        link(f"{REL}tiling-scheme", f"{visit.base}/tileMatrixSets/{SET}", JSON, "tile_matrix_sets", language),
        link("alternate", f"{visit.request.base_url!s}tiles/{layer.name}.json", JSON, "tilejson", language),
    ]
    data: dict[str, Any] = {
        "title": layer.title[language],
        "dataType": "vector",
        "crs": MERCATOR,
        "tileMatrixSetURI": SET_URI,
        "links": links,
    }
    if not whole:
        return data
    box = (await extents(visit, [layer])).get(layer.name)
    if box is not None:
        data["boundingBox"] = {"lowerLeft": list(box[:2]), "upperRight": list(box[2:]), "crs": CRS84}
    first, last = _zooms(layer)
    data["layers"] = [
        {
            "id": layer.name,
            "title": layer.title[language],
            "dataType": "vector",
            "geometryDimension": _DIMENSIONS.get(layer.geometry or ""),
            "minTileMatrix": str(first),
            "maxTileMatrix": str(last),
            "propertiesSchema": {"type": "object", "properties": _carried(visit, layer)},
        }
    ]
    return data


def _carried(visit: Visit, layer: Layer) -> dict[str, Any]:
    readable = visit.columns(layer)
    names = [name for name in (layer.tiles.columns if layer.tiles else ()) if name in readable]
    return {name: {"title": layer.columns[name].title[visit.language]} for name in names}


def _tiled(visit: Visit, name: str) -> Layer:
    layer = visit.layer(name, "features")
    if layer.tiles is None or layer.geometry is None:
        raise no_resource("collectionId", "该集合不提供瓦片。", "the collection has no tiles.")
    return layer


def _zooms(layer: Layer) -> tuple[int, int]:
    return (layer.tiles.min_zoom, layer.tiles.max_zoom) if layer.tiles else (0, 0)


def _check_place(layer: Layer, z: int, x: int, y: int) -> None:
    first, last = _zooms(layer)
    if not first <= z <= last:
        raise no_resource(
            "tileMatrix",
            f"该集合的瓦片级别为 {first} 至 {last}。",
            f"the tiles of this collection have the levels {first} to {last}.",
        )
    if x >= 2**z or y >= 2**z:
        raise no_resource(
            "tileRow" if y >= 2**z else "tileCol",
            "该瓦片不在矩阵集内。",
            "that tile lies outside of the tile matrix set.",
        )


def _check_set(name: str) -> None:
    if name != SET:
        raise no_resource("tileMatrixSetId", f"只提供 {SET}。", f"there is only {SET}.")


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise bad_value(name, f"{name} 须为非负整数。", f"{name} must be an integer of zero or more.")
    return int(text)
