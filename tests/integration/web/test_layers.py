"""``/layers``: what there is, in both languages, for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twin.access.actor import Actor
from twin.access.decide import readable_columns, visible_layers

if TYPE_CHECKING:
    from tests.integration.web.city import City

ROLES = ("anonymous", "viewer", "planner", "operator", "admin")


@pytest.mark.parametrize("role", ROLES)
def test_exactly_the_visible_layers(city: City, role: str) -> None:
    told = {layer["name"]: layer for layer in city.get("/layers", role).json()["layers"]}
    actor = Actor(role)
    assert set(told) == {layer.name for layer in visible_layers(city.catalog, actor)}
    for name, layer in told.items():
        columns = [column["name"] for column in layer["columns"]]
        assert columns == list(readable_columns(city.catalog, actor, city.catalog.layers[name]))


def test_a_column_of_a_closer_class_is_not_told(city: City) -> None:
    def columns(role: str) -> set[str]:
        return {column["name"] for column in city.get("/layers/grid_cell", role).json()["columns"]}

    assert columns("viewer") - columns("anonymous") == {"population"}


def test_both_languages(city: City) -> None:
    zh = city.get("/layers/building").json()
    en = city.get("/layers/building?lang=en").json()
    by_header = city.get("/layers/building", **{"accept-language": "en-GB,en;q=0.8"}).json()
    declared = city.catalog.layers["building"].title
    assert (zh["title"], en["title"]) == (declared.zh, declared.en)
    assert by_header == en
    use = {column["name"]: column for column in en["columns"]}["use"]
    assert use["terms"]["residential"]["title"] == "Residential"
    assert use["terms"]["residential"]["colour"].startswith("#")


def test_bounds_hold_the_rows(city: City) -> None:
    with city.store.transaction(Actor("operator", "test", "test")) as conn:
        row = conn.execute(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM "
            "(SELECT ST_Extent(ST_Transform(geom, 4326)) AS e FROM city.building) AS b"
        ).fetchone()
    assert row is not None
    west, south, east, north = city.get("/layers/building").json()["bounds"]
    assert west <= row[0] + 2e-6
    assert south <= row[1] + 2e-6
    assert east >= row[2] - 2e-6
    assert north >= row[3] - 2e-6
    assert east - west < (row[2] - row[0]) * 1.2


def test_an_empty_layer_has_no_bounds(city: City) -> None:
    assert city.get("/layers/road_link").json()["bounds"] is None


def test_a_coverage_is_told_with_its_raster(city: City) -> None:
    layer = city.get("/layers/flood_depth?lang=en").json()
    assert layer["unit"] == "m"
    assert layer["quantity"] == "Maximum depth"
    assert layer["tilejson"] == "/tiles/flood_depth.json"
    assert layer["style"]["stops"][0]["value"] == 0.05
    west, south, east, north = layer["bounds"]
    assert 116.4 < west < east < 116.6
    assert 31.6 < south < north < 31.9


@pytest.mark.parametrize("name", ["gas_pipe", "camera", "sensor", "drain_pipe", "no_such_layer"])
def test_hidden_reads_like_unknown(city: City, name: str) -> None:
    answer = city.get(f"/layers/{name}?lang=en")
    assert answer.status_code == 404
    problem = answer.json()
    assert problem["code"] == "TWIN-330"
    assert problem["detail"].replace(name, "X").split('"X"')[0] == "there is no layer "
    hidden = {"gas_pipe", "camera", "sensor", "drain_pipe"} - {name}
    assert not any(word in answer.text for word in hidden)
