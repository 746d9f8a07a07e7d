"""Networks and demands that have no equilibrium: refused, with the links named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.unit.traffic_assignment.networks import braess, demand, network
from twin.engines.traffic.assignment import AssignmentInputError, NetworkRefused, assign
from twin.engines.traffic.network import Delay

SIX = [demand((0, 3, 6.0))]


def _with(name: str, link: int, value: float) -> Any:
    column = getattr(braess(), name).copy()
    column[link] = value
    return replace(braess(), **{name: column})


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("free_time", -1.0, "TWIN-705"),
        ("free_time", np.nan, "TWIN-705"),
        ("capacity", 0.0, "TWIN-705"),
        ("capacity", -5.0, "TWIN-705"),
        ("length", -1.0, "TWIN-705"),
        ("toll", np.inf, "TWIN-705"),
        ("alpha", -0.15, "TWIN-706"),
        ("power", -1.0, "TWIN-706"),
        ("power", np.nan, "TWIN-706"),
        ("function", 9, "TWIN-706"),
        ("tail", 99, "TWIN-703"),
        ("head", -1, "TWIN-703"),
    ],
)
def test_links_that_cannot_be(name: str, value: float, code: str) -> None:
    with pytest.raises(NetworkRefused, match="TWIN-701") as caught:
        assign(_with(name, 2, value), SIX)
    assert [(one.code, one.row, one.value) for one in caught.value.problems] == [(code, 2, "2")]


@pytest.mark.parametrize(
    ("function", "alpha", "power"), [(Delay.CONICAL, 0.0, 1.0), (Delay.AKCELIK, -1.0, 0.0)]
)
def test_other_functions_that_do_not_increase(function: Delay, alpha: float, power: float) -> None:
    net = network([(0, 1, 1.0, 1.0)], alpha=alpha, power=power, function=function)
    with pytest.raises(NetworkRefused) as caught:
        assign(net, [demand((0, 1, 1.0))])
    assert [one.code for one in caught.value.problems] == ["TWIN-706"]


def test_a_self_loop_is_named_and_carries_nothing() -> None:
    net = network([(0, 1, 1.0, 1.0), (1, 1, 0.0, 1.0), (1, 2, 1.0, 1.0)])
    found = assign(net, [demand((0, 2, 1.0))])
    assert [(one.code, one.value) for one in found.problems] == [("TWIN-704", "1")]
    assert found.flow.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("turn", [(0, 1, 5.0), (0, 4, -1.0), (0, 99, 5.0), (0, 4, np.nan)])
def test_turns_that_cannot_be(turn: tuple[int, int, float]) -> None:
    listed = {
        "turn_from": np.array([turn[0]]),
        "turn_to": np.array([turn[1]]),
        "turn_time": np.array([turn[2]]),
    }
    with pytest.raises(NetworkRefused) as caught:
        assign(replace(braess(), **listed), SIX)
    assert [(one.code, one.column) for one in caught.value.problems] == [("TWIN-707", "turn")]


@pytest.mark.parametrize("pair", [(0, 9, 1.0), (-1, 3, 1.0), (0, 3, -1.0), (0, 3, np.nan), (0, 3, np.inf)])
def test_trips_that_cannot_be(pair: tuple[int, int, float]) -> None:
    with pytest.raises(NetworkRefused) as caught:
        assign(braess(), [demand((0, 3, 1.0), pair)])
    assert [(one.code, one.column, one.row) for one in caught.value.problems] == [("TWIN-708", "pair", 1)]


def test_a_class_paid_for_driving() -> None:
    net = replace(braess(), toll=np.array([0.0, -60.0, 0.0, 0.0, 0.0]))
    assert assign(net, [demand((0, 3, 6.0), toll_weight=0.5)]).converged
    with pytest.raises(NetworkRefused, match="TWIN-701") as caught:
        assign(net, [demand((0, 3, 6.0), toll_weight=1.0)])
    assert [(one.code, one.value) for one in caught.value.problems] == [("TWIN-705", "1")]


@pytest.mark.parametrize(
    "bad", [[], [demand((0, 3, 1.0), pce=0.0)], [demand((0, 3, 1.0), closed=np.zeros(2, bool))]]
)
def test_classes_that_cannot_be(bad: list[Any]) -> None:
    with pytest.raises(AssignmentInputError, match="TWIN-700"):
        assign(braess(), bad)


def test_a_start_of_another_network() -> None:
    other = assign(braess(bridge=False), SIX)
    with pytest.raises(AssignmentInputError, match=r"TWIN-700.*start"):
        assign(braess(), SIX, start=other)
