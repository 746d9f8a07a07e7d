"""Few cars in an interval make a detector's speed less sure."""

from __future__ import annotations

import numpy as np
import pytest

from twin.processes.traffic_state.links import ONE_CAR, reading_error


def test_many_cars_leave_what_the_detector_states() -> None:
    stated = np.array([0.05, 0.1])
    assert reading_error(stated, np.full(2, 1e9), 5) == pytest.approx(stated, rel=1e-3)
    assert np.array_equal(reading_error(stated, np.full(2, np.nan), 5), stated)


def test_one_car_an_interval_is_as_one_floating_car() -> None:
    assert reading_error(np.zeros(3), np.array([0.0, 6.0, 12.0]), 5) == pytest.approx(ONE_CAR)
    assert reading_error(np.array([0.05]), np.array([300.0]), 5)[0] == pytest.approx(
        np.hypot(0.05, ONE_CAR / 5)
    )
