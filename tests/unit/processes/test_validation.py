"""Faulty inputs are refused with the name of the input, in both languages."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from twin.errors import Refused
from twin.processes.models import Inputs, Value, field
from twin.processes.storm import Storm
from twin.processes.validation import validate


class Point(Value):
    x: float = field("横坐标", "X")
    y: float = field("纵坐标", "Y")


class Questions(Inputs):
    storm: Storm = field("降雨", "Rain")
    other: Storm | None = field("另一场雨", "Other rain", None)
    count: int = field("个数", "Count", 3, ge=0, le=10)
    mode: Literal["fast", "exact"] = field("方式", "Mode", "fast")
    name: str = field("名称", "Name", "x", min_length=1, max_length=5, pattern="^[a-z]+$")
    points: tuple[Point, ...] = field("点", "Points", (), max_length=3)
    open: bool = field("开放", "Open", True)


STORM = {"kind": "design"}
CASES: list[tuple[Any, str, str, str]] = [
    ([], "inputs", "对象", "object"),
    (None, "inputs", "对象", "object"),
    ("x", "inputs", "对象", "object"),
    ({}, "storm", "缺少", "missing"),
    ({"storm": STORM, "cuont": 1}, "cuont", "count", 'Did you mean "count"'),
    ({"storm": STORM, "zzz": 1}, "zzz", "storm", "Known:"),
    ({"storm": STORM | {"duration_mn": 5}}, "storm.duration_mn", "duration_min", "duration_min"),
    (
        {"storm": STORM, "other": STORM | {"durasion_min": 5}},
        "other.durasion_min",
        "duration_min",
        "duration_min",
    ),
    ({"storm": {}}, "storm", "kind", "kind"),
    ({"storm": {"kind": "hail"}}, "storm", "hail", "series"),
    ({"storm": {"href": "http://127.0.0.1/"}}, "storm", "kind", "kind"),
    ({"storm": STORM | {"duration_min": 1}}, "storm.duration_min", "5", "at least 5"),
    ({"storm": STORM | {"duration_min": "60"}}, "storm.duration_min", "数", "number"),
    ({"storm": STORM | {"duration_min": True}}, "storm.duration_min", "数", "number"),
    ({"storm": STORM | {"duration_min": float("nan")}}, "storm.duration_min", "数", "number"),
    ({"storm": STORM | {"duration_min": float("inf")}}, "storm.duration_min", "数", "number"),
    ({"storm": STORM | {"formula": "atlantis"}}, "storm.formula", "chongqing", "chongqing"),
    ({"storm": STORM | {"step_min": 30, "duration_min": 10}}, "storm.step_min", "10 min", "10 min"),
    (
        {"storm": {"kind": "series", "times_min": [0, 5], "intensity_mm_h": [1]}},
        "storm.intensity_mm_h",
        "1",
        "1",
    ),
    (
        {"storm": {"kind": "series", "times_min": [0, 0], "intensity_mm_h": [1, 1]}},
        "storm.times_min",
        "递增",
        "incr",
    ),
    (
        {"storm": {"kind": "series", "times_min": [0, 5], "intensity_mm_h": [1, -1]}},
        "storm.intensity_mm_h.1",
        "0",
        "at least 0",
    ),
    ({"storm": STORM, "count": 3.5}, "count", "整数", "whole number"),
    ({"storm": STORM, "count": 11}, "count", "10", "at most 10"),
    ({"storm": STORM, "count": None}, "count", "整数", "whole number"),
    ({"storm": STORM, "count": 10**30}, "inputs", "数过大", "too large"),
    ({"storm": STORM, "mode": "slow"}, "mode", "fast", "exact"),
    ({"storm": STORM, "name": "ABC"}, "name", "模式", "pattern"),
    ({"storm": STORM, "name": "toolong"}, "name", "5", "5 characters"),
    ({"storm": STORM, "name": "\ud800"}, "inputs", "文本", "text"),
    ({"storm": STORM, "open": 1}, "open", "true", "true"),
    ({"storm": STORM, "points": [{"x": 1, "y": 2}, {"x": 1}]}, "points.1.y", "缺少", "missing"),
    ({"storm": STORM, "points": [{"x": 1, "y": 2, "z": 3}]}, "points.0.z", "z", "Known: x, y"),
    ({"storm": STORM, "points": [[1, 2]]}, "points.0", "对象", "object"),
]


@pytest.mark.parametrize(("given", "where", "zh", "en"), CASES, ids=lambda value: str(value)[:60])
def test_a_fault_is_named(given: Any, where: str, zh: str, en: str) -> None:
    with pytest.raises(Refused) as refused:
        validate(Questions, given)
    error = refused.value
    assert (error.code, error.status, error.where) == ("TWIN-501", 400, where)
    assert zh in error.text.zh
    assert where in error.text.zh
    assert en in error.text.en
    assert where in error.text.en


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        validate(Questions, {"storm": STORM | {"duration_min": 1}, "count": -1, "nmae": "x"})
    assert {problem.key for problem in refused.value.problems} == {"storm.duration_min", "count", "nmae"}


def test_deep_nesting_is_refused() -> None:
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(Refused):
        validate(Questions, {"storm": STORM, "points": deep})


def test_a_whole_number_written_with_a_point_is_whole() -> None:
    assert validate(Questions, {"storm": STORM, "count": 3.0}).count == 3  # type: ignore[attr-defined]


def test_defaults_are_filled_in() -> None:
    filled = validate(Questions, {"storm": STORM}).model_dump(mode="json")
    assert filled["count"] == 3
    assert filled["storm"]["duration_min"] == 120.0
