"""The platoon model against closed forms, and the climb on an arterial worked by hand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin.engines.traffic.signals import area
from twin.engines.traffic.signals.program import Program, Stage
from twin.engines.traffic.signals.streams import build
from twin.engines.traffic.signals.sumo_net import Signal, SignalJunction, SignalNet

if TYPE_CHECKING:
    from collections.abc import Sequence


def arterial(junctions: int, length: float, offsets: Sequence[float], green: float = 30) -> SignalNet:
    """One-way road e0, e1, ... of equal blocks at 10 m/s; side roads s0, s1, ... cross."""
    built = []
    for j in range(junctions):
        signals = (
            (Signal(f"e{j}", 0, f"e{j + 1}", 0, "s", ()),),
            (Signal(f"s{j}", 0, f"t{j}", 0, "s", ()),),
        )
        program = Program(
            f"J{j}", (Stage("Gr", green, 3, 0), Stage("rG", 54 - green, 3, 0)), float(offsets[j])
        )
        built.append(SignalJunction(f"J{j}", signals, program))
    edges = [f"{kind}{j}" for j in range(junctions + 1) for kind in "est"]
    return SignalNet(
        tuple(built), dict.fromkeys(edges, length), dict.fromkeys(edges, 10.0), dict.fromkeys(edges, 1)
    )


def routes(junctions: int, along: int, across: int) -> list[tuple[str, int]]:
    main = " ".join(f"e{j}" for j in range(junctions + 1))
    return [(main, along), *((f"s{j} t{j}", across) for j in range(junctions))]


@pytest.mark.parametrize("along", [200, 400, 700])
def test_even_arrivals_wait_as_webster_says(along: int) -> None:
    net = arterial(1, 300, [0])
    streams = build(net, routes(1, along, 0), 3600)
    timing = area.evaluate(streams, [one.program for one in net.junctions])
    assert timing is not None
    place = streams.lanes.index(("e0", 0))
    capacity, delay, _ = timing.measure[place]
    effective = 30 + 2 - 2
    assert capacity * 3600 == pytest.approx(1900 * effective / 60)
    x = along / (capacity * 3600)
    d1 = 0.5 * 60 * (1 - effective / 60) ** 2 / (1 - x * effective / 60)
    d2 = 900 * ((x - 1) + np.sqrt((x - 1) ** 2 + 4 * x / (capacity * 3600)))
    assert delay == pytest.approx(d1 + d2, rel=0.06)


def test_all_that_arrives_leaves() -> None:
    net = arterial(3, 300, [0, 30, 0])
    streams = build(net, routes(3, 500, 200), 3600)
    assert streams.flow[streams.lanes.index(("e2", 0))] * 3600 == pytest.approx(500)
    second = streams.lanes.index(("e1", 0))
    assert streams.even[second] == pytest.approx(0.0)
    assert streams.feed_time[streams.feed_start[second]] == pytest.approx(30.0)


def test_a_green_wave_beats_signals_out_of_step() -> None:
    wave = arterial(3, 300, [0, 30, 0])  # 30 s between the junctions, 60 s the cycle
    against = arterial(3, 300, [0, 0, 0])
    delay = []
    for net in (wave, against):
        streams = build(net, routes(3, 500, 100), 3600)
        timing = area.evaluate(streams, [one.program for one in net.junctions])
        assert timing is not None
        delay.append(timing.delay)
    assert delay[0] < 0.75 * delay[1]


def test_the_climb_finds_the_green_wave() -> None:
    net = arterial(4, 300, [0, 0, 0, 0])
    streams = build(net, routes(4, 600, 150), 3600)
    before = area.evaluate(streams, [one.program for one in net.junctions])
    best = area.timings(streams, [one.program for one in net.junctions], cycles=(58,))[0]
    assert before is not None
    assert best.delay < 0.7 * before.delay
    shifts = [(b.offset - a.offset) % 58 for a, b in pairwise(best.programs)]
    assert all(22 <= shift <= 38 for shift in shifts)


def test_timings_keep_minimum_greens_and_the_cycle() -> None:
    net = arterial(2, 300, [0, 0])
    streams = build(net, routes(2, 900, 20), 3600)
    for timing in area.timings(streams, [one.program for one in net.junctions]):
        for program in timing.programs:
            assert timing.cycle % program.cycle == 0
            assert all(stage.green >= 5 for stage in program.stages)
            assert len(program.stages) == 2


def test_no_cycle_too_short_for_the_stages() -> None:
    net = arterial(1, 300, [0])
    streams = build(net, routes(1, 300, 300), 3600)
    assert area.timings(streams, [one.program for one in net.junctions], cycles=(14,)) == []


def test_demand_above_capacity_is_told_as_overflow() -> None:
    net = arterial(1, 300, [0])
    streams = build(net, routes(1, 1500, 0), 3600)
    timing = area.evaluate(streams, [one.program for one in net.junctions])
    assert timing is not None
    place = streams.lanes.index(("e0", 0))
    x = 1500 / (3600 * timing.measure[place, 0])
    assert timing.measure[place, 1] > 1800 * (x - 1)
