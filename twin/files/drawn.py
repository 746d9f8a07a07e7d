"""Roads as another network format draws them, on their way into the layers ``road_node``, ``road_link`` and ``turn_restriction``."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(slots=True)
class Node:
    """A node: coordinates in the CRS of the file."""

    code: str
    x: float
    y: float
    name: str | None = None
    kind: str | None = None


@dataclass(slots=True)
class Road:
    """A road from node to node; ``points`` along it, both ends included."""

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


@dataclass(slots=True)
class Turn:
    """A banned or compulsory turn."""

    code: str
    from_link: str
    via_node: str
    to_link: str
    kind: str = "ban"


@dataclass(slots=True)
class Drawn:
    """A network as read; ``crs`` of its coordinates (None where the file does not say), ``skipped`` what was left out, by reason."""

    nodes: list[Node] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
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
    """As three CSV files named after their layers; what the layers' columns cannot hold stays empty."""
    _table(
        folder / "road_node.csv",
        [f.name for f in fields(Node)],
        ([n.code, n.x, n.y, n.name, n.kind] for n in drawn.nodes),
    )
    place = {node.code: (node.x, node.y) for node in drawn.nodes}
    names = ["code", "name", "class", "from_node", "to_node", "direction", "lanes", "lanes_backward", "capacity",
             "free_speed", "bridge", "tunnel", "wkt"]  # fmt: skip
    _table(folder / "road_link.csv", names, (_road(road) for road in drawn.roads))
    rows = ([t.code, t.from_link, t.via_node, t.to_link, t.kind, *place[t.via_node]] for t in drawn.turns)
    _table(
        folder / "turn_restriction.csv", ["code", "from_link", "via_node", "to_link", "kind", "x", "y"], rows
    )


def _road(road: Road) -> list[Any]:
    line = shapely.to_wkt(shapely.LineString(np.asarray(road.points, float)), rounding_precision=9)
    flags = [str(flag).lower() for flag in (road.bridge, road.tunnel)]
    return [road.code, road.name, road.road_class, road.from_node, road.to_node, road.direction, road.lanes,
            road.lanes_backward, road.capacity, road.free_speed, *flags, line]  # fmt: skip


def _table(path: Path, names: list[str], rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            writer.writerow(["" if value is None else value for value in row])
