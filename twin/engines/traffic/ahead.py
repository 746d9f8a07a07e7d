"""Compile ahead of the first question: on a new machine that takes the better part of a minute, once."""

from __future__ import annotations

import numpy as np

from twin.engines.traffic import paths
from twin.engines.traffic.assignment import Demand, assign, close
from twin.engines.traffic.network import Network


def compile_ahead() -> None:
    """Fill numba's cache with what assignments, closures and shortest paths take; a second where that is done already."""
    tail, head = (np.array(ends, np.int32) for ends in ([0, 0, 2, 3, 2], [2, 3, 1, 1, 3]))
    links = tail.size
    network = Network(
        nodes=4, zones=2, first_through=2, tail=tail, head=head, length=np.ones(links),
        free_time=np.array([1.0, 50.0, 50.0, 1.0, 10.0]), capacity=np.ones(links), alpha=np.ones(links), power=np.ones(links),
        function=np.zeros(links, np.int8), toll=np.zeros(links), turn_from=np.array([0], np.int32),
        turn_to=np.array([4], np.int32), turn_time=np.array([1.0]),
    )  # fmt: skip
    trips = Demand("car", np.array([0], np.int32), np.array([1], np.int32), np.array([6.0]))
    found = assign(network, [trips])
    found.select_link(np.array([0]))
    found.turns()
    close(found, closed=np.array([4]))
    fan = paths.fan_out(tail, head, network.nodes)
    paths.nearest(fan, network.free_time, np.array([0]))
    paths.many(fan, network.free_time, np.array([0]))
