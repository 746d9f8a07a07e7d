"""The nearest of 60 stations on 302,500 nodes beside SciPy, and crashes spread along a network."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from bench.table import Table
from twin.engines.traffic.black_spots.lixels import cut
from twin.engines.traffic.black_spots.network_kernel import density
from twin.engines.traffic.paths import fan_out, nearest

SIDE, STATIONS, CRASHES = 550, 60, 140_029
REPEATS = 7


def measure(table: Table) -> None:
    """CPU seconds of one thread, the least of several runs each."""
    draw = np.random.default_rng(7)
    node = np.arange(SIDE * SIDE, dtype=np.int32).reshape(SIDE, SIDE)
    a = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    b = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    back = draw.random(a.size) > 0.125
    tail, head = np.concatenate([a, b[back]]), np.concatenate([b, a[back]])
    time = draw.uniform(5.0, 40.0, tail.size)
    stations = draw.choice(SIDE * SIDE, STATIONS, replace=False).astype(np.int32)
    fan = fan_out(tail, head, SIDE * SIDE)
    matrix = csr_array((time, (tail, head)), shape=(SIDE * SIDE, SIDE * SIDE))
    ours = _least(lambda: nearest(fan, time, stations))
    theirs = _least(lambda: dijkstra(matrix, indices=stations, min_only=True))
    same = bool(
        np.array_equal(nearest(fan, time, stations)[0], dijkstra(matrix, indices=stations, min_only=True))
    )
    words = f"{ours:.3f} CPU-s, SciPy {theirs:.3f}, {'equal to the bit' if same else 'NOT EQUAL'}"
    table.add(
        "nearest of 60 on 302,500 nodes", words, "< 0.1, <= SciPy", same and ours < 0.1 and ours <= theirs
    )
    few = 150
    street = node[:few, :few]
    begin = np.concatenate([street[:, :-1].ravel(), street[:-1].ravel()])
    end = np.concatenate([street[:, 1:].ravel(), street[1:].ravel()])
    pieces = cut(SIDE * SIDE, begin, end, np.full(begin.size, 120.0), 10.0)
    edge, weight = draw.integers(0, begin.size, CRASHES).astype(np.int32), np.ones(CRASHES)
    position = draw.uniform(0, 120, CRASHES)
    spread = _least(lambda: density(pieces, edge, position, weight, 150.0))
    table.add("140,029 crashes along a network, 150 m", f"{spread:.2f} CPU-s", "<= 1", spread <= 1.0)
    table.figures["access"] = {"nearest_cpu_s": ours, "scipy_cpu_s": theirs, "crashes_cpu_s": spread}


def _least(run: Callable[[], object]) -> float:
    run()
    took = []
    for _ in range(REPEATS):
        start = process_time()
        run()
        took.append(process_time() - start)
    return min(took)
