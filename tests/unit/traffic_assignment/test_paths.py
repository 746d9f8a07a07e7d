"""Shortest paths beside SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from twin.engines.traffic import paths

NODES, LINKS = 400, 1600


@pytest.fixture(scope="module")
def random() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    stream = np.random.default_rng(5)
    tail = stream.integers(0, NODES, LINKS)
    head = (tail + stream.integers(1, NODES, LINKS)) % NODES
    _, kept = np.unique(tail * NODES + head, return_index=True)
    return tail[kept], head[kept], stream.uniform(0.1, 9.0, kept.size)


def test_times_are_scipys_to_the_last_bit(random: tuple[np.ndarray, ...]) -> None:
    tail, head, cost = random
    graph = csr_array((cost, (tail, head)), shape=(NODES, NODES))
    sources = [3, 77, 210]
    fan = paths.fan_out(tail, head, NODES)
    np.testing.assert_array_equal(paths.many(fan, cost, sources), dijkstra(graph, indices=sources))
    time, owner = paths.nearest(fan, cost, sources)
    theirs, _, origin = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True)
    np.testing.assert_array_equal(time, theirs)
    np.testing.assert_array_equal(np.array(sources)[owner[np.isfinite(time)]], origin[np.isfinite(time)])
    near, who = paths.nearest(fan, cost, sources, limit=5.0)
    np.testing.assert_array_equal(near, np.where(theirs <= 5.0, theirs, np.inf))
    assert ((who >= 0) == (theirs <= 5.0)).all()


def test_the_tree_leads_back_to_the_source(random: tuple[np.ndarray, ...]) -> None:
    tail, head, cost = random
    time, by = paths.tree(paths.fan_out(tail, head, NODES), cost, 3)
    reached = np.flatnonzero(by >= 0)
    assert by[3] == -1
    np.testing.assert_array_equal(head[by[reached]], reached)
    np.testing.assert_array_equal(time[tail[by[reached]]] + cost[by[reached]], time[reached])


def test_closed_links_and_nodes_that_are_no_way_through() -> None:
    fan = paths.fan_out([0, 1, 0, 3], [1, 2, 3, 2], 4)
    closed = paths.nearest(fan, [1.0, np.inf, 5.0, 5.0], [0])[0]
    assert closed.tolist() == [0.0, 1.0, 10.0, 5.0]
    passable = np.array([False, False, True, True])
    assert paths.nearest(fan, [0.0, 1.0, 5.0, 5.0], [0], passable=passable)[0].tolist() == [
        0.0,
        0.0,
        10.0,
        5.0,
    ]
    assert paths.many(fan, [1.0, 1.0, 1.0, 1.0], [2])[0].tolist() == [np.inf, np.inf, 0.0, np.inf]


def test_the_nearest_of_two_sources_owns_a_node() -> None:
    fan = paths.fan_out([0, 1, 2], [1, 2, 1], 3)
    time, owner = paths.nearest(fan, [2.0, 1.0, 1.0], [0, 2])
    assert time.tolist() == [0.0, 1.0, 0.0]
    assert owner.tolist() == [0, 1, 1]
