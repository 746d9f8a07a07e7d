"""A protected layer at every door there is: for who may not read it, it does not exist and leaves no trace."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest

from tests.integration.web.city import EAST, NORTH, OPERATOR, City, add_raster, insert, open_city
from tests.integration.web.test_tiles import TO_DEGREES, address, path
from twin.access.actor import Actor
from twin.catalog.load import load, shipped_layers
from twin.errors import TwinError
from twin.store.artifacts import ArtifactStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

SITE, DEPTH = "secret_site", "secret_depth"
# What only its readers may ever see of it: names, titles, values.
TRACES = (
    SITE,
    DEPTH,
    "Secret site",
    "保密点位",
    "保密水深",
    "Secret depth",
    "PASSWORD-1",
    "Password",
    "暗号",
)
PHONE = "0564-5551234"
OUTSIDERS = ("anonymous", "viewer", "planner")
LON, LAT = TO_DEGREES.transform(EAST + 150, NORTH + 150)


@pytest.fixture(scope="module")
def guarded(new_database: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The small city with three layers more, unknown to the code: one protected, one protected raster, one open
    layer with a protected column."""
    catalog = load(shipped_layers(), Path(__file__).parent / "layers")
    folder = tmp_path_factory.mktemp("guarded")
    for city in open_city(new_database(catalog), catalog, folder):
        point = f"POINT({EAST + 150} {NORTH + 150})"
        insert(city.store, OPERATOR, SITE, [{"code": "PASSWORD-1", "kind": "vault", "geom": point}])
        insert(city.store, OPERATOR, "half_open", [{"code": "H1", "owner_phone": PHONE, "geom": point}])
        files = ArtifactStore(str(folder / "artifacts"))
        add_raster(city.store, files, folder, OPERATOR, DEPTH, np.full((60, 80), 3.0, np.float32), None)
        yield city


def feature_doors(name: str) -> list[str]:
    z, x, y = address(14, 150, 150)
    collection = f"/ogc/collections/{name}"
    return [
        f"/layers/{name}",
        f"/tiles/{name}.json",
        path(name, 14, dx=150, dy=150),
        path(name, 10, dx=150, dy=150),
        collection,
        f"{collection}?f=html",
        f"{collection}/items",
        f"{collection}/items?f=html",
        f"{collection}/items?f=csv",
        f"{collection}/items?limit=1&skipGeometry=true",
        f"{collection}/items?bbox={LON - 1},{LAT - 1},{LON + 1},{LAT + 1}",
        f"{collection}/items?filter={quote('code = ' + chr(39) + 'PASSWORD-1' + chr(39))}",
        f"{collection}/items?sortby=code",
        f"{collection}/items?code=PASSWORD-1",
        f"{collection}/items?crs=http://www.opengis.net/def/crs/EPSG/0/4547",
        f"{collection}/items/1",
        f"{collection}/queryables",
        f"{collection}/schema",
        f"{collection}/tiles",
        f"{collection}/tiles/WebMercatorQuad",
        f"{collection}/tiles/WebMercatorQuad/{z}/{y}/{x}",
        f"/ogc/collections/catalogue/items/{name}",
    ]


def raster_doors(name: str) -> list[str]:
    return [
        f"/layers/{name}",
        f"/tiles/{name}.json",
        path(name, 14, "png", 150, 150),
        f"/coverages/{name}",
        f"/coverages/{name}/value?lon={LON}&lat={LAT}",
        f"/ogc/collections/{name}",
        f"/ogc/collections/{name}/coverage",
        f"/ogc/collections/{name}/coverage?f=json",
        f"/ogc/collections/{name}/schema",
        f"/ogc/collections/catalogue/items/{name}",
    ]


LISTS = [
    "/layers",
    "/tiles/style.json",
    "/openapi.json",
    "/simulations",
    "/simulations/flood",
    "/runs",
    "/ready",
    "/ogc/",
    "/ogc/?f=html",
    "/ogc/openapi",
    "/ogc/openapi?f=html",
    "/ogc/conformance",
    "/ogc/collections",
    "/ogc/collections?f=html",
    "/ogc/collections/catalogue",
    "/ogc/collections/catalogue/items?limit=100",
    "/ogc/collections/catalogue/items?q=secret",
    "/ogc/processes",
    "/ogc/processes/flood",
    "/ogc/jobs",
]


def traces(answer: httpx.Response, asked: str) -> list[str]:
    """What of the hidden layers shows in an answer beyond what was asked for by name."""
    shown = answer.text + str(dict(answer.headers))
    for name in (SITE, DEPTH):
        if name in asked:
            shown = shown.replace(name, "")
    return [trace for trace in TRACES if trace in shown]


@pytest.mark.parametrize("door", [*feature_doors(SITE), *raster_doors(DEPTH)])
def test_the_operator_comes_in(guarded: City, door: str) -> None:
    """Each address is real: otherwise the tests below would prove nothing."""
    answer = guarded.get(door, "operator")
    assert answer.status_code == 200, (door, answer.text[:300])


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("door", [*feature_doors(SITE), *raster_doors(DEPTH)])
def test_outsiders_find_nothing(guarded: City, door: str, role: str) -> None:
    answer = guarded.get(door, role)
    unknown = guarded.get(door.replace(SITE, "zq_zq_zq").replace(DEPTH, "zq_zq_zq"), role)
    assert answer.status_code == unknown.status_code == 404, (door, answer.text[:300])
    assert answer.json()["code"] == unknown.json()["code"]
    assert traces(answer, door) == []
    assert "etag" not in answer.headers


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("door", LISTS)
def test_lists_hold_no_trace(guarded: City, door: str, role: str) -> None:
    answer = guarded.get(door, role)
    assert answer.status_code < 500 or door == "/ready"
    assert traces(answer, door) == []


def test_lists_show_it_to_its_readers(guarded: City) -> None:
    for door in (
        "/layers",
        "/tiles/style.json",
        "/ogc/collections",
        "/ogc/collections/catalogue/items?limit=100",
    ):
        assert traces(guarded.get(f"{door}{'&' if '?' in door else '?'}lang=en", "operator"), ""), door


def test_validators_of_another_do_not_open_the_door(guarded: City) -> None:
    for door in (path(SITE, 14, dx=150, dy=150), f"/coverages/{DEPTH}", f"/ogc/collections/{SITE}/items"):
        tag = guarded.get(door, "operator").headers.get("etag", '"x"')
        for role in OUTSIDERS:
            assert guarded.get(door, role, **{"if-none-match": tag}).status_code == 404
            assert guarded.get(door, role, **{"if-none-match": "*"}).status_code == 404


def test_warm_caches_do_not_open_the_door(guarded: City) -> None:
    door = path(SITE, 14, dx=150, dy=150)
    for _ in range(3):
        assert guarded.get(door, "operator").status_code == 200
        assert guarded.get(door).status_code == 404


@pytest.mark.parametrize("role", OUTSIDERS)
def test_the_database_itself_denies(guarded: City, role: str) -> None:
    """Were every check of the web gone, row security and grants would still hold."""
    actor = Actor(role, key=f"key-{role}")
    for table in (f"city.{SITE}", f"tile.{SITE}", f"history.{SITE}", f"tile.{SITE}_overview"):
        with pytest.raises(TwinError) as refused, guarded.store.transaction(actor) as conn:
            conn.execute(f"SELECT * FROM {table}")  # type: ignore[call-overload]
        assert refused.value.status == 403
    with guarded.store.transaction(actor) as conn:
        rows = conn.execute("SELECT * FROM run.artifact WHERE layer = %s", [DEPTH]).fetchall()
        versions = conn.execute("SELECT * FROM run.layer_version WHERE layer = %s", [SITE]).fetchall()
    assert rows == versions == []


# A protected column of an open layer: no value, no oracle.
COLUMN_DOORS = [
    "/layers/half_open",
    "/tiles/half_open.json",
    "/tiles/style.json",
    path("half_open", 14, dx=150, dy=150),
    "/ogc/collections/half_open",
    "/ogc/collections/half_open/items",
    "/ogc/collections/half_open/items?f=csv",
    "/ogc/collections/half_open/items?f=html",
    "/ogc/collections/half_open/items/1",
    "/ogc/collections/half_open/queryables",
    "/ogc/collections/half_open/schema",
    "/ogc/collections/half_open/tiles/WebMercatorQuad",
    "/ogc/collections/catalogue/items/half_open",
    "/ogc/openapi",
]
ORACLES = [
    f"filter={quote('owner_phone = ' + chr(39) + PHONE + chr(39))}",
    f"filter={quote('owner_phone IS NOT NULL')}",
    f"filter={quote('owner_phone LIKE ' + chr(39) + '0564%' + chr(39))}",
    "sortby=owner_phone",
    "sortby=-owner_phone",
    "properties=owner_phone",
    f"owner_phone={PHONE}",
]


@pytest.mark.parametrize("role", OUTSIDERS)
@pytest.mark.parametrize("door", COLUMN_DOORS)
def test_a_protected_column_leaves_no_trace(guarded: City, door: str, role: str) -> None:
    answer = guarded.get(door, role)
    assert answer.status_code == 200, answer.text[:300]
    for trace in (PHONE, "owner_phone", "联系人电话", "Phone of the owner"):
        assert trace.encode() not in answer.content, (door, trace)


@pytest.mark.parametrize("oracle", ORACLES)
def test_a_protected_column_is_no_oracle(guarded: City, oracle: str) -> None:
    target = f"/ogc/collections/half_open/items?{oracle}"
    unknown = target.replace("owner_phone", "zq_zq_zq")
    for role in OUTSIDERS:
        answer, other = guarded.get(target, role), guarded.get(unknown, role)
        assert answer.status_code == other.status_code == 400, (role, oracle, answer.text[:300])
        assert answer.json()["code"] == other.json()["code"]
        assert PHONE not in answer.text.replace(quote(PHONE), "") or PHONE in oracle
    assert guarded.get(target, "operator").status_code == 200


def test_the_reader_sees_the_column(guarded: City) -> None:
    assert PHONE in guarded.get("/ogc/collections/half_open/items", "operator").text


def rain_of(layer: str) -> dict[str, Any]:
    """Inputs that name a raster layer of rain."""
    return {"storm": {"kind": "raster", "layer": layer}}


@pytest.mark.parametrize("door", ["/simulations/flood", "/ogc/processes/flood/execution"])
def test_a_process_is_no_way_in(guarded: City, door: str) -> None:
    """A layer named in the inputs is refused like one that is not there, and nothing is queued."""

    def ask(layer: str) -> httpx.Response:
        inputs = rain_of(layer)
        with guarded.client("planner") as client:
            return client.post(door, json={"inputs": inputs} if "ogc" in door else inputs)

    hidden, unknown = ask(DEPTH), ask("zq_zq_zq")
    assert hidden.status_code == unknown.status_code == 400, hidden.text
    assert hidden.json()["code"] == unknown.json()["code"]
    assert hidden.json()["detail"].replace(DEPTH, "") == unknown.json()["detail"].replace("zq_zq_zq", "")


def test_other_peoples_runs_at_every_door(guarded: City) -> None:
    run = guarded.private
    doors = [f"/runs/{run}", f"/runs/{run}/results", f"/ogc/jobs/{run}", f"/ogc/jobs/{run}/results"]
    for door in doors:
        assert guarded.get(door, "planner").status_code == 200, door
        for role in ("anonymous", "viewer", "other"):
            assert guarded.get(door, role).status_code == 404, (door, role)
    for door in ("/runs", "/ogc/jobs"):
        for role in ("anonymous", "viewer", "other"):
            assert str(run) not in guarded.get(door, role).text
    for door in (
        f"/ogc/collections/flood_building/items?run={run}",
        f"/ogc/collections/flood_depth/coverage?run={run}",
        f"/coverages/flood_depth?run={run}",
    ):
        for role in ("anonymous", "viewer", "other"):
            answer = guarded.get(door, role)
            empty = answer.status_code == 200 and answer.json().get("features") == []
            assert empty or answer.status_code == 404, (door, role, answer.text[:200])
