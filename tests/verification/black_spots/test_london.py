"""London: one half of the crashes foretells the other.

Prediction accuracy index (Chainey, Tompson and Uhlig 2008): share of the held-out crashes on the densest 1 % of the area,
over that 1 %. Which cells the area is cut into is not part of the index, and matters: with cells of 250 m even the true
density could not reach much more than 18 (see the last test), with cells of 100 m and 50 m it can.
"""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import poisson

from twin.engines.traffic.black_spots.plane_kernel import surface

if TYPE_CHECKING:
    from tests.verification.report import Report

SEEDS = range(5)
FINE = 25.0
GOAL, REFERENCE = 18.0, 15.2  # REFERENCE: a Gaussian of 125 m on cells of 250 m, the figure to beat there
SOURCE = "held-out half, DfT crashes"


def gathered(array: np.ndarray, cells: int) -> np.ndarray:
    rows, cols = (size // cells for size in array.shape)
    return array[: rows * cells, : cols * cells].reshape(rows, cells, cols, cells).sum((1, 3))


def index(score: np.ndarray, held: np.ndarray, share: float = 0.01) -> float:
    """The densest cells up to ``share`` of the area; ties by position, so that nothing is known of ``held``."""
    count = int(share * score.size)
    top = np.argsort(-score.ravel(), kind="stable")[:count]
    return float(held.ravel()[top].sum() / held.sum() / (count / score.size))


@pytest.fixture(scope="module")
def found(london: np.ndarray) -> dict[float, list[float]]:
    west, south = london.min(0)
    east, north = (
        low + np.ceil((high - low) / 250 + 1e-9) * 250
        for low, high in zip((west, south), london.max(0), strict=True)
    )
    out: dict[float, list[float]] = {50.0: [], 100.0: [], 250.0: []}
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(london))
        train, held = london[order[: len(order) // 2]], london[order[len(order) // 2 :]]
        made = surface(train[:, 0], train[:, 1], np.ones(len(train)), (west, south, east, north), FINE)
        there = np.zeros_like(made.array)
        np.add.at(
            there, (((held[:, 1] - south) / FINE).astype(int), ((held[:, 0] - west) / FINE).astype(int)), 1
        )
        for cell, values in out.items():
            values.append(index(gathered(made.array, int(cell / FINE)), gathered(there, int(cell / FINE))))
    return out


@pytest.mark.parametrize("cell", [50.0, 100.0])
def test_the_densest_percent_foretells_eighteen_times_its_share(
    found: dict[float, list[float]], cell: float, report: Report
) -> None:
    """Each of five random halves; widths of the kernels learnt inside the training half alone."""
    worst = min(found[cell])
    report.hold(
        f"London half-split, cells of {cell:g} m",
        SOURCE,
        "1 / PAI(1 %), worst of 5 halves",
        1 / worst,
        1 / GOAL,
    )


def test_cells_of_250_m_do_no_worse_than_the_reference(
    found: dict[float, list[float]], report: Report
) -> None:
    """18 is not reached here: about 15.9 on average."""
    mean = float(np.mean(found[250.0]))
    report.hold(
        "London half-split, cells of 250 m", SOURCE, "1 / PAI(1 %), mean of 5 halves", 1 / mean, 1 / REFERENCE
    )


def test_what_250_m_cells_allow(london: np.ndarray, report: Report) -> None:
    """The distribution of the cells' true means, estimated from all crashes without assuming a shape (Kiefer and
    Wolfowitz 1956), bounds the index of whoever knew those means: about 18.2."""
    west, south = london.min(0)
    shape = tuple((np.floor(np.ptp(london, axis=0) / 250) + 1).astype(int))
    place = np.floor((london - (west, south)) / 250).astype(int)
    count = np.bincount(place[:, 0] * shape[1] + place[:, 1], minlength=shape[0] * shape[1])
    means = np.concatenate([[1e-3], np.geomspace(0.01, count.max() * 1.1, 200)])
    likely = poisson.pmf(np.arange(count.max() + 1)[:, None], means[None])
    seen, share = np.bincount(count), np.full(means.size, 1 / means.size)
    for _ in range(2000):
        part = likely * share
        share = (seen[:, None] * part / part.sum(1, keepdims=True)).sum(0) / seen.sum()
    order = np.argsort(-means)
    taken = np.clip(0.01 - (np.cumsum(share[order]) - share[order]), 0, share[order])
    bound = float((taken * means[order]).sum() / (share * means).sum() / 0.01)
    report.hold(
        "London half-split, cells of 250 m", "means known exactly", "PAI(1 %) that is possible", bound, 19.0
    )
    assert bound > 17.0


@pytest.mark.long
def test_all_of_britain_within_a_second(britain: np.ndarray, report: Report) -> None:
    """140,029 crashes along 5,400 km of a made-up grid of streets (no road network goes with the data)."""
    from twin.engines.traffic.black_spots.lixels import cut
    from twin.engines.traffic.black_spots.network_kernel import density

    side = 150
    node = np.arange(side * side).reshape(side, side)
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    pieces = cut(side * side, tail, head, np.full(tail.size, 120.0), 10.0)
    draw = np.random.default_rng(1)
    edge = draw.integers(0, tail.size, len(britain)).astype(np.int32)
    position, weight = draw.uniform(0, 120, len(britain)), np.ones(len(britain))
    density(pieces, edge[:10], position[:10], weight[:10], 150.0)
    times = []
    for _ in range(3):
        start = perf_counter()
        made = density(pieces, edge, position, weight, 150.0)
        times.append(perf_counter() - start)
    assert made.mass.sum() == pytest.approx(len(britain), rel=1e-9)
    report.hold("network kernel, 150 m", "140,029 crashes on 536,400 pieces", "seconds", min(times), 1.0)
