"""Closing and slowing links from the routes of an equilibrium."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.traffic_assignment.networks import braess, demand, network
from twin.engines.traffic.assignment import AssignmentInputError, added_time, assign, close, rank

SIX = [demand((0, 3, 6.0))]


def test_nothing_changed_is_the_same_equilibrium() -> None:
    base = assign(braess(), SIX, gap=1e-9)
    assert close(base) is base
    assert close(base, [], base.network.free_time.copy()) is base


def test_closing_the_bridge_of_braess_saves_time() -> None:
    base = assign(braess(), SIX, gap=1e-12)
    after = close(base, [4], gap=1e-12)
    np.testing.assert_allclose(after.flow, [3, 3, 3, 3, 0], atol=1e-8)
    assert added_time(base, after) == pytest.approx(6 * (83 - 92))
    np.testing.assert_allclose(base.flow, [4, 2, 2, 4, 2], atol=1e-8)


def test_a_slowed_link_and_one_of_infinite_time() -> None:
    base = assign(braess(), SIX, gap=1e-12)
    slow = base.network.free_time.copy()
    slow[4] = 1000.0
    np.testing.assert_allclose(close(base, (), slow, gap=1e-12).flow, [3, 3, 3, 3, 0], atol=1e-8)
    slow[4] = np.inf
    after = close(base, (), slow, gap=1e-12)
    np.testing.assert_allclose(after.flow, [3, 3, 3, 3, 0], atol=1e-8)
    assert np.isfinite(after.total_time)


def test_trips_without_a_way_are_counted_and_not_priced() -> None:
    """0 - 1 - 2, and 0 - 3: without link 1 nobody reaches 2."""
    net = network([(0, 1, 5.0, 9.0), (1, 2, 3.0, 9.0), (0, 3, 4.0, 9.0)], alpha=0.0)
    base = assign(net, [demand((0, 2, 7.0), (0, 1, 2.0), (0, 3, 1.0))])
    after = close(base, [1])
    assert after.cut_off.total == 7.0
    assert after.total_time == 2 * 5 + 1 * 4
    assert added_time(base, after) == 0.0
    again = close(after, np.zeros(3, dtype=bool), np.array([6.0, 3.0, 4.0]))
    assert (again.cut_off.total, again.total_time) == (7.0, 2 * 6 + 1 * 4)


def test_ranking_names_what_breaks_first() -> None:
    links = [(0, 1, 5.0, 9.0), (1, 2, 3.0, 9.0), (0, 3, 4.0, 9.0), (0, 3, 6.0, 9.0), (2, 0, 1.0, 9.0)]
    base = assign(network(links, alpha=0.0), [demand((0, 2, 7.0), (0, 3, 10.0))])
    ranked = rank(base, range(5))
    assert ranked.link.tolist() == [0, 1, 2, 3, 4]
    assert ranked.cut_off.tolist() == [7.0, 7.0, 0.0, 0.0, 0.0]
    assert ranked.delay.tolist() == [0.0, 0.0, 20.0, 0.0, 0.0]
    assert ranked.breaks.tolist() == [True, True, False, False, False]


def test_new_trips_and_origins_are_taken_up() -> None:
    base = assign(braess(), SIX, gap=1e-12)
    other = [demand((0, 3, 2.0), (1, 3, 3.0), (0, 1, 1.0))]
    warm = assign(braess(), other, gap=1e-12, start=base)
    cold = assign(braess(), other, gap=1e-12)
    np.testing.assert_allclose(warm.flow, cold.flow, atol=1e-6)
    assert warm.objective == pytest.approx(cold.objective, rel=1e-10)


@pytest.mark.parametrize("closed", [[5], [-1], [99]])
def test_links_that_are_none(closed: list[int]) -> None:
    base = assign(braess(), SIX)
    with pytest.raises(AssignmentInputError, match=r"TWIN-700.*closed"):
        close(base, closed)


def test_times_of_another_length() -> None:
    with pytest.raises(AssignmentInputError, match=r"TWIN-700.*free_time"):
        close(assign(braess(), SIX), (), np.ones(3))
