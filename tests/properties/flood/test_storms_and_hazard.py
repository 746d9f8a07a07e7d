"""Design storms hold their formula's depth; hazard classes hold their edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.flood import chicago, classes, raise_buildings, rating, storm_intensity

SUZHOU = {"A1": 17.969, "C": 1.24, "b": 18.415, "n": 0.785}  # published 27 January 2025


def test_a_published_formula_gives_its_check_value() -> None:
    """P = 2 a, t = 60 min: 0.804 mm/min."""
    assert float(storm_intensity(60.0, 2.0, **SUZHOU)) == pytest.approx(0.804, abs=5e-4)


@settings(max_examples=200, deadline=None)
@given(
    duration=st.floats(10, 1440), period=st.floats(1, 100), ratio=st.floats(0.05, 0.95), step=st.floats(0.5, 10),
    A1=st.floats(3, 40), C=st.floats(0, 1.5), b=st.floats(1, 40), n=st.floats(0.4, 1.0),
)  # fmt: skip
def test_total_rain_is_the_formulas(
    duration: float, period: float, ratio: float, step: float, A1: float, C: float, b: float, n: float
) -> None:
    times, intensity = chicago(duration, period, ratio, A1, C, b, n, step)
    ends = np.append(times[1:], duration * 60.0)
    total = (intensity * (ends - times)).sum() / 3600.0
    assert total == pytest.approx(duration * float(storm_intensity(duration, period, A1, C, b, n)), rel=1e-9)
    peak = int(np.argmax(intensity))
    at = ratio * duration * 60.0
    assert times[peak] - step * 60.0 <= at <= ends[peak] + step * 60.0
    assert (intensity >= 0).all()


def test_the_peak_step_holds_the_formulas_greatest_rain() -> None:
    """With the peak on a step's edge the steps around it hold the depth of the formula's most intense minutes."""
    _, intensity = chicago(100.0, 10.0, 0.4, **SUZHOU, step_min=1.0)
    around = intensity[36:46].sum() / 60.0  # 4 minutes before the peak, 6 after: the greatest 10
    assert around == pytest.approx(10 * float(storm_intensity(10.0, 10.0, **SUZHOU)), rel=1e-9)


def test_hazard_classes() -> None:
    depth = np.array([0.0, 0.2, 0.3, 1.0, 2.0, np.nan])
    speed = np.array([3.0, 0.1, 0.1, 0.1, 2.5, 0.0])
    hr = rating(depth, speed)
    assert hr[:5] == pytest.approx([0.0, 0.12, 1.18, 1.6, 7.0], rel=1e-6)
    assert classes(hr).tolist() == [0, 0, 1, 2, 3, 255]
    assert classes(np.array([0.75, 1.25, 2.0])).tolist() == [1, 2, 3]


def test_raised_buildings() -> None:
    z = np.array([[1.0, 2.0], [np.nan, 4.0]], np.float32)
    out = raise_buildings(z, np.array([[True, False], [True, True]]), np.array([[3.0, np.nan], [1.0, 5.0]]))
    assert out[0].tolist() == [4.0, 2.0]
    assert np.isnan(out[1, 0])
    assert out[1, 1] == 9.0
