"""The kernel along a network: by hand on a line and a cross."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.traffic.black_spots.lixels import cut
from twin.engines.traffic.black_spots.network_kernel import density, mixed


def biweight(distance: np.ndarray, bandwidth: float) -> np.ndarray:
    """Mass from 0 to a distance, on one side."""
    u = np.minimum(distance / bandwidth, 1.0)
    return 0.9375 * (u - 2 * u**3 / 3 + u**5 / 5)


def one(edge: int, position: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.array([edge], np.int32), np.array([position]), np.ones(1)


def test_on_a_line_it_is_the_biweight() -> None:
    pieces = cut(2, np.array([0]), np.array([1]), np.array([1000.0]), 10.0)
    mass = density(pieces, *one(0, 500.0), 100.0).mass
    border = np.abs(np.arange(0, 1001, 10) - 500.0)
    summed = np.where(np.arange(0, 1001, 10) < 500, -1, 1) * biweight(border, 100.0)
    assert np.abs(mass - np.diff(summed)).max() < 1e-12
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)


def test_a_crossing_splits_into_equal_parts() -> None:
    """Four arms of 200 m; a point 20 m from the middle sends a third of what passes into each of the others."""
    pieces = cut(5, np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4]), np.full(4, 200.0), 10.0)
    mass = density(pieces, *one(0, 20.0), 100.0).mass
    arms = mass.reshape(4, 20).sum(1)
    passing = 0.5 - biweight(np.array([20.0]), 100.0)[0]
    assert arms[1:] == pytest.approx([passing / 3] * 3, abs=1e-12)
    assert mass.sum() == pytest.approx(1.0, abs=1e-12)


def test_dead_ends_turn_mass_round() -> None:
    pieces = cut(2, np.array([0]), np.array([1]), np.array([50.0]), 10.0)
    mass = density(pieces, *one(0, 0.0), 50.0).mass
    assert mass == pytest.approx(2 * np.diff(biweight(np.arange(0.0, 51.0, 10.0), 50.0)), abs=1e-12)


def test_a_ring_of_nearly_nothing_ends() -> None:
    """Two nodes joined by two links of no length: walks must not go round for ever."""
    tail, head = np.array([0, 0, 1]), np.array([1, 1, 2])
    pieces = cut(3, tail, head, np.array([0.0, 0.0, 500.0]), 10.0)
    mass = density(pieces, *one(2, 5.0), 200.0).mass
    assert mass.sum() == pytest.approx(1.0, abs=1e-9)


def test_what_a_point_put_on_its_own_piece_is_told() -> None:
    pieces = cut(2, np.array([0]), np.array([1]), np.array([1000.0]), 10.0)
    found = density(pieces, np.zeros(2, np.int32), np.array([105.0, 108.0]), np.array([1.0, 2.0]), 50.0)
    alone = density(pieces, *one(0, 105.0), 50.0)
    assert found.own[0] == pytest.approx(alone.mass[10])
    assert found.own.sum() == pytest.approx(found.mass[10])


def test_the_mixture_takes_narrow_bandwidths_for_clusters() -> None:
    draw = np.random.default_rng(3)
    pieces = cut(2, np.array([0]), np.array([1]), np.array([50_000.0]), 10.0)
    edge, weight = np.zeros(600, np.int32), np.ones(600)
    spots = draw.uniform(0, 50_000, 12)
    near = np.clip(np.repeat(spots, 50) + draw.normal(0, 10, 600), 0, 50_000)
    clustered, even = (
        mixed(pieces, edge, near, weight),
        mixed(pieces, edge, draw.uniform(0, 50_000, 600), weight),
    )
    assert clustered.bandwidth < 60 < even.bandwidth
    assert clustered.mass.sum() == pytest.approx(600, rel=1e-9)
    assert even.mass.sum() == pytest.approx(600, rel=1e-9)
