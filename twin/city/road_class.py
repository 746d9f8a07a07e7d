"""What a road of each class is taken for where its own attributes are missing (``road_class.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class RoadClass:
    """Free speed in km/h, lanes in one direction, capacity of a lane in pcu/h, the volume-delay function ("bpr", "conical" or
    "akcelik") with its numbers a (``alpha``) and b (``power``), whether motor vehicles use the roads (``driven``), and
    whether trips may begin and end at their nodes (``joined``)."""

    name: str
    free_speed: float
    lanes: int
    lane_capacity: float
    function: str
    alpha: float
    power: float
    driven: bool
    joined: bool


@cache
def road_classes() -> dict[str, RoadClass]:
    """The shipped table by the codes of the vocabulary ``road_class``."""
    table = tomllib.loads(
        resources.files(__package__).joinpath("road_class.toml").read_text(encoding="utf-8")
    )
    return {
        name: RoadClass(
            name,
            float(row["free_speed"]),
            int(row["lanes"]),
            float(row["lane_capacity"]),
            str(row["function"]),
            float(row["alpha"]),
            float(row["power"]),
            bool(row["driven"]),
            bool(row["joined"]),
        )
        for name, row in table.items()
        if isinstance(row, dict)
    }
