"""Small networks for the tests of the assignment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from twin.engines.traffic.assignment import Demand
from twin.engines.traffic.network import Delay, Network


def network(
    links: Sequence[tuple[int, int, float, float]],
    *,
    alpha: float | Sequence[float] = 0.15,
    power: float | Sequence[float] = 4.0,
    function: Delay = Delay.BPR,
    zones: int | None = None,
    first_through: int = 0,
    turns: Sequence[tuple[int, int, float]] = (),
    **other: Any,
) -> Network:
    """Links as (tail, head, free time, capacity); 1 km long and free of toll."""
    count = len(links)
    nodes = max(max(one[0], one[1]) for one in links) + 1
    table = np.array(links, dtype=np.float64)
    listed = np.array(turns, dtype=np.float64).reshape(-1, 3)
    values: dict[str, Any] = {
        "tail": table[:, 0].astype(np.int32),
        "head": table[:, 1].astype(np.int32),
        "length": np.full(count, 1000.0),
        "free_time": table[:, 2].copy(),
        "capacity": table[:, 3].copy(),
        "alpha": np.broadcast_to(np.asarray(alpha, dtype=np.float64), (count,)).copy(),
        "power": np.broadcast_to(np.asarray(power, dtype=np.float64), (count,)).copy(),
        "function": np.full(count, int(function), dtype=np.int8),
        "toll": np.zeros(count),
        "turn_from": listed[:, 0].astype(np.int32),
        "turn_to": listed[:, 1].astype(np.int32),
        "turn_time": listed[:, 2].copy(),
    }
    return Network(nodes, nodes if zones is None else zones, first_through, **(values | other))


def demand(*pairs: tuple[int, int, float], name: str = "car", **other: Any) -> Demand:
    """Trips as (origin, destination, veh/h)."""
    table = np.array(pairs, dtype=np.float64).reshape(-1, 3)
    return Demand(
        name, table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].copy(), **other
    )


def braess(bridge: bool = True) -> Network:
    """Braess (1968): 6 trips from 0 to 3; t = 10 v, 50 + v, 50 + v, 10 v, and over the bridge 10 + v."""
    links = [(0, 1, 1e-9, 1.0), (0, 2, 50.0, 1.0), (1, 3, 50.0, 1.0), (2, 3, 1e-9, 1.0), (1, 2, 10.0, 1.0)]
    alpha = [1e10, 0.02, 0.02, 1e10, 0.1]
    count = 5 if bridge else 4
    return network(links[:count], alpha=alpha[:count], power=1.0)
