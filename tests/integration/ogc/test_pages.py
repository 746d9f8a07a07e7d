"""The pages around the data: landing, conformance, OpenAPI, collections, queryables, schema, catalogue, languages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ogc.conftest import PLOTS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

BASE = "http://localhost/ogc"


def get(door: TestClient, url: str, role: str = "anonymous", **query: str) -> Any:
    answer = door.get(url, params=query or None, headers={"x-role": role})
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


@pytest.mark.parametrize("role", ["anonymous", "operator"])
def test_every_link_of_every_page_leads_somewhere(door: TestClient, role: str) -> None:
    """From the landing page on, each link of ours is followed once; its type is the answer's."""
    waiting, seen = [BASE], set[str]()
    while waiting:
        target = waiting.pop()
        if target in seen or "{" in target or "/tiles/" in target.removeprefix(BASE)[:7]:
            continue
        seen.add(target)
        answer = door.get(target, headers={"x-role": role})
        assert answer.status_code in (200, 204), (target, answer.text[:200])
        if "json" in answer.headers["content-type"] and "openapi" not in target and len(seen) < 400:
            found = [one for one in links(answer.json()) if not one["rel"].endswith("/execute")]
            waiting += [one["href"] for one in found if one["href"].startswith(BASE)]
    assert len(seen) > 50


def links(document: Any) -> list[dict[str, Any]]:
    if isinstance(document, dict):
        own = document.get("links", []) if isinstance(document.get("links"), list) else []
        nested = [one for value in document.values() for one in links(value)]
        return [*own, *nested] if own else nested
    if isinstance(document, list):
        return [one for value in document[:3] for one in links(value)]
    return []


def test_landing(door: TestClient) -> None:
    page = get(door, "/ogc")
    rels = {one["rel"] for one in page["links"]}
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= rels
    assert "service.invalid" not in json.dumps(page)
    assert get(door, "/ogc/")["title"] == page["title"]


def test_a_collection_describes_its_layer(door: TestClient, city: City) -> None:
    one = get(door, "/ogc/collections/plot", lang="en")
    assert one["title"] == "Trial plot"
    assert one["itemType"] == "feature"
    assert one["itemCount"] == PLOTS
    assert one["storageCrs"] == "http://www.opengis.net/def/crs/EPSG/0/4547"
    assert one["crs"][0] == "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
    west, south, east, north = one["extent"]["spatial"]["bbox"][0]
    row = city.ask(
        "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM "
        "(SELECT ST_Extent(ST_Transform(geom, 4326)) AS b FROM city.plot) AS t"
    )[0]
    assert (west, south, east, north) == pytest.approx(row, abs=2e-5)
    rels = {(link["rel"].rpartition("/")[2], link["type"]) for link in one["links"]}
    for rel, media in (
        ("items", "application/geo+json"),
        ("schema", "application/schema+json"),
        ("queryables", "application/schema+json"),
        ("tilesets-vector", "application/json"),
    ):
        assert (rel, media) in rels


def test_languages(door: TestClient) -> None:
    for header, title in (
        ("zh-CN", "试验地块"),
        ("zh-TW,en;q=0.5", "试验地块"),
        ("en-GB", "Trial plot"),
        ("fr", "试验地块"),
    ):
        answer = door.get("/ogc/collections/plot", headers={"accept-language": header})
        assert answer.json()["title"] == title
        assert answer.headers["content-language"] == ("en" if title == "Trial plot" else "zh")
    assert get(door, "/ogc/collections/plot", lang="zh-Hans")["title"] == "试验地块"


@pytest.mark.parametrize(
    "path",
    ["", "/conformance", "/openapi", "/collections", "/collections/plot", "/collections/plot/queryables",
     "/collections/plot/schema", "/collections/plot/items", "/collections/catalogue/items", "/collections/catalogue",
     "/tileMatrixSets", "/tileMatrixSets/WebMercatorQuad", "/processes", "/jobs", "/collections/height_map"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_as_html_need_nothing_from_elsewhere(door: TestClient, path: str, language: str) -> None:
    answer = door.get(f"/ogc{path}", params={"f": "html", "lang": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in answer.text
    assert "<script" not in answer.text
    for part in answer.text.split('"'):
        assert not part.startswith("http") or part.startswith(
            ("http://localhost/", "http://www.opengis.net/")
        ), part


def test_queryables_and_schema_come_from_the_catalogue(door: TestClient) -> None:
    found = get(door, "/ogc/collections/plot/queryables", lang="en")
    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert found["properties"]["height"]["title"] == "Height"
    assert found["properties"]["height"]["x-unit"] == "m"
    assert found["properties"]["geom"]["format"] == "geometry-polygon"
    assert found["properties"]["built"]["format"] == "date"
    assert "owner_name" not in found["properties"]
    assert "owner_name" in get(door, "/ogc/collections/plot/queryables", "operator")["properties"]
    schema = get(door, "/ogc/collections/plot/schema")
    assert schema["properties"]["geom"]["x-ogc-role"] == "primary-geometry"
    assert schema["properties"]["id"]["x-ogc-role"] == "id"
    shown = get(door, "/ogc/collections/plot/items", limit="1")["features"][0]["properties"]
    assert set(shown) == set(schema["properties"]) - {"id", "geom"}
    land = get(door, "/ogc/collections/land_use/queryables", lang="zh")["properties"]["land_use"]
    assert "0701" in land["enum"]
    assert land["x-enum-titles"]["0701"]


def test_every_queryable_can_be_filtered_by(door: TestClient) -> None:
    values = {"string": "'x'", "integer": "1", "number": "1.5", "boolean": "TRUE"}
    for collection in get(door, "/ogc/collections", "operator")["collections"]:
        if collection["itemType"] != "feature":
            continue
        found = get(door, f"/ogc/collections/{collection['id']}/queryables", "operator")
        for name, one in found["properties"].items():
            value = {"date": "DATE('2020-01-01')", "date-time": "TIMESTAMP('2020-01-01T00:00:00Z')"}.get(
                one.get("format", ""), values.get(one.get("type", ""), "")
            )
            text = f"{name} = {value}" if value else f"S_INTERSECTS({name}, POINT(114 23))"
            get(door, f"/ogc/collections/{collection['id']}/items", "operator", filter=text, limit="1")


def test_openapi_is_whole_and_true(door: TestClient) -> None:
    document = get(door, "/ogc/openapi", "operator")
    assert document["openapi"].startswith("3.0")
    limit = document["components"]["parameters"]["limit"]["schema"]
    assert (limit["default"], limit["maximum"]) == (100, 10000)
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
    for reference in references:
        assert reference.startswith("#/"), reference
        target = document
        for part in reference[2:].split("/"):
            target = target[part]
    assert "http" not in text.replace("http://localhost", "").replace('"http"', "")
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    fill = {
        "tileMatrixSetId": "WebMercatorQuad", "tileMatrix": "8", "tileRow": "0", "tileCol": "0", "featureId": "1",
        "processId": get(door, "/ogc/processes")["processes"][0]["id"], "recordId": "plot",
    }  # fmt: skip
    for path in document["paths"]:
        target = path.replace("{collectionId}", "height_map" if path.endswith("coverage") else "plot")
        for name, value in fill.items():
            target = target.replace(f"{{{name}}}", value)
        if "{jobId}" in target or "execution" in target:
            continue
        answer = door.get(f"/ogc{target}", headers={"x-role": "operator"})
        assert answer.status_code in (200, 204), (target, answer.text[:200])


def test_openapi_is_valid(door: TestClient) -> None:
    from pathlib import Path

    import jsonschema
    import pygeoapi

    rules = Path(pygeoapi.__file__).parent / "resources" / "schemas" / "openapi" / "openapi-3.0.x.json"
    jsonschema.validate(get(door, "/ogc/openapi"), json.loads(rules.read_text()))


def test_the_catalogue_holds_one_record_a_layer(door: TestClient, city: City) -> None:
    path = "/ogc/collections/catalogue/items"
    found = get(door, path, "operator", limit="1000")
    assert {one["id"] for one in found["features"]} == set(city.catalog.layers)
    one = get(door, f"{path}/plot", lang="en")
    assert one["properties"]["title"] == "Trial plot"
    assert one["properties"]["type"] == "dataset"
    assert one["geometry"]["type"] == "Polygon"
    assert {one["id"] for one in get(door, path, q="试验 地块")["features"]} == {"plot"}
    assert {one["id"] for one in get(door, path, q="trial plot")["features"]} == {"plot"}
    assert get(door, path, q="zzzz")["numberMatched"] == 0
    near = {one["id"] for one in get(door, path, bbox="113.9,23,114.1,23.2")["features"]}
    assert near == {"plot", "height_map"}
    assert get(door, path, bbox="0,0,1,1")["numberMatched"] == 0
    first = get(door, path, "operator", limit="4")
    following = next(one["href"] for one in first["links"] if one["rel"] == "next")
    second = get(door, following, "operator")
    assert not {one["id"] for one in first["features"]} & {one["id"] for one in second["features"]}


def test_pages_that_stay_the_same_say_so(door: TestClient) -> None:
    for path in ("/ogc/collections/plot", "/ogc/collections/plot/queryables", "/ogc/openapi"):
        first = door.get(path)
        again = door.get(path, headers={"if-none-match": first.headers["etag"]})
        assert again.status_code == 304
