"""A sewer network in SI units: nodes, links, and what is checked before SWMM sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin.engines.sewers.problems import SewerInputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Node:
    """A manhole or storage: water stands between ``invert`` and the rim ``invert + depth`` (m)."""

    name: str
    invert: float  # m
    depth: float  # m, to the rim
    area: float = 0.0  # m2 of storage (wet well, pond); 0 for a manhole
    initial_depth: float = 0.0  # m


@dataclass(frozen=True, slots=True)
class Outfall:
    """Where water leaves; ``stage``: free fall, a held level (m), or a series of levels (times s, levels m)."""

    name: str
    invert: float
    stage: float | tuple[Floats, Floats] | None = None
    gate: bool = False  # a flap gate lets nothing back in


@dataclass(frozen=True, slots=True)
class Conduit:
    """A pipe from ``start`` to ``end``; inverts at its two ends in m."""

    name: str
    start: str
    end: str
    length: float  # m
    diameter: float  # m; width of a box
    start_invert: float  # m
    end_invert: float  # m
    manning: float = 0.013
    height: float | None = None  # m: a box of this height
    shape: Literal["circular", "box"] = "circular"
    gate: bool = False  # a flap gate: no flow from end to start


@dataclass(frozen=True, slots=True)
class Pump:
    """Lifts ``capacity`` (m3/s) from ``start`` to ``end`` between its levels in the start node (m)."""

    name: str
    start: str
    end: str
    capacity: float
    start_level: float
    stop_level: float


@dataclass(frozen=True, slots=True)
class Network:
    """Nodes and links; names are free text and unique within nodes and within links."""

    nodes: tuple[Node, ...]
    outfalls: tuple[Outfall, ...]
    conduits: tuple[Conduit, ...]
    pumps: tuple[Pump, ...] = ()

    def links(self) -> tuple[Conduit | Pump, ...]:
        """Conduits, then pumps."""
        return (*self.conduits, *self.pumps)

    def check(self) -> None:
        """Raises `SewerInputError` naming the first node or link that cannot be computed with."""
        if not self.outfalls:
            raise SewerInputError(
                "outfalls",
                "没有排放口，水无处可去；请补充排放口。",
                "there is no outfall, water has nowhere to go; add one.",
            )
        names = [*(n.name for n in self.nodes), *(o.name for o in self.outfalls)]
        _unique(names, "节点", "node")
        _unique([link.name for link in self.links()], "管段", "link")
        known = set(names)
        for link in self.links():
            for end in (link.start, link.end):
                if end not in known:
                    raise SewerInputError(
                        link.name, f"端点 {end} 不存在。", f"its end {end} is not among the nodes."
                    )
        for conduit in self.conduits:
            _positive(conduit.name, conduit.length, conduit.diameter, conduit.manning)
        for node in self.nodes:
            _positive(node.name, node.depth, 1.0 + node.area)
        self._drained()

    def _drained(self) -> None:
        """Every node must reach an outfall, whichever way pipes are drawn."""
        beside: dict[str, list[str]] = {}
        for link in self.links():
            beside.setdefault(link.start, []).append(link.end)
            beside.setdefault(link.end, []).append(link.start)
        lost = unreached((o.name for o in self.outfalls), beside, [node.name for node in self.nodes])
        if lost:
            raise cut_off(lost)


def unreached(
    outfalls: Iterable[str], beside: Mapping[str, Sequence[str]], nodes: Sequence[str]
) -> list[str]:
    """The nodes from which no outfall can be reached, over links taken either way."""
    reached = set(outfalls)
    front = list(reached)
    while front:
        for name in beside.get(front.pop(), ()):
            if name not in reached:
                reached.add(name)
                front.append(name)
    return [name for name in nodes if name not in reached]


def cut_off(lost: Sequence[str]) -> SewerInputError:
    """The refusal of nodes that are `unreached`."""
    return SewerInputError(
        lost[0],
        f"与任何排放口都不连通（共 {len(lost)} 个节点）；请补全管段或去掉这些节点。",
        f"no outfall can be reached from it (nor from {len(lost) - 1} others); add the missing links or leave "
        "these nodes out.",
    )


def _unique(names: list[str], zh: str, en: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SewerInputError(name, f"{zh}编号重复。", f"the {en} stands twice.")
        seen.add(name)


def _positive(name: str, *values: float) -> None:
    if not all(np.isfinite(value) and value > 0 for value in values):
        raise SewerInputError(
            name,
            "长度、管径、糙率和井深应为大于 0 的数。",
            "length, diameter, roughness and depth must be numbers above 0.",
        )
