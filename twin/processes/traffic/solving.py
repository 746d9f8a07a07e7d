"""From what was asked to an equilibrium on the city's roads.

A process that calls this declares that it reads ``LAYERS``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.trips import Deterrence
from twin.errors import Problem, TwinError
from twin.processes.traffic import demand as demands_of
from twin.processes.traffic import network as network_of
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Demand, Equilibrium, Iteration
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import Asked, DelayAsked, Toll
    from twin.processes.traffic.demand import Trips

LAYERS = tuple(dict.fromkeys((*network_of.LAYERS, *demands_of.LAYERS)))
SHOWN = 20
_CLASS = re.compile(r"demands\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Question:
    """Network and demand ready for the engine; ``trips`` by class, ``without_access``: codes of zones with people or trips
    and no road."""

    network: RoadNetwork
    faults: list[Any]
    trips: dict[str, Trips]
    demands: tuple[Demand, ...]
    without_access: tuple[str, ...]


def question(asked: Asked, run: RunContext) -> Question:
    """Raises TWIN-710 (no roads), TWIN-713 to 715 (no demand), TWIN-716 (a toll on an unknown road)."""
    run.progress(0.02, "读取路网", "reading the network")
    found = network_of.read(run, zones=asked.zones)
    network = delayed(tolled(found.network, asked.tolls), asked.delays)
    run.progress(0.08, "准备出行需求", "preparing the demand")
    names = [one.name for one in asked.classes]
    wanted = asked.demand
    trips = demands_of.demand(
        run, network, asked.period, names, source=wanted.source, zones=asked.zones,
        deterrence=Deterrence(wanted.beta_per_min, wanted.power),
    )  # fmt: skip
    estimated = any(one.source == "gravity" for one in trips.values())
    scaled: dict[str, Trips] = {
        one.name: trips[one.name].scaled(wanted.factor * (one.share if estimated else 1.0))
        for one in asked.classes
        if one.name in trips
    }
    return Question(network, found.faults, scaled, _demands(asked, network, scaled), _lost(network, scaled))


def _demands(asked: Asked, network: RoadNetwork, trips: dict[str, Trips]) -> tuple[Demand, ...]:
    from twin.engines.traffic.assignment import Demand

    found = []
    for one in asked.classes:
        if one.name not in trips:
            continue
        pairs = trips[one.name]
        shut = np.isin(network.links.road_class.astype(str), list(one.avoids)) if one.avoids else None
        found.append(
            Demand(
                one.name, network.zones.node[pairs.origin], network.zones.node[pairs.destination], pairs.trips,
                pce=one.pce, toll_weight=one.toll_weight_s, distance_weight=one.distance_weight_s_km / 1000.0, closed=shut,
            )
        )  # fmt: skip
    return tuple(found)


def _lost(network: RoadNetwork, trips: dict[str, Trips]) -> tuple[str, ...]:
    """Zones with people or trips that no link leaves, and zones with trips that no link leads to."""
    zones = network.zones
    begins, ends = np.zeros(len(zones), bool), np.zeros(len(zones), bool)
    for one in trips.values():
        begins[one.origin] = True
        ends[one.destination] = True
    begins |= np.nan_to_num(zones.population) > 0
    out, back = np.isin(zones.node, network.links.tail), np.isin(zones.node, network.links.head)
    return tuple(str(code) for code in zones.code[(begins & ~out) | (ends & ~back)])


def tolled(network: RoadNetwork, tolls: Sequence[Toll]) -> RoadNetwork:
    """The network with these tolls on the roads named instead of their own. Raises TWIN-716 for roads that it does not have."""
    if not tolls:
        return network
    known_roads(network, [one.road for one in tolls], "tolls")
    money = {one.road: one.money for one in tolls}
    links = network.links
    toll = np.array(
        [money.get(code, own) for code, own in zip(links.code, links.toll, strict=True)], np.float64
    )
    return replace(network, links=replace(links, toll=toll))


def delayed(network: RoadNetwork, delays: Sequence[DelayAsked]) -> RoadNetwork:
    """The network with these volume-delay functions on the roads of the classes named, whatever these say of themselves."""
    links = network.links
    function, alpha, power = links.function.copy(), links.alpha.copy(), links.power.copy()
    for one in delays:
        own = links.road_class == one.road_class
        function[own], alpha[own], power[own] = one.function, one.a, one.b
    return replace(network, links=replace(links, function=function, alpha=alpha, power=power))


def known_roads(network: RoadNetwork, codes: Sequence[str], where: str) -> None:
    """Raises TWIN-716 for codes that are no road of the network."""
    roads = set(network.links.code[network.links.road_class != "connector"])
    unknown = [code for code in codes if code not in roads]
    if unknown:
        shown = ", ".join(unknown[:SHOWN])
        raise TwinError(
            "TWIN-716",
            f"路网中没有这些路段：{shown}；请核对 road_link 的编号（步行道、首尾同点等未纳入路网，见 road-network）。",
            f"The network has no such roads: {shown}; check the codes of road_link (footways, self-loops and the like are "
            "not part of it, see road-network).",
            status=422,
            where=where,
        )


def watched(
    run: RunContext, gap: float, begin: float, end: float
) -> tuple[Callable[[Iteration], None], Callable[[], bool]]:
    """What the engine is handed to tell its gap as progress between two fractions, and to ask whether to stop."""

    def progress(one: Iteration) -> None:
        done = (
            1.0
            if one.gap <= gap
            else min(max(-log10(max(one.gap, 1e-16)), 0.0) / -log10(max(gap, 1e-16)), 1.0)
        )
        told = f"{one.gap:.1e}"
        run.progress(begin + (end - begin) * done, f"求解均衡，相对间隙 {told}", f"solving, gap {told}")

    return progress, run.cancelled


def solve(
    asked: Question,
    run: RunContext,
    *,
    gap: float,
    max_iterations: int,
    aim: Any,
    start: Equilibrium | None,
    end: float = 0.9,
) -> Equilibrium:
    """The equilibrium (seconds, pcu/h). Raises what the engine refuses, its links named by their codes (TWIN-701)."""
    from twin.engines.traffic.assignment import Cancelled, NetworkRefused, assign

    progress, cancelled = watched(run, gap, 0.12, end)
    try:
        return assign(
            network_of.arrays(asked.network), asked.demands, gap=gap, aim=aim, start=start,
            max_iterations=max_iterations, progress=progress, cancelled=cancelled,
        )  # fmt: skip
    except Cancelled:
        run.check()
        raise
    except NetworkRefused as refused:
        raise NetworkRefused([named(asked, one) for one in refused.problems]) from refused


def named(asked: Question, problem: Problem) -> Problem:
    """A problem of the engine with the codes of its links and nodes and the names of its classes instead of their numbers."""
    if problem.column not in ("link", "node") or not problem.value:
        return problem
    listed, _, more = problem.value.partition(" …")
    codes = ", ".join(_code(asked.network, problem.column, int(number)) for number in listed.split(", "))
    codes += f" …{more}" if more else ""

    def told(text: str, colon: str) -> str:
        text = text.replace(colon + str(problem.value), colon + codes, 1)
        return _CLASS.sub(lambda found: asked.demands[int(found[1])].name, text)

    text = Text(zh=told(problem.text.zh, "："), en=told(problem.text.en, ": "))
    return replace(problem, text=text, value=codes[:200])


def _code(network: RoadNetwork, column: str, number: int) -> str:
    links, zones = network.links, network.zones
    if column == "link":
        return f"{links.code[number]}{'' if links.forward[number] else ' (-)'}"
    return str(zones.code[number] if number < len(zones) else network.nodes.code[number])


def by_class(equilibrium: Equilibrium) -> dict[str, NDArray[np.float64]]:
    """(links,) veh/h of each class by its name."""
    return {one.name: equilibrium.class_flow[k] for k, one in enumerate(equilibrium.demands)}
