"""Links between the pages of the door, titled in the language of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from twin.text import Language, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
GEOJSON = "application/geo+json"
HTML = "text/html"
CSV = "text/csv"
FLATGEOBUF = "application/flatgeobuf"
SCHEMA = "application/schema+json"
MVT = "application/vnd.mapbox-vector-tile"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
GEOTIFF = "image/tiff; application=geotiff"
COVERAGEJSON = "application/prs.coverage+json"
PROBLEM = "application/problem+json"

REL = "http://www.opengis.net/def/rel/ogc/1.0/"

TITLES: dict[str, Text] = {
    "self": Text("本文档", "This document"),
    "alternate": Text("本文档的其他格式", "This document in another format"),
    "next": Text("下一页", "Next page"),
    "collection": Text("所属集合", "The collection"),
    "items": Text("要素", "Features"),
    "records": Text("目录记录", "Records"),
    "queryables": Text("可查询属性", "Queryables"),
    "schema": Text("属性模式", "Schema"),
    "tiles": Text("矢量瓦片", "Vector tiles"),
    "map_tiles": Text("地图瓦片", "Map tiles"),
    "tilejson": Text("TileJSON", "TileJSON"),
    "coverage": Text("栅格数据", "Coverage data"),
    "root": Text("服务首页", "Landing page"),
    "service-desc": Text("OpenAPI 接口描述", "OpenAPI definition"),
    "service-doc": Text("接口文档", "API documentation"),
    "conformance": Text("符合性声明", "Conformance"),
    "data": Text("集合", "Collections"),
    "processes": Text("模拟过程", "Processes"),
    "execute": Text("执行", "Execute"),
    "jobs": Text("任务", "Jobs"),
    "results": Text("结果", "Results"),
    "status": Text("任务状态", "Job status"),
    "tile_matrix_sets": Text("瓦片矩阵集", "Tile matrix sets"),
    "catalogue": Text("目录", "Catalogue"),
    "run": Text("运行记录", "Run"),
}


def link(rel: str, href: str, media: str, title: str, language: Language, **more: Any) -> dict[str, Any]:
    """One link; ``title`` is a key of ``TITLES``."""
    return {"rel": rel, "type": media, "title": TITLES[title][language], "href": href, **more}


def address(path: str, query: Mapping[str, str] | None = None, **more: str) -> str:
    """``path`` with a query string; ``more`` overrides what ``query`` holds."""
    joined = {**(query or {}), **more}
    return f"{path}?{urlencode(joined)}" if joined else path


def forms(
    path: str, query: Mapping[str, str], current: str, offered: Mapping[str, str], language: Language
) -> list[dict[str, Any]]:
    """``self`` for the format that was asked for, ``alternate`` for the others."""
    found = []
    for name, media in offered.items():
        rel = "self" if name == current else "alternate"
        found.append(link(rel, address(path, query, f=name), media, rel, language))
    return found
