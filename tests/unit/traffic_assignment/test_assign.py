"""Assignments that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.traffic_assignment.networks import braess, demand, network
from twin.engines.traffic.assignment import AssignmentInputError, Cancelled, assign
from twin.engines.traffic.network import Delay

SIX = [demand((0, 3, 6.0))]


def test_braess_by_hand() -> None:
    with_bridge = assign(braess(), SIX, gap=1e-12)
    np.testing.assert_allclose(with_bridge.flow, [4, 2, 2, 4, 2], atol=1e-8)
    np.testing.assert_allclose(with_bridge.time, [40, 52, 52, 40, 12], atol=1e-7)
    without = assign(braess(bridge=False), SIX, gap=1e-12)
    np.testing.assert_allclose(without.flow, [3, 3, 3, 3], atol=1e-8)
    assert with_bridge.total_time == pytest.approx(6 * 92)
    assert without.total_time == pytest.approx(6 * 83)


def test_the_system_optimum_leaves_the_bridge() -> None:
    best = assign(braess(), SIX, gap=1e-12, aim="system")
    np.testing.assert_allclose(best.flow, [3, 3, 3, 3, 0], atol=1e-7)
    assert best.objective == pytest.approx(6 * 83)


@pytest.mark.parametrize("power", [1, 4, 16])
def test_pigou_by_hand(power: float) -> None:
    """A road of 1 beside one of v^p, for one trip (Pigou 1920): all take the second; the optimum is v = (1 / (p + 1))^(1 / p)."""
    # a free time of all but nothing, by which a x^p is 1 at a flow of 1
    net = network([(0, 1, 1.0, np.inf), (0, 1, 1e-12, 1.0)], alpha=[0.0, 1e12], power=power)
    users = assign(net, [demand((0, 1, 1.0))], gap=1e-11)
    np.testing.assert_allclose(users.flow, [0, 1], atol=1e-9)
    best = assign(net, [demand((0, 1, 1.0))], gap=1e-12, aim="system")
    share = (1 / (power + 1)) ** (1 / power)
    np.testing.assert_allclose(best.flow, [1 - share, share], atol=1e-9)
    assert best.total_time == pytest.approx(1 - share * power / (power + 1))


def test_parallel_links_share_by_their_cost() -> None:
    """10 (1 + v / 10) = 20 (1 + v / 10) with 30 trips: 10 + v1 = 20 + 2 v2."""
    net = network([(0, 1, 10.0, 10.0), (0, 1, 20.0, 10.0)], alpha=1.0, power=1.0)
    found = assign(net, [demand((0, 1, 30.0))], gap=1e-12)
    np.testing.assert_allclose(found.flow, [70 / 3, 20 / 3], atol=1e-9)


def test_links_of_no_and_of_constant_time() -> None:
    """Connectors without time, and a constant 15 beside 10 (1 + v / 10): 5 take the one that slows down."""
    links = [(0, 1, 0.0, 1.0), (1, 2, 10.0, 10.0), (1, 2, 15.0, np.inf), (2, 3, 0.0, 1.0)]
    net = network(links, alpha=[1.0, 1.0, 0.0, 1.0], power=1.0)
    found = assign(net, [demand((0, 3, 30.0))], gap=1e-12)
    np.testing.assert_allclose(found.flow, [30, 5, 25, 30], atol=1e-9)


def test_a_power_below_one() -> None:
    """10 (1 + sqrt(v)) = 20 (1 + sqrt(v2)), v + v2 = 10: sqrt(v) = 1 + 2 sqrt(v2), so sqrt(v2) = 1."""
    net = network([(0, 1, 10.0, 1.0), (0, 1, 20.0, 1.0)], alpha=1.0, power=0.5)
    found = assign(net, [demand((0, 1, 10.0))], gap=1e-12)
    np.testing.assert_allclose(found.flow, [9, 1], atol=1e-8)


@pytest.mark.parametrize("function", [Delay.CONICAL, Delay.AKCELIK])
@pytest.mark.parametrize("aim", ["user", "system"])
def test_other_delay_functions_reach_equal_costs(function: Delay, aim: str) -> None:
    alpha, power = (0.0, 6.0) if function is Delay.CONICAL else (0.4, 0.0)
    net = network([(0, 1, 60.0, 800.0), (0, 1, 80.0, 1200.0), (0, 1, 300.0, 500.0)],
                  alpha=alpha, power=power, function=function)  # fmt: skip
    found = assign(net, [demand((0, 1, 2300.0))], gap=1e-12, aim=aim)  # type: ignore[arg-type]
    assert found.converged
    assert found.flow.sum() == pytest.approx(2300)
    if aim == "user":
        used = found.time[found.flow > 0]
        np.testing.assert_allclose(used, used[0], rtol=1e-9)
    else:
        step = 1e-3
        for a in range(3):
            for b in range(3):
                if found.flow[a] > step:
                    moved = found.flow.copy()
                    moved[a] -= step
                    moved[b] += step
                    cost = [_delay(net, link, moved[link]) * moved[link] for link in range(3)]
                    assert sum(cost) >= found.total_time - 1e-6


def _delay(net, link: int, flow: float) -> float:  # type: ignore[no-untyped-def]
    free, capacity, a, b = net.free_time[link], net.capacity[link], net.alpha[link], net.power[link]
    x = flow / capacity
    if net.function[link] == Delay.CONICAL:
        e = (2 * b - 1) / (2 * b - 2)
        return free * (2 + np.sqrt(b * b * (1 - x) ** 2 + e * e) - b * (1 - x) - e)
    z = x - 1
    return free + 900 * (z + np.sqrt(z * z + 8 * a * x / capacity))


def test_zones_are_not_driven_through() -> None:
    """The short way from 0 to 2 leads over zone 1."""
    links = [(0, 1, 1.0, 10.0), (1, 2, 1.0, 10.0), (0, 3, 5.0, 10.0), (3, 2, 5.0, 10.0)]
    net = network(links, zones=3, first_through=3, alpha=0.0)
    found = assign(net, [demand((0, 2, 4.0), (0, 1, 2.0))])
    np.testing.assert_array_equal(found.flow, [2, 0, 4, 4])


def test_a_banned_turn_and_a_slow_one() -> None:
    """From 0 over 1 to 2 or 3: the turn to 2 is banned (go round by 4), the turn to 3 takes 7."""
    links = [(0, 1, 1.0, 9.0), (1, 2, 1.0, 9.0), (1, 3, 1.0, 9.0), (1, 4, 2.0, 9.0), (4, 2, 2.0, 9.0)]
    net = network(links, alpha=0.0, turns=[(0, 1, np.inf), (0, 2, 7.0)])
    found = assign(net, [demand((0, 2, 3.0), (0, 3, 5.0), (1, 2, 2.0), (0, 1, 4.0))])
    np.testing.assert_array_equal(found.flow, [12, 2, 5, 3, 3])
    assert found.total_time == 3 * 5 + 5 * (1 + 7 + 1) + 2 * 1 + 4 * 1
    turns = found.turns(1)
    assert list(zip(turns.from_link, turns.to_link, turns.flow, strict=True)) == [(0, 2, 5.0), (0, 3, 3.0)]


def test_what_cannot_be_reached_is_cut_off_and_named() -> None:
    net = network([(0, 1, 1.0, 1.0), (2, 3, 1.0, 1.0)], alpha=0.0)
    found = assign(net, [demand((0, 1, 2.0), (0, 3, 7.0), (1, 1, 5.0))])
    assert found.cut_off.total == 7.0
    assert (found.cut_off.origin[0], found.cut_off.destination[0]) == (0, 3)
    assert (found.total_time, found.intrazonal, found.gap) == (2.0, 5.0, 0.0)
    assert [(one.code, one.value, one.fatal) for one in found.problems] == [("TWIN-709", "3", False)]


def test_classes_choose_by_their_own_costs() -> None:
    """A toll of 3 on the quick link, a longer way round: lorries (2 pcu) avoid the toll, and may not take link 1."""
    links = [(0, 1, 10.0, 1.0), (0, 1, 11.0, 1.0), (0, 1, 12.0, 1.0)]
    net = network(links, alpha=0.0, toll=np.array([3.0, 0.0, 0.0]))
    cars = demand((0, 1, 5.0), toll_weight=0.1)
    lorries = demand(
        (0, 1, 4.0), name="lorry", pce=2.0, toll_weight=1.0, closed=np.array([False, True, False])
    )
    found = assign(net, [cars, lorries])
    np.testing.assert_array_equal(found.class_flow, [[5, 0, 0], [0, 0, 4]])
    np.testing.assert_array_equal(found.flow, [5, 0, 8])
    assert found.total_time == 5 * 10 + 4 * 12
    assert found.objective == pytest.approx(5 * 10.3 + 8 * 12)


def test_nothing_to_do() -> None:
    found = assign(braess(), [demand()])
    assert found.converged
    assert found.total_time == 0.0
    assert not found.flow.any()


def test_it_stops_when_asked_and_tells_of_each_iteration() -> None:
    told = []
    assign(braess(), SIX, progress=told.append)
    assert told[-1].gap <= 1e-6 < told[0].gap
    with pytest.raises(Cancelled, match="TWIN-702"):
        assign(braess(), SIX, cancelled=lambda: True)


def test_what_was_not_reached_says_so() -> None:
    found = assign(braess(), SIX, gap=1e-12, max_iterations=1)
    assert not found.converged
    assert found.gap > 1e-12


@pytest.mark.parametrize(("name", "value"), [("aim", "all"), ("gap", -1.0), ("gap", float("nan"))])
def test_bad_settings(name: str, value: object) -> None:
    with pytest.raises(AssignmentInputError, match=f"TWIN-700.*{name}"):
        assign(braess(), SIX, **{name: value})  # type: ignore[arg-type]
