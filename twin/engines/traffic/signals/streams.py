"""Streams: what queues at signals, lane by lane, with its flow, the stages that serve it and where it comes from."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.signals.program import loses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.signals.sumo_net import SignalJunction, SignalNet

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]
    type Lane = tuple[str, int]
    type Turn = tuple[str, str]

SATURATION = 1900.0  # veh/h of one lane, HCM 6 base saturation flow
TURNING = 0.90  # of it for lanes that only turn
VEHICLE_M = 7.5  # standing vehicle with its gap
LEAST_FEED = 0.03  # of a stream's flow: lesser feeds count as even arrivals


@dataclass(frozen=True, slots=True)
class Streams:
    """Lanes at signals as streams, stages of all junctions one after another.

    ``junction`` (streams,), ``saturation``, ``flow``, ``even`` (streams,) veh/s (``even``: of it arriving evenly),
    ``storage`` (streams,) veh. ``feed_start`` (streams + 1,), ``feed_from``, ``feed_share`` (of the feeding stream's
    outflow), ``feed_time`` (s): platoons from other signals. ``open`` (stages, streams): share of the saturation flow
    that a stage lets out; ``permitted`` (stages, streams): share of the stream that must find gaps; ``against_start``,
    ``against``, ``against_share``: in which outflow. ``stage_start`` (junctions + 1,), ``minimum`` (stages,) s,
    ``clearing`` (stages, most stages of a junction) s of yellow and all-red by the next stage.
    """

    lanes: tuple[Lane, ...]
    junction: Indices
    saturation: Numbers
    flow: Numbers
    even: Numbers
    storage: Numbers
    feed_start: Indices
    feed_from: Indices
    feed_share: Numbers
    feed_time: Numbers
    open: Numbers
    permitted: Numbers
    against_start: Indices
    against: Indices
    against_share: Numbers
    stage_start: Indices
    minimum: Numbers
    clearing: Numbers


def turns_of(routes: Iterable[tuple[str, int]]) -> tuple[Counter[Turn], list[tuple[list[str], int]]]:
    """Turning counts (from edge, to edge) and the routes as lists of edges with their counts."""
    counts: Counter[Turn] = Counter()
    listed = []
    for edges, count in routes:
        path = edges.split()
        listed.append((path, count))
        for pair in pairwise(path):
            counts[pair] += count
    return counts, listed


def build(net: SignalNet, routes: Sequence[tuple[str, int]], seconds: float) -> Streams:
    """Streams of a network on which ``routes`` (edges, vehicles) are driven within ``seconds``."""
    counts, listed = turns_of(routes)
    lanes: list[Lane] = []
    owner: list[int] = []
    for j, one in enumerate(net.junctions):
        names = sorted({(s.from_edge, s.from_lane) for row in one.signals for s in row})
        lanes += names
        owner += [j] * len(names)
    place = {lane: i for i, lane in enumerate(lanes)}
    shares = _lane_shares(net, counts)
    flow = np.zeros(len(lanes))
    for turn, parts in shares.items():
        for lane, part in parts.items():
            flow[place[lane]] += counts[turn] * part / seconds
    feeds = _feeds(net, listed, shares, place, flow, seconds)
    stages = _stages(net, counts, shares, place, seconds)
    even = flow.copy()
    for s in range(len(lanes)):
        inside = slice(feeds[0][s], feeds[0][s + 1])
        even[s] = max(flow[s] - float((flow[feeds[1][inside]] * feeds[2][inside]).sum()), 0.0)
    only_turns = _only_turns(net)
    saturation = np.array([SATURATION * (TURNING if lane in only_turns else 1.0) / 3600.0 for lane in lanes])
    storage = np.array([net.length[edge] / VEHICLE_M for edge, _ in lanes])
    opened, permitted, against_start, against, against_share, stage_start, minimum, clearing = stages
    return Streams(
        lanes=tuple(lanes),
        junction=np.array(owner, np.int32),
        saturation=saturation,
        flow=flow,
        even=even,
        storage=storage,
        feed_start=feeds[0],
        feed_from=feeds[1],
        feed_share=feeds[2],
        feed_time=feeds[3],
        open=opened,
        permitted=permitted,
        against_start=against_start,
        against=against,
        against_share=against_share,
        stage_start=stage_start,
        minimum=minimum,
        clearing=clearing,
    )


def _only_turns(net: SignalNet) -> set[Lane]:
    ways: dict[Lane, set[str]] = defaultdict(set)
    for one in net.junctions:
        for row in one.signals:
            for s in row:
                ways[s.from_edge, s.from_lane].add(s.direction)
    return {lane for lane, directions in ways.items() if "s" not in directions}


def _lane_shares(net: SignalNet, counts: Counter[Turn]) -> dict[Turn, dict[Lane, float]]:
    """How each turn spreads over the lanes that allow it: lanes of an approach are filled evenly (few choices first)."""
    able: dict[Turn, set[Lane]] = defaultdict(set)
    for one in net.junctions:
        for row in one.signals:
            for s in row:
                able[s.from_edge, s.to_edge].add((s.from_edge, s.from_lane))
    load: dict[Lane, float] = defaultdict(float)
    shares: dict[Turn, dict[Lane, float]] = {}
    for turn in sorted(able, key=lambda t: (len(able[t]), t)):
        lanes = sorted(able[turn])
        amount = counts[turn]
        parts = dict.fromkeys(lanes, 0.0)
        for _ in range(20):
            least = min(lanes, key=lambda lane: load[lane])
            parts[least] += 0.05
            load[least] += 0.05 * amount
        shares[turn] = {lane: part for lane, part in parts.items() if part > 0}
    return shares


def _feeds(
    net: SignalNet,
    listed: list[tuple[list[str], int]],
    shares: dict[Turn, dict[Lane, float]],
    place: dict[Lane, int],
    flow: Numbers,
    seconds: float,
) -> tuple[Indices, Indices, Numbers, Numbers]:
    """Which stream feeds which, with the share of the outflow and the free driving time between the stop lines."""
    joint: dict[tuple[int, int], float] = defaultdict(float)
    time: dict[tuple[int, int], float] = {}
    for path, count in listed:
        before: Turn | None = None
        passed = 0.0
        for turn in pairwise(path):
            passed += net.length.get(turn[0], 0.0) / max(net.speed.get(turn[0], 13.9), 1.0)
            if turn not in shares:
                continue
            if before is not None:
                for (lane, p), (after, q) in product(shares[before].items(), shares[turn].items()):
                    joint[place[lane], place[after]] += count * p * q / seconds
                    time[place[lane], place[after]] = passed
            before, passed = turn, 0.0
    found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
    for (a, b), amount in sorted(joint.items()):
        if flow[b] > 0 and amount >= LEAST_FEED * flow[b]:
            found[b].append((a, amount / flow[a], time[a, b]))
    sizes = [len(found[s]) for s in range(flow.size)]
    rows = [row for s in range(flow.size) for row in found[s]]
    return (
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        np.array([row[0] for row in rows], np.int32),
        np.array([row[1] for row in rows], np.float64),
        np.array([row[2] for row in rows], np.float64),
    )


def _stages(
    net: SignalNet,
    counts: Counter[Turn],
    shares: dict[Turn, dict[Lane, float]],
    place: dict[Lane, int],
    seconds: float,
) -> tuple[Numbers, Numbers, Indices, Indices, Numbers, Indices, Numbers, Numbers]:
    total = sum(len(one.program.stages) for one in net.junctions)
    widest = max((len(one.program.stages) for one in net.junctions), default=0)
    opened, permitted = np.zeros((total, len(place))), np.zeros((total, len(place)))
    clearing, minimum = np.zeros((total, widest)), np.zeros(total)
    against: dict[int, dict[int, float]] = defaultdict(dict)
    start = [0]
    for one in net.junctions:
        parts = _parts(one, counts, shares)
        for p, stage in enumerate(one.program.stages):
            row = start[-1] + p
            minimum[row] = stage.minimum
            for q, after in enumerate(one.program.stages):
                if p != q and loses(stage.state, after.state):
                    clearing[row, q] = stage.yellow + stage.all_red
            for lane, ways in parts.items():
                red = sum(part for i, part in ways.items() if stage.state[i] in "rs")
                opened[row, place[lane]] = (1.0 - red) ** 3 if red < 1.0 else 0.0
                permitted[row, place[lane]] = sum(part for i, part in ways.items() if stage.state[i] == "g")
        _oppose(one, parts, place, against)
        start.append(start[-1] + len(one.program.stages))
    sizes = [len(against[s]) for s in range(len(place))]
    rows = [(o, w) for s in range(len(place)) for o, w in sorted(against[s].items())]
    return (
        opened,
        permitted,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32),
        np.array([o for o, _ in rows], np.int32),
        np.array([w for _, w in rows], np.float64),
        np.array(start, np.int32),
        minimum,
        clearing,
    )


def _parts(
    one: SignalJunction, counts: Counter[Turn], shares: dict[Turn, dict[Lane, float]]
) -> dict[Lane, dict[int, float]]:
    """Of each lane the share of its flow by signal; evenly where nobody drives."""
    amounts: dict[Lane, dict[int, float]] = defaultdict(dict)
    for index, row in enumerate(one.signals):
        for s in row:
            lane = (s.from_edge, s.from_lane)
            turn = (s.from_edge, s.to_edge)
            amounts[lane][index] = amounts[lane].get(index, 0.0) + counts[turn] * shares[turn].get(lane, 0.0)
    parts = {}
    for lane, ways in amounts.items():
        total = sum(ways.values())
        parts[lane] = {i: (v / total if total > 0 else 1.0 / len(ways)) for i, v in ways.items()}
    return parts


def _oppose(
    one: SignalJunction,
    parts: dict[Lane, dict[int, float]],
    place: dict[Lane, int],
    against: dict[int, dict[int, float]],
) -> None:
    """Against which lanes' outflow each lane's giving-way turns need gaps, by the share of those lanes that matters."""
    for row in one.signals:
        for s in row:
            mine = place[s.from_edge, s.from_lane]
            for lane, ways in parts.items():
                share = sum(part for i, part in ways.items() if i in s.yields)
                if share > 0 and place[lane] != mine:
                    against[mine][place[lane]] = max(against[mine].get(place[lane], 0.0), share)
