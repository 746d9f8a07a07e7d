"""Each kind of fault in a file is found, at its file and key, with its code and the nearest right word."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from tests.unit.catalog.conftest import Folder, told
from twin.catalog.load import examine, load
from twin.catalog.messages import FILES, MESSAGES
from twin.errors import Refused

PLACE, DEPTH, COLOURS, ACCESS = (
    "base/place.toml",
    "results/depth.toml",
    "vocabularies/colours.toml",
    "access.toml",
)

# file, what to replace, by what, code, key, a word that the English text must hold
EDITS = [
    (PLACE, 'kind = "features"', 'kind = "feature"', "TWIN-106", "kind", 'Did you mean "features"?'),
    (PLACE, 'kind = "features"\n', "", "TWIN-105", "kind", "kind"),
    (PLACE, 'access = "open"', 'acess = "open"', "TWIN-104", "acess", 'Did you mean "access"?'),
    (PLACE, "[tiles]", "[tile]", "TWIN-104", "tile", 'Did you mean "tiles"?'),
    (PLACE, "unique = true", "uniqe = true", "TWIN-104", "columns.code.uniqe", 'Did you mean "unique"?'),
    (PLACE, "min_zoom = 8", "minzoom = 8", "TWIN-104", "tiles.minzoom", 'Did you mean "min_zoom"?'),
    (PLACE, "min_zoom = 8", 'min_zoom = "8"', "TWIN-106", "tiles.min_zoom", "integer"),
    (PLACE, "min_zoom = 8", "min_zoom = 8.5", "TWIN-106", "tiles.min_zoom", "integer"),
    (PLACE, "min_zoom = 8", "min_zoom = 99", "TWIN-106", "tiles.min_zoom", "22"),
    (PLACE, "min_zoom = 8", "min_zoom = 15", "TWIN-115", "tiles.min_zoom", "above"),
    (PLACE, "max_zoom = 14", "max_zoom = 14\noverview_below = 8", "TWIN-115", "tiles.overview_below", "above"),
    (PLACE, "required = true", 'required = "yes"', "TWIN-106", "columns.code.required", "boolean"),
    (PLACE, 'geometry = "Polygon"\n', "", "TWIN-114", "geometry", "needs a geometry"),
    (PLACE, 'geometry = "Polygon"', 'geometry = "polygon"', "TWIN-106", "geometry", "Polygon"),
    (PLACE, 'en = "Place" }', 'en = " " }', "TWIN-107", "title", "blank"),
    (PLACE, '{ zh = "地点", en = "Place" }', '{ zh = "地点" }', "TWIN-107", "title", "en"),
    (PLACE, '{ zh = "地点", en = "Place" }', '"Place"', "TWIN-107", "title", "en"),
    (PLACE, '"Some office" }', '"Some office", fr = "Bureau" }', "TWIN-107", "steward", "zh"),
    (PLACE, "[columns.size]", "[columns.bbox]", "TWIN-108", "columns.bbox", "parameter"),
    (PLACE, "[columns.size]", "[columns.geom]", "TWIN-108", "columns.geom", "system"),
    (PLACE, "[columns.size]", "[columns.between]", "TWIN-108", "columns.between", "CQL2"),
    (PLACE, "[columns.size]", "[columns.geometry]", "TWIN-108", "columns.geometry", "GeoJSON"),
    (PLACE, "[columns.size]", "[columns.Size]", "TWIN-108", "columns.Size", "lower-case"),
    (PLACE, 'vocabulary = "colours"', 'vocabulary = "colors"', "TWIN-109", "columns.colour.vocabulary", '"colours"?'),
    (PLACE, 'colour_by = "colour"', 'colour_by = "color"', "TWIN-110", "style.colour_by", 'Did you mean "colour"?'),
    (PLACE, '"colour", "size"]', '"colour", "sizes"]', "TWIN-110", "tiles.columns.2", 'Did you mean "size"?'),
    (PLACE, "[style]", '[style]\nlabel = "nam"', "TWIN-110", "style.label", "nam"),
    (PLACE, "[style]", '[style]\nlabel = "part_of"', "TWIN-118", "style.label", "tiles do not carry"),
    (PLACE, "[style]", '[style]\nextrude = "code"', "TWIN-118", "style.extrude", "numeric"),
    (PLACE, 'colour_by = "colour"', 'colour_by = "size"', "TWIN-118", "style.colour_by", "stops"),
    (PLACE, 'colour_by = "colour"', 'colour_by = "code"', "TWIN-118", "style.colour_by", "vocabulary"),
    (PLACE, '[style]', '[style]\nstops = [{ value = 1, colour = "#000000" }, { value = 1, colour = "#000000" }]',
     "TWIN-118", "style.stops", "rise"),
    (PLACE, "[style]", '[style]\nwidth_by = "size"', "TWIN-118", "style.width_by", "lines"),
    (PLACE, "[style]", '[style]\nwidth_by = "size"', "TWIN-118", "style.widths", "together"),
    (PLACE, "[style]", "[style]\nwidths = [{ value = 0, width = 1 }]", "TWIN-118", "style.widths", "together"),
    (PLACE, "[style]", '[style]\nwidth_by = "size"\nwidths = [{ value = 0, width = 1 }, { value = 0, width = 2 }]',
     "TWIN-118", "style.widths", "rise"),
    (PLACE, "[style]", '[style]\nwidth_by = "sise"\nwidths = []', "TWIN-110", "style.width_by", "size"),
    (PLACE, "[style]", "[style]\ndirected = true", "TWIN-118", "style.directed", "direction"),
    (PLACE, '"colour", "size"]', '"colour", "secret"]', "TWIN-119", "tiles.columns", "more closed"),
    (PLACE, '"place.code"', '"plaza.code"', "TWIN-111", "columns.part_of.references", '"place.code"?'),
    (PLACE, '"place.code"', '"place.cod"', "TWIN-111", "columns.part_of.references", '"place.code"?'),
    (PLACE, '"place.code"', '"place"', "TWIN-106", "columns.part_of.references", "pattern"),
    (PLACE, '"place.code"', '"place.colour"', "TWIN-112", "columns.part_of.references", "not unique"),
    (PLACE, "unique = true", "unique = false", "TWIN-112", "columns.part_of.references", "not unique"),
    (PLACE, '"^[0-9]{4}$"', '"[0-9]{4}"', "TWIN-116", "columns.code.pattern", "begin with ^"),
    (PLACE, "pattern = \"^[0-9]{4}$\"", "pattern = '^\\d{4}$'", "TWIN-116", "columns.code.pattern", "character 2"),
    (PLACE, 'vocabulary = "colours"', 'vocabulary = "colours"\npattern = "^9$"', "TWIN-117", "columns.colour.pattern", "no code"),
    (PLACE, 'unit = "m"', 'pattern = "^a$"', "TWIN-117", "columns.size.pattern", "this column is number"),
    (PLACE, 'pattern = "^[0-9]{4}$"', "minimum = 1", "TWIN-117", "columns.code.minimum", "this column is text"),
    (PLACE, 'pattern = "^[0-9]{4}$"', 'unit = "m"', "TWIN-117", "columns.code.unit", "this column is text"),
    (PLACE, "minimum = 0", "minimum = 101", "TWIN-115", "columns.size.minimum", "above maximum"),
    (PLACE, "minimum = 0", "minimum = nan", "TWIN-106", "columns.size.minimum", "number"),
    (PLACE, "minimum = 0", "minimum = 2020-01-01", "TWIN-106", "columns.size.minimum", "number"),
    (PLACE, 'access = "protected"', 'aliases = ["size"]', "TWIN-108", "columns.secret.aliases", "size"),
    (PLACE, 'access = "open"\ngeometry', 'access = "shared"\nunique_together = [["code"]]\ngeometry', "TWIN-117",
     "unique_together.0", "two"),
    (PLACE, 'access = "open"\ngeometry', 'access = "open"\nunique_together = [["code", "cod"]]\ngeometry', "TWIN-110",
     "unique_together.0", '"code"?'),
    (PLACE, 'access = "open"\ngeometry', 'access = "open"\nname = "x"\ngeometry', "TWIN-106", "name", "file's name"),
    (DEPTH, "[raster]", "[rast]", "TWIN-104", "rast", '"raster"?'),
    (DEPTH, 'process = "soak"', 'geometry = "Point"', "TWIN-114", "geometry", "no geometry"),
    (DEPTH, "nodata = -9999", 'nodata = -9999\ndtype = "uint8"', "TWIN-114", "raster.nodata", "uint8"),
    (DEPTH, "nodata = -9999", "nodata = nan", "TWIN-106", "raster.nodata", "finite"),
    (DEPTH, "value = 0.1", "value = 5", "TWIN-118", "style.stops", "rise"),
    (DEPTH, '"#0000ff"', '"blue"', "TWIN-106", "style.stops.0.colour", "pattern"),
    (DEPTH, "[raster]", "[tiles]\noverview_below = 12\n[raster]", "TWIN-114", "tiles.overview_below", "no features"),
    (COLOURS, 'parent = "01"', 'parent = "001"', "TWIN-120", "terms.0101.parent", 'Did you mean "01"?'),
    (COLOURS, 'colour = "#ff0000"', 'parent = "0101"', "TWIN-120", "terms.01.parent", "circle"),
    (COLOURS, '"02" =', '" 02" =', "TWIN-120", "terms. 02", "no space"),
    (COLOURS, 'en = "Green"', 'eng = "Green"', "TWIN-104", "terms.02.eng", '"en"?'),
    (COLOURS, 'zh = "绿"', 'zh = ""', "TWIN-106", "terms.02.zh", "pattern"),
    (ACCESS, 'run = ["planner"', 'run = ["planer"', "TWIN-119", "run", 'Did you mean "planner"?'),
    (ACCESS, 'run = ["planner", "operator", "admin"]', 'run = ["planner", "admin"]', "TWIN-119", "run", "operator"),
    (ACCESS, "[roles.anonymous]", "[roles.nobody]", "TWIN-119", "roles", "anonymous"),
    (ACCESS, "[classes.open]", "[classes.public]", "TWIN-108", "classes.public", "public"),
    (ACCESS, 'read = ["operator", "admin"]', 'read = ["viewer", "planner", "operator", "admin"]', "TWIN-119",
     "classes.protected.read", "viewer"),
    (ACCESS, 'read = ["operator", "admin"]', 'read = ["admin"]', "TWIN-119", "classes.protected.write", "operator"),
    (ACCESS, "statement_timeout_s = 5\n", "statement_timeout_s = -1\n", "TWIN-106", "roles.anonymous.statement_timeout_s", "0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "code", "key", "word"), EDITS, ids=[f"{e[3]}:{e[4]}" for e in EDITS]
)
def test_fault_is_told(folder: Folder, file: str, old: str, new: str, code: str, key: str, word: str) -> None:
    folder.edit(file, old, new)
    catalog, problems = examine(folder.root)
    assert catalog is None
    found = [p for p in problems if p.code == code and p.key == key and p.file == f"layers/{file}"]
    assert found, told(problems)
    assert word in found[0].text.en
    assert found[0].text.zh


def test_sound_folder_loads(folder: Folder) -> None:
    catalog = load(folder.root)
    assert list(catalog.layers) == ["place", "depth"]
    assert catalog.layers["place"].data_class == "base"
    assert catalog.vocabularies["colours"].terms["0101"].colour == "#ff0000"


def test_all_problems_are_told_at_once(folder: Folder) -> None:
    folder.edit(PLACE, "min_zoom = 8", "min_zoom = 20").edit(DEPTH, "[raster]", "[rester]").edit(
        ACCESS, '"planner"', '"x"'
    )
    with pytest.raises(Refused) as refused:
        load(folder.root)
    assert refused.value.code == "TWIN-101"
    assert {p.file for p in refused.value.problems} == {f"layers/{name}" for name in (PLACE, DEPTH, ACCESS)}


def test_syntax_error_tells_its_line(folder: Folder) -> None:
    folder.edit(PLACE, "[style]", "[style")
    _, problems = examine(folder.root)
    assert [(p.code, p.key) for p in problems] == [("TWIN-103", "line 12")]
    assert "line 12" in problems[0].text.en
    assert "第 12 行" in problems[0].text.zh


def test_duplicate_key_is_a_syntax_error(folder: Folder) -> None:
    folder.edit(COLOURS, '"02" =', '"01" =')
    assert [p.code for p in examine(folder.root)[1]] == ["TWIN-103"]


def test_layers_in_a_circle(folder: Folder) -> None:
    other = """
[columns.code]
type = "text"
title = { zh = "编号", en = "Code" }
unique = true
[columns.place]
type = "text"
title = { zh = "地点", en = "Place" }
references = "place.code"
"""
    head = (folder.root / PLACE).read_text(encoding="utf-8").partition("[tiles]")[0]
    folder.write("base/other.toml", head + other).edit(PLACE, '"place.code"', '"other.code"')
    found = [p for p in examine(folder.root)[1] if p.code == "TWIN-113"]
    assert len(found) == 1
    assert "place" in found[0].text.en
    assert "other" in found[0].text.en


def test_reference_to_a_result_or_a_closer_layer_is_refused(folder: Folder) -> None:
    head = (folder.root / PLACE).read_text(encoding="utf-8").partition("[tiles]")[0]
    code = '[columns.code]\ntype = "text"\ntitle = { zh = "编号", en = "Code" }\nunique = true\n'
    closed = head.replace('"open"', '"protected"').replace("geometry", 'process = "soak"\ngeometry')
    folder.write("base/closed.toml", closed + code).edit(PLACE, '"place.code"', '"closed.code"')
    found = [p.text.en for p in examine(folder.root)[1] if p.code == "TWIN-112"]
    assert any("vanish" in text for text in found)
    assert any("closer" in text for text in found)


@pytest.mark.parametrize("name", ["style", "catalogue"])
def test_layer_name_that_is_an_address(folder: Folder, name: str) -> None:
    folder.write(f"base/{name}.toml", (folder.root / PLACE).read_text(encoding="utf-8"))
    assert "TWIN-108" in [p.code for p in examine(folder.root)[1]]


def test_misplaced_and_misnamed_files(folder: Folder) -> None:
    folder.write("place.toml", "").write("base/deep/place.toml", "").write("base/My-Layer.toml", "")
    assert sorted(p.code for p in examine(folder.root)[1]) == ["TWIN-108", "TWIN-124", "TWIN-124"]


def test_unreadable_files(folder: Folder, tmp_path: Path) -> None:
    (folder.root / "base" / "gbk.toml").write_bytes('title = "地点"'.encode("gbk"))
    folder.write("base/deep.toml", "a = " + "[" * 10_000)
    codes = sorted(p.code for p in examine(folder.root, tmp_path / "absent")[1])
    assert codes == ["TWIN-102", "TWIN-102", "TWIN-103"]


def test_an_empty_folder_lacks_its_access_rules(tmp_path: Path) -> None:
    assert [p.code for p in examine(tmp_path)[1]] == ["TWIN-105"]


def test_a_broken_file_makes_no_further_noise(folder: Folder) -> None:
    folder.edit(COLOURS, "[terms]", "[terms").write("base/other.toml", "kind = ")
    folder.edit(PLACE, '"place.code"', '"other.code"')
    assert sorted((p.code, p.file) for p in examine(folder.root)[1]) == [
        ("TWIN-103", "layers/base/other.toml"),
        ("TWIN-103", "layers/vocabularies/colours.toml"),
    ]


def test_each_fault_code_is_provoked_here() -> None:
    provoked = {edit[3] for edit in EDITS} | {f"TWIN-{n}" for n in (101, 102, 103, 113, 121, 122, 123, 124)}
    assert provoked == set(FILES)


def test_messages_ask_for_the_same_in_both_languages() -> None:
    for code, text in MESSAGES.items():
        zh, en = (
            {part[1] for part in string.Formatter().parse(said) if part[1]} for said in (text.zh, text.en)
        )
        assert {n.removesuffix("_zh") for n in zh} == {n.removesuffix("_en") for n in en}, code
