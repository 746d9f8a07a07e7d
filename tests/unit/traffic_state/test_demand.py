"""Trips from counts on a grid of streets whose truth is known."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from twin.engines.traffic.assignment import Demand, Equilibrium, assign
from twin.engines.traffic.network import Delay, Network
from twin.engines.traffic.state.demand import Counts, estimate, geh
from twin.engines.traffic.state.shares import shares

SIDE = 5


@cache
def grid() -> Network:
    at = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [np.stack([at[:, :-1].ravel(), at[:, 1:].ravel()]), np.stack([at[:-1].ravel(), at[1:].ravel()])],
        axis=1,
    )
    both = np.concatenate([pairs, pairs[::-1]], axis=1).astype(np.int32)
    count = both.shape[1]
    draw = np.random.default_rng(5)
    none = np.zeros(0, np.int32)
    return Network(
        nodes=SIDE * SIDE, zones=SIDE * SIDE, first_through=0, tail=both[0], head=both[1], length=np.full(count, 500.0),
        free_time=draw.uniform(30, 60, count), capacity=np.full(count, 800.0), alpha=np.full(count, 0.5), power=np.full(count, 4.0),
        function=np.full(count, Delay.BPR, np.int8), toll=np.zeros(count), turn_from=none, turn_to=none, turn_time=np.zeros(0),
    )  # fmt: skip


@cache
def truth() -> tuple[Demand, Equilibrium]:
    draw = np.random.default_rng(6)
    origin, destination = np.divmod(np.arange(SIDE**4, dtype=np.int32), SIDE * SIDE)
    kept = origin != destination
    demand = Demand("car", origin[kept], destination[kept], draw.gamma(2.0, 6.0, kept.sum()))
    return demand, assign(grid(), (demand,), gap=1e-8)


def test_shares_make_the_flows() -> None:
    _, found = truth()
    links = np.arange(grid().links)
    told = shares(found, links)
    assert np.allclose(told.share @ told.pcu, found.flow, rtol=1e-6, atol=1e-6)


def test_shares_agree_with_select_link() -> None:
    _, found = truth()
    link = int(np.argmax(found.flow))
    told, selected = shares(found, np.array([link])), found.select_link([link])
    trips = np.zeros((SIDE * SIDE,) * 2)
    trips[selected.origin, selected.destination] = selected.trips
    mine = np.zeros_like(trips)
    mine[told.origin, told.destination] = (told.share * told.pcu[None, :]).toarray()[0]
    assert np.allclose(trips, mine, atol=1e-5)


def counts(flow: np.ndarray, link: np.ndarray, noise: float = 0.05) -> Counts:
    value = flow[link] * (1 + noise * np.random.default_rng(8).normal(size=link.size))
    return Counts(link, value, noise * np.maximum(value, 20.0))


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_a_table_wrong_as_a_whole_is_scaled(factor: float) -> None:
    demand, found = truth()
    observed = np.random.default_rng(7).permutation(grid().links)[:16]
    prior = replace(demand, trips=factor * demand.trips)
    told = estimate(grid(), (prior,), counts(found.flow, np.sort(observed)))
    hidden = np.setdiff1d(np.arange(grid().links), observed)
    before = assign(grid(), (prior,), gap=1e-6).flow[hidden]
    after = told.equilibrium.flow[hidden]
    assert np.sqrt(np.mean((after - found.flow[hidden]) ** 2)) < 0.5 * np.sqrt(
        np.mean((before - found.flow[hidden]) ** 2)
    )
    assert told.demands[0].trips.sum() == pytest.approx(demand.trips.sum(), rel=0.05)
    assert told.held_out.size >= 2
    assert (told.geh_after < 5).mean() >= (told.geh_before < 5).mean()


def test_a_right_table_is_left_nearly_alone() -> None:
    demand, found = truth()
    told = estimate(grid(), (demand,), counts(found.flow, np.arange(0, grid().links, 4)), check=False)
    assert np.median(np.abs(told.demands[0].trips / demand.trips - 1)) < 0.1
    assert told.held_out.size == 0


def test_trips_stay_within_their_bounds() -> None:
    demand, found = truth()
    link = np.arange(0, grid().links, 4)
    told = estimate(
        grid(),
        (demand,),
        Counts(link, 20 * found.flow[link] + 100, np.full(link.size, 5.0)),
        check=False,
        rounds=2,
    )
    ratio = told.demands[0].trips / demand.trips
    assert ratio.max() <= 5.0 + 1e-9
    assert ratio.min() >= 0.2 - 1e-9


def test_geh_by_hand() -> None:
    assert geh(np.array([1000.0, 50.0]), np.array([900.0, 50.0])) == pytest.approx(
        [np.sqrt(2 * 100**2 / 1900), 0.0]
    )
