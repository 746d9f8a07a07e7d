"""What a site's crash count says about its safety: performance functions, empirical Bayes, before/after studies.

Hauer (1997) Observational Before-After Studies in Road Safety, chapters 11 and 12; AASHTO Highway Safety Manual (2010),
chapters 3, 4 and 9. Counts are negative binomial (NB2): variance = mean + dispersion * mean^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

LEAST_DISPERSION, MOST_DISPERSION = 1e-4, 20.0
_STEPS = 100
_HOLD = 1e-6  # a whisper of a ridge: columns that say the same do not run away


@dataclass(frozen=True, slots=True)
class Performance:
    """A safety performance function: mean = exposure * exp(columns @ ``coefficients``).

    ``error``: standard errors of the coefficients. ``likelihood``: log likelihood; ``poisson``: that of the Poisson
    model with the same columns, which tells whether there is any dispersion.
    """

    coefficients: Numbers
    error: Numbers
    dispersion: float
    likelihood: float
    poisson: float

    def mean(self, columns: Numbers, exposure: Numbers) -> Numbers:
        """(sites,) crashes to be expected at sites like these."""
        return _means(columns, exposure, self.coefficients)


@dataclass(frozen=True, slots=True)
class Estimate:
    """(sites,) ``expected`` crashes after empirical Bayes, their ``variance``, the ``weight`` given to the peers' mean,
    and the ``chance`` that a site's own mean is above its peers'."""

    expected: Numbers
    variance: Numbers
    weight: Numbers
    chance: Numbers


@dataclass(frozen=True, slots=True)
class Effect:
    """Result of a before/after study: ``index`` = crashes after / crashes that were to be expected without the change.

    ``expected``: those to be expected; ``observed``: those that came. ``low``, ``high``: the 95 % confidence interval.
    """

    index: float
    error: float
    low: float
    high: float
    expected: float
    observed: float


def fit(count: Numbers, columns: Numbers, exposure: Numbers) -> Performance:
    """Fit by maximum likelihood: ``count`` (sites,), ``columns`` (sites, k), ``exposure`` (sites,) > 0 (km x years).

    For a given dispersion the likelihood is concave in the coefficients (Newton's method); the dispersion itself is
    searched for on its own, between ``LEAST_DISPERSION`` and ``MOST_DISPERSION``.
    """
    poisson = _coefficients(count, columns, exposure, 0.0)
    bounds = (np.log(LEAST_DISPERSION), np.log(MOST_DISPERSION))

    def cost(logarithm: float) -> float:
        dispersion = float(np.exp(logarithm))
        beta = _coefficients(count, columns, exposure, dispersion)
        return -_likelihood(count, _means(columns, exposure, beta), dispersion)

    best = optimize.minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-6})
    dispersion = float(np.exp(best.x))
    beta = _coefficients(count, columns, exposure, dispersion)
    mean = _means(columns, exposure, beta)
    information = (columns * (mean / (1 + dispersion * mean))[:, None]).T @ columns
    covariance = np.linalg.pinv(information + _HOLD * np.eye(beta.size))
    return Performance(
        beta,
        np.sqrt(np.diag(covariance)),
        dispersion,
        _likelihood(count, mean, dispersion),
        _likelihood(count, _means(columns, exposure, poisson), 0.0),
    )


def _means(columns: Numbers, exposure: Numbers, beta: Numbers) -> Numbers:
    return np.asarray(exposure * np.exp(np.clip(columns @ beta, -50, 50)), np.float64)


def _coefficients(count: Numbers, columns: Numbers, exposure: Numbers, dispersion: float) -> Numbers:
    """Newton's method with expected information (iteratively reweighted least squares); dispersion 0 is Poisson."""
    rate = np.log(max(float(count.sum()), 0.5) / float(exposure.sum()))
    beta = np.asarray(np.linalg.lstsq(columns, np.full(count.size, rate), rcond=None)[0], np.float64)
    for _ in range(_STEPS):
        mean = _means(columns, exposure, beta)
        damped = 1.0 + dispersion * mean
        slope = columns.T @ ((count - mean) / damped) - _HOLD * beta
        step = np.linalg.solve(
            (columns * (mean / damped)[:, None]).T @ columns + _HOLD * np.eye(beta.size), slope
        )
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return beta


def _likelihood(count: Numbers, mean: Numbers, dispersion: float) -> float:
    """Log likelihood of (sites,) counts; dispersion 0 is Poisson."""
    if dispersion <= 0:
        return float((special.xlogy(count, mean) - mean - special.gammaln(count + 1)).sum())
    shape = 1.0 / dispersion
    both = np.log(shape + mean)
    terms = special.gammaln(count + shape) - special.gammaln(shape) - special.gammaln(count + 1)
    return float((terms + shape * (np.log(shape) - both) + special.xlogy(count, mean) - count * both).sum())


def empirical_bayes(count: Numbers, mean: Numbers, dispersion: float) -> Estimate:
    """Combine (sites,) counts with the ``mean`` of their peers (Hauer 1997, eq. 11.2; HSM eq. 3-9).

    weight = 1 / (1 + dispersion * mean); the posterior of a site's mean is a gamma distribution.
    """
    weight = 1.0 / (1.0 + dispersion * mean)
    expected = weight * mean + (1 - weight) * count
    shape, rate = 1.0 / dispersion + count, 1.0 / (dispersion * mean) + 1.0
    chance = stats.gamma.sf(mean, shape, scale=1.0 / rate)
    return Estimate(expected, (1 - weight) * expected, weight, np.asarray(chance, np.float64))


def before_after(
    before: Numbers, after: Numbers, mean_before: Numbers, mean_after: Numbers, dispersion: float
) -> Effect:
    """Effect of a change at (sites,) from counts before and after and the performance function's means of both periods.

    Hauer (1997) section 12.4, HSM section 9.9: the empirical Bayes estimate of the period before is carried over with
    the ratio of the means; the index is unbiased to second order. The interval is 1.96 standard errors to each side.
    """
    estimate = empirical_bayes(before, mean_before, dispersion)
    ratio = mean_after / mean_before
    expected = float((estimate.expected * ratio).sum())
    variance = float((estimate.variance * ratio**2).sum())
    observed = float(after.sum())
    spread = variance / expected**2
    index = observed / expected / (1 + spread)
    error = (observed / expected) * np.sqrt(1.0 / max(observed, 1.0) + spread) / (1 + spread)
    return Effect(
        index, float(error), index - 1.96 * float(error), index + 1.96 * float(error), expected, observed
    )
