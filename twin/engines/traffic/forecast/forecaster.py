"""Fitting a forecaster to the history of many detectors, and asking it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.forecast import gaps, linear
from twin.engines.traffic.forecast.inputs import Field, Horizons, Rows, field, neighbours, usual_of
from twin.engines.traffic.forecast.neurons import QUANTILES, Neurons, rate_at
from twin.engines.traffic.forecast.problems import silent, too_short
from twin.engines.traffic.forecast.series import Profile, profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.engines.traffic.forecast.series import Series

    type Numbers = NDArray[np.float64]
    type Single = NDArray[np.float32]
    type Places = NDArray[np.intp]

LAGS_MIN = 60
NETWORKS = 3
EPOCHS = 8
MORE_EPOCHS = 4  # of networks that have been taught on an earlier part of the same history
BATCH = 2048
EPOCH_ROWS = 300_000
OWN_ROWS = 3000  # origins that the own regressions learn from, at most
DEAD_SHARE = 0.3  # of the detectors, in the copies that teach how to do without
COPIES = 4
CLEAN_SHARE = 0.6  # of the rows are taught with what was read
NEEDED_SHARE = 0.1
SEEN_AT_LEAST = 40  # origins to learn from


@dataclass(frozen=True, slots=True)
class Parts:
    """What each learner says, (origins, ahead, detectors): ``own`` readings; ``city`` and ``neurons`` to be added to it;
    ``quantiles`` (3, origins, ahead, detectors) to be added to it as well; ``last`` filled readings at the origins."""

    own: Single
    city: Single
    neurons: Single
    quantiles: Single
    last: Single
    usual: Single
    doubt: Single


@dataclass(frozen=True, slots=True)
class Forecaster:
    """A fitted forecaster; ``alive`` are the detectors that had enough readings to learn from."""

    horizons: Horizons
    profile: Profile
    filler: gaps.Filler
    rows: Rows
    weights: Numbers
    own: linear.Own
    city: linear.City
    networks: tuple[Neurons, ...]
    alive: NDArray[np.bool_]

    def field(self, series: Series) -> Field:
        """The series filled: gaps from what was read at the time and before."""
        usual = usual_of(series, self.profile, self.horizons.ahead)
        filled, doubt = self.filler.fill(series.values - usual[: len(series.values)])
        return field(filled, doubt, usual, self.weights)

    def parts(self, series: Series, now: Places) -> Parts:
        """What the learners say at the positions ``now`` of ``series``, each with ``lags`` positions up to it."""
        known = self.field(series)
        detectors = series.values.shape[1]
        shape = (now.size, detectors, self.horizons.ahead)
        own, out = (
            np.empty(shape, np.float32),
            np.empty((now.size, detectors, 1 + len(QUANTILES), self.horizons.ahead), np.float32),
        )
        every = np.arange(detectors)
        slots = series.slots(now)
        for number, origin in enumerate(now):
            at = np.full(detectors, origin)
            inputs = self.rows.own(known, at, every)
            own[number] = self.own.expect(inputs, every)
            seen = self.rows.all(known, inputs, own[number], at, every, np.full(detectors, slots[number]))
            told = sum(network.run(seen, every) for network in self.networks) / np.float32(len(self.networks))
            out[number] = told.reshape(detectors, 1 + len(QUANTILES), -1) * np.float32(self.rows.scale)
        ahead = now[:, None] + 1 + np.arange(self.horizons.ahead)
        return Parts(
            own.transpose(0, 2, 1),
            self.city.expect(known.deviation, now, self.horizons.lags),
            out[:, :, 0].transpose(0, 2, 1),
            np.sort(out[:, :, 1:].transpose(2, 0, 3, 1), axis=0),
            known.reading[now],
            known.usual[ahead],
            known.doubt[now],
        )


def fit(
    series: Series,
    *,
    ahead_min: int = 60,
    graph: Numbers | None = None,
    seed: int = 0,
    earlier: Forecaster | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Forecaster:
    """A forecaster of the next ``ahead_min`` minutes, fitted to the whole series.

    ``graph``: (detectors, detectors) nearness along the roads, 0 unconnected, if known. ``earlier``: one fitted to the beginning
    of the same series with the same ``ahead_min``, whose networks go on learning. Raises TWIN-647 (too short) and TWIN-648 (no
    detector with readings).
    """
    step = series.step_min
    horizons = Horizons(max(LAGS_MIN // step, 1), max(ahead_min // step, 1))
    now = horizons.origins(len(series.values))
    if now.size < SEEN_AT_LEAST:
        raise too_short(len(series.values), SEEN_AT_LEAST + horizons.lags + horizons.ahead)
    alive = np.isfinite(series.values).mean(0) >= NEEDED_SHARE
    if not alive.any():
        raise silent()
    course = profile(series)
    usual = usual_of(series, course, horizons.ahead)
    deviation = series.values - usual[: len(series.values)]
    filler = gaps.learn(deviation)
    filled, doubt = filler.fill(deviation)
    progress(0.1)
    own, left = _learn_own(horizons, filled + usual[: len(filled)], usual, series.values, now)
    if earlier is None:
        near, weights = neighbours(filled[now], left.mean(1, dtype=np.float64), graph)
        rows = Rows(horizons, _scale(series.values), float(np.nanmean(series.values)), near, series.day)
    else:  # what the networks look at stays where they learnt to look for it
        rows, weights = earlier.rows, earlier.weights
    city = linear.learn_city(filled.astype(np.float32), now, horizons.lags, left)
    progress(0.2)
    school = _School(series, rows, own, [field(filled, doubt, usual, weights)], now)
    for number in range(COPIES):
        copy = _silenced(deviation, np.random.default_rng([seed, number]), lasting=number > 0)
        school.copies.append(field(*filler.fill(copy), usual, weights))
    networks = tuple(
        school.teach(
            seed + number,
            None if earlier is None else earlier.networks[number],
            lambda share, n=number: progress(0.3 + 0.7 * (n + share) / NETWORKS),  # type: ignore[misc]
        )
        for number in range(NETWORKS)
    )
    return Forecaster(horizons, course, filler, rows, weights, own, city, networks, alive)


def _scale(values: Numbers) -> float:
    """About the size of a change within the hour."""
    return float(max(0.6 * np.nanstd(values), 1e-6))


def _learn_own(
    horizons: Horizons, reading: Numbers, usual: Numbers, given: Numbers, now: Places
) -> tuple[linear.Own, Single]:
    """The own regressions, and what they leave at every origin: (origins, ahead, detectors), 0 where not read."""
    steps = np.arange(1, horizons.ahead + 1)
    bare = Rows(horizons, 1.0, 0.0, np.zeros((reading.shape[1], 1), np.intp), 1)
    whole = field(
        reading - usual[: len(reading)], np.zeros_like(reading), usual, np.zeros((reading.shape[1],) * 2)
    )
    every = np.arange(reading.shape[1])
    some = now[np.unique(np.linspace(0, now.size - 1, min(now.size, OWN_ROWS)).astype(np.intp))]
    inputs = np.stack([bare.own(whole, some, np.full(some.size, d)) for d in every], axis=1)
    target = given[some[:, None] + steps].transpose(0, 2, 1)
    seen = np.isfinite(target)
    complete = seen.all(2).astype(np.float64)
    own = linear.learn_own(inputs.astype(np.float64), np.where(seen, target, 0.0), complete)
    left = np.empty((now.size, horizons.ahead, every.size), np.float32)
    for d in every:
        expected = own.expect(bare.own(whole, now, np.full(now.size, d)), np.full(now.size, d))
        left[:, :, d] = given[now[:, None] + steps, d] - expected
    return own, np.nan_to_num(left)


def _silenced(deviation: Numbers, draw: np.random.Generator, *, lasting: bool) -> Numbers:
    """A copy with some of the detectors dead: all the time, or each for a while at a time."""
    times, detectors = deviation.shape
    copy = deviation.copy()
    if lasting:
        copy[:, draw.random(detectors) < DEAD_SHARE] = np.nan
        return copy
    for detector in range(detectors):
        for start in draw.integers(0, times, max(times // 100, 1)):
            copy[start : start + draw.integers(1, 60), detector] = np.nan
    return copy


class _School:
    """Teaches networks of neurons what the own regressions leave."""

    def __init__(self, series: Series, rows: Rows, own: linear.Own, copies: list[Field], now: Places) -> None:
        self.series, self.rows, self.own, self.copies, self.now = series, rows, own, copies, now
        self.given = series.values.astype(np.float32)

    def teach(self, seed: int, earlier: Neurons | None, progress: Callable[[float], None]) -> Neurons:
        draw = np.random.default_rng([seed, earlier is not None])
        detectors = self.given.shape[1]
        many = min(self.now.size * detectors, EPOCH_ROWS)
        network = None if earlier is None else earlier.again()
        epochs = EPOCHS if earlier is None else MORE_EPOCHS
        steps = epochs * -(-many // BATCH)
        for epoch in range(epochs):
            chosen = draw.choice(self.now.size * detectors, many, replace=False)
            for start in range(0, many, BATCH * 8):
                now, detector = np.divmod(chosen[start : start + BATCH * 8], detectors)
                inputs, target, known = self._rows(draw, self.now[now], detector)
                if network is None:
                    network = Neurons(inputs.shape[1], detectors, self.rows.horizons.ahead, seed)
                for at in range(0, len(inputs), BATCH):
                    part = slice(at, at + BATCH)
                    network.step(
                        inputs[part], detector[part], target[part], known[part], rate_at(network.steps, steps)
                    )
            progress((epoch + 1) / epochs)
        assert network is not None
        return network

    def _rows(
        self, draw: np.random.Generator, now: Places, detector: Places
    ) -> tuple[Single, Single, Single]:
        """Inputs, scaled targets and which of them are known, each row from one of the copies."""
        copy = np.where(draw.random(now.size) < CLEAN_SHARE, 0, draw.integers(1, len(self.copies), now.size))
        steps = np.arange(1, self.rows.horizons.ahead + 1)
        target = self.given[now[:, None] + steps, detector[:, None]]
        inputs: Single | None = None
        for number, known in enumerate(self.copies):
            here = np.flatnonzero(copy == number)
            at, who = now[here], detector[here]
            own = self.rows.own(known, at, who)
            expected = self.own.expect(own, who)
            made = self.rows.all(known, own, expected, at, who, self.series.slots(at))
            if inputs is None:
                inputs = np.empty((now.size, made.shape[1]), np.float32)
            inputs[here] = made
            target[here] -= expected
        assert inputs is not None
        seen = np.isfinite(target)
        return inputs, np.where(seen, target / np.float32(self.rows.scale), 0), seen.astype(np.float32)
