"""Small roads by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from twin.city.road_network import RoadNodes
from twin.city.road_network_links import Roads
from twin.files.drawn import GIVEN

PLACES = {"A": (0.0, 0.0), "B": (100.0, 0.0), "C": (200.0, 0.0), "D": (100.0, 100.0)}


def nodes(places: dict[str, tuple[float, float]] | None = None) -> RoadNodes:
    places = PLACES if places is None else places
    code, kind = np.empty(len(places), object), np.full(len(places), None, object)
    code[:] = list(places)
    x, y = np.array(list(places.values()), np.float64).T
    return RoadNodes(code, x, y, kind)


def roads(*rows: dict[str, Any]) -> Roads:
    """Straight roads; by default local, both ways, without attributes; what they say of themselves (``GIVEN``) if told."""
    usual = {"road_class": "local", "direction": "both", "lanes": None, "lanes_backward": None, "capacity": None,
             "free_speed": None, "name": None}  # fmt: skip
    full = [usual | row for row in rows]
    for row in full:
        ends = [PLACES.get(row["from_node"], (0.0, 0.0)), PLACES.get(row["to_node"], (0.0, 9.0))]
        row.setdefault("shape", shapely.LineString(ends))
    shapes = np.empty(len(full), object)
    shapes[:] = [row.pop("shape") for row in full]
    names = ("code", "from_node", "to_node", "road_class", "direction", "lanes", "lanes_backward", "capacity",
             "free_speed", "name")  # fmt: skip
    given = {name: [row.get(name) for row in full] for name in GIVEN}
    return Roads(*([row[name] for row in full] for name in names), shape=shapes, **given)


def road(code: str, a: str, b: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "from_node": a, "to_node": b} | more
