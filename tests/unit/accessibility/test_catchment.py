"""Floating catchments and shares, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.accessibility.catchment import (
    RINGS_MIN,
    WEIGHTS,
    floating_catchment,
    quantile,
    share_within,
)


def test_two_clinics_and_three_quarters_by_hand() -> None:
    """Times in minutes: clinic 1 (10 doctors): 5, 15, 40; clinic 2 (4): 25, 8, 9. People 100, 200, 300."""
    time = np.array([[5, 15, 40], [25, 8, 9.0]]) * 60
    ratio, access = floating_catchment(
        time, np.array([10.0, 4.0]), np.array([100.0, 200.0, 300.0]), RINGS_MIN, WEIGHTS
    )
    first, second = 10 / (100 + 0.68 * 200), 4 / (0.22 * 100 + 200 + 300)
    assert ratio == pytest.approx([first, second])
    assert access == pytest.approx([first + 0.22 * second, 0.68 * first + second, second])


def test_a_place_on_the_edge_of_a_ring_belongs_to_it() -> None:
    """As PySAL's access 1.1 documents its step function of 20, 40 and 60 minutes with 1, 0.68 and 0.22."""
    time = np.arange(0.0, 71.0, 10.0)
    found = [
        floating_catchment(
            np.array([[60 * one, 0.0]]), np.ones(1), np.array([1.0, 1e-12]), (20.0, 40.0, 60.0), WEIGHTS
        )[1]
        for one in time
    ]
    # someone at the facility has its ratio whole: the quotient is the weight
    weights = np.array([place / other for place, other in found])
    assert weights == pytest.approx([1, 1, 1, 0.68, 0.68, 0.22, 0.22, 0])


def test_what_is_supplied_is_shared_out_whole() -> None:
    draw = np.random.default_rng(1)
    time, supply, people = draw.uniform(0, 2400, (7, 50)), draw.uniform(1, 9, 7), draw.uniform(0, 500, 50)
    time[3] = np.inf
    ratio, access = floating_catchment(time, supply, people, RINGS_MIN, WEIGHTS)
    assert ratio[3] == 0.0
    assert people @ access == pytest.approx(supply.sum() - supply[3])


def test_shares_and_quantiles_by_people() -> None:
    time, people = np.array([60.0, 300.0, 301.0, np.inf]), np.array([10.0, 30.0, 40.0, 20.0])
    assert share_within(time, people, [1, 5, 10]) == pytest.approx([0.1, 0.4, 0.8])
    assert quantile(time, people, 0.5) == 301.0
    assert quantile(time, people, 0.9) == np.inf
    assert share_within(time, np.zeros(4), [1]).tolist() == [0.0]
