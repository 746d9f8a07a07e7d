"""Collections: the layers that exist for the actor, described (OGC API - Features 1 and 2, Common 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from twin.ogc import parameters
from twin.ogc.answers import document, page
from twin.ogc.door import CATALOGUE
from twin.ogc.links import (
    COVERAGEJSON,
    CSV,
    FLATGEOBUF,
    GEOJSON,
    GEOTIFF,
    HTML,
    JSON,
    REL,
    SCHEMA,
    address,
    forms,
    link,
)
from twin.ogc.reference import CRS84, offered, uri
from twin.ogc.router import Router
from twin.store import artifacts, features
from twin.store.queryfile import query
from twin.store.statement import Query
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from psycopg import AsyncConnection

    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

    type Extent = tuple[float, float, float, float]

router = Router()


@dataclass(frozen=True, slots=True)
class Holding:
    """What a layer holds: its bounds in degrees (west, south, east, north), the number of its features, and the first
    and last moment of its rasters where these have a time."""

    extent: Extent | None
    count: int | None
    period: tuple[datetime, datetime] | None = None


FORMS = {"json": JSON, "html": HTML}
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
_CATALOGUE = Text("目录", "Catalogue")
_CATALOGUE_SAYS = Text(
    "每个可见图层一条记录：名称、说明、来源标准、维护单位与访问方式。",
    "One record for each visible layer: title, description, standard, steward and how to reach it.",
)


@router.get("/collections")
async def collections(visit: Visit) -> Response:
    asked = parameters.read(visit.request)
    form = parameters.form(visit.request, asked, FORMS)
    layers = visit.layers
    held = await holdings(visit, layers)
    listed = [describe(visit, layer, held.get(layer.name)) for layer in layers]
    path = f"{visit.base}/collections"
    data = {
        "collections": [*listed, _catalogue(visit)],
        "links": forms(path, {}, form, FORMS, visit.language),
    }
    if form == "html":
        return await page(visit, "collections/index.html", data)
    return document(visit, data, tagged=True)


@router.get("/collections/{name}")
async def collection(name: str, visit: Visit) -> Response:
    asked = parameters.read(visit.request)
    form = parameters.form(visit.request, asked, FORMS)
    if name == CATALOGUE:
        data = _catalogue(visit)
    else:
        layer = visit.layer(name)
        data = describe(visit, layer, (await holdings(visit, [layer])).get(name), form)
    if form == "html":
        return await page(visit, "collections/collection.html", data)
    return document(visit, data, tagged=True)


def describe(visit: Visit, layer: Layer, held: Holding | None, form: str = "json") -> dict[str, Any]:
    """The collection document of a layer."""
    data: dict[str, Any] = {
        "id": layer.name,
        "title": layer.title[visit.language],
        "description": layer.description[visit.language],
        "keywords": [layer.data_class],
    }
    if held is not None and held.extent is not None:
        data["extent"] = {"spatial": {"bbox": [list(held.extent)], "crs": CRS84}}
        if held.period is not None:
            data["extent"]["temporal"] = {"interval": [list(held.period)], "trs": GREGORIAN}
    data["itemType"] = "coverage" if layer.kind == "coverage" else "feature"
    data |= {"storageCrs": uri(visit.store.srid), "crs": offered(visit.store.srid)}
    if layer.kind in ("features", "records"):
        data["itemCount"] = held.count if held is not None else 0
    data["links"] = _links(visit, layer, form)
    return data


async def extents(visit: Visit, layers: Iterable[Layer]) -> dict[str, Extent]:
    """Longitude and latitude bounds of those layers that hold anything."""
    return {
        name: one.extent for name, one in (await holdings(visit, layers)).items() if one.extent is not None
    }


async def holdings(visit: Visit, layers: Iterable[Layer]) -> dict[str, Holding]:
    """Where each layer lies and how many features it holds for this actor."""
    asked = {layer.name: layer for layer in layers}
    names = {"layers": list(asked)}
    found: dict[str, Holding] = {}
    async with visit.store.transaction(visit.actor) as conn:
        for name, rows, *box in await (await conn.execute(query("ogc", "places"), names)).fetchall():
            if asked[name].kind in ("features", "records"):
                found[name] = Holding(_extent(box), int(rows))
        for name, *box in await (await conn.execute(query("ogc", "rasters"), names)).fetchall():
            found[name] = Holding(_extent(box), None, await _period(conn, asked[name]))
        for name, one in list(found.items()):
            if asked[name].is_result and one.count is not None:
                newest, _ = await features.acount(conn, Query(layer=asked[name]))
                found[name] = Holding(one.extent, newest)
    return found


async def _period(conn: AsyncConnection[Any], layer: Layer) -> tuple[datetime, datetime] | None:
    if layer.raster is None or not layer.raster.time:
        return None
    moments = [one.valid_from for one in await artifacts.abetween(conn, layer, None, None) if one.valid_from]
    return (moments[0], moments[-1]) if moments else None


def _extent(box: list[Any]) -> Extent | None:
    west, south, east, north = box
    return None if west is None else (west, south, east, north)


def _links(visit: Visit, layer: Layer, form: str) -> list[dict[str, Any]]:
    language = visit.language
    path = f"{visit.base}/collections/{layer.name}"
    links = forms(path, {}, form, FORMS, language)
    links.append(link("root", visit.base, JSON, "root", language))
    links.append(link(f"{REL}schema", address(f"{path}/schema", f="json"), SCHEMA, "schema", language))
    tilejson = f"{visit.request.base_url!s}tiles/{layer.name}.json"
    if layer.kind == "coverage":
        for name, media in (("GTiff", GEOTIFF), ("json", COVERAGEJSON)):
            links.append(
                link(f"{REL}coverage", address(f"{path}/coverage", f=name), media, "coverage", language)
            )
        links.append(link("tilejson", tilejson, JSON, "map_tiles", language))
        return links
    for name, media in (("json", GEOJSON), ("html", HTML), ("csv", CSV), ("fgb", FLATGEOBUF)):
        links.append(link("items", address(f"{path}/items", f=name), media, "items", language))
    links.append(
        link(f"{REL}queryables", address(f"{path}/queryables", f="json"), SCHEMA, "queryables", language)
    )
    if layer.tiles is not None and layer.geometry is not None:
        links.append(
            link(f"{REL}tilesets-vector", address(f"{path}/tiles", f="json"), JSON, "tiles", language)
        )
        links.append(link("tilejson", tilejson, JSON, "tilejson", language))
    return links


def _catalogue(visit: Visit) -> dict[str, Any]:
    language = visit.language
    path = f"{visit.base}/collections/{CATALOGUE}"
    return {
        "id": CATALOGUE,
        "title": _CATALOGUE[language],
        "description": _CATALOGUE_SAYS[language],
        "itemType": "record",
        "links": [
            *forms(path, {}, "json", FORMS, language),
            link("items", address(f"{path}/items", f="json"), GEOJSON, "records", language),
            link("items", address(f"{path}/items", f="html"), HTML, "records", language),
            link(f"{REL}queryables", f"{path}/queryables", SCHEMA, "queryables", language),
        ],
    }
