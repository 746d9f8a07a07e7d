"""``/openapi.json``: one whole document of every door, in the language asked for, without remote references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.openapi.utils import get_openapi

from twin import __version__
from twin.text import Text
from twin.web.problems import TITLES
from twin.web.told import About, Plain, parameter, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI

    from twin.text import Language

Json = dict[str, Any]
TITLE = Text("城市信息模型服务", "City information model service")
INTRODUCTION = Text(
    "城市的名词（图层）与动词（过程）：地图瓦片、模拟与运行；OGC API 见 /ogc。每个错误都是 problem+json，"
    "带稳定代码 TWIN-nnn。未知参数一律拒绝。",
    "The nouns (layers) and verbs (processes) of a city: map tiles, simulations and runs; the OGC APIs are under "
    "/ogc. Every error is problem+json with a stable code TWIN-nnn. Unknown parameters are refused.",
)
TAGS: dict[str, Text] = {
    "layers": Text("图层目录", "The catalogue of layers"),
    "tiles": Text("瓦片与样式", "Tiles and style"),
    "coverages": Text("栅格下载与查值", "Rasters: download and values"),
    "simulations": Text("模拟过程", "Processes"),
    "runs": Text("运行", "Runs"),
    "service": Text("服务自身", "The service itself"),
}
# What any address may answer with.
ALWAYS = (400, 401, 405, 414, 421, 431, 500, 503)
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
KEYS: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "twin_<id>_<secret>"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
PROBLEM: Json = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "pattern": "^TWIN-[0-9]{3}$"},
        "instance": {"type": "string"},
        "parameter": {"type": "string"},
        "problems": {"type": "array", "items": {"type": "object"}},
    },
}


def document(app: FastAPI, language: Language, bodies: Mapping[str, Json], plain: Iterable[Plain]) -> Json:
    """The whole document. ``bodies``: an example of the request body for each name that an operation refers to;
    ``plain``: the addresses that the framework does not know."""
    found = get_openapi(
        title=TITLE[language],
        version=__version__,
        description=INTRODUCTION[language],
        tags=[{"name": name, "description": text[language]} for name, text in TAGS.items()],
        routes=app.routes,
    )
    for path, item in found["paths"].items():
        for method in METHODS & item.keys():
            about = told(item[method])
            if about is not None:
                item[method] = _operation(item[method], about, path, method, language, bodies)
    for entry in plain:
        operation = _operation(entry.operation(), entry.about, entry.path, "get", language, bodies)
        found["paths"].setdefault(entry.path, {})["get"] = operation
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = _problem_responses(language)
    components["securitySchemes"] = KEYS
    found["security"] = [{}, {"bearer": []}, {"apiKey": []}]
    _drop_unused(components)
    return found


def _operation(
    given: Json, about: About, path: str, method: str, language: Language, bodies: Mapping[str, Json]
) -> Json:
    said = about.operation(language)
    for status in sorted({*ALWAYS, *about.problems}):
        said["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    parameters = [_described(entry, language) for entry in given.get("parameters", [])]
    parameters += [parameter(name, "header", {"type": "string"}, language) for name in about.headers]
    parameters.append(parameter("lang", "query", {"type": "string", "enum": ["zh", "en"]}, language))
    said["operationId"] = _operation_id(method, path)
    said["parameters"] = parameters
    if about.body is not None:
        example = bodies.get(about.body)
        content = {"schema": {"type": "object"}} | ({} if example is None else {"example": example})
        said["requestBody"] = {"required": True, "content": {"application/json": content}}
    return said


def _operation_id(method: str, path: str) -> str:
    words = path.replace("{", "").replace("}", "").replace(".", "/").split("/")
    return ".".join([method, *(word for word in words if word)])


def _described(entry: Json, language: Language) -> Json:
    schema = {key: value for key, value in entry["schema"].items() if key != "title"}
    return parameter(entry["name"], entry["in"], _without_null(schema), language)


def _without_null(schema: Json) -> Json:
    """An optional parameter is left out, never null: ``anyOf [T, null]`` as T."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    return dict(options[0]) if len(options) == 1 else schema


def _problem_responses(language: Language) -> Json:
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema}}
    return {
        f"Problem{status}": {"description": text[language], "content": content}
        for status, text in TITLES.items()
    }


def _drop_unused(components: Json) -> None:
    """The framework's own error schemas describe answers that this service never gives."""
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
