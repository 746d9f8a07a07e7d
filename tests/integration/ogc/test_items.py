"""Features: what a page of items holds, how pages follow each other, what one item says."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas
import pandas
import pytest
import shapely

from tests.integration.ogc.conftest import PLOTS, plot

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

ITEMS = "/ogc/collections/plot/items"


def get(door: TestClient, url: str, role: str = "anonymous", **query: Any) -> Any:
    answer = door.get(url, params=query or None, headers={"x-role": role})
    assert answer.status_code == 200, answer.text
    return answer.json()


def link(document: dict[str, Any], rel: str) -> str | None:
    return next((one["href"] for one in document["links"] if one["rel"] == rel), None)


def walk(door: TestClient, url: str) -> list[dict[str, Any]]:
    """Every feature by following ``next``."""
    found: list[dict[str, Any]] = []
    target: str | None = url
    while target:
        page = get(door, target)
        found += page["features"]
        assert page["numberReturned"] == len(page["features"])
        assert len(found) <= 2 * PLOTS, "the pages go round in circles"
        target = link(page, "next")
    return found


def test_a_page_says_what_it_is(door: TestClient) -> None:
    answer = door.get(ITEMS, params={"limit": 10})
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-crs"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    page = answer.json()
    assert page["type"] == "FeatureCollection"
    assert (page["numberMatched"], page["numberReturned"]) == (PLOTS, 10)
    assert page["timeStamp"].endswith("Z")
    first = page["features"][0]
    assert first["type"] == "Feature"
    assert isinstance(first["id"], int)
    assert first["geometry"]["type"] == "Polygon"
    assert list(first["properties"]) == [
        "code", "name", "height", "floors", "gate", "built", "seen", "valid_from", "valid_to",
    ]  # fmt: skip
    lon, lat = first["geometry"]["coordinates"][0][0]
    assert 113 < lon < 115
    assert 22 < lat < 24
    for rel, media in (
        ("self", "application/geo+json"),
        ("next", "application/geo+json"),
        ("alternate", "text/html"),
    ):
        assert any(one["rel"] == rel and one["type"] == media for one in page["links"])
    assert urlsplit(link(page, "self") or "").netloc == "localhost"


def test_values_keep_their_types(door: TestClient) -> None:
    properties = get(door, ITEMS, code="P0001")["features"][0]["properties"]
    row = plot(1)
    assert properties["name"] == row[1]
    assert properties["height"] == row[2]
    assert properties["floors"] == 1
    assert properties["gate"] is False
    assert properties["built"] == "2001-02-15"
    assert properties["seen"] == "2024-01-02T08:00:00Z"


def test_pages_hold_every_feature_once(door: TestClient) -> None:
    ids = [one["id"] for one in walk(door, f"{ITEMS}?limit=37")]
    assert len(ids) == len(set(ids)) == PLOTS


@pytest.mark.parametrize("order", ["height", "-height", "name,-floors", "-seen,code", "gate", "id", "-id"])
def test_sorted_pages_follow_the_database(door: TestClient, city: City, order: str) -> None:
    """Empty values included, without a doubled or lost row."""
    keys = ", ".join(
        f"{part.lstrip('-')}{' DESC' if part.startswith('-') else ''}" for part in order.split(",")
    )
    down = all(part.startswith("-") for part in order.split(","))
    expected = [
        row[0] for row in city.ask(f"SELECT id FROM city.plot ORDER BY {keys}, id{' DESC' if down else ''}")
    ]
    assert [one["id"] for one in walk(door, f"{ITEMS}?limit=61&sortby={order}")] == expected


def test_a_sort_key_needs_not_be_shown(door: TestClient) -> None:
    page = get(door, ITEMS, limit=5, sortby="height", properties="code")
    assert list(page["features"][0]["properties"]) == ["code"]
    following = get(door, link(page, "next") or "")
    assert list(following["features"][0]["properties"]) == ["code"]


def test_rows_inserted_while_paging_double_nothing(door: TestClient, city: City) -> None:
    page = get(door, ITEMS, limit=50)
    ids = [one["id"] for one in page["features"]]
    added = 0
    while target := link(page, "next"):
        city.write(
            "INSERT INTO city.plot (code, geom) VALUES (%s, ST_GeomFromText(%s, 4547))",
            [(f"NEW{added}", "POLYGON((498000 2556000,498001 2556000,498001 2556001,498000 2556000))")],
        )
        added += 1
        page = get(door, target)
        ids += [one["id"] for one in page["features"]]
        if added > 30:
            break
    with city.store.transaction(city_admin(), write=True) as conn:
        conn.execute("DELETE FROM city.plot WHERE code LIKE 'NEW%'")
    assert len(ids) == len(set(ids))
    assert len(ids) >= PLOTS
    assert get(door, ITEMS, limit=1)["numberMatched"] == PLOTS


def city_admin() -> Any:
    from twin.access.actor import Actor

    return Actor("admin", "admin of the tests", "key-admin")


def test_cursors_are_bound_to_their_query(door: TestClient) -> None:
    page = get(door, ITEMS, limit=5, filter="floors > 3")
    target = link(page, "next") or ""
    cursor = target.split("cursor=")[1].split("&")[0]
    flipped = ("A" if cursor[5] != "A" else "B").join([cursor[:5], cursor[6:]])
    for query in (
        {"cursor": cursor},
        {"cursor": cursor, "filter": "floors > 4"},
        {"cursor": cursor, "filter": "floors > 3", "sortby": "name"},
        {"cursor": flipped, "filter": "floors > 3"},
        {"cursor": "", "filter": "floors > 3"},
        {"cursor": "9" * 20, "filter": "floors > 3"},
        {"cursor": "-1", "filter": "floors > 3"},
        {"cursor": "排", "filter": "floors > 3"},
        {"cursor": "A" * 9000, "filter": "floors > 3"},
    ):
        answer = door.get(ITEMS, params=query)
        assert answer.status_code == 400, query
        assert answer.json()["code"] == "TWIN-343"
        assert answer.json()["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ({"filter": "floors > 20"}, "floors > 20"),
        ({"filter": "name = 'it''s'"}, "name = 'it''s'"),
        ({"filter": "name LIKE '100\\%%'"}, "name LIKE '100\\%%'"),
        ({"filter": "CASEI(name) LIKE CASEI('MARK%')"}, "name ILIKE 'mark%'"),
        ({"filter": "name IS NULL OR height < 20"}, "name IS NULL OR height < 20"),
        ({"filter": "floors = 1 OR floors = 2 AND gate = TRUE"}, "floors = 1 OR floors = 2 AND gate"),
        ({"filter": "NOT (floors IN (1,2,3) AND gate)"}, "NOT (floors IN (1,2,3) AND gate)"),
        ({"filter": "height BETWEEN 10 AND 20.5"}, "height BETWEEN 10 AND 20.5"),
        ({"filter": "built >= DATE('2010-01-01')"}, "built >= '2010-01-01'"),
        ({"filter": "seen < TIMESTAMP('2024-01-10T00:00:00Z')"}, "seen < '2024-01-10T00:00:00Z'"),
        ({"filter": "T_DURING(seen, INTERVAL('2024-01-05','2024-01-09'))"}, "seen > '2024-01-05' AND seen < '2024-01-10'"),
        ({"filter": "height / floors > 10"}, "height / nullif(floors, 0) > 10"),
        ({"filter": "code IN ('P0001','P0002','nope')"}, "code IN ('P0001','P0002')"),
        ({"filter": "TRUE"}, "true"),
        ({"filter": "1=1"}, "true"),
        ({"filter": '{"op":"=","args":[{"property":"floors"},3]}', "filter-lang": "cql2-json"}, "floors = 3"),
        ({"floors": "3"}, "floors = 3"),
        ({"name": "🚰 泵站"}, "name = '🚰 泵站'"),
        ({"gate": "true", "floors": "4"}, "gate AND floors = 4"),
        ({"built": "2001-02-15"}, "built = '2001-02-15'"),
        ({"datetime": "2021-06-01"}, "(valid_from IS NULL OR valid_from < '2021-06-02') AND (valid_to IS NULL OR valid_to > '2021-06-01')"),
        ({"datetime": "../2019-01-01"}, "valid_from IS NULL"),
        ({"datetime": "2023-01-01/.."}, "valid_to IS NULL"),
    ],
)  # fmt: skip
def test_conditions_match_sql(door: TestClient, city: City, query: dict[str, str], condition: str) -> None:
    expected = {row[0] for row in city.ask(f"SELECT id FROM city.plot WHERE {condition}")}
    answer = door.get(ITEMS, params={**query, "limit": 1000})
    assert answer.status_code == 200, answer.text
    assert {one["id"] for one in answer.json()["features"]} == expected
    assert answer.json()["numberMatched"] == len(expected)
    fewer = door.get(ITEMS, params={**query, "limit": 1}).json()
    assert fewer["numberMatched"] == len(expected)


def test_geometry_and_properties_can_be_left_out(door: TestClient) -> None:
    page = get(door, ITEMS, limit=3, skipGeometry="true", properties="name,code")
    assert page["features"][0]["geometry"] is None
    assert list(page["features"][0]["properties"]) == ["name", "code"]


def test_a_limit_above_the_maximum_is_the_maximum(door: TestClient) -> None:
    """OGC API - Features 1: a larger limit is no error."""
    assert get(door, ITEMS, limit=10**22)["numberReturned"] == PLOTS


def test_csv(door: TestClient) -> None:
    answer = door.get(ITEMS, params={"f": "csv", "limit": 9, "sortby": "code"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["code"] for row in rows] == [f"P{n:04d}" for n in range(9)]
    assert rows[6]["name"] == "'=SUM(A1)"
    assert rows[1]["geometry"].startswith("POLYGON ((11")
    assert 'rel="next"' in answer.headers["link"]
    assert answer.headers["ogc-numbermatched"] == str(PLOTS)
    assert "geometry" not in door.get(ITEMS, params={"f": "csv", "skipGeometry": "true"}).text.splitlines()[0]


def test_flatgeobuf(door: TestClient, city: City) -> None:
    """Every value in its own type, gaps as gaps, and the geometry x before y in the CRS asked for."""
    crs = "http://www.opengis.net/def/crs/EPSG/0/4547"
    answer = door.get(ITEMS, params={"f": "fgb", "crs": crs, "limit": "200", "sortby": "code"})
    assert answer.headers["content-type"] == "application/flatgeobuf"
    assert answer.headers["ogc-numbermatched"] == str(PLOTS)
    assert 'rel="next"; type="application/flatgeobuf"' in answer.headers["link"]
    frame = (
        geopandas.read_file(io.BytesIO(answer.content), engine="pyogrio").set_index("id").sort_values("code")
    )
    assert frame.crs.to_epsg() == 4547
    assert len(frame) == 200
    rows = city.ask(
        "SELECT id, name, height, floors, built, seen, ST_AsText(geom) FROM city.plot ORDER BY code LIMIT 200"
    )
    for row in rows:
        found = frame.loc[row[0]]
        there = {
            name: None if pandas.isna(found[name]) else found[name] for name in ("name", "height", "floors")
        }
        assert there["name"] == row[1]
        assert there["height"] == row[2]
        assert there["floors"] == row[3]
        assert pandas.isna(found["built"]) if row[4] is None else found["built"].date() == row[4]
        assert pandas.isna(found["seen"]) if row[5] is None else found["seen"].to_pydatetime() == row[5]
        assert shapely.equals_exact(found.geometry, shapely.from_wkt(row[6]), 2e-3)
    empty = door.get(ITEMS, params={"f": "fgb", "filter": "floors = 12345"})
    assert len(geopandas.read_file(io.BytesIO(empty.content), engine="pyogrio")) == 0


def test_html_in_both_languages(door: TestClient) -> None:
    zh = door.get(ITEMS, params={"f": "html", "limit": 3, "lang": "zh"})
    en = door.get(ITEMS, headers={"accept": "text/html", "accept-language": "en"}, params={"limit": 3})
    assert zh.headers["content-type"] == en.headers["content-type"] == "text/html; charset=utf-8"
    assert "试验地块" in zh.text
    assert "高度" in zh.text
    assert "Trial plot" in en.text
    assert "Height" in en.text
    assert "http://" not in en.text.replace("http://localhost", "").replace("http://www.opengis.net", "")


def test_one_item_and_its_etag(door: TestClient) -> None:
    first = get(door, ITEMS, limit=1)["features"][0]
    answer = door.get(f"{ITEMS}/{first['id']}")
    item = answer.json()
    assert item["properties"] == first["properties"]
    assert item["geometry"] == first["geometry"]
    assert link(item, "collection") == "http://localhost/ogc/collections/plot"
    tag = answer.headers["etag"]
    again = door.get(f"{ITEMS}/{first['id']}", headers={"if-none-match": tag})
    assert again.status_code == 304
    assert again.content == b""
    html = door.get(f"{ITEMS}/{first['id']}", params={"f": "html"})
    assert html.status_code == 200


@pytest.mark.parametrize(
    "item", ["0", "-1", "abc", "999999999", "9" * 20, "1.5", "%E6%8E%92", "1'--", "1%20or%201=1"]
)
def test_what_is_no_item_is_404(door: TestClient, item: str) -> None:
    answer = door.get(f"{ITEMS}/{item}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_past_is_kept(door: TestClient, city: City) -> None:
    before = city.ask("SELECT clock_timestamp()")[0][0]
    with city.store.transaction(city_admin(), write=True) as conn:
        conn.execute("UPDATE city.plot SET floors = 99 WHERE code = 'P0003'")
    assert get(door, ITEMS, code="P0003")["features"][0]["properties"]["floors"] == 99
    past = get(door, ITEMS, code="P0003", asof=before.isoformat())
    assert past["features"][0]["properties"]["floors"] == 3
    with city.store.transaction(city_admin(), write=True) as conn:
        conn.execute("UPDATE city.plot SET floors = 3 WHERE code = 'P0003'")
