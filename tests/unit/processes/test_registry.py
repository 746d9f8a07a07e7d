"""Every process of the package: its texts, its schemas, its example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import jsonschema
import pytest

from twin.errors import TwinError
from twin.processes.models import Inputs, codes_of, field, run_of
from twin.processes.registry import Process, find, process, registry
from twin.processes.schema import json_schema
from twin.text import LANGUAGES, Language, Text

if TYPE_CHECKING:
    from twin.catalog.spec import Catalog

PROCESSES = sorted(registry())


def nodes(schema: Any) -> list[dict[str, Any]]:
    """Every object inside a schema."""
    if isinstance(schema, list):
        return [found for item in schema for found in nodes(item)]
    if isinstance(schema, dict):
        return [schema, *(found for item in schema.values() for found in nodes(item))]
    return []


def test_design_storm_is_found_without_naming_it_anywhere() -> None:
    assert "design-storm" in PROCESSES


@pytest.mark.parametrize("name", PROCESSES)
def test_the_example_is_valid_by_the_model_and_by_the_published_schema(name: str) -> None:
    found = registry()[name]
    found.validate(dict(found.example))
    for language in LANGUAGES:
        schema = found.inputs_schema(language)
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(dict(found.example), schema)


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_input_and_output_has_a_title_in_each_language(name: str, language: Language) -> None:
    found = registry()[name]
    for schema in (found.inputs_schema(language), found.outputs_schema(language)):
        for node in nodes(schema):
            for part in node.get("properties", {}).values():
                assert part.get("title"), (name, part)
                assert "title_zh" not in part
                if language == "zh" and part["title"].isascii():
                    assert len(part["title"]) < 4, f"{part['title']} reads like English"


def test_hints_for_the_map_name_what_there_is(catalog: Catalog) -> None:
    for declared in registry().values():
        for node in nodes(declared.inputs_schema("en")):
            layer = catalog.layers.get(node.get("x-layer", ""))
            if "x-code" in node:
                assert layer is not None, (declared.name, node)
                assert layer.geometry is not None, (declared.name, node)
                assert node["x-code"] in layer.columns, (declared.name, node)
            if isinstance(node.get("x-run"), str):
                assert node["x-run"] in registry(), (declared.name, node)
        schema = declared.inputs_schema("en")
        placed = [
            *schema.get("x-front", ()),
            *(name for one in schema.get("x-groups", ()) for name in one["members"]),
        ]
        assert set(placed) <= set(schema["properties"]), declared.name
        assert len(placed) == len(set(placed)), declared.name
        assert all(set(one) == {"title", "members"} for one in schema.get("x-groups", ())), declared.name


def test_codes_and_runs_are_told_in_the_schema() -> None:
    class Asked(Inputs):
        """Three ways to name what is there."""

        closed: tuple[str, ...] = field("关闭", "Closed", (), extra=codes_of("road_link"))
        station: str | None = field("站", "Station", None, extra=codes_of("facility", "name"))
        base: UUID = field("基准", "Base", extra=run_of("flood"))

    parts = json_schema(Asked, "en")["properties"]
    assert {key: parts["closed"][key] for key in ("type", "x-layer", "x-code")} == {
        "type": "array",
        "x-layer": "road_link",
        "x-code": "code",
    }
    assert (parts["station"]["type"], parts["station"]["x-code"]) == ("string", "name")
    assert parts["base"]["x-run"] == "flood"


@pytest.mark.parametrize("name", PROCESSES)
def test_schemas_stand_by_themselves(name: str) -> None:
    found = registry()[name]
    for schema in (found.inputs_schema("zh"), found.outputs_schema("zh")):
        assert not [node for node in nodes(schema) if "$ref" in node or "$defs" in node]


@pytest.mark.parametrize("name", PROCESSES)
def test_descriptions_follow_ogc(name: str) -> None:
    found = registry()[name]
    said = found.description("en")
    assert said["id"] == name
    assert said["version"] == found.version
    assert {"async-execute", "dismiss"} <= set(said["jobControlOptions"])
    assert set(said["inputs"]) == set(found.inputs.model_fields)
    assert set(said["outputs"]) == set(found.outputs.model_fields)
    assert found.description("zh")["title"] == found.title.zh
    assert all(part["minOccurs"] in (0, 1) and part["schema"] for part in said["inputs"].values())


def test_an_unknown_process_is_told_with_the_nearest_name() -> None:
    with pytest.raises(TwinError) as refused:
        find("design_strom")
    assert (refused.value.code, refused.value.status) == ("TWIN-502", 404)
    assert "design-storm" in refused.value.text.zh
    assert "design-storm" in refused.value.text.en


def test_two_modules_cannot_declare_one_name() -> None:
    known: Process = registry()["design-storm"]
    declare = process(
        name=known.name,
        version="2",
        title=Text(zh="重", en="again"),
        description=Text(zh="重", en="again"),
        inputs=known.inputs,
        outputs=known.outputs,
        example=known.example,
    )
    with pytest.raises(ValueError, match="design-storm"):
        declare(lambda inputs, run: None)  # type: ignore[arg-type, return-value]
    assert registry()["design-storm"] is known
