"""Random towns: grids, rings with spokes and random geometric networks, their zones joined by links of no time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.engines.traffic.assignment import Demand
from twin.engines.traffic.network import Network

CAPACITY = 125.0  # pcu/h, in the middle of 50 to 200


def streets(kind: str, side: int, stream: np.random.Generator) -> tuple[int, list[tuple[int, int]]]:
    """How many nodes, and the streets between them, each one way only."""
    if kind == "grid":
        cells = np.arange(side * side).reshape(side, side)
        across = zip(cells[:, :-1].ravel().tolist(), cells[:, 1:].ravel().tolist(), strict=True)
        along = zip(cells[:-1].ravel().tolist(), cells[1:].ravel().tolist(), strict=True)
        return side * side, [*across, *along]
    if kind == "rings":
        rings = max(2, side // 2)
        at = np.arange(rings * side).reshape(rings, side) + 1
        spokes = [(0, int(node)) for node in at[0]]
        spokes += [(int(a), int(b)) for a, b in zip(at[:-1].ravel(), at[1:].ravel(), strict=True)]
        around = [(int(a), int(b)) for a, b in zip(at.ravel(), np.roll(at, -1, axis=1).ravel(), strict=True)]
        return 1 + rings * side, spokes + around
    nodes = side * side
    places = stream.random((nodes, 2))
    apart = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    near = {(i, j) for i in range(nodes) for j in range(i + 1, nodes) if apart[i, j] < 1.6 / side}
    near |= {(min(i, int(j)), max(i, int(j))) for i, j in enumerate(np.argsort(apart, axis=1)[:, 1])}
    return nodes, sorted(near)


def town(
    kind: str,
    powers: Sequence[float],
    saturation: float,
    seed: int,
    *,
    side: int = 6,
    zones: int = 6,
    classes: int = 1,
) -> tuple[Network, list[Demand]]:
    """A town whose streets carry about ``saturation`` times their capacity; some are of constant time, some cost a toll."""
    stream = np.random.default_rng(seed)
    inner, one_way = streets(kind, side, stream)
    pairs = [(zones + a, zones + b) for a, b in one_way]
    pairs += [(b, a) for a, b in pairs]
    gates = (zones + stream.choice(inner, zones, replace=False)).tolist()
    joints = [*enumerate(gates), *((gate, zone) for zone, gate in enumerate(gates))]
    ends = np.array(pairs + joints, np.int32)
    count, street = len(ends), np.arange(len(ends)) < len(pairs)
    free = np.where(street, stream.uniform(1, 5, count), 0.0)
    alpha = np.where(street & (stream.random(count) > 0.15), stream.choice([0.15, 0.5, 1.0], count), 0.0)
    none = np.zeros(0, np.int32)
    net = Network(
        zones + inner, zones, zones, ends[:, 0].copy(), ends[:, 1].copy(), stream.uniform(100, 900, count), free,
        stream.uniform(50, 200, count), alpha, stream.choice(np.asarray(powers, float), count),
        np.zeros(count, np.int8), stream.choice([0.0, 2.0], count), none, none, np.zeros(0),
    )  # fmt: skip
    o, d = (side_.ravel().astype(np.int32) for side_ in np.meshgrid(np.arange(zones), np.arange(zones)))
    trips = stream.uniform(0, 1, o.size) * saturation * CAPACITY * 3 / zones
    if classes == 1:
        return net, [Demand("car", o, d, trips)]
    ban = street & (stream.random(count) < 0.05)
    lorries = Demand("lorry", o, d, 0.2 * trips, pce=2.0, distance_weight=1e-3, closed=ban)
    return net, [Demand("car", o, d, trips, toll_weight=0.5), lorries]
