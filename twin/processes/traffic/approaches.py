"""Movements at a junction in the words of whoever types a plan into a controller: from which side, on which road, which turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.city.road_network import RoadNetwork

SIDES = (
    ("北", "north"), ("东北", "northeast"), ("东", "east"), ("东南", "southeast"),
    ("南", "south"), ("西南", "southwest"), ("西", "west"), ("西北", "northwest"),
)  # fmt: skip
TURNS = {"L": ("左", "left"), "T": ("直", "through"), "R": ("右", "right")}
LOOK_BACK_M = 30.0  # where an approach comes from is told by its last metres


def side(network: RoadNetwork, link: int) -> int:
    """From which side a link (position) reaches its end: 0 north, 1 northeast, ... 7 northwest (grid north)."""
    nodes, end = network.nodes, int(network.links.head[link])
    shape = network.links.shape[link]
    if shape is None or shape.length == 0:
        start = int(network.links.tail[link])
        east, north = nodes.x[start] - nodes.x[end], nodes.y[start] - nodes.y[end]
    else:
        last, before = shapely.Point(shape.coords[-1]), shapely.line_interpolate_point(shape, -LOOK_BACK_M)
        if shape.length <= LOOK_BACK_M:
            before = shapely.Point(shape.coords[0])
        east, north = before.x - last.x, before.y - last.y
    return round(float(np.degrees(np.arctan2(east, north))) % 360.0 / 45.0) % 8


def told(turns: Mapping[int, str], network: RoadNetwork) -> Text:
    """``turns``: letters (L, T, R) by approaching link (position); clockwise from north."""
    zh, en = [], []
    for link in sorted(turns, key=lambda i: (side(network, i), i)):
        name = network.links.name[link]
        road = (f"（{name}）", f" ({name})") if name else ("", "")
        letters = [TURNS[letter] for letter in "LTR" if letter in turns[link]]
        sides = SIDES[side(network, link)]
        zh.append(f"{sides[0]}进口{road[0]}" + "".join(word[0] for word in letters))
        en.append(f"{sides[1]}{road[1]}: " + ", ".join(word[1] for word in letters))
    return Text(zh="；".join(zh), en="; ".join(en))
