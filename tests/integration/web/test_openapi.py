"""The OpenAPI document: whole, self-contained, true to the routes, in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.routing import Route

from twin.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.web.city import City

METHODS = {"get", "post", "put", "delete", "patch"}


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield path, method, item[method]


@pytest.fixture(scope="module", params=["zh", "en"])
def document(city: City, request: pytest.FixtureRequest) -> dict[str, Any]:
    answer = city.get(f"/openapi.json?lang={request.param}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/vnd.oai.openapi+json")
    found: dict[str, Any] = answer.json()
    return found


def test_every_reference_is_here(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/"), reference
        value = document
        for part in reference[2:].split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]


def test_every_operation_is_told_in_full(document: dict[str, Any]) -> None:
    ids = set()
    for path, method, operation in operations(document):
        place = f"{method} {path}"
        assert operation["summary"], place
        assert operation["operationId"] not in ids, place
        ids.add(operation["operationId"])
        assert operation["tags"], place
        names = {(p["name"], p["in"]) for p in operation.get("parameters", []) if "$ref" not in p}
        for name in re.findall(r"{(\w+)}", path):
            assert (name, "path") in names, place
        answers = operation["responses"]
        assert any(status.startswith(("2", "3")) for status in answers), place
        assert any(status.startswith("4") for status in answers), place


def test_own_operations_describe_their_parameters_and_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if path.startswith("/ogc"):
            continue
        place = f"{method} {path}"
        assert {"400", "401", "405", "500", "503"} <= set(operation["responses"]), place
        assert any(p["name"] == "lang" for p in operation["parameters"]), place
        for parameter in operation["parameters"]:
            assert parameter["description"], (place, parameter["name"])
            assert parameter["schema"], (place, parameter["name"])
        if method == "post":
            assert operation["requestBody"]["content"]["application/json"]["example"]


def test_texts_are_in_the_language(city: City) -> None:
    zh = city.get("/openapi.json?lang=zh").json()
    en = city.get("/openapi.json?lang=en").json()
    assert set(zh["paths"]) == set(en["paths"])
    for path, method, operation in operations(zh):
        if not path.startswith("/ogc"):
            assert not operation["summary"].isascii(), path
            assert en["paths"][path][method]["summary"].isascii(), path


def test_every_route_is_told_and_nothing_else(city: City, document: dict[str, Any]) -> None:
    app = create_app(city.settings, catalog=city.catalog)
    served = {
        route.path_format
        for route in app.routes
        if isinstance(route, Route) and not route.path.startswith(("/ogc", "/console"))
    } - {"/"}
    for router in app.router.routes:
        original = getattr(router, "original_router", None)
        for route in original.routes if original else ():
            if getattr(route, "include_in_schema", False) and not route.path.startswith("/ogc"):
                served.add(route.path)
    told = {path for path in document["paths"] if not path.startswith("/ogc")}
    assert told == served


def test_every_told_get_answers(city: City, document: dict[str, Any]) -> None:
    """With the examples of the document itself no operation is unknown and none fails."""
    for path, method, operation in operations(document):
        if method != "get" or path.startswith("/ogc") or path == "/ready":
            continue
        target, query = path, []
        for parameter in operation["parameters"]:
            if "example" not in parameter:
                continue
            if parameter["in"] == "path":
                target = target.replace(f"{{{parameter['name']}}}", str(parameter["example"]))
            elif parameter["in"] == "query" and parameter["name"] != "run":
                query.append(f"{parameter['name']}={parameter['example']}")
        answer = city.get(f"{target}?{'&'.join(query)}", "operator")
        allowed = set(operation["responses"]) | {"200"}
        assert str(answer.status_code) in allowed, (target, answer.text)
        assert answer.status_code in (200, 204, 404), (target, answer.text)
