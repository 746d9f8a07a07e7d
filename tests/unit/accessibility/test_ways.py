"""Places along links: by hand on a street with one-way parts."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.accessibility.ways import Places, Ways, at, reach, stretches, times


def street() -> Ways:
    """0 -line 0- 1 -line 1- 2, each 100 s; line 0 both ways, line 1 only forward; 2 -> 0 a detour of 500 s (line 2)."""
    return Ways(
        3,
        np.array([0, 1, 1, 2], np.int32),
        np.array([1, 0, 2, 0], np.int32),
        np.array([100.0, 100.0, 100.0, 500.0]),
        np.array([0, 2, 3], np.int32),
        np.array([1, -1, -1], np.int32),
        np.ones(3, bool),
    )


def places(*found: tuple[int, float, float]) -> Places:
    line, share, away = zip(*found, strict=True)
    return Places(np.array(line, np.int32), np.array(share, float), np.array(away, float))


def from_(ways: Ways, source: tuple[int, float, float], *targets: tuple[int, float, float]) -> list[float]:
    start, ends = places(source), places(*targets)
    return at(ways, start, reach(ways, start), ends)[0].tolist()


def test_the_position_along_the_link_counts() -> None:
    assert from_(street(), (0, 0.5, 0.0), (1, 0.5, 0.0), (0, 0.75, 0.0), (0, 0.25, 0.0)) == [
        100.0,
        25.0,
        25.0,
    ]


def test_one_way_links_are_respected() -> None:
    """Backwards on line 1: on to 2, the detour to 0, over line 0 and into line 1 again."""
    assert from_(street(), (1, 0.5, 0.0), (1, 0.25, 0.0)) == [50.0 + 500.0 + 100.0 + 25.0]
    assert from_(street(), (1, 0.25, 0.0), (1, 0.5, 0.0)) == [25.0]


def test_ways_off_the_road_are_added() -> None:
    assert from_(street(), (0, 0.5, 7.0), (1, 0.5, 11.0), (0, 0.75, 3.0)) == [118.0, 35.0]


def test_what_cannot_be_reached_is_said_so() -> None:
    closed = street().timed(np.array([100.0, 100.0, np.inf, 500.0]))
    start, ends = places((0, 0.5, 0.0)), places((1, 0.5, 0.0), (-1, 0.0, 0.0), (2, 0.5, 0.0))
    time, owner = at(closed, start, reach(closed, start), ends)
    assert np.isinf(time).all()
    assert owner.tolist() == [-1, -1, -1]


def test_a_closed_link_is_not_driven_even_from_a_place_on_it() -> None:
    closed = street().timed(np.array([np.inf, np.inf, 100.0, 500.0]))
    assert from_(closed, (0, 0.5, 0.0), (0, 0.75, 0.0), (1, 0.5, 0.0)) == [np.inf, np.inf]


def test_times_to_a_place_are_those_of_the_turned_ways() -> None:
    hospital, home = places((0, 0.5, 0.0)), places((1, 0.5, 0.0))
    back = street().turned()
    assert at(back, hospital, reach(back, hospital), home)[0].tolist() == [50.0 + 500.0 + 50.0]


def test_the_nearest_of_several_owns_the_place() -> None:
    start = places((0, 0.0, 0.0), (1, 0.9, 0.0), (-1, 0.0, 0.0))
    time, owner = at(street(), start, reach(street(), start), places((1, 0.5, 0.0), (1, 0.95, 0.0)))
    assert time == pytest.approx([150.0, 5.0])
    assert owner.tolist() == [0, 1]
    matrix = times(street(), start, places((1, 0.5, 0.0), (1, 0.95, 0.0)))
    assert matrix[0] == pytest.approx([150.0, 195.0])
    assert matrix[1] == pytest.approx([10 + 500 + 100 + 50, 5.0])
    assert np.isinf(matrix[2]).all()


def test_stretches_end_where_the_time_does() -> None:
    start = places((0, 0.5, 0.0))
    found = stretches(street(), start, reach(street(), start), 75.0)
    parts = sorted(zip(found.link.tolist(), found.start.tolist(), found.end.tolist(), strict=True))
    assert (2, 0.0, pytest.approx(0.25)) in parts
    assert (0, 0.5, 1.0) in parts, "forward from the place"
    assert (1, 0.5, 1.0) in parts, "and back"


def test_zones_are_not_driven_through() -> None:
    ways = street()
    walled = Ways(3, ways.tail, ways.head, ways.time, ways.along, ways.against, np.array([True, False, True]))
    assert from_(walled, (0, 0.5, 0.0), (1, 0.5, 0.0)) == [np.inf]
