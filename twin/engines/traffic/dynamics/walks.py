"""Vehicles from flows: routes that, taken together, give the flows on links and turns that an assignment found."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

LONGEST = 600  # links of a route
LEAST = 1e-6  # veh/h


@dataclass(frozen=True, slots=True)
class Vehicles:
    """Departures (s after the begin, ascending) and routes (positions of links), one each a vehicle."""

    departs: Numbers
    routes: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.routes)


def walks(
    flow: Numbers, turn_from: Indices, turn_to: Indices, turn_flow: Numbers, *, seconds: float, seed: int,
    inside: NDArray[np.bool_] | None = None,
) -> Vehicles:  # fmt: skip
    """Vehicles of ``seconds`` that drive the links as often as ``flow`` (links,) veh/h and the turns say.

    What a link carries beyond the turns into it begins there, what it carries beyond the turns out of it ends there.
    At each link the next one is that which is furthest behind its share, so counts follow shares closely. Links
    outside ``inside`` are not entered. No link is driven twice by one vehicle.
    """
    kept = np.ones(flow.size, bool) if inside is None else inside
    used = kept[turn_from] & kept[turn_to] & (turn_flow > LEAST)
    into, out = np.zeros(flow.size), np.zeros(flow.size)
    np.add.at(into, turn_to[used], turn_flow[used])
    np.add.at(out, turn_from[used], turn_flow[used])
    begins = np.where(kept, np.maximum(flow - into, 0.0), 0.0)
    ways: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for a, b, v in zip(
        turn_from[used].tolist(), turn_to[used].tolist(), turn_flow[used].tolist(), strict=True
    ):
        ways[a].append((b, v))
    for a in np.nonzero(kept)[0].tolist():
        ways[a].append((-1, max(float(flow[a] - out[a]), 0.0)))
    start, departs = _departures(begins * seconds / 3600.0, seconds, seed)
    taken: dict[tuple[int, int], int] = defaultdict(int)
    passed: dict[int, int] = defaultdict(int)
    routes = [_walk(int(link), ways, taken, passed) for link in start]
    return Vehicles(departs, tuple(routes))


def _departures(count: Numbers, seconds: float, seed: int) -> tuple[NDArray[np.int64], Numbers]:
    """Links and times of departure: whole vehicles from running sums, evenly spread with chance within each gap."""
    rng = np.random.default_rng(seed)
    edges = np.floor(np.concatenate([[0.0], np.cumsum(count)]) + rng.random())
    whole = np.diff(edges).astype(np.int64)
    link = np.repeat(np.arange(count.size), whole)
    within = np.concatenate([np.arange(n) for n in whole]) if link.size else np.zeros(0)
    time = (within + rng.random(link.size)) / np.maximum(whole[link], 1) * seconds
    order = np.argsort(time, kind="stable")
    return link[order], np.round(time[order], 1)


def _walk(
    link: int,
    ways: dict[int, list[tuple[int, float]]],
    taken: dict[tuple[int, int], int],
    passed: dict[int, int],
) -> tuple[int, ...]:
    route = [link]
    driven = {link}
    while len(route) < LONGEST:
        options = [(b, v) for b, v in ways[link] if v > LEAST and b not in driven]
        total = sum(v for _, v in options)
        if not options:
            break
        passed[link] += 1
        after = max(options, key=lambda one: one[1] / total * passed[link] - taken[link, one[0]])[0]
        taken[link, after] += 1
        if after < 0:
            break
        route.append(after)
        driven.add(after)
        link = after
    return tuple(route)


def counts(vehicles: Vehicles, links: int) -> Numbers:
    """(links,) how many of the vehicles drive each link."""
    found = np.zeros(links)
    for route in vehicles.routes:
        found[list(route)] += 1
    return found


def geh(one: Numbers, other: Numbers) -> Numbers:
    """GEH statistic of hourly volumes (DMRB): sqrt(2 (a - b)^2 / (a + b)), 0 where both are 0."""
    total = one + other
    return np.asarray(np.sqrt(2 * (one - other) ** 2 / np.where(total > 0, total, 1.0)), np.float64)
