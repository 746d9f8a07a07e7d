"""Nearest of 60 stations on 302,500 nodes: exactly SciPy's answer, and not slower."""

from __future__ import annotations

from time import process_time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from twin.engines.traffic.accessibility.ways import Places, Ways, at, reach
from twin.engines.traffic.paths import fan_out, nearest

if TYPE_CHECKING:
    from tests.verification.report import Report

SIDE, STATIONS = 550, 60


def streets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A grid of 550 x 550 nodes, its streets both ways but for every eighth, of different times: 1.1 million links."""
    node = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    a = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    b = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    draw = np.random.default_rng(7)
    back = draw.random(a.size) > 0.125
    tail, head = np.concatenate([a, b[back]]), np.concatenate([b, a[back]])
    return tail.astype(np.int32), head.astype(np.int32), draw.uniform(5.0, 40.0, tail.size)


def test_equal_to_scipy_and_not_slower(report: Report) -> None:
    tail, head, time = streets()
    nodes = SIDE * SIDE
    stations = np.random.default_rng(8).choice(nodes, STATIONS, replace=False).astype(np.int32)
    fan, matrix = fan_out(tail, head, nodes), csr_array((time, (tail, head)), shape=(nodes, nodes))
    nearest(fan, time, stations[:1], limit=10.0)
    own, theirs = [], []
    for _ in range(5):
        start = process_time()
        found, owner = nearest(fan, time, stations)
        middle = process_time()
        expected = dijkstra(matrix, indices=stations, min_only=True)
        own.append(middle - start)
        theirs.append(process_time() - middle)
    difference = float(np.abs(found - expected).max())
    report.hold(
        "nearest of 60 on 302,500 nodes",
        "SciPy dijkstra(min_only)",
        "greatest difference, s",
        difference,
        0.0,
    )
    assert (found[stations] == 0).all()
    assert (owner >= 0).all()
    report.hold(
        "nearest of 60 on 302,500 nodes",
        "SciPy dijkstra(min_only)",
        "our CPU time over SciPy's",
        min(own) / min(theirs),
        1.0,
    )


@pytest.mark.long
def test_within_a_tenth_of_a_second(report: Report) -> None:
    tail, head, time = streets()
    nodes = SIDE * SIDE
    stations = np.random.default_rng(8).choice(nodes, STATIONS, replace=False).astype(np.int32)
    fan = fan_out(tail, head, nodes)
    nearest(fan, time, stations[:1], limit=10.0)
    took = []
    for _ in range(7):
        start = process_time()
        nearest(fan, time, stations)
        took.append(process_time() - start)
    report.hold("nearest of 60 on 302,500 nodes", "one thread", "CPU seconds", min(took), 0.1)


def test_places_in_the_middle_of_links_change_times_by_part_of_a_link(report: Report) -> None:
    """Stations and 20,000 homes at random positions along the links: each time lies within a link's time of that between
    the nearest nodes."""
    tail, head, time = streets()
    lines = int((SIDE - 1) * SIDE * 2)
    against = np.full(lines, -1, np.int32)
    back = np.flatnonzero(np.random.default_rng(7).random(lines) > 0.125)
    against[back] = lines + np.arange(back.size)
    ways = Ways(
        SIDE * SIDE, tail, head, time, np.arange(lines, dtype=np.int32), against, np.ones(SIDE * SIDE, bool)
    )
    draw = np.random.default_rng(9)
    homes = Places(draw.integers(0, lines, 20_000).astype(np.int32), draw.random(20_000), np.zeros(20_000))
    start = Places(draw.integers(0, lines, STATIONS).astype(np.int32), np.zeros(STATIONS), np.zeros(STATIONS))
    found, _ = at(ways, start, reach(ways, start), homes)
    nodes, _ = nearest(fan_out(tail, head, SIDE * SIDE), time, tail[start.line])
    by_node = np.minimum(nodes[tail[homes.line]] + homes.share * time[homes.line], np.inf)
    way_back = against[homes.line]
    other = np.where(
        way_back >= 0, nodes[head[homes.line]] + (1 - homes.share) * time[np.maximum(way_back, 0)], np.inf
    )
    expected = np.minimum(by_node, other)
    # a station at the very beginning of a one-way link cannot leave it backwards: its times may be longer
    free = np.isin(np.arange(STATIONS), np.flatnonzero(against[start.line] >= 0))
    assert free.sum() > 40
    report.hold("20,000 homes along links", "stations at nodes, one-way first links excepted", "shorter than by nodes, s",
                float(np.maximum(expected - found, 0).max()), 1e-9)  # fmt: skip
