"""The signals of a SUMO network file: who is controlled by which signal, who gives way to whom, programs as built."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.engines.traffic.signals.program import Program, from_intervals

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Signal:
    """One signalled connection: from a lane to a lane; ``yields`` are the signals of its junction it gives way to."""

    from_edge: str
    from_lane: int
    to_edge: str
    to_lane: int
    direction: str
    yields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SignalJunction:
    """``signals``: by the place of their letter in the states, several connections may share one letter."""

    name: str
    signals: tuple[tuple[Signal, ...], ...]
    program: Program


@dataclass(frozen=True, slots=True)
class SignalNet:
    """Junctions with signals, and the edges: length (m), speed (m/s), lanes."""

    junctions: tuple[SignalJunction, ...]
    length: dict[str, float]
    speed: dict[str, float]
    lanes: dict[str, int]


def read_signals(path: Path) -> SignalNet:
    """The signals of a SUMO ``net.xml``; letters without a connection (foot crossings) stay empty."""
    root = ET.parse(path).getroot()  # noqa: S314 - made by netconvert for us
    length: dict[str, float] = {}
    speed: dict[str, float] = {}
    lanes: dict[str, int] = {}
    for edge in root.iter("edge"):
        if edge.get("function") in {None, "normal"}:
            rows = edge.findall("lane")
            name = edge.attrib["id"]
            length[name] = float(rows[0].attrib["length"])
            speed[name] = max(float(row.attrib["speed"]) for row in rows)
            lanes[name] = len(rows)
    requests = {
        node.attrib["id"]: {
            int(r.attrib["index"]): r.attrib["response"][::-1] for r in node.findall("request")
        }
        for node in root.iter("junction")
    }
    links: dict[str, list[tuple[int, str, int, ET.Element]]] = {}
    for one in root.iter("connection"):
        if one.get("tl") is not None and not one.attrib["from"].startswith(":"):
            # the inner lane ":<junction>_<first request>_<lane>" says which row of the junction's table is meant
            node, row, lane = one.get("via", ":?_0_0")[1:].rsplit("_", 2)
            links.setdefault(one.attrib["tl"], []).append(
                (int(one.attrib["linkIndex"]), node, int(row) + int(lane), one)
            )
    junctions = []
    for logic in root.iter("tlLogic"):
        name = logic.attrib["id"]
        shown = [(float(p.attrib["duration"]), p.attrib["state"]) for p in logic.findall("phase")]
        program = from_intervals(name, shown, float(logic.get("offset", 0)))
        if program.stages:
            size = len(program.stages[0].state)
            junctions.append(SignalJunction(name, _signals(links.get(name, []), requests, size), program))
    return SignalNet(tuple(junctions), length, speed, lanes)


def _signals(
    links: list[tuple[int, str, int, ET.Element]], requests: dict[str, dict[int, str]], size: int
) -> tuple[tuple[Signal, ...], ...]:
    by_row = {(node, row): index for index, node, row, _ in links}
    found: list[list[Signal]] = [[] for _ in range(size)]
    for index, node, row, one in links:
        response = requests.get(node, {}).get(row, "")
        yields = tuple(
            sorted({by_row[node, i] for i, bit in enumerate(response) if bit == "1" and (node, i) in by_row})
        )
        found[index].append(
            Signal(
                one.attrib["from"],
                int(one.attrib["fromLane"]),
                one.attrib["to"],
                int(one.attrib["toLane"]),
                one.get("dir", "s"),
                yields,
            )
        )
    return tuple(tuple(row) for row in found)


def connected(path: Path) -> set[tuple[str, str]]:
    """Pairs of edges (from, to) between which the network of the file lets vehicles go."""
    root = ET.parse(path).getroot()  # noqa: S314 - made by netconvert for us
    return {
        (one.attrib["from"], one.attrib["to"])
        for one in root.iter("connection")
        if not one.attrib["from"].startswith(":")
    }
