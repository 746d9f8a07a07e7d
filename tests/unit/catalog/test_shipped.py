"""The catalogue that comes with the program: sound, bilingual, and with what the standards ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from twin.catalog.load import load
from twin.catalog.order import creation_order
from twin.catalog.pattern import portability
from twin.catalog.spec import Catalog, Model
from twin.text import Text

CATALOG = load()
CJK = re.compile("[\u4e00-\u9fff]")
LATIN = re.compile("[A-Za-z]")


def texts(node: object, place: str) -> Iterator[tuple[str, Text]]:
    """Every text of the catalogue with the place where it stands."""
    if isinstance(node, Text):
        yield place, node
    elif isinstance(node, Model):
        for name in type(node).model_fields:
            yield from texts(getattr(node, name), f"{place}.{name}")
    elif isinstance(node, dict):
        for name, part in node.items():
            yield from texts(part, f"{place}.{name}")
    elif isinstance(node, tuple):
        for number, part in enumerate(node):
            yield from texts(part, f"{place}.{number}")


def test_loads_without_a_notice() -> None:
    assert CATALOG.notices == ()
    assert len(CATALOG.layers) >= 26


def test_every_text_is_chinese_and_english() -> None:
    found = list(texts(CATALOG, "catalogue"))
    assert len(found) > 250
    wrong = [place for place, text in found if not CJK.search(text.zh) or not LATIN.search(text.en)]
    assert wrong == []
    assert [place for place, text in found if CJK.search(text.en)] == []


def test_every_term_is_chinese_and_english() -> None:
    wrong = [
        (vocabulary.name, code)
        for vocabulary in CATALOG.vocabularies.values()
        for code, term in vocabulary.terms.items()
        if not CJK.search(term.zh) or not LATIN.search(term.en) or CJK.search(term.en)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("layer", "columns"),
    {
        "admin_area": "code name level parent_code population",
        "grid_cell": "code community_code responsible_unit responsible_role area_m2 status",
        "land_use": "code land_use status area_m2",
        "building": "height floors floors_below use base_elevation",
        "road_link": "from_node to_node direction lanes capacity free_speed class",
        "road_node": "code kind",
        "drain_pipe": "from_node to_node pipe_class material diameter start_invert end_invert roughness",
        "manhole": "ground_elevation invert_elevation depth pipe_class",
        "outfall": "invert_elevation receiving tide_gate",
        "water_pipe": "pipe_class material diameter pressure_zone",
        "gas_pipe": "pipe_class material diameter pressure_class",
        "pump_station": "name capacity_m3_s start_level stop_level",
        "river_reach": "name width bed_elevation",
        "sensor": "code observed_property unit manufacturer status install_date urn",
        "camera": "code direction_deg range_m status",
        "facility": "name kind capacity address",
        "component": "code component_class state grid_code managing_department owner_department",
        "flood_building": "building_code depth hazard arrival_min use",
        "flood_road": "road_code depth passable",
        "flood_cell": "grid_code mean_depth max_depth flooded_area_m2 flooded_share",
    }.items(),
)
def test_layer_has_the_columns_asked_for(layer: str, columns: str) -> None:
    assert set(columns.split()) <= set(CATALOG.layers[layer].columns)


@pytest.mark.parametrize(
    ("layer", "good", "bad"),
    [
        ("grid_cell", "350102001003001", "35010200100300"),
        ("component", "3501020101000001", "35010201010000010"),
        ("camera", "35010200001321000001", "3501020000132100000"),
        ("admin_area", "350102001003", "3501020010"),
    ],
)
def test_national_codes_have_their_length(layer: str, good: str, bad: str) -> None:
    pattern = CATALOG.layers[layer].columns["code"].pattern
    assert pattern
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)


def test_land_use_list_is_whole_and_coloured() -> None:
    terms = CATALOG.vocabularies["land_use_2023"].terms
    lengths = [len(code) for code in terms]
    assert [lengths.count(n) for n in (2, 4, 6)] == [24, 111, 40]
    assert all(term.parent == (code[:-2] or None) for code, term in terms.items())
    assert all(term.colour for term in terms.values())


def test_pipe_classes_carry_the_colours_of_the_standard() -> None:
    terms = CATALOG.vocabularies["pipe_class"].terms
    assert terms["201"].colour == "#4c3926"
    assert terms["303"].colour == "#ff00ff"
    assert terms["802"].colour == "#6600cc"


def test_what_is_to_be_verified_says_so() -> None:
    assert not CATALOG.vocabularies["component_class"].verified
    assert not CATALOG.vocabularies["event_class"].terms["04"].verified
    assert not CATALOG.vocabularies["cim_level"].verified


def test_access_classes_of_the_first_layers() -> None:
    by_class = {name: {layer.name for layer in CATALOG.layers.values() if layer.access == name} for name in
                ("shared", "supervised", "protected")}  # fmt: skip
    assert by_class["protected"] == {"gas_pipe", "camera"}
    traffic = {
        "traffic_detector",
        "traffic_observation",
        "traffic_state",
        "traffic_index",
        "traffic_incident",
    }
    traffic |= {"traffic_forecast", "traffic_forecast_backtest"}
    black_spots = {"traffic_crash", "black_spot", "black_spot_density", "black_spot_surface"}
    assert by_class["shared"] == {"sensor", "sensor_observation", "component"} | black_spots | traffic
    network = {"drain_pipe", "manhole", "outfall", "water_pipe", "pump_station"}
    assert by_class["supervised"] == network | {"flood_manhole", "flood_pipe"}
    assert CATALOG.layers["grid_cell"].columns["population"].access == "shared"


def test_no_layer_holds_a_person() -> None:
    personal = re.compile("person|phone|mobile|id_card|owner_name|contact|birth")
    assert not [
        f"{layer.name}.{name}"
        for layer in CATALOG.layers.values()
        for name in layer.columns
        if personal.search(name)
    ]


def test_patterns_are_portable() -> None:
    for layer in CATALOG.layers.values():
        for column in layer.columns.values():
            assert column.pattern is None or portability(column.pattern) is None


def test_layers_are_created_after_what_they_refer_to() -> None:
    order = [layer.name for layer in creation_order(CATALOG)]
    assert sorted(order) == sorted(CATALOG.layers)
    assert order.index("road_node") < order.index("road_link")
    assert order.index("admin_area") < order.index("grid_cell") < order.index("component")


def test_the_catalogue_is_a_value() -> None:
    again = load()
    assert again == CATALOG
    assert Catalog.model_validate_json(CATALOG.model_dump_json()) == CATALOG
