"""Every CRS at every parameter, against PostGIS: {CRS84, 4326, 4490, 4547, 3857} x {bbox, crs, filter, ...}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely

from tests.integration.ogc.conftest import ORIGIN, PLOTS

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

ITEMS = "/ogc/collections/plot/items"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# Name -> (URI, SRID, northing first)
SYSTEMS = {
    "CRS84": ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", 4326, False),
    "4326": (f"{EPSG}4326", 4326, True),
    "4490": (f"{EPSG}4490", 4490, True),
    "4547": (f"{EPSG}4547", 4547, True),
    "3857": (f"{EPSG}3857", 3857, False),
}
WINDOW = (ORIGIN[0] + 900, ORIGIN[1] + 700, ORIGIN[0] + 2600, ORIGIN[1] + 2200)
EACH = pytest.mark.parametrize("system", SYSTEMS)


def window(city: City, srid: int) -> tuple[float, float, float, float]:
    """A box of that CRS about the window, x first."""
    row = city.ask(
        "SELECT ST_XMin(b), ST_YMin(b), ST_XMax(b), ST_YMax(b) FROM "
        "(SELECT ST_Transform(ST_MakeEnvelope(%s, %s, %s, %s, 4547), %s::int) AS b) AS t",
        *WINDOW,
        srid,
    )[0]
    return row[0], row[1], row[2], row[3]


def written(box: tuple[float, ...], flip: bool) -> str:
    west, south, east, north = box
    order = (south, west, north, east) if flip else (west, south, east, north)
    return ",".join(f"{value:.9f}" for value in order)


def oracle(city: City, srid: int, box: tuple[float, ...]) -> set[int]:
    """What PostGIS finds when the rows are brought to the CRS of the box."""
    rows = city.ask(
        "SELECT id FROM city.plot WHERE ST_Intersects(ST_Transform(geom, %s::int), ST_MakeEnvelope(%s, %s, %s, %s, %s))",
        srid,
        *box,
        srid,
    )
    found = {row[0] for row in rows}
    assert 20 < len(found) < PLOTS - 20
    return found


def ids(door: TestClient, **query: str) -> set[int]:
    answer = door.get(ITEMS, params={"limit": "1000", **query})
    assert answer.status_code == 200, answer.text
    assert answer.json()["numberMatched"] == len(answer.json()["features"])
    return {one["id"] for one in answer.json()["features"]}


@EACH
def test_bbox(door: TestClient, city: City, system: str) -> None:
    uri, srid, flip = SYSTEMS[system]
    box = window(city, srid)
    assert ids(door, bbox=written(box, flip), **{"bbox-crs": uri}) == oracle(city, srid, box)


@EACH
def test_filter(door: TestClient, city: City, system: str) -> None:
    uri, srid, flip = SYSTEMS[system]
    box = window(city, srid)
    text = f"S_INTERSECTS(geom, BBOX({written(box, flip)}))"
    assert ids(door, filter=text, **{"filter-crs": uri}) == oracle(city, srid, box)


@EACH
def test_filter_with_a_polygon_in_json(door: TestClient, city: City, system: str) -> None:
    uri, srid, flip = SYSTEMS[system]
    west, south, east, north = box = window(city, srid)
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = ",".join(f"[{y},{x}]" if flip else f"[{x},{y}]" for x, y in corners)
    text = (
        '{"op":"s_intersects","args":[{"property":"geometry"},'
        f'{{"type":"Polygon","coordinates":[[{ring}]]}}]}}'
    )
    found = ids(door, filter=text, **{"filter-crs": uri, "filter-lang": "cql2-json"})
    assert found == oracle(city, srid, box)


@EACH
@pytest.mark.parametrize("form", ["items", "item", "csv"])
def test_answers(door: TestClient, city: City, system: str, form: str) -> None:
    """Coordinates in the CRS asked for, in its authority's order, and the header that says so."""
    uri, srid, flip = SYSTEMS[system]
    row = city.ask(
        "SELECT id, ST_AsText(ST_Transform(geom, %s::int), 9) FROM city.plot ORDER BY id LIMIT 1", srid
    )[0]
    expected = shapely.from_wkt(row[1])
    if flip:
        expected = shapely.transform(expected, lambda xy: xy[:, ::-1])
    path = f"{ITEMS}/{row[0]}" if form == "item" else ITEMS
    answer = door.get(
        path,
        params={"crs": uri, **({} if form == "item" else {"limit": "1", "f": form.replace("items", "json")})},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-crs"] == f"<{uri}>"
    found = _geometry(answer, form)
    tolerance = 2e-7 if srid in (4326, 4490) else 2e-3
    assert shapely.equals_exact(found, expected, tolerance)


def _geometry(answer: Any, form: str) -> shapely.Geometry:
    if form == "csv":
        return shapely.from_wkt(answer.content.decode("utf-8-sig").splitlines()[1].split('"')[-2])
    document = answer.json() if form == "item" else answer.json()["features"][0]
    return shapely.geometry.shape(document["geometry"])


@EACH
def test_all_parameters_in_different_systems(door: TestClient, city: City, system: str) -> None:
    """bbox in one CRS, filter in another, answer in a third."""
    uri, srid, flip = SYSTEMS[system]
    box = window(city, srid)
    other = window(city, 4490)
    found = ids(
        door,
        bbox=written(box, flip),
        filter=f"NOT S_DISJOINT(geom, BBOX({written(other, True)}))",
        crs=SYSTEMS["3857"][0],
        **{"bbox-crs": uri, "filter-crs": SYSTEMS["4490"][0]},
    )
    assert found == oracle(city, srid, box) & oracle(city, 4490, other)


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "-180,-90,180,90"},
        {"bbox": "100,10,130,40"},
        {"bbox": "170,0,-170,10"},
        {"bbox": "0,0,10,10"},
        {"bbox": "-20037508,-20037508,20037508,20037508", "bbox-crs": f"{EPSG}3857"},
        {"bbox": "-90,-180,90,180", "bbox-crs": f"{EPSG}4326"},
    ],
)
def test_world_sized_and_far_boxes(door: TestClient, query: dict[str, str]) -> None:
    """The world holds the city; the other side of the world does not."""
    far = query["bbox"] in ("170,0,-170,10", "0,0,10,10")
    assert len(ids(door, **query)) == (0 if far else PLOTS)


@pytest.mark.parametrize(
    "relation", ["within", "contains", "touches", "overlaps", "crosses", "equals", "disjoint"]
)
def test_spatial_relations_match_sql(door: TestClient, city: City, relation: str) -> None:
    box = window(city, 4547)
    expected = {
        row[0]
        for row in city.ask(
            f"SELECT id FROM city.plot WHERE ST_{relation}(geom, ST_MakeEnvelope(%s, %s, %s, %s, 4547))",
            *box,
        )
    }
    text = f"S_{relation.upper()}(geom, BBOX({written(box, True)}))"
    assert ids(door, filter=text, **{"filter-crs": f"{EPSG}4547"}) == expected


def test_short_names_and_urns_are_understood(door: TestClient) -> None:
    for name in ("EPSG:4547", "urn:ogc:def:crs:EPSG::4547", f"{EPSG}4547"):
        answer = door.get(ITEMS, params={"limit": "1", "crs": name})
        assert answer.headers["content-crs"] == f"<{EPSG}4547>"


def test_the_spatial_index_is_used_by_every_role(city: City) -> None:
    """``geom && constant`` under row security, as the door writes it."""
    from twin.access.actor import Actor

    for role in ("anonymous", "viewer", "operator"):
        with city.store.transaction(Actor(role, role, f"key-{role}")) as conn:
            conn.execute("SET LOCAL enable_seqscan = off")
            plan = conn.execute(
                "EXPLAIN SELECT id FROM city.plot WHERE geom && ST_MakeEnvelope(498000,2556000,498100,2556100,4547)"
                " AND ST_Intersects(geom, ST_MakeEnvelope(498000,2556000,498100,2556100,4547))"
            ).fetchall()
        assert any("Index Cond" in row[0] and "&&" in row[0] for row in plan), plan
