"""Levels and indices at their break points, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.city.traffic_index import LEVELS, area, rules

SHARE = [
    (0, 0),
    (0.02, 1),
    (0.04, 2),
    (0.06, 3),
    (0.08, 4),
    (0.095, 5),
    (0.11, 6),
    (0.14, 8),
    (0.19, 9),
    (0.24, 10),
    (0.5, 10),
]
EXTRA = [(0, 0), (0.1, 1), (0.2, 2), (0.35, 3), (0.5, 4), (0.8, 6), (1.1, 8), (1.25, 9), (1.4, 10), (3, 10)]
RATIO = [
    (1, 0),
    (0.85, 1),
    (0.7, 2),
    (0.6, 3),
    (0.5, 4),
    (0.4, 6),
    (0.3, 8),
    (0.25, 9),
    (0.2, 10),
    (0.05, 10),
]


@pytest.mark.parametrize(
    ("formula", "golden"), [("severe_mileage", SHARE), ("travel_time", EXTRA), ("speed_ratio", RATIO)]
)
def test_indices_at_and_between_the_break_points(formula: str, golden: list[tuple[float, float]]) -> None:
    for measure, index in golden:
        assert rules().indices[formula].value(measure) == pytest.approx(index, abs=1e-9)


@pytest.mark.parametrize(
    ("index", "level"),
    [(0, "clear"), (2, "clear"), (2.01, "mostly_clear"), (4, "mostly_clear"), (4.01, "light"), (6, "light"),
     (6.01, "moderate"), (8, "moderate"), (8.01, "severe"), (10, "severe")],
)  # fmt: skip
def test_a_bound_of_the_index_belongs_to_the_better_level(index: float, level: str) -> None:
    assert rules().level(index) == level


@pytest.mark.parametrize(
    ("road_class", "free", "bounds"),
    [("expressway", 80, (65, 50, 35, 20)), ("motorway", 100, (65, 50, 35, 20)), ("arterial", 60, (40, 30, 20, 15)),
     ("secondary", 40, (35, 25, 15, 10)), ("local", 36, (35, 25, 15, 10)), ("footway", 100, (70, 50, 40, 30)),
     ("local", 20, (14, 10, 8, 6))],
)  # fmt: skip
def test_a_bound_of_a_links_speed_belongs_to_the_worse_level(
    road_class: str, free: float, bounds: tuple[float, ...]
) -> None:
    """The last two have no class speeds, or are slow by nature: shares of the free-flow speed count."""
    speeds = np.array([v + d for v in bounds for d in (0.01, 0.0)])
    found = rules().link_levels(speeds, np.full(8, free), [road_class] * 8)
    assert found.tolist() == [0, 1, 1, 2, 2, 3, 3, 4]


def test_an_area_by_hand() -> None:
    """1 km at 60 of 60 with 1000 pcu/h, 1 km at 10 of 40 (severe) with 3000."""
    found = area(
        np.full(2, 1000.0),
        np.array([60.0, 10.0]),
        np.array([60.0, 40.0]),
        np.array([0, 4]),
        np.array([1000.0, 3000.0]),
    )
    assert found.severe_share == pytest.approx(0.75)
    time, free = 1000 / 60 + 3000 / 10, 1000 / 60 + 3000 / 40
    assert found.extra_time == pytest.approx(time / free - 1)
    assert found.speed_ratio == pytest.approx(free / time)
    assert found.speed == pytest.approx(4000 / time)
    assert found.mileage_km == 2.0


def test_the_rules_are_whole_and_say_what_was_not_checked() -> None:
    assert set(rules().indices) == {"severe_mileage", "travel_time", "speed_ratio"}
    for one in rules().indices.values():
        assert one.source
        assert one.title.zh
        assert not one.verified
        assert sorted(y for _, y in one.points)[-1] == 10
    assert len(LEVELS) == len(rules().level_bounds) + 1
