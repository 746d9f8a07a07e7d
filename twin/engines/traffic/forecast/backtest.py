"""How a forecaster did on the end of the history that it had not seen, beside simply keeping the last reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.forecast import blend as blending
from twin.engines.traffic.forecast.forecaster import SEEN_AT_LEAST, Forecaster, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.engines.traffic.forecast.blend import Blend, Prediction
    from twin.engines.traffic.forecast.forecaster import Parts
    from twin.engines.traffic.forecast.series import Series

    type Numbers = NDArray[np.float64]
    type Places = NDArray[np.intp]

HELD_BACK = 0.2
ORIGINS = 2000  # of the held-back part, at most
SURE = 1.645  # standard errors: better than keeping the last reading in 95 of 100 cases


@dataclass(frozen=True, slots=True)
class Backtest:
    """Errors on held-back readings. (ahead,) each unless said, in the detectors' unit; ``minutes`` ahead; ``rmse`` and
    ``mae`` of the forecast (mae of its median), ``rmse_last`` and ``mae_last`` of keeping the last reading,
    ``rmse_usual`` of the usual reading; ``covered`` the share of readings in the interval; ``better`` whether the forecast
    beats the last reading beyond chance; ``sd`` and ``sd_last`` (ahead, detectors) by detector, NaN where never read."""

    origins: int
    minutes: Numbers
    rmse: Numbers
    mae: Numbers
    rmse_last: Numbers
    mae_last: Numbers
    rmse_usual: Numbers
    covered: Numbers
    better: NDArray[np.bool_]
    sd: Numbers
    sd_last: Numbers

    @property
    def skill(self) -> Numbers:
        """1 less the ratio of squared errors; above 0 is better than keeping the last reading."""
        return np.asarray(1.0 - (self.rmse / np.maximum(self.rmse_last, 1e-9)) ** 2)


@dataclass(frozen=True, slots=True)
class Trained:
    """A forecaster of the whole history, the blend of its learners and the backtest that both rest on."""

    forecaster: Forecaster
    blend: Blend
    backtest: Backtest

    def predict(self, series: Series, now: Places) -> Prediction:
        """Forecasts at the positions ``now`` of ``series``, in which the last hour before them is looked at."""
        return self.blend.predict(self.forecaster.parts(series, now))


def train(
    series: Series,
    *,
    ahead_min: int = 60,
    graph: Numbers | None = None,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> Trained:
    """Fit to the first four fifths and try the rest, then fit to all of it. Raises TWIN-647 and TWIN-648."""
    kept = int(len(series.values) * (1 - HELD_BACK))
    first = fit(
        series.until(kept), ahead_min=ahead_min, graph=graph, seed=seed, progress=lambda s: progress(0.45 * s)
    )
    horizons = first.horizons
    origins = np.arange(kept + horizons.lags - 1, len(series.values) - horizons.ahead)
    if (
        origins.size < SEEN_AT_LEAST // 2
    ):  # the lags may reach back into what was learnt from, the targets not
        origins = np.arange(kept - 1, len(series.values) - horizons.ahead)
    chosen = origins[np.unique(np.linspace(0, origins.size - 1, min(origins.size, ORIGINS)).astype(np.intp))]
    parts = first.parts(series, chosen)
    read = series.values[chosen[:, None] + 1 + np.arange(horizons.ahead)]
    last = np.where(np.isfinite(series.values[chosen]), series.values[chosen], parts.last)
    found = _judge(_crosswise(parts, read), parts, read, last, series.step_min)
    progress(0.5)
    whole = fit(
        series,
        ahead_min=ahead_min,
        graph=graph,
        seed=seed,
        earlier=first,
        progress=lambda s: progress(0.5 + 0.5 * s),
    )
    return Trained(whole, blending.learn(parts, read), found)


def _crosswise(parts: Parts, read: Numbers) -> Prediction:
    """Each half forecast by the blend that the other half taught, so that no reading judges what it taught."""
    half = np.arange(len(read)) < len(read) // 2
    if half.sum() < 10:
        return blending.learn(parts, np.full_like(read, np.nan)).predict(parts)
    told = [
        blending.learn(_some(parts, ~side), read[~side]).predict(_some(parts, side)) for side in (half, ~half)
    ]
    return type(told[0])(
        *(np.concatenate([getattr(one, name) for one in told]) for name in told[0].__slots__)
    )


def _some(parts: Parts, rows: NDArray[np.bool_]) -> Parts:
    return type(parts)(
        *(
            getattr(parts, name)[:, rows] if name == "quantiles" else getattr(parts, name)[rows]
            for name in parts.__slots__
        )
    )


def _judge(told: Prediction, parts: Parts, read: Numbers, last: Numbers, step_min: int) -> Backtest:
    def root(error: Numbers, axis: tuple[int, ...]) -> Numbers:
        seen = np.isfinite(error)
        total = np.where(seen, error, 0.0) ** 2
        return np.sqrt(total.sum(axis) / np.where(seen.any(axis), seen.sum(axis), np.nan))

    def size(error: Numbers) -> Numbers:
        return np.asarray(np.nanmean(np.abs(error), axis=(0, 2)))

    error, stay = told.mean - read, last[:, None] - read
    held = np.where(np.isfinite(read), (read >= told.lower) & (read <= told.upper), np.nan)
    return Backtest(
        origins=len(read),
        minutes=np.arange(1, read.shape[1] + 1) * float(step_min),
        rmse=root(error, (0, 2)),
        mae=size(told.median - read),
        rmse_last=root(stay, (0, 2)),
        mae_last=size(stay),
        rmse_usual=root(parts.usual - read, (0, 2)),
        covered=np.asarray(np.nanmean(held, axis=(0, 2))),
        better=_better(error, stay),
        sd=root(error, (0,)),
        sd_last=root(stay, (0,)),
    )


def _better(error: Numbers, stay: Numbers) -> NDArray[np.bool_]:
    """Whether the mean gain in squared error stands out of its spread; origins in a row are alike, so that blocks as long
    as the forecast count as one (as in the test of Diebold and Mariano 1995)."""
    gain = np.nanmean(stay**2 - error**2, axis=2)
    block = max(gain.shape[1], 1)
    whole = (len(gain) // block) * block
    means = np.nanmean(gain[:whole].reshape(-1, block, gain.shape[1]), axis=1) if whole else gain
    spread = means.std(0, ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.full(gain.shape[1], np.inf)
    return np.asarray(means.mean(0) > SURE * spread)
