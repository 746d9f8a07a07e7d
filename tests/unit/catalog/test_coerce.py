"""Columns as files bring them become the declared types, or say what was lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.catalog.coerce import ARROW, coerce
from twin.catalog.load import load
from twin.catalog.spec import Column, Layer
from twin.text import Text

CATALOG = load()
LAND_USE = CATALOG.layers["land_use"]


def layer(kind: str, **rules: Any) -> Layer:
    """The land-use layer with one more column ``x`` of the given type."""
    column = Column(title=Text("甲", "A"), type=kind, **rules)  # type: ignore[arg-type]
    return LAND_USE.model_copy(update={"columns": {"x": column}})


def read(kind: str, values: Any, **rules: Any) -> tuple[list[Any], list[str]]:
    """The values read as ``kind``, and the codes of the problems."""
    array, problems = coerce(layer(kind, **rules), "x", values, CATALOG)
    assert array.type == ARROW[kind]
    assert len(array) == len(values)
    return array.to_pylist(), [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("number", ["3.5", " -1e3 ", "+2", ".5", "1.", "", None], [3.5, -1000.0, 2.0, 0.5, 1.0, None, None]),
        ("number", [1, 2], [1.0, 2.0]),
        ("number", [Decimal("1.5")], [1.5]),
        ("number", [1, "2.5"], [1.0, 2.5]),
        ("number", np.array([1.0, np.nan]), [1.0, None]),
        ("number", np.array([1, 2], dtype=np.uint8), [1.0, 2.0]),
        ("integer", ["12", " 7 ", "-3", "4.0", "+5", ""], [12, 7, -3, 4, 5, None]),
        ("integer", [3.0, None], [3, None]),
        ("integer", np.array([5.0, np.nan]), [5, None]),
        (
            "boolean",
            ["是", "否", "TRUE", "false", "0", "1", " y ", None],
            [True, False, True, False, False, True, True, None],
        ),
        ("boolean", [0, 1], [False, True]),
        ("boolean", [True, None], [True, None]),
        (
            "date",
            ["2024-02-29", "2024/01/31", "20240131"],
            [dt.date(2024, 2, 29), dt.date(2024, 1, 31), dt.date(2024, 1, 31)],
        ),
        ("date", [dt.date(2024, 1, 1), None], [dt.date(2024, 1, 1), None]),
        ("date", [dt.datetime(2024, 1, 1)], [dt.date(2024, 1, 1)]),
        ("text", ["  甲 ", "\u3000乙\ufeff", "", "  ", None], ["甲", "乙", None, None, None]),
        ("text", [3, 4], ["3", "4"]),
        ("text", [3.0, 2.5], ["3", "2.5"]),
        ("text", [1, "a", 2.0], ["1", "a", "2"]),
        ("text", [None, None], [None, None]),
        ("text", np.array(["a", None], dtype=object), ["a", None]),
        ("integer", [], []),
    ],
)
def test_what_is_unambiguous_is_converted(kind: str, values: Any, expected: list[Any]) -> None:
    assert read(kind, values) == (expected, [])


def test_times_need_a_zone_and_become_utc() -> None:
    values, codes = read(
        "datetime", ["2024-01-01T08:00:00+08:00", "2024-01-01T00:00:00Z", "2024-01-01T00:00:00", "2024-01-01"]
    )
    midnight = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert values == [midnight, midnight, None, None]
    assert codes == ["TWIN-203", "TWIN-203"]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number", ["3,5", "abc", "0x10", "1_000", "nan", "inf", "--1", "１２"]),
        ("number", [True]),
        ("number", [dt.date(2024, 1, 1)]),
        ("integer", ["1.5", "1e3", "9" * 30, "1 2"]),
        ("integer", [1.5, 2.0**60, float("nan"), float("inf")]),
        ("integer", [2**70, -(2**70)]),
        ("integer", np.array([2**63], dtype=np.uint64)),
        ("boolean", ["maybe", "2", "对"]),
        ("boolean", [2, -1]),
        ("boolean", [0.5]),
        ("date", ["2023-02-30", "31.01.2024", "2024-13-01", "yesterday", "0000-01-01", "99999-01-01"]),
        ("date", [dt.datetime(2024, 1, 1, 12)]),
        ("date", [20240101]),
        ("datetime", [1_700_000_000]),
        ("text", [b"\xff\xfe"]),
        ("text", [True, False]),
    ],
)
def test_what_is_not_the_type_is_refused_value_by_value(kind: str, values: Any) -> None:
    result, codes = read(kind, values)
    assert result == [None] * len(values)
    assert codes == ["TWIN-203"] * len(values)


def test_a_code_given_as_numbers_has_lost_its_zeros() -> None:
    array, problems = coerce(LAND_USE, "land_use", [701, 1001, 10.0, None], CATALOG)
    assert array.to_pylist() == [None, "1001", "10", None]
    assert [(p.code, p.row, p.value) for p in problems] == [("TWIN-211", 1, "701")]
    assert "text" in problems[0].text.en


def test_a_long_code_given_as_a_float_is_refused() -> None:
    """Sixteen digits do not fit a double: what comes out is another code."""
    component = CATALOG.layers["component"]
    _, problems = coerce(component, "code", np.array([3.501020101000001e15, 3.5e16]), CATALOG)
    assert [p.row for p in problems] == [2]


def test_lone_surrogates_are_found_and_the_rest_is_kept() -> None:
    array, problems = coerce(layer("text"), "x", ["a", "\ud800b", None, "c"], CATALOG, first_row=11)
    assert array.to_pylist() == ["a", None, None, "c"]
    assert [(p.code, p.row) for p in problems] == [("TWIN-209", 12)]


def test_dictionaries_chunks_and_large_strings_are_read() -> None:
    plain = pa.array(["0701", None, "09"])
    for values in (
        plain.dictionary_encode(),
        pa.chunked_array([plain]),
        plain.cast(pa.large_string()),
        plain.cast(pa.string_view()),
    ):
        array, problems = coerce(LAND_USE, "land_use", values, CATALOG)
        assert array.to_pylist() == ["0701", None, "09"]
        assert problems == []


@given(
    st.lists(
        st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.booleans(), st.binary(), st.dates()),
        max_size=8,
    )
)
def test_anything_is_read_or_told(values: list[Any]) -> None:
    for kind in ARROW:
        array, problems = coerce(layer(kind), "x", values, CATALOG)
        told = {problem.row for problem in problems}
        for row, (before, after) in enumerate(zip(values, array.to_pylist(), strict=True), 1):
            empty = before is None or (
                isinstance(before, str) and not before.strip(" \t\r\n\v\f\u00a0\u3000\ufeff")
            )
            assert (after is None) == (empty or row in told)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_written_as_text_come_back(values: list[float]) -> None:
    assert read("number", [repr(value) for value in values]) == (values, [])


@given(st.lists(st.integers(-(10**17), 10**17)))
def test_integers_written_as_text_come_back(values: list[int]) -> None:
    assert read("integer", [str(value) for value in values]) == (values, [])


@given(st.lists(st.dates()))
def test_dates_written_as_text_come_back(values: list[dt.date]) -> None:
    assert read("date", [value.isoformat() for value in values]) == (values, [])
