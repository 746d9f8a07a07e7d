"""Probabilities over members: against numpy where weights are equal, by hand where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.engines.flood import exceedance, quantile


def test_weights_count_not_members() -> None:
    values = np.array([[[0.0, 0.2]], [[0.3, 0.2]], [[0.6, 0.0]]], np.float32)
    weights = np.array([2.0, 1.0, 1.0])
    assert exceedance(values, weights, 0.15).tolist() == [[0.5, 0.75]]
    assert quantile(values, weights, 0.5).tolist() == [[0.0, pytest.approx(0.2)]]
    assert quantile(values, weights, 0.75).tolist() == [[pytest.approx(0.3), pytest.approx(0.2)]]


def test_outside_the_area_stays_outside() -> None:
    values = np.full((2, 1, 2), np.nan, np.float32)
    values[:, 0, 1] = 1.0
    for grid in (exceedance(values, np.ones(2), 0.1), quantile(values, np.ones(2), 0.5)):
        assert np.isnan(grid[0, 0])
        assert grid[0, 1] == 1.0


@given(st.integers(1, 12), st.integers(0, 2**31), st.sampled_from([0.1, 0.25, 0.5, 0.9, 1.0]))
def test_equal_weights_are_the_empirical_quantile(members: int, seed: int, share: float) -> None:
    """Hyndman and Fan (1996), definition 1: numpy's inverted_cdf."""
    values = np.random.default_rng(seed).random((members, 3, 4), np.float32)
    expected = np.quantile(values, share, axis=0, method="inverted_cdf")
    assert np.array_equal(quantile(values, np.full(members, 0.37), share), expected)
    assert np.allclose(exceedance(values, np.ones(members), 0.5), (values >= np.float32(0.5)).mean(axis=0))


def test_numbers_keep_their_precision() -> None:
    values = np.array([1_234_567.891, 2.0, 3.0]).reshape(-1, 1, 1)
    assert quantile(values, np.ones(3), 0.9)[0, 0] == 1_234_567.891
