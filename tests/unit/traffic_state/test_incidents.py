"""Incidents put into quiet readings are found, recurring congestion is none."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.traffic_forecast.courses import rush
from twin.engines.traffic.state.incidents import detect, deviates, slowest


def occupancy_of(speed: np.ndarray) -> np.ndarray:
    """Of a steady flow of 1000 vehicles an hour and lane, 6.5 m each."""
    return np.clip(650.0 / np.maximum(speed, 3.0), 0, 100)


def test_a_crash_is_found_with_its_times() -> None:
    speed = rush(days=8)
    speed[700:705, 3] *= 0.3
    found = detect(speed, occupancy_of(speed), 15)
    assert [(one.detector, one.first, one.last, one.going_on) for one in found] == [(3, 700, 704, False)]
    assert found[0].speed < 0.5 * found[0].usual
    assert found[0].confirmed is None


def test_one_at_the_end_goes_on() -> None:
    speed = rush(days=8)
    speed[-3:, 0] *= 0.3
    assert [one.going_on for one in detect(speed, None, 15)] == [True]


def test_one_odd_reading_is_no_incident() -> None:
    speed = rush(days=8)
    speed[700, 3] *= 0.3
    assert detect(speed, None, 15) == []


def test_the_rush_hour_of_every_day_is_no_incident() -> None:
    assert len(detect(rush(days=10), None, 15)) <= 1


def test_a_rush_hour_that_comes_sooner_is_no_incident() -> None:
    speed = rush(days=8, seed=3)
    speed[678:688, 3] *= 0.4
    assert [one.first for one in detect(speed, None, 15) if one.detector == 3] == [678]
    speed[680 - 4 * 96 : 690 - 4 * 96, 3] *= 0.4  # half an hour later on the Thursday before
    assert [one for one in detect(speed, None, 15) if one.detector == 3] == []


def test_the_slowest_of_other_days_leaves_a_former_incident_out() -> None:
    speed = np.full((14 * 96, 1), 50.0)
    speed[96 + 40], speed[2 * 96 + 42] = 10.0, 20.0
    low = slowest(speed, 15)
    assert low[4 * 96 + 41, 0] == 20.0
    assert low[2 * 96 + 42, 0] == 50.0
    assert low[4 * 96 + 60, 0] == 50.0
    assert np.isinf(slowest(speed[:96], 15)).all()


def test_a_queue_that_stands_on_the_loop_is_an_incident() -> None:
    """Nobody passes, so there is no speed; but the loop is covered."""
    speed = rush(days=8)
    occupancy = occupancy_of(speed)
    speed[700:704, 3] = np.nan
    assert detect(speed, occupancy, 15) == []
    occupancy[700:704, 3] = 100.0
    assert [(one.detector, one.first, one.last, one.speed) for one in detect(speed, occupancy, 15)] == [
        (3, 700, 703, 0.0)
    ]


def test_slow_but_empty_is_no_incident() -> None:
    """Few readings of slow vehicles at night: occupancy does not rise."""
    speed = rush(days=8)
    occupancy = occupancy_of(speed)
    speed[700:705, 3] *= 0.3
    assert detect(speed, occupancy, 15) == []


@pytest.mark.parametrize(("below", "confirmed"), [(5.0, True), (95.0, False)])
def test_the_next_detector_confirms(below: float, confirmed: bool) -> None:
    speed = rush(days=8, detectors=2)
    speed[700:705, 0] *= 0.15
    occupancy = occupancy_of(speed)
    occupancy[700:705, 1] = below
    (found,) = detect(speed, occupancy, 15, np.array([1, -1]))
    assert found.confirmed is confirmed


def test_deviates_need_other_days() -> None:
    z, usual = deviates(np.full((96, 1), 50.0), 1.0, 15)
    assert np.isnan(z).all()
    assert np.isnan(usual).all()


def test_deviates_leave_the_own_day_out() -> None:
    values = np.tile(np.full((96, 1), 50.0), (4, 1))
    values[3 * 96 + 40] = 20.0
    z, usual = deviates(values, 2.0, 15)
    assert usual[3 * 96 + 40, 0] == 50.0
    assert z[3 * 96 + 40, 0] == pytest.approx(-15.0)


def test_weekends_are_judged_by_weekends() -> None:
    values = np.tile(np.repeat([30.0, 30, 30, 30, 30, 60, 60], 96)[:, None], (3, 1))
    z, usual = deviates(values, 2.0, 15)
    assert np.abs(z).max() == 0
    assert usual[5 * 96 + 10, 0] == 60.0
    late, _ = deviates(values[30:], 2.0, 15, first_min=30 * 15)
    assert np.array_equal(late, z[30:])
