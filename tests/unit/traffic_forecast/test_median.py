"""The median's corrections are learnt by absolute deviations, and networks learn on from where they were."""

from __future__ import annotations

import numpy as np

from tests.unit.traffic_forecast.courses import rush
from twin.engines.traffic.forecast import blend
from twin.engines.traffic.forecast.backtest import train
from twin.engines.traffic.forecast.forecaster import fit
from twin.engines.traffic.forecast.series import Series


def test_absolute_deviations_ignore_a_few_wild_readings() -> None:
    draw = np.random.default_rng(1)
    said = draw.normal(size=(2, 5000))
    left = 0.8 * said[0] - 0.3 * said[1] + 0.1 * draw.normal(size=5000)
    left[:200] += 50.0
    found = blend._least_sizes(said, left)
    straight = np.linalg.lstsq(said.T, left, rcond=None)[0]
    true = np.array([0.8, -0.3])
    assert np.abs(found - true).max() < 0.12  # drawn a little to none
    assert np.abs(left - found @ said).sum() < np.abs(left - straight @ said).sum()


def test_the_median_lies_within_the_interval_and_errs_no_more_than_the_mean() -> None:
    speed = rush(days=8)
    speed[np.random.default_rng(2).random(speed.shape) < 0.03] *= 0.3  # a tail to one side
    model = train(Series(speed, 15))
    now = np.arange(600, len(speed) - 5)
    told = model.predict(Series(speed, 15), now)
    read = speed[now[:, None] + 1 + np.arange(told.mean.shape[1])]
    assert (told.lower <= told.median).all()
    assert (told.median <= told.upper).all()
    assert np.abs(told.median - read).mean() < np.abs(told.mean - read).mean()


def test_networks_go_on_where_they_were() -> None:
    series = Series(rush(days=8), 15)
    first = fit(series.until(600))
    again = fit(series, earlier=first)
    assert again.rows is first.rows
    assert all(b.steps > 0 and b is not a for a, b in zip(first.networks, again.networks, strict=True))
    kept = first.networks[0].weights[0].copy()
    fit(series, earlier=first)
    assert np.array_equal(first.networks[0].weights[0], kept), "the earlier forecaster is left as it was"
