"""Queryables and schema of a collection (OGC API - Features 3 and 5), derived from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from twin.catalog.schema import DIALECT, json_schema
from twin.ogc import parameters
from twin.ogc.answers import document, page
from twin.ogc.door import CATALOGUE
from twin.ogc.links import HTML, SCHEMA
from twin.ogc.properties import fields, shown
from twin.ogc.router import Router
from twin.text import Text

if TYPE_CHECKING:
    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

router = Router()
FORMS = {"json": SCHEMA, "html": HTML}


@router.get("/collections/{name}/schema")
async def schema(name: str, visit: Visit) -> Response:
    """The JSON Schema of a feature: id, geometry and properties; of a coverage: its range."""
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    layer = visit.layer(name)
    data = _document(visit, layer, "schema") | {"properties": _properties(visit, layer)}
    return await _answer(visit, data, form, "collections/schema.html")


@router.get("/collections/{name}/queryables")
async def queryables(name: str, visit: Visit) -> Response:
    """The properties that ``filter`` and the query string may name."""
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    if name == CATALOGUE:
        data = _catalogue(visit)
    else:
        layer = visit.layer(name, "features", "records")
        known = fields(visit, layer)
        found = {key: one for key, one in _properties(visit, layer).items() if key in known}
        data = _document(visit, layer, "queryables") | {"properties": found, "additionalProperties": False}
    return await _answer(visit, data, form, "collections/queryables.html")


async def _answer(visit: Visit, data: dict[str, Any], form: str, template: str) -> Response:
    if form == "html":
        return await page(visit, template, data)
    return document(visit, data, SCHEMA, tagged=True)


def _document(visit: Visit, layer: Layer, what: str) -> dict[str, Any]:
    return {
        "$schema": DIALECT,
        "$id": f"{visit.base}/collections/{layer.name}/{what}",
        "type": "object",
        "title": layer.title[visit.language],
        "description": layer.description[visit.language],
    }


def _properties(visit: Visit, layer: Layer) -> dict[str, Any]:
    """What a feature shows, in the order of the catalogue; of a coverage, what its cells hold."""
    declared = json_schema(layer, visit.catalog, visit.language, visit.columns(layer))["properties"]
    if layer.kind == "coverage":
        return dict(declared)
    names = {"id", "geom", *shown(visit, layer)}
    return {name: one for name, one in declared.items() if name in names}


def _catalogue(visit: Visit) -> dict[str, Any]:
    words = {
        "q": Text("全文检索", "Words to look for"),
        "type": Text("类型", "Type"),
        "data_class": Text("数据类别", "Data class"),
    }
    return {
        "$schema": DIALECT,
        "$id": f"{visit.base}/collections/{CATALOGUE}/queryables",
        "type": "object",
        "title": Text("目录", "Catalogue")[visit.language],
        "properties": {name: {"type": "string", "title": one[visit.language]} for name, one in words.items()},
        "additionalProperties": False,
    }
