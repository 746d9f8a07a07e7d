"""The pages about the service itself: landing page, conformance, OpenAPI, tile matrix sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from twin.ogc import parameters
from twin.ogc.answers import answer, document, page
from twin.ogc.conformance import CLASSES
from twin.ogc.door import CATALOGUE
from twin.ogc.links import HTML, JSON, OPENAPI, REL, address, forms, link
from twin.ogc.openapi import openapi
from twin.ogc.problems import no_resource
from twin.ogc.router import Router

if TYPE_CHECKING:
    from twin.ogc.door import Visit

router = Router()
FORMS = {"json": JSON, "html": HTML}
MATRIX_SETS = ("WebMercatorQuad",)


@router.get("")
@router.get("/")
async def landing(visit: Visit) -> Response:
    """The landing page as the hosted library composes it, with the links that hold for this service."""
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    base, language = visit.base, visit.language
    composed = await visit.door.host.page("landing", visit.view, base, language, "json")
    data = orjson.loads(composed)
    data["links"] = [
        *forms(base, {}, form, FORMS, language),
        link("service-desc", f"{base}/openapi", OPENAPI, "service-desc", language),
        link("service-doc", address(f"{base}/openapi", f="html"), HTML, "service-doc", language),
        link("conformance", f"{base}/conformance", JSON, "conformance", language),
        link("data", f"{base}/collections", JSON, "data", language),
        link(f"{REL}data", f"{base}/collections", JSON, "data", language),
        link(f"{REL}processes", f"{base}/processes", JSON, "processes", language),
        link(f"{REL}job-list", f"{base}/jobs", JSON, "jobs", language),
        link(f"{REL}tiling-schemes", f"{base}/tileMatrixSets", JSON, "tile_matrix_sets", language),
        link(f"{REL}ogc-catalog", f"{base}/collections/{CATALOGUE}", JSON, "catalogue", language),
    ]
    if form == "html":
        return await page(visit, "landing_page.html", data)
    return document(visit, data)


@router.get("/conformance")
async def conformance(visit: Visit) -> Response:
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    data = {"conformsTo": list(CLASSES)}
    if form == "html":
        return await page(visit, "conformance.html", data)
    return document(visit, data)


@router.get("/openapi")
async def definition(visit: Visit) -> Response:
    """The whole OpenAPI 3.0 document for what this actor sees; no reference leaves it."""
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, {"json": OPENAPI, "html": HTML})
    data = openapi(visit)
    if form == "html":
        return await page(visit, "openapi.html", data)
    return document(visit, data, OPENAPI, tagged=True)


@router.get("/tileMatrixSets")
async def tile_matrix_sets(visit: Visit) -> Response:
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    path = f"{visit.base}/tileMatrixSets"
    composed = await visit.door.host.page("tile_matrix_sets", visit.view, visit.base, visit.language, "json")
    data = orjson.loads(composed.replace(b"/TileMatrixSets/", b"/tileMatrixSets/"))
    data["tileMatrixSets"] = [one for one in data["tileMatrixSets"] if one["id"] in MATRIX_SETS]
    data["links"] = forms(path, {}, form, FORMS, visit.language)
    if form == "html":
        return await page(visit, "tilematrixsets/index.html", data)
    return document(visit, data)


@router.get("/tileMatrixSets/{name}")
async def tile_matrix_set(name: str, visit: Visit) -> Response:
    query = parameters.read(visit.request)
    form = parameters.form(visit.request, query, FORMS)
    if name not in MATRIX_SETS:
        known = ", ".join(MATRIX_SETS)
        raise no_resource(
            "tileMatrixSetId",
            f"没有这个瓦片矩阵集；可用：{known}。",
            f"no such tile matrix set; there is {known}.",
        )
    composed = await visit.door.host.page(
        "tile_matrix_set", visit.view, visit.base, visit.language, "json", name
    )
    if form == "html":
        return await page(visit, "tilematrixsets/tilematrixset.html", orjson.loads(composed))
    return answer(visit, composed, JSON, tagged=True)
