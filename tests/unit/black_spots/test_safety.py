"""Performance functions, empirical Bayes and before/after by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.black_spots import safety


def test_equal_counts_leave_the_peers_mean() -> None:
    found = safety.fit(np.full(50, 3.0), np.ones((50, 1)), np.full(50, 2.0))
    assert np.exp(found.coefficients[0]) == pytest.approx(1.5, rel=1e-6)
    assert found.dispersion == pytest.approx(safety.LEAST_DISPERSION, rel=0.01)


def test_empirical_bayes_by_hand() -> None:
    """Mean 2, dispersion 0.5, 6 crashes: weight 1 / (1 + 1) = 0.5, expected 4, variance 2."""
    found = safety.empirical_bayes(np.array([6.0]), np.array([2.0]), 0.5)
    assert found.weight[0] == pytest.approx(0.5)
    assert found.expected[0] == pytest.approx(4.0)
    assert found.variance[0] == pytest.approx(2.0)
    assert 0.9 < found.chance[0] < 1.0


def test_before_after_by_hand() -> None:
    """Expected after 4 * 0.5 = 2 with variance 0.5; 1 observed: index 0.5 / (1 + 0.125)."""
    found = safety.before_after(np.array([6.0]), np.array([1.0]), np.array([2.0]), np.array([1.0]), 0.5)
    assert found.expected == pytest.approx(2.0)
    assert found.index == pytest.approx(0.5 / 1.125)
    assert found.error == pytest.approx(0.5 * np.sqrt(1 + 0.125) / 1.125)
    assert found.high - found.low == pytest.approx(2 * 1.96 * found.error)


def test_no_crash_after_is_an_index_of_nothing_with_an_error() -> None:
    found = safety.before_after(np.array([3.0]), np.array([0.0]), np.array([2.0]), np.array([2.0]), 0.5)
    assert found.index == 0.0
    assert found.error == 0.0 or np.isfinite(found.error)
