"""The heat map: mass, place and scale."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.black_spots.plane_kernel import surface


def test_all_points_lie_on_the_map() -> None:
    draw = np.random.default_rng(1)
    x, y = draw.uniform(2000, 4000, 500), draw.uniform(2000, 4000, 500)
    made = surface(x, y, np.ones(500), (0, 0, 6000, 6000), 50.0)
    assert made.array.shape == (120, 120)
    assert made.array.sum() * 50.0**2 == pytest.approx(500, rel=0.01)
    assert made.shares.sum() == pytest.approx(1.0)


def test_the_peak_stands_where_the_points_do() -> None:
    draw = np.random.default_rng(2)
    x = np.concatenate([np.full(60, 1234.0) + draw.normal(0, 15, 60), draw.uniform(0, 5000, 100)])
    y = np.concatenate([np.full(60, 3456.0) + draw.normal(0, 15, 60), draw.uniform(0, 5000, 100)])
    made = surface(x, y, np.ones(160), (0, 0, 5000, 5000), 25.0)
    row, col = np.unravel_index(int(made.array.argmax()), made.array.shape)
    assert abs((col + 0.5) * 25 - 1234) < 50
    assert abs((row + 0.5) * 25 - 3456) < 50


def test_points_without_pattern_get_an_even_map() -> None:
    draw = np.random.default_rng(4)
    x, y = draw.uniform(0, 5000, 2000), draw.uniform(0, 5000, 2000)
    made = surface(x, y, np.ones(2000), (0, 0, 5000, 5000), 50.0)
    assert made.shares[0] < 0.1, "nothing to be gained from following single points"
    assert made.array.std() < 0.3 * made.array.mean()
