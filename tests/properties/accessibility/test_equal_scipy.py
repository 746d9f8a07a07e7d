"""On random networks, times by the ways equal SciPy's on a network in which every place is a node of its own."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from twin.engines.traffic.accessibility.ways import Places, Ways, at, reach


def split(ways: Ways, places: Places) -> np.ndarray:
    """All-pairs times between places, with the links cut at each of them."""
    count = len(places)
    rows, cols, costs = [], [], []
    for line in range(ways.along.size):
        here = np.flatnonzero(places.line == line)
        for link, share in ((ways.along[line], places.share), (ways.against[line], 1 - places.share)):
            if link < 0:
                continue
            order = here[np.argsort(share[here], kind="stable")]
            stops = [int(ways.tail[link]), *(ways.nodes + order).tolist(), int(ways.head[link])]
            at_ = [0.0, *share[order].tolist(), 1.0]
            for k in range(len(stops) - 1):
                rows.append(stops[k])
                cols.append(stops[k + 1])
                costs.append(max((at_[k + 1] - at_[k]) * ways.time[link], 1e-12))
    size = ways.nodes + count
    dense = np.full((size, size), np.inf)
    np.minimum.at(dense, (rows, cols), costs)
    row, col = np.nonzero(np.isfinite(dense))
    found = dijkstra(
        coo_array((dense[row, col], (row, col)), shape=(size, size)).tocsr(),
        indices=np.arange(ways.nodes, size),
    )
    return np.asarray(found)[:, ways.nodes :]


@settings(max_examples=60)
@given(st.integers(0, 100_000))
def test_times_equal_those_of_a_network_cut_at_the_places(seed: int) -> None:
    draw = np.random.default_rng(seed)
    nodes, lines = int(draw.integers(2, 10)), int(draw.integers(1, 15))
    a, b = draw.integers(0, nodes, lines), draw.integers(0, nodes, lines)
    two = draw.random(lines) < 0.6
    tail, head = np.concatenate([a, b[two]]), np.concatenate([b, a[two]])
    time = draw.uniform(1, 100, tail.size)
    against = np.full(lines, -1)
    against[two] = lines + np.arange(two.sum())
    ways = Ways(nodes, tail.astype(np.int32), head.astype(np.int32), time, np.arange(lines, dtype=np.int32),
                against.astype(np.int32), np.ones(nodes, bool))  # fmt: skip
    count = 6
    share = np.sort(draw.uniform(0.01, 0.99, count))
    places = Places(draw.integers(0, lines, count).astype(np.int32), share, np.zeros(count))
    expected = split(ways, places)
    sources = Places(places.line[:2], places.share[:2], places.away[:2])
    found, owner = at(ways, sources, reach(ways, sources), places)
    best = expected[:2].min(0)
    assert np.allclose(found, best, atol=1e-7)
    for place in np.flatnonzero(np.isfinite(found)):
        assert abs(expected[owner[place], place] - best[place]) < 1e-7
    turned = ways.turned()
    back, _ = at(turned, sources, reach(turned, sources), places)
    assert np.allclose(back, expected[:, :2].min(1), atol=1e-7)
