"""Roads as another network format draws them, on their way into the layers ``road_node``, ``road_link`` and ``turn_restriction``,
and trips on their way into ``travel_demand``."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


LONGEST = 40  # characters of a code in the layers
# What a road says of itself instead of its line and its class.
GIVEN = ("length", "free_time", "delay_function", "delay_a", "delay_b", "toll")


@dataclass(slots=True)
class Node:
    """A node: coordinates in the CRS of the file."""

    code: str
    x: float
    y: float
    name: str | None = None
    kind: str | None = None
    zone: str | None = None


@dataclass(slots=True)
class Road:
    """A road from node to node; ``points`` along it, both ends included; numbers in the units of the layer ``road_link``."""

    code: str
    from_node: str
    to_node: str
    road_class: str
    direction: str
    points: Sequence[tuple[float, float]]
    name: str | None = None
    lanes: int | None = None
    lanes_backward: int | None = None
    capacity: float | None = None
    free_speed: float | None = None
    bridge: bool = False
    tunnel: bool = False
    length: float | None = None
    free_time: float | None = None
    delay_function: str | None = None
    delay_a: float | None = None
    delay_b: float | None = None
    toll: float | None = None


@dataclass(slots=True)
class Turn:
    """A banned or compulsory turn."""

    code: str
    from_link: str
    via_node: str
    to_link: str
    kind: str = "ban"


@dataclass(slots=True)
class Trip:
    """Vehicles an hour of one class in one period from zone to zone: a row of ``travel_demand``."""

    code: str
    period: str
    user_class: str
    origin: str
    destination: str
    trips: float


@dataclass(slots=True)
class Drawn:
    """A network as read; ``crs`` of its coordinates (None where the file does not say), ``skipped`` what was left out, by reason."""

    nodes: list[Node] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    trips: list[Trip] = field(default_factory=list)
    crs: str | None = None
    skipped: dict[str, int] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count something left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def kinds(self) -> None:
        """Give nodes without a kind one by how many roads meet there."""
        degree: dict[str, int] = {}
        for road in self.roads:
            for end in (road.from_node, road.to_node):
                degree[end] = degree.get(end, 0) + 1
        for node in self.nodes:
            if node.kind is None:
                node.kind = {0: "shape", 1: "end", 2: "shape"}.get(degree.get(node.code, 0), "junction")


def write(drawn: Drawn, folder: Path) -> None:
    """As CSV files named after their layers (four with ``travel_demand``); what the layers' columns cannot hold stays empty."""
    _table(
        folder / "road_node.csv",
        [f.name for f in fields(Node)],
        ([fit(n.code), n.x, n.y, n.name, n.kind, n.zone] for n in drawn.nodes),
    )
    place = {node.code: (node.x, node.y) for node in drawn.nodes}
    names = ["code", "name", "class", "from_node", "to_node", "direction", "lanes", "lanes_backward", "capacity",
             "free_speed", "bridge", "tunnel", "wkt", *GIVEN]  # fmt: skip
    _table(folder / "road_link.csv", names, (_road(road) for road in drawn.roads))
    rows = (
        [t.code, fit(t.from_link), fit(t.via_node), fit(t.to_link), t.kind, *place[t.via_node]]
        for t in drawn.turns
    )
    _table(
        folder / "turn_restriction.csv", ["code", "from_link", "via_node", "to_link", "kind", "x", "y"], rows
    )
    names = ["code", "period", "class", "origin", "destination", "trips"]
    trips = ([t.code, t.period, t.user_class, t.origin, t.destination, t.trips] for t in drawn.trips)
    _table(folder / "travel_demand.csv", names, trips)


def fit(code: str) -> str:
    """A code as the layers take it: one that is too long (SUMO's clusters of junctions) ends in a digest of the whole."""
    if len(code) <= LONGEST:
        return code
    return f"{code[: LONGEST - 9]}~{hashlib.sha256(code.encode()).hexdigest()[:8]}"


def _road(road: Road) -> list[Any]:
    line = shapely.to_wkt(shapely.LineString(np.asarray(road.points, float)), rounding_precision=9)
    flags = [str(flag).lower() for flag in (road.bridge, road.tunnel)]
    return [fit(road.code), road.name, road.road_class, fit(road.from_node), fit(road.to_node), road.direction, road.lanes,
            road.lanes_backward, road.capacity, road.free_speed, *flags, line, *(getattr(road, name) for name in GIVEN)]  # fmt: skip


def _table(path: Path, names: list[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            writer.writerow(["" if value is None else value for value in row])
