"""Vehicles made from flows give the flows back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.engines.traffic.dynamics.meso import Roads, lengthened
from twin.engines.traffic.dynamics.walks import Vehicles, counts, geh, walks

# a diamond: 0 splits into 1 and 2, which meet in 3
FROM, TO = np.array([0, 0, 1, 2], np.int32), np.array([1, 2, 3, 3], np.int32)


def diamond(share: float, seconds: float = 3600, seed: int = 1) -> Vehicles:
    flow = np.array([800.0, 800 * share, 800 * (1 - share), 800.0])
    turns = np.array([800 * share, 800 * (1 - share), 800 * share, 800 * (1 - share)])
    return walks(flow, FROM, TO, turns, seconds=seconds, seed=seed)


@given(st.floats(0.05, 0.95), st.integers(0, 1000))
def test_links_are_driven_as_often_as_the_flows_say(share: float, seed: int) -> None:
    found = counts(diamond(share, seed=seed), 4)
    assert np.abs(found - [800, 800 * share, 800 * (1 - share), 800]).max() <= 2


def test_departures_are_spread_and_in_order() -> None:
    made = diamond(0.5, 1800)
    assert len(made) == pytest.approx(400, abs=1)
    assert (np.diff(made.departs) >= 0).all()
    assert np.histogram(made.departs, bins=6, range=(0, 1800))[0] == pytest.approx(np.full(6, 66.7), abs=2)


def test_trips_begin_and_end_where_flows_do_not_go_on() -> None:
    flow = np.array([300.0, 500.0])
    made = walks(
        flow, np.array([0], np.int32), np.array([1], np.int32), np.array([200.0]), seconds=3600, seed=3
    )
    begun = [route[0] for route in made.routes]
    assert begun.count(0) == pytest.approx(300, abs=1)
    assert begun.count(1) == pytest.approx(300, abs=1)
    assert sum(route == (0,) for route in made.routes) == pytest.approx(100, abs=1)


def test_no_vehicle_goes_in_circles() -> None:
    flow, half = np.full(3, 100.0), np.full(3, 100.0)
    turn = np.array([0, 1, 2], np.int32)
    flow[0] += 50
    made = walks(flow, turn, np.roll(turn, -1), half, seconds=3600, seed=1)
    assert all(len(set(route)) == len(route) for route in made.routes)


def test_links_outside_are_not_entered() -> None:
    inside = np.array([True, True, True, False])
    flow, turns = np.array([800.0, 400, 400, 800]), np.full(4, 400.0)
    made = walks(flow, FROM, TO, turns, seconds=3600, seed=1, inside=inside)
    assert counts(made, 4)[3] == 0
    assert {route[-1] for route in made.routes} == {1, 2}


def test_the_same_seed_gives_the_same_vehicles() -> None:
    one, two = diamond(0.3, seed=9), diamond(0.3, seed=9)
    assert one.routes == two.routes
    assert np.array_equal(one.departs, two.departs)


def test_geh_by_hand() -> None:
    assert geh(np.array([1000.0, 0.0]), np.array([1100.0, 0.0])) == pytest.approx([np.sqrt(2e4 / 2100), 0.0])


def test_links_hold_a_platoon_and_a_step() -> None:
    roads = Roads(
        np.zeros(2), np.zeros(2), np.zeros(2, np.int32), np.ones(2, np.int32), np.array([2.0, 900.0]),
        np.array([10.0, 10.0]), np.array([1.0, 2.0]), np.array([900.0, 900.0]),
    )  # fmt: skip
    assert lengthened(roads, 5)[0] >= 5 / 0.15
    assert lengthened(roads, 5)[0] >= 50
    assert lengthened(roads, 5)[1] == 900
