"""Trips from counts: the prior table moved as little as the counts ask, given how both may be wrong.

Generalised least squares (Cascetta 1984, Transp. Res. B 18, 289) on the link shares of an equilibrium, repeated as the
routes move with the trips (the outer loop of Yang 1995, Transp. Res. B 29, 129). The prior's error has parts of different
reach: pairs alone, all trips from an origin or to a destination together, and the whole table; how large each is, the
counts themselves tell (maximum of the marginal likelihood), so that a table that is wrong as a whole is scaled and one that
is wrong pair by pair is left nearly alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.engines.traffic.assignment import Demand, Equilibrium
    from twin.engines.traffic.network import Network
    from twin.engines.traffic.state.shares import Shares

    type Numbers = NDArray[np.float64]
    type Places = NDArray[np.intp]

ROUNDS = 4
BOUNDS = (0.2, 5.0)  # of the prior trips: what a pair may become
HELD_OUT = 0.2
COMPONENTS = ("pair", "origin", "destination", "whole")
START = (0.2, 0.1, 0.1, 0.1)  # relative standard deviations of the components to begin the search with
LARGEST = 1.0
ENOUGH_GEH = 5.0


@dataclass(frozen=True, slots=True)
class Counts:
    """Observed flows: ``link`` (k,) numbers, each once; ``flow`` (k,) pcu/h; ``sd`` (k,) pcu/h."""

    link: Places
    flow: Numbers
    sd: Numbers


@dataclass(frozen=True, slots=True)
class Estimated:
    """``demands`` moved to the counts and their ``equilibrium``; ``spread``: the relative standard deviations found for
    ``COMPONENTS``; ``geh_before``, ``geh_after`` (k,) of the counts; ``held_out`` GEH of counts that a run without them
    met (empty when too few to hold any out); ``flow_sd`` relative standard deviation of modelled flows at links without
    a count, judged from those."""

    demands: tuple[Demand, ...]
    equilibrium: Equilibrium
    spread: dict[str, float]
    geh_before: Numbers
    geh_after: Numbers
    held_out: Numbers
    flow_sd: float


def geh(model: Numbers, counted: Numbers) -> Numbers:
    """GEH statistic of hourly flows: sqrt(2 (m - c)^2 / (m + c)); below 5 is a good match in practice."""
    return np.asarray(np.sqrt(2 * (model - counted) ** 2 / np.maximum(model + counted, 1e-9)))


def estimate(
    network: Network,
    prior: tuple[Demand, ...],
    counts: Counts,
    *,
    gap: float = 1e-5,
    rounds: int = ROUNDS,
    check: bool = True,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> Estimated:
    """Trips whose equilibrium flows meet the counts. Raises what ``assign`` raises.

    ``check``: hold a fifth of the counts out first and say how well a run on the others meets them.
    """
    from twin.engines.traffic.assignment import assign

    first = assign(network, prior, gap=gap)
    held, flow_sd = np.zeros(0), _misfit(first.flow[counts.link], counts)
    if check and counts.link.size >= 10:
        out = np.random.default_rng(seed).permutation(counts.link.size) < max(
            int(HELD_OUT * counts.link.size), 2
        )
        there = _move(network, prior, first, _some(counts, ~out), gap, max(rounds - 1, 1))[1].flow[
            counts.link[out]
        ]
        held, flow_sd = geh(there, counts.flow[out]), _misfit(there, _some(counts, out))
    progress(0.4)
    demands, found, spread = _move(
        network, prior, first, counts, gap, rounds, lambda share: progress(0.4 + 0.6 * share)
    )
    return Estimated(
        demands,
        found,
        spread,
        geh(first.flow[counts.link], counts.flow),
        geh(found.flow[counts.link], counts.flow),
        held,
        flow_sd,
    )


def _some(counts: Counts, which: NDArray[np.bool_]) -> Counts:
    return Counts(counts.link[which], counts.flow[which], counts.sd[which])


def _misfit(model: Numbers, counts: Counts) -> float:
    """Relative standard deviation of modelled flows, the counts' own share taken off, at least a twentieth: of the bulk (median
    deviation) or of the tail (95 % within 1.96), whichever is greater, since small flows err more than the bulk tells."""
    if not model.size:
        return 0.3
    relative = np.abs(np.log(np.maximum(model, 1.0) / np.maximum(counts.flow, 1.0)))
    own = np.median(counts.sd / np.maximum(counts.flow, 1.0))
    tail = min(0.95 * (1 + 1 / relative.size), 1.0)  # few counts say less of the tail
    found = max(1.4826 * float(np.median(relative)), float(np.quantile(relative, tail)) / 1.96)
    return float(np.clip(np.sqrt(max(found**2 - own**2, 0.0)), 0.05, 1.0))


def _move(
    network: Network,
    prior: tuple[Demand, ...],
    first: Equilibrium,
    counts: Counts,
    gap: float,
    rounds: int,
    progress: Callable[[float], None] = lambda share: None,
) -> tuple[tuple[Demand, ...], Equilibrium, dict[str, float]]:
    """The outer loop: shares at the current routes, trips by least squares, routes for the new trips."""
    from twin.engines.traffic.assignment import assign
    from twin.engines.traffic.state.shares import shares

    demands, found = prior, first
    factor = _Factors(prior)
    theta = np.log(np.square(START))
    for number in range(rounds):
        told = shares(found, counts.link)
        base = told.pcu / np.maximum(factor.of(told), 1e-12)  # the prior's trips on today's pairs
        theta, change = _least_squares(told, base, counts, theta)
        factor.set(told, np.clip(change, *BOUNDS))
        demands = factor.demands()
        found = assign(network, demands, gap=gap, start=found)
        progress((number + 1) / rounds)
    return demands, found, dict(zip(COMPONENTS, np.exp(theta / 2).tolist(), strict=True))


class _Factors:
    """What the prior's trips are multiplied by, pair by pair; the assignment may list pairs in an order of its own."""

    def __init__(self, prior: tuple[Demand, ...]) -> None:
        self.prior = prior
        self.most = 1 + max(
            int(max(one.origin.max(initial=0), one.destination.max(initial=0))) for one in prior
        )
        self.keys = [one.origin.astype(np.int64) * self.most + one.destination for one in prior]
        self.known = [np.unique(key) for key in self.keys]
        self.factor = [np.ones(key.size) for key in self.known]

    def of(self, told: Shares) -> Numbers:
        out = np.ones(told.pcu.size)
        for user, key, place in self._places(told):
            out[user] = self.factor[key][place]
        return out

    def set(self, told: Shares, change: Numbers) -> None:
        for user, key, place in self._places(told):
            self.factor[key][place] = change[user]

    def demands(self) -> tuple[Demand, ...]:
        return tuple(
            replace(one, trips=one.trips * factor[np.searchsorted(known, key)])
            for one, key, known, factor in zip(self.prior, self.keys, self.known, self.factor, strict=True)
        )

    def _places(self, told: Shares) -> list[tuple[NDArray[np.bool_], int, Places]]:
        key = told.origin.astype(np.int64) * self.most + told.destination
        out = []
        for number in range(len(self.prior)):
            user = told.demand == number
            out.append((user, number, np.searchsorted(self.known[number], key[user])))
        return out


def _least_squares(told: Shares, base: Numbers, counts: Counts, theta: Numbers) -> tuple[Numbers, Numbers]:
    """Log variances of the components (maximum likelihood) and the factors of the pairs (their mean given the counts)."""
    from scipy.optimize import minimize

    parts = _loads(told, base)
    inner = [
        np.asarray(part @ part.T) if isinstance(part, np.ndarray) else (part @ part.T).toarray()
        for part in parts
    ]
    noise = counts.sd**2
    innovation = counts.flow - told.share @ base

    def unlikely(log_variance: Numbers) -> float:
        whole = sum(np.exp(v) * part for v, part in zip(log_variance, inner, strict=True)) + np.diag(noise)
        try:
            lower = np.linalg.cholesky(whole)
        except np.linalg.LinAlgError:
            return 1e30
        solved = np.linalg.solve(lower, innovation)
        shrink = 0.05 * float(
            np.square((log_variance - np.log(np.square(START))) / 2).sum()
        )  # where the counts do not tell
        return float(np.log(np.diag(lower)).sum() + 0.5 * solved @ solved) + shrink

    bounds = [(2 * np.log(0.003), 2 * np.log(LARGEST))] * len(parts)
    found = minimize(unlikely, theta, method="L-BFGS-B", bounds=bounds, options={"maxiter": 25})
    variance = np.exp(found.x)
    whole = sum(v * part for v, part in zip(variance, inner, strict=True)) + np.diag(noise)
    weight = np.linalg.solve(whole, innovation)
    change = np.ones(base.size)
    change += variance[0] * np.asarray(parts[0].T @ weight)
    for v, part, member in zip(
        variance[1:], parts[1:], (told.origin, told.destination, np.zeros(base.size, int)), strict=True
    ):
        names, place = np.unique(member, return_inverse=True)
        change += v * np.asarray(part.T @ weight)[: names.size][place]
    return np.asarray(found.x), change


def _loads(told: Shares, base: Numbers) -> list[NDArray[np.float64]]:
    """For each component, (observed links, members): pcu/h on the link by which a relative error of 1 of a member shows."""
    from scipy.sparse import csr_array

    each = told.share.multiply(base[None, :]).tocsr()
    out = [each]
    for member in (told.origin, told.destination, np.zeros(base.size, int)):
        names, place = np.unique(member, return_inverse=True)
        gather = csr_array((np.ones(base.size), (np.arange(base.size), place)), shape=(base.size, names.size))
        out.append((each @ gather).toarray())
    return out
