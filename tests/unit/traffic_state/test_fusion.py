"""Fusing sources: by hand for one link, and what must hold along a road."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.state.fusion import REACH_M, Observed, distances, fuse, merge

TAIL, HEAD = np.arange(10, dtype=np.int32), np.arange(1, 11, dtype=np.int32)
LENGTH = np.full(10, 400.0)


def road(*read: Observed) -> tuple[np.ndarray, np.ndarray]:
    seen = merge(list(read), 10)[0]
    return seen, distances(TAIL, HEAD, LENGTH, 11, seen)


def test_one_reading_is_weighed_by_precision() -> None:
    read = Observed("detector", np.array([4]), np.array([20.0]), np.array([0.1]))
    seen, apart = road(read)
    found = fuse(np.full(10, 40.0), np.full(10, 0.3), [read], apart, seen)
    weight = 0.09 / (0.09 + 0.01)
    assert found.value[4] == pytest.approx(40.0 * (20 / 40) ** weight)
    assert found.sd[4] == pytest.approx(0.3 * np.sqrt(1 - weight))
    assert found.information[4] == pytest.approx(weight)
    assert found.sources[4] == ("detector",)


def test_two_sources_make_one_reading() -> None:
    read = [Observed("detector", np.array([2]), np.array([30.0]), np.array([0.05])),
            Observed("floating_car", np.array([2, 2]), np.array([50.0, 40.0]), np.array([0.1, 0.2]))]  # fmt: skip
    links, logs, variance, names = merge(read, 10)
    weights = np.array([400.0, 100.0, 25.0])
    assert links.tolist() == [2]
    assert logs[0] == pytest.approx(weights @ np.log([30, 50, 40]) / 525)
    assert variance[0] == pytest.approx(1 / 525)
    assert names[2] == ("detector", "floating_car")
    assert names[3] == ()


def test_what_is_seen_fades_along_the_road() -> None:
    read = Observed("detector", np.array([0]), np.array([10.0]), np.array([0.05]))
    seen, apart = road(read)
    found = fuse(np.full(10, 40.0), np.full(10, 0.3), [read], apart, seen)
    assert (np.diff(found.value) >= 0).all()
    assert (np.diff(found.sd) >= 0).all()
    assert found.value[9] > 35
    assert apart[0, 3] == pytest.approx(1200.0)
    shift = np.log(found.value / 40.0)
    assert shift[3] / shift[0] == pytest.approx(np.exp(-1200 / REACH_M))


def test_more_readings_never_make_it_less_sure() -> None:
    draw = np.random.default_rng(1)
    before = np.full(10, 0.3)
    for count in (1, 3, 6, 10):
        link = draw.permutation(10)[:count]
        read = Observed("detector", np.sort(link), draw.uniform(20, 60, count), np.full(count, 0.1))
        seen, apart = road(read)
        found = fuse(np.full(10, 40.0), np.full(10, 0.3), [read], apart, seen)
        assert (found.sd <= before + 1e-9).all()
        assert ((found.information >= 0) & (found.information < 1)).all()


def test_opposite_directions_are_not_congested_together() -> None:
    tail, head = np.array([0, 1], np.int32), np.array([1, 0], np.int32)
    apart = distances(tail, head, np.array([300.0, 300.0]), 2, np.array([0]))
    assert apart.tolist() == [[0.0, 300.0 + REACH_M]]


def test_roads_that_do_not_meet_say_nothing_of_each_other() -> None:
    tail, head = np.array([0, 2], np.int32), np.array([1, 3], np.int32)
    apart = distances(tail, head, np.array([300.0, 300.0]), 4, np.array([0]))
    assert apart[0, 1] == np.inf
    read = Observed("detector", np.array([0]), np.array([10.0]), np.array([0.05]))
    found = fuse(np.full(2, 40.0), np.full(2, 0.3), [read], apart, np.array([0]))
    assert found.value[1] == 40.0
    assert found.sd[1] == 0.3


def test_nothing_read_leaves_the_background() -> None:
    nothing = Observed("detector", np.zeros(0, np.intp), np.zeros(0), np.zeros(0))
    found = fuse(np.full(3, 40.0), np.full(3, 0.3), [nothing], np.zeros((0, 3)), np.zeros(0, np.intp))
    assert found.value.tolist() == [40.0] * 3
    assert found.sources == [()] * 3


def test_distances_of_other_links_are_refused() -> None:
    read = Observed("detector", np.array([4]), np.array([20.0]), np.array([0.1]))
    with pytest.raises(ValueError, match="apart"):
        fuse(np.full(10, 40.0), np.full(10, 0.3), [read], np.zeros((1, 10)), np.array([5]))
