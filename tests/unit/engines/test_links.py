"""Links: what leaves one place arrives at the other, by the laws that handbooks give."""

from __future__ import annotations

import numpy as np
import pytest

from twin.engines.flood import Boundary, Culvert, Domain, Link, Pump, Result, Rule, Weir, simulate

Z = np.zeros((20, 41))
Z[:, 20] = 5.0  # a bank between two basins
UP, DOWN = (np.arange(8, 12), np.full(4, 10)), (np.arange(8, 12), np.full(4, 30))
AREA = 20 * 20 * 25.0


def run(link: Link, minutes: float = 10.0, left: float = 2.0, right: float = 0.0) -> Result:
    depth = np.zeros(Z.shape)
    depth[:, :20], depth[:, 21:] = left, right
    ground = Domain(z=Z, cell=5.0, manning=0.03, initial_depth=depth)
    result = simulate(ground, boundary=Boundary.closed(), duration_s=60.0 * minutes, links=[link], threads=1)
    assert abs(result.ledger.relative_error) < 1e-6
    assert result.links is not None
    return result


def moved(result: Result) -> float:
    return float(np.nansum(result.depth[:, 21:]) * 25.0)


def test_a_weir_passes_what_its_law_gives() -> None:
    result = run(Weir("w", UP, DOWN, crest=1.0, width=2.0))
    assert result.links is not None
    level, passed = 2.0, 0.0
    for _ in range(600):  # the basin's level against the free weir
        q = 0.385 * 2.0 * (2 * 9.80665) ** 0.5 * max(level - 1.0, 0.0) ** 1.5
        passed += q
        level -= q / AREA
    assert moved(result) == pytest.approx(passed, rel=0.03)
    assert moved(result) == pytest.approx(float(result.links.volume_m3[0]), rel=1e-5)


def test_a_full_culvert_and_its_flap() -> None:
    culvert = Culvert("c", UP, DOWN, width=0.8, length=20.0, entrance=0.5, manning=0.013)
    radius = 0.2
    area = np.pi * 0.16
    losses = 1.5 + 2 * 9.80665 * 0.013**2 * 20.0 / radius ** (4 / 3)
    full = area * (2 * 9.80665 * 1.0 / losses) ** 0.5
    assert culvert.flow(3.0, 2.0, 1.0) == pytest.approx(full, rel=1e-6)
    assert culvert.flow(1.0, 1.0, 1.0) == 0.0
    result = run(culvert, left=0.5, right=2.0)
    assert result.links is not None
    assert result.links.volume_m3[0] < -100.0
    assert (
        abs(run(Culvert("f", UP, DOWN, width=0.8, one_way=True), left=0.5, right=2.0).links.volume_m3[0])
        == 0.0
    )


def test_two_basins_come_to_rest_at_one_level() -> None:
    result = run(Weir("w", UP, DOWN, crest=0.2, width=6.0), 60.0)
    assert result.links is not None
    flow, late = result.links.flow_m3_s[:, 0], result.links.times_s > 3000.0
    assert np.nanmean(result.depth[:, :20]) == pytest.approx(np.nanmean(result.depth[:, 21:]), abs=0.05)
    assert np.abs(flow[late]).max() < 0.3  # at rest but for a slosh


def test_a_pump_by_levels_and_a_gate_by_the_clock() -> None:
    pump = run(Pump("p", UP, None, capacity=1.5, rule=Rule(start=1.9, stop=1.95)), 10.0)
    assert pump.ledger.exchange_out == pytest.approx(1.5 * 600, rel=0.01)
    assert pump.ledger.exchange_in == 0.0
    stops = run(Pump("p", UP, DOWN, capacity=5.0, rule=Rule(start=1.9, stop=1.8)), 20.0)
    assert stops.links is not None
    assert np.count_nonzero(np.diff(stops.links.flow_m3_s[:, 0] > 0)) == 1
    clock = Rule(times_s=np.array([120.0, 240.0]), opening=np.array([1.0, 0.0]))
    gate = run(Weir("g", UP, DOWN, crest=0.5, width=1.0, height=0.5, rule=clock), 6.0)
    assert gate.links is not None
    open_s = gate.links.times_s[np.abs(gate.links.flow_m3_s[:, 0]) > 1e-6]
    assert open_s.min() == pytest.approx(120.0, abs=1.5)
    assert open_s.max() == pytest.approx(239.0, abs=1.5)


def test_dry_ends_give_nothing() -> None:
    result = run(Pump("p", UP, DOWN, capacity=50.0), 5.0, left=0.01)
    assert np.nanmin(result.depth) >= 0.0
    assert moved(result) <= 0.01 * AREA * 1.000001


def test_links_are_looked_at_as_often_as_their_levels_ask_for() -> None:
    still = run(Weir("w", UP, DOWN, crest=2.5, width=2.0))
    busy = run(Weir("w", UP, DOWN, crest=0.2, width=6.0))
    assert still.links is not None
    assert busy.links is not None
    assert still.links.times_s.size < 150  # every five seconds in ten minutes
    assert np.diff(busy.links.times_s).max() <= 5.0 + 1e-9
    fast = np.abs(busy.links.flow_m3_s[:-1, 0]) > 5.0
    assert np.median(np.diff(busy.links.times_s)[fast]) < np.median(np.diff(still.links.times_s))
