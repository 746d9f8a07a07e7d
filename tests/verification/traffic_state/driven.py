"""Days of traffic driven in SUMO, read by loops: a truth that the service had no part in.

A day is its busy hour and a half: demand rises to its peak and falls, its size differs by day (7 %) and by ten minutes (8 %).
"""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from twin.files.sumo_network import sumo_home

STEP_MIN = 5
STREETS_VEH_H = 5500.0
WARM_S, BUSY_S, PIECE_S = 600, 5400, 600
KINDS = (
    '<vType id="car" carFollowModel="Krauss" sigma="0.5" speedFactor="normc(1,0.1,0.6,1.4)"/>'
    '<vType id="truck" vClass="truck" maxSpeed="22" length="10" speedFactor="normc(0.95,0.05,0.7,1.1)"/>'
    '<vTypeDistribution id="mix"><vType id="c" sigma="0.5" speedFactor="normc(1,0.1,0.6,1.4)" probability="0.92"/>'
    '<vType id="t" maxSpeed="22" length="10" accel="1.3" probability="0.08"/></vTypeDistribution>'
)


@dataclass(frozen=True, slots=True)
class Crash:
    """One lane of ``edge`` blocked at ``position`` m from ``first`` s to ``last`` s of the busy time."""

    edge: str
    position: float
    lane: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Town:
    """``net``; by edge: ``lanes``, ``length`` (m), ``ends`` (names of nodes); loops in all lanes of ``loops`` at half the edge;
    ``demand``: flows in vehicles an hour at the peak between two edges."""

    net: Path
    lanes: dict[str, int]
    length: dict[str, float]
    ends: dict[str, tuple[str, str]]
    loops: tuple[str, ...]
    demand: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class Day:
    """(times, loops) of five minutes each: ``speed`` km/h (NaN: nobody passed), ``occupancy`` %, ``flow`` veh/h; ``truth``:
    mean speed (km/h) of all vehicles on an edge, (times,) by edge, NaN where there were none."""

    speed: np.ndarray
    occupancy: np.ndarray
    flow: np.ndarray
    truth: dict[str, np.ndarray]


def motorway(folder: Path) -> Town:
    """4.5 km of two lanes, 80 km/h, a ramp joining at 2.5 km; loops every 500 m."""
    xs = [0, 500, 1000, 1500, 2000, 2500, 2750, 3250, 3750, 4250, 4750]
    nodes = [f'<node id="n{i}" x="{x}" y="0"/>' for i, x in enumerate(xs)] + [
        '<node id="r" x="2200" y="-150"/>'
    ]
    lanes = [3 if i == 5 else 2 for i in range(len(xs) - 1)]
    edges = [
        f'<edge id="m{i}" from="n{i}" to="n{i + 1}" numLanes="{count}" speed="22.22"/>' for i, count in enumerate(lanes)
    ] + ['<edge id="ramp" from="r" to="n5" numLanes="1" speed="16.67"/>']  # fmt: skip
    joins = [
        ("ramp", "m5", 0, 0),
        ("m4", "m5", 0, 1),
        ("m4", "m5", 1, 2),
        ("m5", "m6", 1, 0),
        ("m5", "m6", 2, 1),
    ]
    joined = [f'<connection from="{a}" to="{b}" fromLane="{i}" toLane="{j}"/>' for a, b, i, j in joins]
    for name, rows in (("nodes", nodes), ("edges", edges), ("connections", joined)):
        (folder / f"{name}.xml").write_text(f"<{name}>{''.join(rows)}</{name}>", encoding="utf-8")
    net = folder / "motorway.net.xml"
    _run(
        "netconvert",
        "-n",
        folder / "nodes.xml",
        "-e",
        folder / "edges.xml",
        "-x",
        folder / "connections.xml",
        "-o",
        net,
    )
    loops = tuple(f"m{i}" for i in range(len(lanes)) if i != 5)
    return Town(net, *_edges(net), loops, (("m0", "m9", 3100.0), ("ramp", "m9", 700.0)))


def streets(folder: Path) -> Town:
    """A grid of 4 by 4 signals, streets of two lanes, 350 m; loops at half of every street within and into it."""
    net = folder / "streets.net.xml"
    _run(
        "netgenerate", "--grid", "--grid.number", 4, "--grid.length", 350, "--grid.attach-length", 350, "--default.lanenumber", 2,
        "--default-junction-type", "traffic_light", "--default.speed", 13.89, "-o", net,
    )  # fmt: skip
    lanes, length, ends = _edges(net)
    outside = {name for pair in ends.values() for name in pair if not name[1:].isdigit() or len(name) != 2}
    enter = sorted(e for e, (a, _) in ends.items() if a in outside)
    leave = sorted(e for e, (_, b) in ends.items() if b in outside)
    draw = np.random.default_rng(5)
    pairs = [(a, b) for a in enter for b in leave if ends[a][0] != ends[b][1]]
    weight = draw.lognormal(0.0, 1.0, len(pairs))
    demand = tuple(
        (a, b, float(STREETS_VEH_H * w / weight.sum())) for (a, b), w in zip(pairs, weight, strict=True)
    )
    return Town(net, lanes, length, ends, tuple(sorted(e for e in ends if e not in leave)), demand)


def _edges(net: Path) -> tuple[dict[str, int], dict[str, float], dict[str, tuple[str, str]]]:
    edges = [one for one in _root(net).iter("edge") if one.get("function") != "internal"]
    lanes = {one.get("id", ""): one.findall("lane") for one in edges}
    ends = {one.get("id", ""): (one.get("from", ""), one.get("to", "")) for one in edges}
    return (
        {k: len(v) for k, v in lanes.items()},
        {k: float(v[0].get("length", "0")) for k, v in lanes.items()},
        ends,
    )


def drive(town: Town, folder: Path, seed: int, crashes: Iterable[Crash] = ()) -> Day:
    """One day in SUMO; random numbers of the day by ``seed``."""
    draw = np.random.default_rng(seed)
    day = draw.normal(1.0, 0.07)
    rows = []
    for at in range(0, WARM_S + BUSY_S, PIECE_S):
        through = (at - WARM_S + PIECE_S / 2) / BUSY_S
        course = 0.45 + 0.55 * np.exp(-0.5 * ((through - 0.5) / 0.22) ** 2)
        for number, (a, b, most) in enumerate(town.demand):
            rate = most * day * course * draw.normal(1.0, 0.08) / 3600.0
            rows.append(
                f'<flow id="f{at}_{number}" type="mix" begin="{at}" end="{at + PIECE_S}" period="exp({max(rate, 1e-5):.6f})" '
                f'from="{a}" to="{b}" departLane="best" departSpeed="desired"/>'
            )
    for number, one in enumerate(crashes):
        rows.append(
            f'<trip id="crash{number}" type="car" depart="{WARM_S + one.first:.0f}" from="{one.edge}" to="{one.edge}" '
            f'departLane="{one.lane}" departSpeed="desired">'
            f'<stop lane="{one.edge}_{one.lane}" startPos="{one.position - 8:.1f}" endPos="{one.position:.1f}" '
            f'until="{WARM_S + one.last:.0f}"/></trip>'
        )
    rows.sort(key=lambda row: float(row.split('begin="' if "<flow" in row else 'depart="')[1].split('"')[0]))
    (folder / "day.rou.xml").write_text(f"<routes>{KINDS}{''.join(rows)}</routes>", encoding="utf-8")
    loops = [
        f'<inductionLoop id="{edge}@{lane}" lane="{edge}_{lane}" pos="{town.length[edge] / 2:.1f}" '
        f'period="{60 * STEP_MIN}" file="loops.xml"/>'
        for edge in town.loops
        for lane in range(town.lanes[edge])
    ]
    whole = f'<edgeData id="e" file="edges.xml" begin="{WARM_S}" period="{60 * STEP_MIN}"/>'
    (folder / "loops.add.xml").write_text(
        f"<additional>{''.join(loops)}{whole}</additional>", encoding="utf-8"
    )
    _run(
        "sumo", "-n", town.net, "-r", folder / "day.rou.xml", "-a", folder / "loops.add.xml", "--end", WARM_S + BUSY_S,
        "--seed", seed, "--no-step-log", "--no-warnings", "--time-to-teleport", 300, "--xml-validation", "never",
    )  # fmt: skip
    return _read(town, folder)


def _read(town: Town, folder: Path) -> Day:
    """Lanes of a street together: speeds weighed by vehicles."""
    times = BUSY_S // (60 * STEP_MIN)
    place = {edge: i for i, edge in enumerate(town.loops)}
    count, moved, taken = (np.zeros((times, len(place))) for _ in range(3))
    for row in _root(folder / "loops.xml").iter("interval"):
        at = round((float(row.get("begin", "0")) - WARM_S) / (60 * STEP_MIN))
        edge = row.get("id", "").split("@")[0]
        cars = float(row.get("nVehContrib", "0"))
        if 0 <= at < times:
            count[at, place[edge]] += cars
            moved[at, place[edge]] += cars * max(float(row.get("speed", "0")), 0.0)
            taken[at, place[edge]] += float(row.get("occupancy", "0")) / town.lanes[edge]
    speed = np.divide(3.6 * moved, count, out=np.full_like(moved, np.nan), where=count > 0)
    truth = {edge: np.full(times, np.nan) for edge in town.lanes}
    for at, interval in enumerate(_root(folder / "edges.xml").iter("interval")):
        for one in interval.iter("edge"):
            if one.get("speed") and one.get("id", "") in truth and at < times:
                truth[one.get("id", "")][at] = 3.6 * float(one.get("speed", "nan"))
    return Day(speed, taken, count * 60.0 / STEP_MIN, truth)


def _run(program: str, *words: object) -> None:
    home = sumo_home()
    subprocess.run(
        [str(home / "bin" / program), *(str(word) for word in words)], check=True, capture_output=True,
        env=os.environ | {"SUMO_HOME": str(home)},
    )  # fmt: skip


def _root(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314 - written by SUMO for us


TOWNS: dict[str, tuple[Callable[[Path], Town], int]] = {"motorway": (motorway, 12), "streets": (streets, 6)}


@dataclass(frozen=True, slots=True)
class Days:
    """The same days without a crash and with each kind of it; first lane of the blocked ones."""

    town: Town
    crash: list[Crash]
    calm: list[Day]
    struck: dict[str, list[Day]]


def _crash(town: Town, seed: int) -> Crash:
    """On any street that has a loop and streets with loops before it."""
    draw = np.random.default_rng([seed, 7])
    behind = {town.ends[edge][1] for edge in town.loops}
    edges = [edge for edge in town.loops if town.ends[edge][0] in behind]
    edge = edges[draw.integers(len(edges))]
    first = float(draw.uniform(600, BUSY_S - 2100))
    place = float(draw.uniform(0.3, 0.9) * town.length[edge])
    return Crash(edge, place, int(draw.integers(2)), first, first + float(draw.uniform(900, 1500)))


def _driven(town: Town, folder: Path, seed: int, crashes: tuple[Crash, ...]) -> Day:
    here = folder / f"{seed}-{len(crashes)}"
    here.mkdir()
    return drive(town, here, seed, crashes)


@cache
def driven_days(name: str, folder: Path) -> Days:
    make, count = TOWNS[name]
    town = make(folder)
    seeds = range(1, count + 1)
    crash = [_crash(town, seed) for seed in seeds]
    asked: dict[str, list[tuple[Crash, ...]]] = {
        "none": [()] * count,
        "one lane of two": [(one,) for one in crash],
    }
    if name == "streets":
        asked["all lanes"] = [(one, replace(one, lane=1 - one.lane)) for one in crash]
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        told = {
            kind: list(pool.map(_driven, [town] * count, [folder] * count, seeds, sets))
            for kind, sets in asked.items()
        }
    return Days(town, crash, told.pop("none"), told)
