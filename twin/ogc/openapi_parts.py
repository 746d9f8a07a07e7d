"""The shared parts of the OpenAPI document: parameters, refusals, shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.ogc.filter.tree import MAX_BYTES
from twin.ogc.links import PROBLEM
from twin.ogc.parameters import DEFAULT_LIMIT, MAX_LIMIT
from twin.text import Text

if TYPE_CHECKING:
    from twin.text import Language

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_NAMES: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_URI: dict[str, Any] = {"type": "string", "format": "uri"}

_PARAMETERS: dict[str, tuple[Text, dict[str, Any]]] = {
    "lang": (Text("语言", "Language"), {"type": "string", "enum": ["zh", "en"]}),
    # The name and place in which map clients look for the size of a page.
    "limit": (
        Text("每页数量", "Items on a page"),
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "cursor": (Text("下一页的游标，取自 next 链接", "Cursor of the next page, from its link"), _TEXT),
    "sortby": (Text("排序：a,-b", "Order: a,-b"), _NAMES),
    "properties": (Text("只要这些属性", "Only these properties"), _NAMES),
    "skipGeometry": (Text("不要几何", "Leave the geometry out"), {"type": "boolean", "default": False}),
    "crs": (Text("返回坐标系", "CRS of the answer"), _URI),
    "bbox": (Text("范围：西,南,东,北", "Box: west,south,east,north"), _NUMBERS),
    "bbox-crs": (Text("bbox 的坐标系", "CRS of bbox"), _URI),
    "datetime": (Text("有效时间：时刻或 起/止", "Valid time: a moment or start/end"), _TEXT),
    "filter": (Text("CQL2 过滤表达式", "CQL2 filter"), {"type": "string", "maxLength": MAX_BYTES}),
    "filter-lang": (
        Text("过滤语言", "Language of the filter"),
        {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"},
    ),
    "filter-crs": (Text("过滤中几何的坐标系", "CRS of geometries in the filter"), _URI),
    "run": (Text("模拟运行编号", "Id of a run"), {"type": "string", "format": "uuid"}),
    "asof": (
        Text("当时的数据（事务时间）", "The data as recorded then"),
        {"type": "string", "format": "date-time"},
    ),
    "subset": (Text("窗口：E(低:高),N(低:高)", "Window: E(low:high),N(low:high)"), _TEXT),
    "q": (Text("检索词", "Words to look for"), _TEXT),
    "type": (Text("类型", "Type"), _TEXT),
    "ids": (Text("编号", "Ids"), _NAMES),
    "data_class": (Text("数据类别", "Data class"), _TEXT),
    "status": (
        Text("任务状态", "State of jobs"),
        {"type": "string", "enum": ["accepted", "running", "successful", "failed", "dismissed"]},
    ),
    "processID": (Text("过程", "Process"), _TEXT),
    "outputs": (Text("只要这些输出", "Only these outputs"), _NAMES),
}


def parameters(language: Language) -> dict[str, Any]:
    """Query parameters by name."""
    return {
        name: {
            "name": name,
            "in": "query",
            "description": said[language],
            "required": False,
            "schema": schema,
            "style": "form",
            "explode": False,
        }
        for name, (said, schema) in _PARAMETERS.items()
    }


def responses(language: Language) -> dict[str, Any]:
    return {
        "Refused": {
            "description": Text("问题说明（RFC 9457）", "A problem document (RFC 9457)")[language],
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }


def schemas() -> dict[str, Any]:
    links = {"type": "array", "items": {"$ref": "#/components/schemas/Link"}}
    moment = {"type": "string", "format": "date-time"}
    feature = {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            "geometry": {"type": "object", "nullable": True},
            "properties": {"type": "object", "nullable": True},
            "links": links,
        },
    }
    return {
        "Document": {"type": "object"},
        "Link": {
            "type": "object",
            "required": ["href"],
            "properties": {name: {"type": "string"} for name in ("href", "rel", "type", "title", "hreflang")},
        },
        "Collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {
                "id": {"type": "string"},
                "title": {"type": "string"},
                "description": {"type": "string"},
                "extent": {"type": "object"},
                "itemType": {"type": "string"},
                "itemCount": {"type": "integer"},
                "crs": {"type": "array", "items": {"type": "string"}},
                "storageCrs": {"type": "string"},
                "links": links,
            },
        },
        "Feature": feature,
        "FeatureCollection": {
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/Feature"}},
                "links": links,
                "timeStamp": moment,
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
            },
        },
        "Execute": {
            "type": "object",
            "properties": {
                "inputs": {"type": "object", "additionalProperties": True},
                "outputs": {"type": "object", "additionalProperties": True},
                "response": {"type": "string", "enum": ["document", "raw"], "default": "document"},
            },
            "additionalProperties": False,
        },
        "StatusInfo": {
            "type": "object",
            "required": ["jobID", "status", "type"],
            "properties": {
                "jobID": {"type": "string", "format": "uuid"},
                "processID": {"type": "string"},
                "type": {"type": "string", "enum": ["process"]},
                "status": {
                    "type": "string",
                    "enum": ["accepted", "running", "successful", "failed", "dismissed"],
                },
                "message": {"type": "string"},
                "progress": {"type": "integer", "minimum": 0, "maximum": 100},
                **dict.fromkeys(("created", "started", "finished", "updated"), moment),
                "links": links,
            },
        },
        "Problem": {
            "type": "object",
            "properties": {
                "type": {"type": "string"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"type": "string"},
                "parameter": {"type": "string"},
            },
        },
    }
