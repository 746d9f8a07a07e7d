"""Style and TileJSON: valid, offline, and only of what one may see."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import pytest

from twin.access.actor import Actor
from twin.access.decide import visible_layers
from twin.catalog.spec import Width
from twin.web.style import layers_of, source

if TYPE_CHECKING:
    from tests.integration.web.city import City

SPECIFICATION = (
    Path(__file__).parents[3] / "console/node_modules/@maplibre/maplibre-gl-style-spec/dist/index.mjs"
)
TYPES = {"background", "fill", "line", "circle", "fill-extrusion", "raster", "symbol"}


def walk(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for item in value.values() for text in walk(item)]
    return [text for item in value for text in walk(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("role", ["anonymous", "planner", "operator"])
def test_style_of_a_role(city: City, role: str) -> None:
    style = city.get("/tiles/style.json", role).json()
    drawn = {layer.name for layer in visible_layers(city.catalog, Actor(role)) if layer.kind != "records"}
    assert style["version"] == 8
    assert set(style["sources"]) == drawn
    ids = [layer["id"] for layer in style["layers"]]
    assert len(set(ids)) == len(ids)
    for layer in style["layers"]:
        assert layer["type"] in TYPES
        if layer["type"] != "background":
            assert layer["source"] in drawn
    assert "glyphs" not in style
    assert "sprite" not in style


@pytest.mark.skipif(
    not SPECIFICATION.exists() or which("node") is None, reason="the console is not installed"
)
@pytest.mark.parametrize("role", ["anonymous", "admin"])
def test_the_style_specification_finds_no_fault(city: City, role: str) -> None:
    script = Path(__file__).with_name("validate_style.mjs")
    style = city.get("/tiles/style.json?lang=en", role).content
    found = subprocess.run(
        ["node", str(script), SPECIFICATION.as_uri()],
        input=style,
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(found.stdout) == []


def test_nothing_leads_elsewhere(city: City) -> None:
    texts = walk(city.get("/tiles/style.json", "operator").json())
    addresses = [text for text in texts if "://" in text]
    assert addresses
    assert all(address.startswith(city.base + "/tiles/") for address in addresses)


def test_hidden_layers_leave_no_trace(city: City) -> None:
    for target in ("/tiles/style.json", "/layers", "/openapi.json"):
        text = city.get(target).text
        for name in ("gas_pipe", "camera", "drain_pipe", "sensor"):
            assert f'"{name}"' not in text, (target, name)


def test_colours_follow_the_vocabulary(city: City) -> None:
    style = city.get("/tiles/style.json").json()
    building = next(layer for layer in style["layers"] if layer.get("source") == "building")
    assert building["type"] == "fill-extrusion"
    colour = building["paint"]["fill-extrusion-color"]
    assert colour[0] == "match"
    assert "residential" in colour
    terms = city.catalog.vocabularies["building_use"].terms
    assert colour[colour.index("residential") + 1] == terms["residential"].colour


def test_a_colour_column_that_one_may_not_read_is_not_used(city: City) -> None:
    layer = city.catalog.layers["building"]
    [drawn, *_] = layers_of(layer, city.catalog, ("code", "height"), "en")
    assert drawn["paint"]["fill-extrusion-color"] == layer.style.colour


def bands(city: City, **style: Any) -> dict[str, Any]:
    """What draws the road links when they are a bandwidth map."""
    widths = (Width(value=0, width=1), Width(value=500, width=3), Width(value=2000, width=10))
    given = {"width_by": "lanes", "widths": widths, "directed": True, "label": None} | style
    roads = city.catalog.layers["road_link"]
    layer = roads.model_copy(update={"style": roads.style.model_copy(update=given)})
    [drawn] = layers_of(layer, city.catalog, ("lanes",), "en")
    return drawn


def test_lines_as_wide_as_a_column_says_beside_each_other(city: City) -> None:
    drawn = bands(city)
    wide = ["interpolate", ["linear"], ["to-number", ["get", "lanes"], 0], 0, 1, 500, 3, 2000, 10]
    assert drawn["paint"]["line-width"][4:] == [["*", 0.3333, wide], 18, ["*", 3, wide]]
    # half the width to the right of the direction, plus half a pixel between the two
    assert drawn["paint"]["line-offset"][4:] == [
        ["+", 0.5, ["*", 0.1667, wide]],
        18,
        ["+", 0.5, ["*", 1.5, wide]],
    ]
    assert bands(city, width_by=None, widths=(), width=3)["paint"]["line-offset"][4:] == [1.0, 18, 5.0]
    assert "line-offset" not in bands(city, directed=False)["paint"]


@pytest.mark.skipif(which("node") is None or not SPECIFICATION.is_file(), reason="no style specification")
def test_the_specification_takes_bandwidths(city: City) -> None:
    source_ = {"road_link": {"type": "vector", "tiles": ["http://a/{z}/{x}/{y}"]}}
    style = {
        "version": 8,
        "sources": source_,
        "layers": [bands(city), bands(city, widths=(), width_by=None) | {"id": "b"}],
    }
    script = Path(__file__).with_name("validate_style.mjs")
    found = subprocess.run(
        ["node", str(script), str(SPECIFICATION)],
        input=json.dumps(style).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert json.loads(found.stdout) == []


def test_tilejson(city: City) -> None:
    document = city.get("/tiles/building.json?lang=en").json()
    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == [f"{city.base}/tiles/building/{{z}}/{{x}}/{{y}}.mvt"]
    assert (document["minzoom"], document["maxzoom"]) == (8, 16)
    [layer] = document["vector_layers"]
    assert layer["id"] == "building"
    assert layer["fields"]["height"] == "Height (m)"
    west, south, east, north = document["bounds"]
    assert west < east
    assert south < north
    run = city.get(f"/tiles/flood_depth.json?run={city.published}").json()
    assert run["tiles"][0].endswith(f".png?run={city.published}")


@pytest.mark.parametrize(
    ("target", "status", "code"),
    [
        ("/tiles/gas_pipe.json", 404, "TWIN-330"),
        ("/tiles/none.json", 404, "TWIN-330"),
        ("/tiles/building.json?run=00000000-0000-7000-8000-000000000000", 400, "TWIN-333"),
        ("/tiles/building.json?x=1", 400, "TWIN-301"),
        ("/tiles/style.json?layer=building", 400, "TWIN-301"),
    ],
)
def test_refusals(city: City, target: str, status: int, code: str) -> None:
    answer = city.get(target)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_sources_of_every_layer(city: City) -> None:
    for layer in city.catalog.layers.values():
        found = source(layer, "https://a", None)
        assert found["minzoom"] <= found["maxzoom"]
        assert found["type"] == ("raster" if layer.kind == "coverage" else "vector")
