"""A city's own folder adds to the shipped one, replaces files by name and says so, and extends lists."""

from __future__ import annotations

from pathlib import Path

from tests.unit.catalog.conftest import Folder
from twin.catalog.load import examine, load, shipped_layers


def test_a_city_adds_a_layer_and_a_list(folder: Folder, tmp_path: Path) -> None:
    city = Folder(tmp_path / "city")
    text = (folder.root / "base/place.toml").read_text(encoding="utf-8").replace('"colours"', '"tones"')
    city.write("heritage/old_house.toml", text.replace('"place.code"', '"old_house.code"'))
    city.write(
        "vocabularies/tones.toml", (folder.root / "vocabularies/colours.toml").read_text(encoding="utf-8")
    )
    catalog = load(shipped_layers(), city.root)
    assert catalog.layers["old_house"].data_class == "heritage"
    assert "building" in catalog.layers
    assert catalog.notices == ()


def test_a_file_of_the_same_name_replaces_and_is_reported(folder: Folder, tmp_path: Path) -> None:
    city = Folder(tmp_path / "city")
    text = (folder.root / "base/place.toml").read_text(encoding="utf-8")
    city.write("base/place.toml", text.replace('"Place"', '"Spot"'))
    catalog = load(folder.root, city.root)
    assert catalog.layers["place"].title.en == "Spot"
    assert [(n.code, n.file, n.fatal) for n in catalog.notices] == [
        ("TWIN-123", "city/base/place.toml", False)
    ]


def test_a_city_extends_a_list_and_a_changed_term_is_reported(tmp_path: Path) -> None:
    city = Folder(tmp_path / "city")
    city.write(
        "vocabularies/component_class.toml",
        """
title = { zh = "本市部件", en = "Our components" }
extends = true
[terms]
"0199" = { zh = "智慧灯杆", en = "Smart pole", parent = "01" }
"0137" = { zh = "路灯杆", en = "Lamp post", parent = "01" }
""",
    )
    catalog = load(shipped_layers(), city.root)
    terms = catalog.vocabularies["component_class"].terms
    assert terms["0199"].colour == terms["01"].colour
    assert terms["0137"].en == "Lamp post"
    assert len(terms) == len(load().vocabularies["component_class"].terms) + 1
    assert [n.key for n in catalog.notices] == ["terms.0137"]


def test_nothing_to_extend_is_a_fault(tmp_path: Path) -> None:
    city = Folder(tmp_path / "city")
    city.write(
        "vocabularies/new.toml",
        'title = { zh = "新", en = "New" }\nextends = true\n[terms]\na = { zh = "甲", en = "A" }',
    )
    assert [(p.code, p.key) for p in examine(shipped_layers(), city.root)[1]] == [("TWIN-106", "extends")]


def test_access_rules_of_a_city(folder: Folder, tmp_path: Path) -> None:
    city = Folder(tmp_path / "city")
    text = (folder.root / "access.toml").read_text(encoding="utf-8")
    wider = text.replace('read = ["operator", "admin"]', 'read = ["planner", "operator", "admin"]')
    city.write("access.toml", wider)
    catalog = load(folder.root, city.root)
    assert "planner" in catalog.access.classes["protected"].read
    assert [n.file for n in catalog.notices] == ["city/access.toml"]


def test_the_same_layer_twice_in_one_folder(folder: Folder) -> None:
    text = (folder.root / "base/place.toml").read_text(encoding="utf-8")
    folder.write("survey/place.toml", text)
    problems = examine(folder.root)[1]
    assert [(p.code, p.file) for p in problems] == [("TWIN-108", "layers/survey/place.toml")]
    assert "layers/base/place.toml" in problems[0].text.en


def test_a_replacement_heals_a_broken_shipped_file(folder: Folder, tmp_path: Path) -> None:
    sound = (folder.root / "base/place.toml").read_text(encoding="utf-8")
    folder.write("base/place.toml", sound.replace("[tiles]", "[tile]"))
    city = Folder(tmp_path / "city").write("base/place.toml", sound)
    catalog, problems = examine(folder.root, city.root)
    assert catalog is None
    assert [p.code for p in problems] == ["TWIN-104"]
