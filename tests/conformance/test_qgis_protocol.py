"""The requests that QGIS 3.22 to 4.0 sends when a layer is added, browsed and filtered, replayed as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.ogc.conftest import PLOTS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

ACCEPT = "application/json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0"
SCHEMA = "application/schema+json"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
CLASSES = "http://www.opengis.net/spec/"


def get(door: TestClient, url: str, accept: str = ACCEPT) -> Any:
    answer = door.get(url, headers={"accept": accept})
    assert answer.status_code == 200, answer.text[:300]
    return answer.json()


def find(links: list[dict[str, Any]], rel: str, media: str | None = None) -> str:
    return next(one["href"] for one in links if one["rel"] == rel and media in (None, one["type"]))


def test_adding_a_layer(door: TestClient) -> None:
    """landing -> service-desc -> collection -> conformance, queryables, schema -> items?limit=10."""
    landing = get(door, "/ogc")
    api = get(door, find(landing["links"], "service-desc"), OPENAPI)
    limit = api["components"]["parameters"]["limit"]["schema"]
    assert min(max(1000, limit["default"]), limit["maximum"]) == 1000
    collections = get(door, find(landing["links"], "data"))
    plot = next(one for one in collections["collections"] if one["id"] == "plot")
    assert {"id", "title", "description", "extent", "links", "crs", "storageCrs", "itemCount"} <= set(plot)
    assert plot["itemCount"] == PLOTS
    get(door, find(landing["links"], "conformance"))
    one = get(door, "/ogc/collections/plot")
    schema = get(door, find(one["links"], f"{REL}schema", SCHEMA), SCHEMA)
    roles = {said["x-ogc-role"]: name for name, said in schema["properties"].items() if "x-ogc-role" in said}
    assert roles["primary-geometry"] == "geom"
    queryables = get(door, find(one["links"], f"{REL}queryables", SCHEMA), SCHEMA)
    assert any(said.get("format", "").startswith("geometry-") for said in queryables["properties"].values())
    items = find(one["links"], "items", "application/geo+json")
    page = get(door, f"{items}&limit=10", "application/geo+json, application/json")
    assert isinstance(page["numberMatched"], int)
    assert page["numberMatched"] < 2**31


def test_the_classes_that_switch_push_down_on(door: TestClient) -> None:
    declared = set(get(door, "/ogc/conformance")["conformsTo"])
    for name in (
        "ogcapi-features-1/1.0/conf/core", "ogcapi-features-2/1.0/conf/crs", "ogcapi-features-3/1.0/conf/filter",
        "ogcapi-features-3/1.0/conf/features-filter", "ogcapi-features-5/1.0/conf/schemas", "cql2/1.0/conf/cql2-text",
        "cql2/1.0/conf/basic-cql2", "cql2/1.0/conf/advanced-comparison-operators",
        "cql2/1.0/conf/case-insensitive-comparison", "cql2/1.0/conf/basic-spatial-operators",
    ):  # fmt: skip
        assert CLASSES + name in declared


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("(code = 'P0007')", "code = 'P0007'"),
        ("(\"owner\" = 'x')", None),
        ("(NOT (floors = 3))", "NOT (floors = 3)"),
        ("((floors = 3) OR (height > 90))", "floors = 3 OR height > 90"),
        ("((floors = 3) AND (height > 20))", "floors = 3 AND height > 20"),
        ("(name IN ('Market','100%_real'))", "name IN ('Market','100%%_real')"),
        ("(name NOT IN ('Market'))", "name NOT IN ('Market')"),
        ("(name LIKE 'Mar%')", "name LIKE 'Mar%%'"),
        ("(CASEI(name) LIKE CASEI('MAR%'))", "name ILIKE 'mar%%'"),
        ("(height BETWEEN 10 AND 40)", "height BETWEEN 10 AND 40"),
        ("(height NOT BETWEEN 10 AND 40)", "height NOT BETWEEN 10 AND 40"),
        ("(name IS NULL)", "name IS NULL"),
        ("(name IS NOT NULL)", "name IS NOT NULL"),
        ("(gate = TRUE)", "gate"),
        ("(seen = TIMESTAMP('2024-01-02T08:00:00Z'))", "seen = '2024-01-02T08:00:00Z'"),
        ("(built < DATE('2010-01-01'))", "built < '2010-01-01'"),
        ('("valid_from" IS NULL)', "valid_from IS NULL"),
        ("(floors <> 3)", "floors <> 3"),
    ],
)
def test_filters_as_qgis_writes_them(door: TestClient, city: City, text: str, condition: str | None) -> None:
    query = {"limit": "1000", "filter": text, "filter-lang": "cql2-text"}
    answer = door.get("/ogc/collections/plot/items", params=query)
    if condition is None:
        assert answer.status_code == 400
        return
    assert answer.status_code == 200, answer.text
    expected = {row[0] for row in city.ask(f"SELECT id FROM city.plot WHERE {condition.replace('%%', '%')}")}
    assert {one["id"] for one in answer.json()["features"]} == expected


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "113.99,23.11,114.005,23.125"),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "23.11,113.99,23.125,114.005"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "23.11,113.99,23.125,114.005"),
    ],
)
def test_windows_and_spatial_filters_in_authority_order(
    door: TestClient, city: City, crs: str, box: str
) -> None:
    """Newer QGIS inverts the box for 4326, 4490 and 45xx."""
    rows = city.ask(
        "SELECT id FROM city.plot WHERE ST_Intersects(ST_Transform(geom, 4326),"
        " ST_MakeEnvelope(113.99, 23.11, 114.005, 23.125, 4326))"
    )
    expected = {row[0] for row in rows}
    assert expected
    window = {"bbox": box, "bbox-crs": crs, "crs": crs, "limit": "1000"}
    spatial = {
        "filter": f"S_INTERSECTS(geom,BBOX({box}))", "filter-lang": "cql2-text", "filter-crs": crs, "crs": crs, "limit": "1000",
    }  # fmt: skip
    for query in (window, spatial):
        answer = door.get("/ogc/collections/plot/items", params=query)
        assert {one["id"] for one in answer.json()["features"]} == expected


def test_pages_follow_by_the_next_link(door: TestClient) -> None:
    target: str | None = "/ogc/collections/plot/items?limit=150&bbox=113.9,23.0,114.1,23.3"
    ids: list[int] = []
    pages = 0
    while target and pages < 9:
        page = get(door, target, "application/geo+json")
        ids += [one["id"] for one in page["features"]]
        target = next(
            (
                one["href"]
                for one in page["links"]
                if one["rel"] == "next" and one["type"] == "application/geo+json"
            ),
            None,
        )
        pages += 1
    assert pages == 3
    assert len(ids) == len(set(ids)) == PLOTS


def test_nothing_can_be_edited_and_the_client_is_told(door: TestClient) -> None:
    answer = door.options("/ogc/collections/plot/items")
    assert answer.status_code in (200, 204, 405)
    assert "POST" not in answer.headers.get("allow", "")
