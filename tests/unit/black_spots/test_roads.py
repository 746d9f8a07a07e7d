"""Links joined to roads, cut into sections; the fullest windows."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.black_spots import roads


def test_links_of_one_name_become_a_road_in_any_direction() -> None:
    """0 -a- 1 -b- 2 -c- 3 with b drawn the other way, and a side street d at 1."""
    tail, head = np.array([0, 2, 2, 1]), np.array([1, 1, 3, 4])
    length = np.array([100.0, 50.0, 70.0, 30.0])
    found = roads.join(tail, head, length, np.array([0, 0, 0, 1]))
    assert found.length.tolist() == [220.0, 30.0]
    assert found.road.tolist() == [0, 0, 0, 1]
    assert found.reversed.tolist() == [False, True, False, False]
    along = found.along(np.array([0, 1, 2]), np.array([10.0, 10.0, 10.0]), length)
    assert along.tolist() == [10.0, 140.0, 160.0]


def test_a_ring_road_is_one_road() -> None:
    found = roads.join(np.array([0, 1, 2]), np.array([1, 2, 0]), np.full(3, 10.0), np.zeros(3, int))
    assert found.length.tolist() == [30.0]
    assert sorted(found.offset.tolist()) == [0.0, 10.0, 20.0]


def test_roads_end_where_three_of_a_name_meet() -> None:
    found = roads.join(np.array([0, 1, 1]), np.array([1, 2, 3]), np.full(3, 10.0), np.zeros(3, int))
    assert found.length.tolist() == [10.0, 10.0, 10.0]


def test_sections_are_equal_and_no_longer_than_the_unit() -> None:
    found = roads.join(np.array([0, 1]), np.array([1, 2]), np.array([700.0, 500.0]), np.zeros(2, int))
    cut = roads.sections(found, 500.0)
    assert cut.length.tolist() == [400.0, 400.0, 400.0]
    assert cut.start.tolist() == [0.0, 400.0, 800.0]
    assert cut.of(np.zeros(4, np.int32), np.array([0.0, 399.9, 400.0, 1200.0])).tolist() == [0, 0, 1, 2]


def test_windows_take_the_fullest_stretch_first_and_share_nothing() -> None:
    along = np.array([0.0, 900.0, 100.0, 480.0, 950.0, 1000.0])
    found = roads.windows(along, np.ones(6), 500.0)
    assert [sorted(one.members.tolist()) for one in found] == [[0, 2, 3], [1, 4, 5]]
    assert (found[1].start, found[1].end) == (900.0, 1000.0)
    heavy = roads.windows(along, np.array([1, 9, 1, 9, 1, 1.0]), 500.0)
    assert sorted(heavy[0].members.tolist()) == [1, 3, 4], "480 to 950"
    assert sum(len(one.members) for one in heavy) == 6


def test_a_window_holds_points_just_its_length_apart() -> None:
    found = roads.windows(np.array([0.0, 500.0, 500.1]), np.ones(3), 500.0)
    assert pytest.approx(500.0) == found[0].end - found[0].start
