"""The gravity model and its balance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.catalog.load import load, shipped_layers
from twin.city import trips

CATALOG = load(shipped_layers())


def test_the_tables_name_what_the_vocabularies_have() -> None:
    table = trips.rates()
    assert set(table["building"]) == set(CATALOG.vocabularies["building_use"].terms)
    assert set(table["facility"]) <= set(CATALOG.vocabularies["facility_kind"].terms)
    assert set(table["land_use"]) <= set(CATALOG.vocabularies["land_use_2023"].terms)
    assert set(table["period"]) == set(CATALOG.vocabularies["traffic_period"].terms)


def test_furness_by_hand() -> None:
    """Weights that are already in proportion: T_ij = O_i D_j / total."""
    made = trips.furness(np.ones((2, 3)), np.array([30.0, 10.0]), np.array([1.0, 2.0, 1.0]))
    assert made.trips == pytest.approx(np.array([[7.5, 15.0, 7.5], [2.5, 5.0, 2.5]]))
    assert made.error <= trips.TOLERANCE


@given(st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_totals_are_met_whatever_the_weights(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.01, 1.0, (size, size))
    rows, columns = rng.uniform(0, 100, size), rng.uniform(0, 100, size)
    made = trips.furness(weight, rows, columns)
    assert made.trips.sum(1) == pytest.approx(rows, abs=1e-6 * rows.sum())
    assert made.trips.sum(0) == pytest.approx(columns * rows.sum() / columns.sum(), abs=1e-6 * rows.sum())
    assert (made.trips >= 0).all()


def test_a_zone_without_a_way_gets_nothing_and_the_rest_is_balanced() -> None:
    weight = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    made = trips.furness(weight, np.array([10.0, 5.0, 99.0]), np.array([1.0, 2.0, 50.0]))
    assert made.trips.sum() == pytest.approx(15.0)
    assert not made.trips[2].any()
    assert not made.trips[:, 2].any()


def test_a_balance_that_cannot_be_is_told() -> None:
    """Two zones that only reach each other cannot give and take different totals."""
    made = trips.furness(np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([10.0, 5.0]), np.array([10.0, 5.0]))
    assert made.error > 0.1


def test_far_places_draw_less_and_no_trip_stays_inside() -> None:
    minutes = np.array([[0.0, 5.0, 20.0], [5.0, 0.0, 15.0], [20.0, 15.0, 0.0]])
    made = trips.gravity(
        minutes,
        np.array([100.0, 0.0, 0.0]),
        np.array([0.0, 1.0, 1.0]),
        trips.Period(0.1, 1.0),
        trips.Deterrence(),
    )
    assert np.trace(made.trips) == 0.0
    assert made.trips.sum() == pytest.approx(100.0)
    near = trips.Deterrence(beta=0.3)(minutes)
    assert near[0, 1] > near[0, 2]
    assert trips.Deterrence()(np.array([np.inf]))[0] == 0.0
    assert trips.Deterrence(0.1, 0.5)(np.array([9.0]))[0] == pytest.approx(3.0 * np.exp(-0.9))


def test_homeward_trips_are_the_outward_ones_turned_round() -> None:
    minutes = np.array([[0.0, 5.0, 9.0], [5.0, 0.0, 7.0], [9.0, 7.0, 0.0]])
    homes, work = np.array([60.0, 40.0, 0.0]), np.array([1.0, 2.0, 3.0])
    outward = trips.gravity(minutes, homes, work, trips.Period(0.1, 1.0), trips.Deterrence())
    back = trips.gravity(minutes, homes, work, trips.Period(0.1, 0.0), trips.Deterrence())
    assert back.trips == pytest.approx(outward.trips.T)
