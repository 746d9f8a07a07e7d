"""The JSON Schemas: of records for the doors, and of the TOML files for editors."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from tests.unit.catalog.conftest import Folder
from twin.catalog.editor import editor_schema
from twin.catalog.load import load, shipped_layers
from twin.catalog.schema import json_schema
from twin.text import LANGUAGES, Language

CATALOG = load()
EDITOR = jsonschema.Draft202012Validator(editor_schema())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CATALOG.layers)
def test_schema_of_each_layer_is_a_schema(name: str, language: Language) -> None:
    layer = CATALOG.layers[name]
    schema = json_schema(layer, CATALOG, language)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["title"] == layer.title[language]
    for column, declared in layer.columns.items():
        assert schema["properties"][column]["title"] == declared.title[language]
    order = [part["x-ogc-propertySeq"] for part in schema["properties"].values()]
    assert order == sorted(set(order))


def test_roles_and_formats() -> None:
    found = json_schema(CATALOG.layers["drain_pipe"], CATALOG, "zh")["properties"]
    assert found["id"]["x-ogc-role"] == "id"
    assert found["geom"] == {
        "title": "几何",
        "format": "geometry-linestring",
        "x-ogc-role": "primary-geometry",
        "x-ogc-propertySeq": 2,
    }
    assert found["valid_from"]["x-ogc-role"] == "primary-interval-start"
    assert found["diameter"]["x-unit"] == "mm"
    assert found["year_built"]["minimum"] == 1800
    assert isinstance(found["year_built"]["minimum"], int)
    assert found["pipe_class"]["enum"] == ["201", "202", "203"]
    assert found["pipe_class"]["x-enum-titles"]["201"] == "雨水"


def test_result_layers_carry_their_run_and_no_valid_time() -> None:
    found = json_schema(CATALOG.layers["flood_road"], CATALOG, "en")["properties"]
    assert found["run"]["format"] == "uuid"
    assert "valid_from" not in found


def test_coverage_has_one_property() -> None:
    found = json_schema(CATALOG.layers["terrain"], CATALOG, "en")["properties"]
    assert found == {
        "terrain": {
            "title": "Ground elevation",
            "type": "number",
            "x-unit": "m",
            "x-ogc-unit": "m",
            "x-ogc-propertySeq": 1,
        }
    }


def test_only_the_columns_asked_for() -> None:
    schema = json_schema(CATALOG.layers["grid_cell"], CATALOG, "en", ("code", "status", "note"))
    assert "population" not in schema["properties"]
    assert [name for name in schema["properties"] if name in ("code", "status", "note")] == [
        "code",
        "status",
        "note",
    ]
    assert schema["required"] == ["code", "status"]


@pytest.mark.parametrize("path", sorted(shipped_layers().rglob("*.toml")), ids=lambda path: path.stem)
def test_shipped_files_pass_the_editor_schema(path: Path) -> None:
    EDITOR.validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_a_misspelt_key_fails_the_editor_schema(folder: Folder) -> None:
    text = (folder.root / "base/place.toml").read_text(encoding="utf-8")
    assert EDITOR.is_valid(tomllib.loads(text))
    assert not EDITOR.is_valid(tomllib.loads(text.replace("steward", "stuard")))
    assert not EDITOR.is_valid(tomllib.loads(text.replace('"Polygon"', '"Area"')))
