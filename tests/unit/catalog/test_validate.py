"""Records are held against the catalogue: each rule, nasty text, whole batches, and rows told by number."""

from __future__ import annotations

import math
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.catalog.load import load
from twin.catalog.schema import json_schema
from twin.catalog.spec import Column
from twin.catalog.validate import check_table, importable_columns, validate_column, validate_table
from twin.text import Text

CATALOG = load()
LAND_USE = CATALOG.layers["land_use"]
BUILDING = CATALOG.layers["building"]


def codes(layer: str, column: str, values: Any) -> list[tuple[str, int | None]]:
    return [(p.code, p.row) for p in validate_column(CATALOG.layers[layer], CATALOG, column, values)]


@pytest.mark.parametrize(
    ("layer", "column", "values", "expected"),
    [
        ("land_use", "land_use", ["0701", None, "071"], [("TWIN-202", 2), ("TWIN-204", 3)]),
        ("building", "height", [3.0, -1.0, 1000.0, 1000.1], [("TWIN-205", 2), ("TWIN-205", 4)]),
        (
            "building",
            "height",
            [math.nan, math.inf, -math.inf],
            [("TWIN-210", 1), ("TWIN-210", 2), ("TWIN-210", 3)],
        ),
        ("building", "height", ["1e400"], [("TWIN-210", 1)]),
        ("building", "height", ["tall"], [("TWIN-203", 1)]),
        ("building", "floors", [0, 250, 251], [("TWIN-205", 3)]),
        ("building", "name", ["x" * 200, "楼" * 200, "x" * 201], [("TWIN-207", 3)]),
        ("building", "code", ["a", "b", "a", None, None, "b"], [("TWIN-208", 3), ("TWIN-208", 6)]),
        (
            "grid_cell",
            "code",
            ["350102001003001", "35010200100300A", "1"],
            [("TWIN-206", 2), ("TWIN-206", 3)],
        ),
        ("grid_cell", "code", ["350102001003001\n"], []),
        ("grid_cell", "code", ["350102001003001\nx"], [("TWIN-206", 1)]),
        ("drain_pipe", "pipe_class", ["201", "101"], [("TWIN-206", 2)]),
        ("road_link", "bridge", ["是", "2"], [("TWIN-203", 2)]),
        ("sensor", "install_date", ["2024-02-30"], [("TWIN-203", 1)]),
    ],
)
def test_each_rule(layer: str, column: str, values: Any, expected: list[tuple[str, int]]) -> None:
    assert codes(layer, column, values) == expected


@pytest.mark.parametrize(
    "text", ["a\x00b", "\x1b[31m", "x\x85", "\ufffd城", "a\u202eb", "\x7f", "\u2066x", "\ud800"]
)
def test_text_that_hides_or_has_lost_something_is_refused(text: str) -> None:
    assert codes("building", "name", ["好", text]) == [("TWIN-209", 2)]


@pytest.mark.parametrize(
    "text",
    ["'; DROP TABLE city.building; --", '"quoted name"', "😀楼", "a\tb\nc", "é", "👨‍👩‍👧", "%s {x}", "𠀀"],
)
def test_text_that_is_only_unusual_is_kept(text: str) -> None:
    table = check_table(LAND_USE.model_copy(update={"kind": "records"}), CATALOG,
                        {"name": [text], "land_use": ["01"], "status": ["current"]})  # fmt: skip
    assert table.problems == ()
    assert table.columns["name"].to_pylist() == [text]


def test_unknown_word_suggests_the_code() -> None:
    said = {
        p.value: p
        for p in validate_column(LAND_USE, CATALOG, "land_use", ["071", "水田", "paddy field", "701", "zzzz"])
    }
    assert 'Did you mean "0701" (Urban residential land)?' in said["071"].text.en
    assert "是否为“0101”（水田）？" in said["水田"].text.zh
    assert '"0101"' in said["paddy field"].text.en
    assert '"0701"' in said["701"].text.en
    assert "Did you mean" not in said["zzzz"].text.en


def test_many_wrong_words_are_all_told() -> None:
    problems = validate_column(LAND_USE, CATALOG, "land_use", [f"x{n}" for n in range(1000)])
    assert [p.row for p in problems] == list(range(1, 1001))


def test_the_value_shown_is_short_and_visible() -> None:
    (problem,) = validate_column(BUILDING, CATALOG, "name", ["\x07" + "y" * 190])
    assert problem.value is not None
    assert len(problem.value) < 100
    assert problem.value.startswith("\\x07")
    assert problem.value.isprintable()


def test_a_batch_tells_rows_of_the_file_in_order() -> None:
    columns = {
        "land_use": ["xx", "0701", "0702"],
        "status": ["current", "planed", None],
        "code": ["1", "1", "2"],
    }
    problems = validate_table(LAND_USE, CATALOG, columns, first_row=101)
    assert [(p.row, p.column, p.code) for p in problems] == [
        (101, "land_use", "TWIN-204"),
        (102, "status", "TWIN-204"),
        (102, "code", "TWIN-208"),
        (103, "status", "TWIN-202"),
    ]
    assert "record 101" in problems[2].text.en


def test_good_rows_are_marked() -> None:
    checked = check_table(LAND_USE.model_copy(update={"kind": "records"}), CATALOG,
                          {"land_use": ["xx", "0701", "0702"], "status": pa.array(["current", "current", "no"])})  # fmt: skip
    assert checked.good.tolist() == [False, True, False]
    assert checked.columns["land_use"].to_pylist() == ["xx", "0701", "0702"]


def test_missing_required_column_fails_the_batch() -> None:
    problems = validate_table(LAND_USE, CATALOG, {"land_use": ["0701"]})
    assert [(p.code, p.column, p.row) for p in problems] == [("TWIN-202", "status", None)]


def test_unknown_column_is_told_with_the_nearest() -> None:
    problems = validate_table(
        LAND_USE, CATALOG, {"landuse": ["0701"], "land_use": ["01"], "status": ["current"]}
    )
    assert [(p.code, p.column) for p in problems] == [("TWIN-212", "landuse")]
    assert '"land_use"' in problems[0].text.en


def test_columns_of_differing_length() -> None:
    assert [
        p.code for p in validate_table(LAND_USE, CATALOG, {"land_use": ["01"], "status": ["current"] * 2})
    ] == ["TWIN-219"]


def test_no_rows_are_no_problem() -> None:
    assert validate_table(LAND_USE, CATALOG, {}) == []
    assert validate_table(LAND_USE, CATALOG, {"land_use": []}) == []


def test_origin_and_valid_time_are_taken() -> None:
    columns = {
        "land_use": ["01"] * 3,
        "status": ["current"] * 3,
        "source_id": ["a", "a", "b"],
        "valid_from": ["2024-01-01T00:00:00Z"] * 3,
        "valid_to": [None, None, "2023-01-01T00:00:00Z"],
    }
    assert [(p.code, p.row) for p in validate_table(LAND_USE, CATALOG, columns)] == [
        ("TWIN-208", 2),
        ("TWIN-221", 3),
    ]
    assert "valid_from" not in importable_columns(CATALOG.layers["flood_road"])


def test_unique_together() -> None:
    layer = LAND_USE.model_copy(update={"unique_together": (("name", "status"),), "kind": "records"})
    columns = {
        "land_use": ["01"] * 5,
        "name": ["a", "a", "a", None, None],
        "status": ["current", "planned", "current", "current", "current"],
    }
    problems = check_table(layer, CATALOG, columns).problems
    assert [(p.code, p.row, p.value or p.column) for p in problems] == [("TWIN-208", 3, "name+status")]
    assert "a, current" in problems[0].text.en


def test_numpy_and_arrow_and_lists_agree() -> None:
    plain = [3.0, -1.0, None]
    expected = [("TWIN-205", 2)]
    assert codes("building", "height", plain) == expected
    assert codes("building", "height", np.array([3.0, -1.0, np.nan])) == expected
    assert codes("building", "height", pa.array(plain)) == expected
    assert codes("building", "height", pa.chunked_array([[3.0], [-1.0, None]])) == expected


TEXTS = st.text(
    st.characters(
        codec="utf-8", exclude_categories=["Cc", "Cf", "Zs", "Zl", "Zp"], exclude_characters="\ufffd"
    ),
    min_size=1,
)


@pytest.mark.parametrize("layer", ["grid_cell", "sensor", "component", "building", "road_link"])
@settings(max_examples=25)
@given(data=st.data())
def test_import_check_and_json_schema_agree(layer: str, data: st.DataObject) -> None:
    """What the doors publish as schema is what the import holds records to."""
    model = CATALOG.layers[layer]
    schema = json_schema(model, CATALOG, "en")["properties"]
    for name, column in model.columns.items():
        value = data.draw(_values(column), label=name)
        valid = jsonschema.Draft202012Validator(schema[name]).is_valid(value)
        assert (validate_column(model, CATALOG, name, [value]) == []) == valid, (name, value)


def _values(column: Column) -> st.SearchStrategy[Any]:
    if column.type == "integer":
        return st.integers(-(2**62), 2**62)
    if column.type == "number":
        return st.floats(allow_nan=False, allow_infinity=False)
    if column.type == "boolean":
        return st.booleans()
    if column.type == "date":
        return st.dates().map(str)
    choices = [TEXTS]
    if column.pattern:
        choices.append(st.from_regex(column.pattern, fullmatch=True))
    if column.vocabulary:
        choices.append(st.sampled_from(sorted(CATALOG.vocabularies[column.vocabulary].terms)))
    return st.one_of(choices)


def test_titles_stand_in_both_languages() -> None:
    (problem,) = validate_column(BUILDING, CATALOG, "height", [-1])
    assert problem.text == Text(
        "建筑高度 -1.0 超出范围 0 至 1000 m。", "Height -1.0 is out of range: 0 to 1000 m."
    )
