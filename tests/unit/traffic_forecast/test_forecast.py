"""The forecaster on made-up readings: it learns, fills, admits, refuses."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tests.unit.traffic_forecast.courses import rush, walk
from twin.engines.traffic.forecast import gaps
from twin.engines.traffic.forecast.backtest import Trained, train
from twin.engines.traffic.forecast.series import Series, profile
from twin.errors import TwinError


@cache
def trained() -> Trained:
    return train(Series(rush(), 15))


def test_beats_the_last_reading_on_rush_hours() -> None:
    found = trained().backtest
    assert found.better.all()
    assert (found.skill[[1, 3]] > 0.2).all()
    assert found.minutes.tolist() == [15, 30, 45, 60]


def test_says_that_nothing_beats_the_last_reading_of_a_random_walk() -> None:
    found = train(Series(walk(), 15)).backtest
    assert not found.better[:2].any()
    assert (found.rmse < 1.35 * found.rmse_last).all()


def test_interval_holds_about_what_it_says() -> None:
    assert np.abs(trained().backtest.covered - 0.8).max() < 0.08


def test_the_same_seed_gives_the_same_forecast() -> None:
    series = Series(rush(days=3, detectors=3), 15)
    now = np.array([len(series.values) - 1])
    one, two = (train(series, seed=7).predict(series, now).mean for _ in range(2))
    assert np.array_equal(one, two)


def test_later_readings_do_not_change_a_forecast() -> None:
    values = rush()
    now = np.array([400])
    whole = trained().predict(Series(values, 15), now).mean
    cut = trained().predict(Series(values[:401], 15), now).mean
    assert np.allclose(whole, cut)


def test_dead_detectors_are_forecast_from_the_others_and_doubted() -> None:
    values = rush(days=7)
    clean = values.copy()
    values[576:, [2, 5]] = np.nan
    now = np.arange(580, 660)
    read = clean[now[:, None] + 1 + np.arange(4)]
    hurt, well = (trained().predict(Series(one, 15), now) for one in (values, clean))
    alive = [0, 1, 3, 4, 6, 7]

    def error(told: np.ndarray, which: list[int]) -> float:
        return float(np.sqrt(np.mean((told - read)[:, :, which] ** 2)))

    assert error(hurt.mean, alive) < 1.05 * error(well.mean, alive)
    assert error(hurt.mean, [2, 5]) < 0.7 * float(np.std(clean[:, [2, 5]]))
    assert (hurt.doubt[:, [2, 5]] > 0).all()
    assert (hurt.doubt[:, alive] == 0).all()


def test_everything_dead_gives_the_usual_reading() -> None:
    values = rush(days=7)
    values[600:] = np.nan
    told = trained().predict(Series(values, 15), np.array([650]))
    assert np.isfinite(told.mean).all()
    assert (told.doubt > 0.9).all()


def test_a_detector_without_history_is_not_counted_as_alive() -> None:
    values = rush(days=3, detectors=4)
    values[:, 1] = np.nan
    found = train(Series(values, 15))
    assert found.forecaster.alive.tolist() == [True, False, True, True]
    assert np.isfinite(found.backtest.rmse).all()
    assert np.isnan(found.backtest.sd[:, 1]).all()


def test_one_detector_is_enough() -> None:
    found = train(Series(rush(days=4, detectors=1), 15))
    assert np.isfinite(found.backtest.rmse).all()


def test_weekends_have_a_course_of_their_own_after_two_weeks() -> None:
    day = np.repeat([50.0, 50, 50, 50, 50, 80, 80], 96)
    series = Series(np.tile(day, 2)[:, None], 15)
    usual = profile(series).usual[:, 0]
    assert usual[3 * 96 + 40] == pytest.approx(50, abs=0.5)
    assert usual[6 * 96 + 40] == pytest.approx(80, abs=0.5)


def test_gaps_are_filled_from_companions() -> None:
    draw = np.random.default_rng(3)
    common = draw.normal(size=(3000, 1))
    deviation = common + 0.1 * draw.normal(size=(3000, 5))
    filler = gaps.learn(deviation)
    holed = deviation.copy()
    holed[2000:, 0] = np.nan
    filled, doubt = filler.fill(holed)
    assert np.std(filled[2001:, 0] - deviation[2001:, 0]) < 0.2
    assert np.array_equal(filled[:2000], deviation[:2000])
    assert 0 < doubt[2500, 0] < 0.4


def test_a_gap_keeps_the_last_reading_for_a_while() -> None:
    drift = np.zeros((2000, 2))
    shock = np.random.default_rng(4).normal(size=drift.shape)
    for t in range(1, len(drift)):
        drift[t] = 0.95 * drift[t - 1] + shock[t]
    filler = gaps.learn(drift)
    drift[1000:, 0] = np.nan
    filled, doubt = filler.fill(drift)
    assert filled[1000, 0] == pytest.approx(0.95 * drift[999, 0], rel=0.25, abs=0.4)
    assert doubt[1000, 0] < doubt[1010, 0] < doubt[1100, 0] <= 1


@pytest.mark.parametrize(
    ("code", "values", "step"),
    [
        ("TWIN-646", np.zeros(5), 15),
        ("TWIN-646", np.zeros((5, 2)), 7),
        ("TWIN-646", np.full((5, 2), np.inf), 15),
        ("TWIN-647", np.zeros((20, 2)), 15),
        ("TWIN-648", np.full((400, 2), np.nan), 15),
    ],
)
def test_refusals(code: str, values: np.ndarray, step: int) -> None:
    with pytest.raises(TwinError) as refused:
        train(Series(values, step))
    assert refused.value.code == code
