"""From surveyed pipes to a network that can be computed: what is missing or broken is mended by rule and counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.sewers import Conduit, Network, Node, Outfall
from twin.processes.flood.sewers import stations
from twin.processes.flood.sewers.survey import CONCRETE_N, Pipe, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


SNAP_M = 1.0
STEP_M = 0.15  # lower steps of a pipe's end above its manhole's bottom are levelled: SWMM makes or loses water at free drops
COVER_M = 2.0  # depth of an invert that nothing tells
LEAST_M = 0.6  # no manhole is shallower
SMALL_M = 0.6  # diameter that nothing tells
COUNTED = (
    "pipe_left_out", "pipe_lengthened", "end_snapped", "end_added", "diameter_assumed", "invert_interpolated", "invert_assumed",
    "ground_from_terrain", "outfall_joined", "pump_station_joined", "pump_station_own_sump",
    "pump_station_untold", "step_levelled", "unconnected_left_out",
)  # fmt: skip

type Report = Counter[str]
type Ground = Callable[[NDArray[Any], NDArray[Any]], NDArray[np.float64]]


def mend(
    pipes: list[Pipe],
    places: dict[str, Place],
    ground: Ground,
    stage: Callable[[str], Any] = lambda name: None,
) -> tuple[Network, dict[str, Place], Report]:
    """The network, where its nodes lie, and what had to be mended (`COUNTED`).

    ``ground`` gives the terrain's level at points; ``stage`` the level outside each outfall, as `Outfall` takes it.
    """
    report: Report = Counter(dict.fromkeys(COUNTED, 0))
    _join_ends(pipes, places, report)
    used = {end for pipe in pipes for end in pipe.ends}
    places = {name: place for name, place in places.items() if name in used or place.pump is not None}
    _diameters(pipes, report)
    _grounds(places, ground, report)
    inverts = _inverts(pipes, places, report)
    stations.join(pipes, places, inverts, used, report)
    pipes, places = _drained(pipes, places, report)
    return _network(pipes, places, inverts, stage, report), places, report


def _join_ends(pipes: list[Pipe], places: dict[str, Place], report: Report) -> None:
    """Ends that name no node take one that lies there, or a new one."""
    from scipy.spatial import cKDTree

    names = list(places)
    tree = cKDTree([(places[n].x, places[n].y) for n in names]) if names else None
    for pipe in pipes:
        ends = list(pipe.ends)
        for k in (0, 1):
            if ends[k] in places:
                continue
            x, y = pipe.places[k]
            near = tree.query((x, y), distance_upper_bound=SNAP_M) if tree is not None else (np.inf, 0)
            if np.isfinite(near[0]) and names[near[1]] != ends[1 - k]:
                ends[k] = names[near[1]]
                report["end_snapped"] += 1
            else:
                places[ends[k]] = Place(x, y)
                report["end_added"] += 1
        pipe.ends = (ends[0], ends[1])


def _diameters(pipes: list[Pipe], report: Report) -> None:
    """Unknown diameters: the largest of the pipes that arrive at its start, else `SMALL_M`."""
    arriving: dict[str, float] = {}
    for pipe in pipes:
        if pipe.diameter:
            arriving[pipe.ends[1]] = max(arriving.get(pipe.ends[1], 0.0), pipe.diameter)
    for pipe in pipes:
        if pipe.diameter is None:
            pipe.diameter = arriving.get(pipe.ends[0], SMALL_M)
            report["diameter_assumed"] += 1


def _grounds(places: dict[str, Place], ground: Ground, report: Report) -> None:
    lost = [place for place in places.values() if place.ground is None]
    if not lost:
        return
    levels = ground(np.array([p.x for p in lost]), np.array([p.y for p in lost]))
    for place, level in zip(lost, levels.tolist(), strict=True):
        if np.isfinite(level):
            place.ground = level
            report["ground_from_terrain"] += not place.outfall


def _inverts(pipes: list[Pipe], places: dict[str, Place], report: Report) -> dict[str, float]:
    """Bottom of each node: the lowest of its own and its pipes'; where nothing tells, between its neighbours by length."""
    known: dict[str, float] = {n: p.invert for n, p in places.items() if p.invert is not None}
    for pipe in pipes:
        for end, level in zip(pipe.ends, pipe.inverts, strict=True):
            if level is not None:
                known[end] = min(known.get(end, np.inf), level)
    beside: dict[str, list[tuple[str, float]]] = {}
    for pipe in pipes:
        beside.setdefault(pipe.ends[0], []).append((pipe.ends[1], pipe.length))
        beside.setdefault(pipe.ends[1], []).append((pipe.ends[0], pipe.length))
    unknown = [name for name in places if name not in known]
    guess: dict[str, float] = {}
    for _ in range(200):
        for name in unknown:
            told = [(known.get(n, guess.get(n)), length) for n, length in beside.get(name, ())]
            near = [(level, 1.0 / length) for level, length in told if level is not None]
            if near:
                guess[name] = sum(level * w for level, w in near) / sum(w for _, w in near)
    for name in unknown:
        if name in guess:
            report["invert_interpolated"] += 1
        else:
            guess[name] = (places[name].ground or 0.0) - COVER_M
            report["invert_assumed"] += 1
    return known | guess


def _drained(
    pipes: list[Pipe], places: dict[str, Place], report: Report
) -> tuple[list[Pipe], dict[str, Place]]:
    """Only what hangs together with an outfall or a pump can be computed."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = {name: i for i, name in enumerate(places)}
    first = [number[p.ends[0]] for p in pipes]
    second = [number[p.ends[1]] for p in pipes]
    graph = coo_array((np.ones(len(pipes)), (first, second)), shape=(len(number), len(number)))
    _, part = connected_components(graph, directed=False)
    drained = {int(part[number[n]]) for n, p in places.items() if p.outfall or p.pump}
    kept = [pipe for pipe, start in zip(pipes, first, strict=True) if int(part[start]) in drained]
    report["unconnected_left_out"] = len(pipes) - len(kept)
    return kept, {n: p for n, p in places.items() if int(part[number[n]]) in drained}


def _network(
    pipes: Sequence[Pipe],
    places: dict[str, Place],
    inverts: dict[str, float],
    stage: Callable[[str], Any],
    report: Report,
) -> Network:
    nodes, outfalls, extra, pumps = [], [], [], []
    degree = Counter(end for pipe in pipes for end in pipe.ends)
    leaving = {pipe.ends[0] for pipe in pipes}
    widest: dict[str, float] = {}
    for pipe in pipes:
        for end in pipe.ends:
            widest[end] = max(widest.get(end, 0.0), pipe.diameter or SMALL_M)
    for name, place in places.items():
        low = inverts[name]
        deep = max((place.ground if place.ground is not None else low + COVER_M) - low, LEAST_M)
        mouth = f"{name} ~"
        if place.outfall and degree[name] == 1 and name not in leaving:
            outfalls.append(Outfall(name, low, stage(name), place.gate))
        elif place.outfall:  # several pipes, or one that leaves: SWMM's outfalls take one
            nodes.append(Node(name, low, deep))
            outfalls.append(Outfall(mouth, low - 0.02, stage(name), place.gate))
            wide = 1.5 * widest[name]
            extra.append(Conduit(mouth, name, mouth, 10.0, wide, low, low - 0.02, CONCRETE_N))
            report["outfall_joined"] += 1
        elif place.pump is not None:
            well, mouths, lifts = stations.build(name, place.pump, low, deep)
            nodes.append(well)
            outfalls += mouths
            pumps += lifts
        else:
            nodes.append(Node(name, low, deep))
    conduits = [_conduit(pipe, inverts, report) for pipe in pipes]
    return Network(tuple(nodes), tuple(outfalls), (*conduits, *extra), tuple(pumps))


def _conduit(pipe: Pipe, inverts: dict[str, float], report: Report) -> Conduit:
    up, down = (
        max(level if level is not None else inverts[end], inverts[end])
        for end, level in zip(pipe.ends, pipe.inverts, strict=True)
    )
    if 0.0 < down - inverts[pipe.ends[1]] <= STEP_M + 1e-6:
        down = inverts[pipe.ends[1]]
        report["step_levelled"] += 1
    made = Conduit(
        pipe.code, *pipe.ends, pipe.length, pipe.diameter or SMALL_M, up, down, pipe.manning, gate=pipe.gate
    )
    return replace(made, shape="box", height=pipe.height) if pipe.height else made
