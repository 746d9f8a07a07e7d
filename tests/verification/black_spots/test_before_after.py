"""Performance functions and before/after studies against data whose truth is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.black_spots import safety

if TYPE_CHECKING:
    from tests.verification.report import Report

DISPERSION, EXPONENT, EFFECT = 0.6, 0.7, 0.75
SOURCE = "simulated, truth known"


def city(seed: int, sites: int = 400) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns (constant, log flow), exposure, and counts of two periods of three years from the same gamma risks."""
    draw = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(sites), np.log(draw.uniform(2e3, 4e4, sites))])
    exposure = draw.uniform(0.2, 1.0, sites) * 3
    mean = exposure * np.exp(columns @ np.array([-5.5, EXPONENT]))
    risk = draw.gamma(1 / DISPERSION, DISPERSION, sites)
    return columns, exposure, draw.poisson(mean * risk).astype(float), draw.poisson(mean * risk).astype(float)


def test_the_function_is_found_again(report: Report) -> None:
    """Mean over 40 cities: exponent of the flow and dispersion; and the stated standard error is the true one."""
    fitted = [safety.fit(count, columns, exposure) for columns, exposure, count, _ in map(city, range(40))]
    slope = np.array([one.coefficients[1] for one in fitted])
    error = np.mean([one.error[1] for one in fitted])
    report.hold(
        "negative binomial fit", SOURCE, "exponent of the flow, bias", float(slope.mean() - EXPONENT), 0.03
    )
    report.hold(
        "negative binomial fit",
        SOURCE,
        "dispersion, bias",
        float(np.mean([one.dispersion for one in fitted]) - DISPERSION),
        0.05,
    )
    report.hold(
        "negative binomial fit", SOURCE, "standard error, relative", float(error / slope.std(ddof=1) - 1), 0.3
    )


def test_regression_to_the_mean_is_removed(report: Report) -> None:
    """The worst tenth by count is treated, the effect is 0.75: the plain ratio is far too low, the index is not, and its
    interval holds the truth in about 95 of 100 cities."""
    plain, index, held = [], [], 0
    for seed in range(150):
        columns, exposure, before, after = city(1000 + seed)
        treated = np.argsort(-before)[:40]
        after = after.copy()
        after[treated] = np.random.default_rng(seed).binomial(after[treated].astype(int), EFFECT)
        found = safety.fit(before, columns, exposure)
        mean = found.mean(columns, exposure)[treated]
        effect = safety.before_after(before[treated], after[treated], mean, mean, found.dispersion)
        plain.append(after[treated].sum() / before[treated].sum())
        index.append(effect.index)
        held += effect.low <= EFFECT <= effect.high
    assert np.mean(plain) < EFFECT - 0.04
    report.hold(
        "before/after study", SOURCE, "index of effectiveness, bias", float(np.mean(index) - EFFECT), 0.02
    )
    report.hold("before/after study", SOURCE, "95 % interval misses the truth, share", 1 - held / 150, 0.1)
