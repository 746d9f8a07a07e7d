"""The inputs of a flood as the pages show them, and a city's own rows in the tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from twin.catalog.load import load, shipped_layers
from twin.city.surface import table
from twin.errors import Refused
from twin.processes.registry import find

DOCS = Path(__file__).resolve().parents[3] / "docs"


def blocks(language: str, kind: str) -> list[str]:
    text = (DOCS / language / "flood-inputs.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_examples_of_the_page_are_valid(language: str) -> None:
    found = [json.loads(block) for block in blocks(language, "json")]
    assert len(found) == 3
    for given in found:
        find("flood").validate(given)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_city_changes_a_row_of_a_table(language: str, tmp_path: Path) -> None:
    (example,) = blocks(language, "toml")
    folder = tmp_path / "vocabularies"
    folder.mkdir()
    (folder / "ground_cover.toml").write_text(example, encoding="utf-8")
    covers = table(load(shipped_layers(), tmp_path).vocabularies["ground_cover"])
    assert covers.value("070102", "manning") == 0.032
    assert covers.value("070102", "sealed") == 0.7
    assert covers.value("070102", "cn_b") == 61, "what the row leaves out is that of the shorter code"
    assert covers.value("0702", "manning") == 0.030


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "storm"),
        ({"boundaries": [{"kind": "free", "side": "east"}]}, "duration_min"),
        ({"tables": {"ground_cover": {"07": {"manning": 5.0}}}}, "tables"),
        ({"tables": {"ground_cover": {"07": {"albedo": 0.3}}}}, "tables"),
        ({"infiltration": {"method": "sponge"}}, "infiltration"),
        ({"solver": "magic"}, "solver"),
        ({"precision": "float16"}, "precision"),
        ({"roughness_factor": 0.0}, "roughness_factor"),
        ({"edits": [{"kind": "wall", "height_m": 1.0, "geometry": {"type": "LineString", "coordinates": [[0, 0], [0, 95]]}}]}, "edits"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(given: dict[str, object], key: str) -> None:
    rain = (
        {}
        if key in ("storm", "duration_min")
        else {"storm": {"kind": "series", "times_min": [0], "intensity_mm_h": [9]}}
    )
    with pytest.raises(Refused, match="TWIN-501") as refused:
        find("flood").validate({**rain, **given})
    assert (refused.value.where or "").startswith(key)


def test_no_more_edits_than_can_be_looked_over() -> None:
    edit = {"kind": "terrain", "road": "R1", "action": "raise_by", "value_m": 1.0}
    rain = {"kind": "series", "times_min": [0], "intensity_mm_h": [9]}
    find("flood").validate({"storm": rain, "edits": [edit] * 200})
    with pytest.raises(Refused, match="200"):
        find("flood").validate({"storm": rain, "edits": [edit] * 201})
