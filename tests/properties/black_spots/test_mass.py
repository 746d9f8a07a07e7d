"""On any network the kernel keeps every point's mass; empirical Bayes lies between the count and the peers' mean."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.engines.traffic.black_spots import safety
from twin.engines.traffic.black_spots.lixels import cut
from twin.engines.traffic.black_spots.network_kernel import density


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.floats(5.0, 300.0), st.floats(1.0, 80.0))
def test_mass_stays_on_the_network(seed: int, bandwidth: float, lixel: float) -> None:
    draw = np.random.default_rng(seed)
    nodes, edges = int(draw.integers(1, 8)), int(draw.integers(1, 14))
    tail, head = (draw.integers(0, nodes, edges).astype(np.int32) for _ in range(2))
    length = draw.uniform(5.0, 200.0, edges)  # loops and parallel edges included
    pieces = cut(nodes, tail, head, length, lixel)
    edge = draw.integers(0, edges, 5).astype(np.int32)
    weight = draw.uniform(0.1, 3.0, 5)
    found = density(pieces, edge, draw.uniform(0, 1, 5) * length[edge], weight, bandwidth)
    assert (found.mass >= -1e-12).all()
    assert found.mass.sum() == pytest.approx(weight.sum(), rel=1e-9)


@given(st.integers(0, 10_000))
def test_empirical_bayes_lies_between(seed: int) -> None:
    draw = np.random.default_rng(seed)
    mean, count = draw.gamma(2.0, 2.0, 20) + 0.01, draw.poisson(3.0, 20).astype(float)
    found = safety.empirical_bayes(count, mean, float(draw.uniform(0.01, 3)))
    low, high = np.minimum(mean, count), np.maximum(mean, count)
    assert ((found.expected >= low - 1e-12) & (found.expected <= high + 1e-12)).all()
    assert ((found.chance >= 0) & (found.chance <= 1)).all()
