"""The OpenAPI 3.0 document of the door, composed for what the actor sees: whole, and without a reference outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin import __version__
from twin.ogc.config import DESCRIPTION, TITLE
from twin.ogc.door import CATALOGUE
from twin.ogc.links import COVERAGEJSON, CSV, FLATGEOBUF, GEOJSON, GEOTIFF, HTML, JSON, MVT, OPENAPI, SCHEMA
from twin.ogc.openapi_parts import parameters, responses, schemas
from twin.text import Text

if TYPE_CHECKING:
    from twin.ogc.door import Visit
    from twin.text import Language

_FILTERS = ("bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs")
_PAGE = ("limit", "cursor", "sortby", "properties", "skipGeometry", "crs", "run", "asof")


def openapi(visit: Visit) -> dict[str, Any]:
    """The document for this visit: collection and process ids are those that exist for the actor."""
    language = visit.language
    return {
        "openapi": "3.0.3",
        "info": {
            "title": TITLE[language],
            "description": DESCRIPTION[language],
            "version": __version__,
            "contact": {"name": Text("部署方", "The operator")[language]},
            "license": {"name": Text("由部署方确定", "As the operator decides")[language]},
        },
        "servers": [{"url": visit.base}],
        "tags": [
            {"name": name} for name in ("server", "features", "tiles", "coverages", "records", "processes")
        ],
        "paths": {**_server(language), **_features(visit), **_rest(visit), **_processes(visit)},
        "components": {
            "parameters": parameters(language),
            "responses": responses(language),
            "schemas": schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "security": [{}, {"bearer": []}, {"key": []}],
    }


def operation(
    said: str,
    name: str,
    tag: str,
    media: dict[str, str],
    *names: str,
    inline: list[dict[str, Any]] | None = None,
    status: str = "200",
) -> dict[str, Any]:
    """One GET-like operation: ``media`` maps each media type to a schema's name, ``names`` are shared parameters."""
    return {
        "summary": said,
        "operationId": name,
        "tags": [tag],
        "parameters": [
            *(inline or []),
            *({"$ref": f"#/components/parameters/{one}"} for one in (*names, "lang")),
        ],
        "responses": {
            status: {
                "description": said,
                "content": {kind: {"schema": _schema(shape)} for kind, shape in media.items()},
            },
            "400": {"$ref": "#/components/responses/Refused"},
            "401": {"$ref": "#/components/responses/Refused"},
            "404": {"$ref": "#/components/responses/Refused"},
            "503": {"$ref": "#/components/responses/Refused"},
        },
    }


def _schema(name: str) -> dict[str, Any]:
    if name == "binary":
        return {"type": "string", "format": "binary"}
    if name == "text":
        return {"type": "string"}
    return {"$ref": f"#/components/schemas/{name}"}


def form(*names: str) -> dict[str, Any]:
    """The ``f`` parameter of one path."""
    return {
        "name": "f",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(names), "default": names[0]},
        "style": "form",
        "explode": False,
    }


def within(name: str, values: list[str] | None = None, kind: str = "string") -> dict[str, Any]:
    """A parameter of the path."""
    schema: dict[str, Any] = {"type": kind}
    if values:
        schema["enum"] = values
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _get(said: Text, language: Language, *rest: Any, **more: Any) -> dict[str, Any]:
    return {"get": operation(said[language], *rest, **more)}


def _server(language: Language) -> dict[str, Any]:
    pages = {JSON: "Document", HTML: "text"}
    both = [form("json", "html")]
    return {
        "/": _get(Text("服务首页", "Landing page"), language, "landing", "server", pages, inline=both),
        "/conformance": _get(
            Text("符合性声明", "Conformance"), language, "conformance", "server", pages, inline=both
        ),
        "/openapi": _get(
            Text("本接口描述", "This definition"),
            language,
            "openapi",
            "server",
            {OPENAPI: "Document", HTML: "text"},
            inline=both,
        ),
        "/collections": _get(
            Text("集合", "Collections"), language, "collections", "server", pages, inline=both
        ),
        "/tileMatrixSets": _get(
            Text("瓦片矩阵集", "Tile matrix sets"), language, "tileMatrixSets", "tiles", pages, inline=both
        ),
        "/tileMatrixSets/{tileMatrixSetId}": _get(
            Text("一个瓦片矩阵集", "One tile matrix set"),
            language,
            "tileMatrixSet",
            "tiles",
            pages,
            inline=[within("tileMatrixSetId", ["WebMercatorQuad"]), *both],
        ),
    }


def _features(visit: Visit) -> dict[str, Any]:
    language = visit.language
    rows = [layer.name for layer in visit.layers if layer.kind in ("features", "records")]
    every = within("collectionId", [*(layer.name for layer in visit.layers), CATALOGUE])
    one = within("collectionId", rows)
    free = {
        "name": "property",
        "in": "query",
        "description": Text("属性=值", "property=value")[language],
        "required": False,
        "style": "form",
        "explode": True,
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    both = form("json", "html")
    shape = {SCHEMA: "Document", HTML: "text"}
    return {
        "/collections/{collectionId}": _get(
            Text("一个集合", "One collection"),
            language,
            "collection",
            "server",
            {JSON: "Collection", HTML: "text"},
            inline=[every, both],
        ),
        "/collections/{collectionId}/queryables": _get(
            Text("可查询属性", "Queryables"),
            language,
            "queryables",
            "features",
            shape,
            inline=[within("collectionId", [*rows, CATALOGUE]), both],
        ),
        "/collections/{collectionId}/schema": _get(
            Text("属性模式", "Schema"),
            language,
            "schema",
            "features",
            shape,
            inline=[within("collectionId", [layer.name for layer in visit.layers]), both],
        ),
        "/collections/{collectionId}/items": _get(
            Text("要素", "Features"),
            language,
            "items",
            "features",
            {GEOJSON: "FeatureCollection", HTML: "text", CSV: "text", FLATGEOBUF: "binary"},
            *_PAGE,
            *_FILTERS,
            inline=[one, form("json", "html", "csv", "fgb"), free],
        ),
        "/collections/{collectionId}/items/{featureId}": _get(
            Text("一个要素", "One feature"),
            language,
            "item",
            "features",
            {GEOJSON: "Feature", HTML: "text"},
            "crs",
            "properties",
            "skipGeometry",
            "run",
            "asof",
            inline=[one, {**within("featureId"), "schema": {"type": "integer", "minimum": 1}}, both],
        ),
        f"/collections/{CATALOGUE}/items": _get(
            Text("目录记录", "Records of the catalogue"),
            language,
            "records",
            "records",
            {GEOJSON: "FeatureCollection", HTML: "text"},
            "limit",
            "cursor",
            "bbox",
            "q",
            "type",
            "ids",
            "data_class",
            inline=[both],
        ),
        f"/collections/{CATALOGUE}/items/{{recordId}}": _get(
            Text("一条记录", "One record"),
            language,
            "record",
            "records",
            {GEOJSON: "Feature", HTML: "text"},
            inline=[within("recordId", [layer.name for layer in visit.layers]), both],
        ),
    }


def _rest(visit: Visit) -> dict[str, Any]:
    language = visit.language
    tiled = [layer.name for layer in visit.layers if layer.tiles is not None and layer.geometry is not None]
    rasters = [layer.name for layer in visit.layers if layer.kind == "coverage"]
    one, sets = within("collectionId", tiled), within("tileMatrixSetId", ["WebMercatorQuad"])
    cells = [within(name, kind="integer") for name in ("tileMatrix", "tileRow", "tileCol")]
    place = "/collections/{collectionId}/tiles"
    return {
        place: _get(
            Text("瓦片集", "Tilesets"),
            language,
            "tilesets",
            "tiles",
            {JSON: "Document"},
            inline=[one, form("json")],
        ),
        f"{place}/{{tileMatrixSetId}}": _get(
            Text("一个瓦片集", "One tileset"),
            language,
            "tileset",
            "tiles",
            {JSON: "Document"},
            inline=[one, sets, form("json")],
        ),
        f"{place}/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            Text("一个瓦片；空瓦片为 204", "One tile; 204 when it is empty"),
            language,
            "tile",
            "tiles",
            {MVT: "binary"},
            "run",
            inline=[one, sets, *cells, form("mvt")],
        ),
        "/collections/{collectionId}/coverage": _get(
            Text("栅格数据", "Coverage"),
            language,
            "coverage",
            "coverages",
            {GEOTIFF: "binary", COVERAGEJSON: "Document"},
            "bbox",
            "bbox-crs",
            "subset",
            "datetime",
            "run",
            inline=[within("collectionId", rasters), form("GTiff", "json")],
        ),
    }


def _processes(visit: Visit) -> dict[str, Any]:
    language = visit.language
    both = form("json", "html")
    pages = {JSON: "Document", HTML: "text"}
    one, job = within("processId", list(visit.door.processes)), within("jobId")
    job["schema"] = {"type": "string", "format": "uuid"}
    status = {JSON: "StatusInfo", HTML: "text"}
    execution = operation(
        Text("执行；Prefer: respond-async 则异步", "Execute; asynchronously with Prefer: respond-async")[
            language
        ],
        "execute",
        "processes",
        {JSON: "StatusInfo"},
        inline=[one],
        status="201",
    )
    execution["requestBody"] = {"required": True, "content": {JSON: {"schema": _schema("Execute")}}}
    execution["responses"]["200"] = {
        "description": "results",
        "content": {JSON: {"schema": _schema("Document")}},
    }
    execution["responses"]["403"] = {"$ref": "#/components/responses/Refused"}
    dismiss = operation(
        Text("取消任务", "Dismiss the job")[language],
        "dismiss",
        "processes",
        {JSON: "StatusInfo"},
        inline=[job],
    )
    return {
        "/processes": _get(
            Text("模拟过程", "Processes"), language, "processes", "processes", pages, "limit", inline=[both]
        ),
        "/processes/{processId}": _get(
            Text("一个过程", "One process"), language, "process", "processes", pages, inline=[one, both]
        ),
        "/processes/{processId}/execution": {"post": execution},
        "/jobs": _get(
            Text("任务", "Jobs"),
            language,
            "jobs",
            "processes",
            pages,
            "limit",
            "cursor",
            "status",
            "processID",
            "type",
            inline=[both],
        ),
        "/jobs/{jobId}": _get(
            Text("任务状态", "Job status"), language, "job", "processes", status, inline=[job, both]
        )
        | {"delete": dismiss},
        "/jobs/{jobId}/results": _get(
            Text("任务结果", "Results of a job"),
            language,
            "results",
            "processes",
            {JSON: "Document"},
            "outputs",
            inline=[job, form("json")],
        ),
    }
