"""Vector tiles: equal to what SQL says, fresh, validated, for those who may see them."""

from __future__ import annotations

import asyncio
import gzip
import math
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pyproj import Transformer

from tests.integration import mvt
from tests.integration.web.city import EAST, NORTH, OPERATOR, insert, square

if TYPE_CHECKING:
    from tests.integration.web.city import City

TO_DEGREES = Transformer.from_crs(4547, 4326, always_xy=True)


def address(z: int, dx: float = 0.0, dy: float = 0.0) -> tuple[int, int, int]:
    """The tile at zoom ``z`` that holds the city's corner, moved by metres."""
    lon, lat = TO_DEGREES.transform(EAST + dx, NORTH + dy)
    turned = math.radians(lat)
    n = 1 << z
    return z, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(turned)) / math.pi) / 2 * n)


def path(layer: str, z: int, suffix: str = "mvt", dx: float = 100.0, dy: float = 100.0) -> str:
    z, x, y = address(z, dx, dy)
    return f"/tiles/{layer}/{z}/{x}/{y}.{suffix}"


def expected(city: City, z: int, x: int, y: int) -> dict[str, tuple[Any, ...]]:
    """Buildings whose shape meets the tile, straight from the rows."""
    statement = """
        SELECT code, id, name, height, use FROM city.building
        WHERE ST_Intersects(ST_Transform(geom, 3857), ST_TileEnvelope(%s, %s, %s))"""
    with city.store.transaction(OPERATOR) as conn:
        return {row[0]: row[1:] for row in conn.execute(statement, (z, x, y)).fetchall()}


@pytest.mark.parametrize("zoom", [13, 14, 16])
def test_content_equals_sql(city: City, zoom: int) -> None:
    z, x, y = address(zoom, 100, 100)
    answer = city.get(f"/tiles/building/{z}/{x}/{y}.mvt")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    layer = mvt.decode(answer.content)["building"]
    found = {feature.properties["code"]: feature for feature in layer.features}
    wanted = expected(city, z, x, y)
    assert wanted
    assert set(wanted) <= set(found)  # the tile's margin may add neighbours
    for code, (number, name, height, use) in wanted.items():
        feature = found[code]
        assert feature.shape == "Polygon"
        assert feature.id == number
        assert feature.properties["name"] == name
        assert feature.properties["height"] == height
        assert feature.properties["use"] == use
        assert set(feature.properties) <= set(city.catalog.layers["building"].columns)


def test_overviews_conserve_the_count(city: City) -> None:
    z, x, y = address(10, 100, 100)
    total = 0
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            answer = city.get(f"/tiles/building/{z}/{x + dx}/{y + dy}.mvt")
            if answer.status_code == 200:
                cells = mvt.decode(answer.content)["building"].features
                total += sum(cell.properties["count"] for cell in cells)
    assert total == 400


def test_validators(city: City) -> None:
    target = path("building", 15)
    first = city.get(target, **{"accept-encoding": "identity"})
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    assert city.get(target, **{"accept-encoding": "identity"}).headers["etag"] == tag
    again = city.get(target, **{"if-none-match": tag, "accept-encoding": "identity"})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert city.get(target, **{"if-none-match": '"other"'}).status_code == 200


def test_gzip_is_another_representation_of_the_same(city: City) -> None:
    target = path("building", 14)
    plain = city.get(target, **{"accept-encoding": "identity"})
    with httpx.stream("GET", city.base + target, headers={"accept-encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["etag"] != plain.headers["etag"]
        assert "accept-encoding" in answer.headers["vary"]
        tag = answer.headers["etag"]
    assert gzip.decompress(raw) == plain.content
    assert city.get(target, **{"if-none-match": tag}).status_code == 304
    assert "content-encoding" not in city.get(target, **{"accept-encoding": "gzip;q=0"}).headers


def test_nothing_there_is_204(city: City) -> None:
    answer = city.get("/tiles/building/14/0/0.mvt")
    assert (answer.status_code, answer.content) == (204, b"")
    assert city.get(path("road_link", 14)).status_code == 204


def test_head_is_get_without_a_body(city: City) -> None:
    with city.client() as client:
        target = path("building", 15)
        head, get = client.head(target), client.get(target)
    assert head.content == b""
    assert (head.status_code, head.headers["etag"]) == (200, get.headers["etag"])


def test_a_change_is_seen_at_once(city: City) -> None:
    target = path("facility", 16, dx=2000)
    z, x, y = address(16, 2000, 100)
    assert city.get(target).status_code == 204
    row = {"code": "F1", "name": "小学", "kind": "school"}
    insert(city.store, OPERATOR, "facility", [row | {"geom": f"POINT({EAST + 2000} {NORTH + 100})"}])
    deadline = time.monotonic() + 2
    while city.get(target).status_code != 200:
        assert time.monotonic() < deadline, (z, x, y)
    with city.store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.facility WHERE code = 'F1'")
    deadline = time.monotonic() + 2
    while city.get(target).status_code != 204:
        assert time.monotonic() < deadline


def test_results_by_run(city: City) -> None:
    target = path("flood_building", 16, dx=50, dy=10)

    def depth(query: str, role: str) -> float | None:
        answer = city.get(target + query, role)
        if answer.status_code == 204:
            return None
        return mvt.decode(answer.content)["flood_building"].features[0].properties["depth"]

    for role in ("anonymous", "planner", "other", "operator"):
        assert depth("", role) == 1.5
        assert depth(f"?run={city.published}", role) == 1.5
    assert depth(f"?run={city.private}", "planner") == 0.3
    assert depth(f"?run={city.private}", "operator") == 0.3
    assert depth(f"?run={city.private}", "other") is None
    assert depth(f"?run={city.private}", "anonymous") is None


def test_roles_do_not_share_a_cache_entry(city: City) -> None:
    target = path("drain_pipe", 14)
    assert city.get(target, "planner").status_code == 200
    assert city.get(target, "anonymous").status_code == 404
    assert city.get(target, "viewer").status_code == 404
    assert city.get(target, "planner").headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("address", "status", "parameter"),
    [
        ("building/14/abc/1.mvt", 400, "x"),
        ("building/-1/0/0.mvt", 400, "z"),
        ("building/99/0/0.mvt", 400, "z"),
        ("building/100000000000000000000/0/0.mvt", 400, "z"),
        ("building/14/16384/0.mvt", 400, "x"),
        ("building/14/0/16384.mvt", 400, "y"),
        ("building/1.5/0/0.mvt", 400, "z"),
        ("building/１４/0/0.mvt", 400, "z"),
        ("building/20/0/0.mvt", 404, "z"),
        ("building/0/0/0.mvt", 404, "z"),
        ("terrain/14/0/0.mvt", 404, "layer"),
        ("building/14/0/0.png", 404, "layer"),
        ("nothing/14/0/0.mvt", 404, "layer"),
        ("building/14/0/0.mvt?run=abc", 400, "run"),
        ("building/14/0/0.mvt?run=", 400, "run"),
        ("building/14/0/0.mvt?run=00000000-0000-0000-0000-000000000000", 400, "run"),
        ("building/14/0/0.mvt?limit=3", 400, "limit"),
        ("building/14/0/0.pbf", 404, None),
    ],
)
def test_bad_addresses_name_the_parameter(
    city: City, address: str, status: int, parameter: str | None
) -> None:
    answer = city.get(f"/tiles/{address}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json().get("parameter") == parameter


def test_many_ask_for_one_tile(city: City) -> None:
    insert(city.store, OPERATOR, "building", [{"code": "LAST", "geom": square(EAST + 3000, NORTH)}])

    async def scene() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=city.base) as client:
            return await asyncio.gather(*(client.get(path("building", 14)) for _ in range(40)))

    answers = asyncio.run(scene())
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    with city.store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.building WHERE code = 'LAST'")
