"""Dwellings: estates of one design, the houses of the old town, villages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from .land import Parcel
from .massing import chunks, court, notched, rows, south

Draw = np.random.Generator


@dataclass
class Building:
    """A footprint with what the building layer tells of it; heights in m."""

    shape: Polygon
    use: str
    floors: int
    storey: float = 3.0
    name: str = ""
    year: int = 2005
    structure: str = "concrete"
    below: int = 0
    parcel: int = -1

    @property
    def height(self) -> float:
        return round(self.floors * self.storey + 0.6, 1)


Rule = Callable[[Parcel, Polygon, Draw], list[Building]]


@dataclass(frozen=True)
class Design:
    """One kind of housing: depth and length of a block, gaps between rows and ends (m), floors, years, storeys below."""

    depth: float
    gap: tuple[float, float]
    length: tuple[float, float]
    side: float
    floors: tuple[int, int]
    years: tuple[int, int]
    below: tuple[int, int] = (1, 3)
    structure: str = "concrete"


DESIGNS = {
    "walkup": Design(11.5, (16, 20), (32, 52), 7.0, (5, 8), (1982, 2002), (0, 1), "masonry_concrete"),
    "mid": Design(13.5, (26, 31), (32, 48), 10.0, (9, 12), (2000, 2014)),
    "slab": Design(15.0, (36, 42), (32, 46), 14.0, (15, 19), (2009, 2024)),
    "tower": Design(17.5, (38, 46), (29, 33), 19.0, (24, 34), (2010, 2025)),
    "villa": Design(12.0, (15, 18), (13, 17), 8.0, (3, 4), (2004, 2016), (0, 2)),
}
MIX = {
    "old_town": {"walkup": 1.0},
    "old_res": {"walkup": 0.85, "mid": 0.1, "tower": 0.05},
    "res": {"walkup": 0.4, "mid": 0.32, "slab": 0.2, "tower": 0.08},
    "new_res": {"mid": 0.2, "slab": 0.36, "tower": 0.36, "villa": 0.08},
}


def flats(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """An estate of one design; its name goes on the numbered blocks, and a large one keeps its middle open."""
    mix = MIX.get(p.zone, {"slab": 0.5, "tower": 0.5})
    kind = str(draw.choice(list(mix), p=list(mix.values())))
    if land.area < 5_000 and kind in ("slab", "tower", "villa"):
        kind = "mid"
    d, angle = DESIGNS[kind], south(land)
    made = rows(land, angle, d.depth, draw.uniform(*d.gap), draw.uniform(*d.length), d.side, draw)
    if len(made) >= 12 and kind in ("slab", "tower"):
        made = [g for g in made if g.centroid.distance(land.centroid) > 30]
    floors, year = int(draw.integers(*d.floors)), int(draw.integers(*d.years))
    below = int(draw.integers(*d.below))
    out = []
    for n, shape in enumerate(made, start=1):
        body = notched(shape, angle, draw) if kind == "tower" else shape
        own = floors if kind in ("walkup", "villa") else floors - int(draw.choice([0, 0, 0, 1, 2]))
        name = f"{p.name}{n}号楼" if p.name else ""
        out.append(Building(body, "residential", own, 2.9, name, year, d.structure, below))
    return out


def old_houses(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """Houses wall to wall, many around a court, some of timber."""
    out = []
    for shape in chunks(land, draw.uniform(110, 205), draw.uniform(1.5, 2.4), draw, 0.1):
        if draw.random() < 0.04:
            continue
        body = court(shape, 4.4) if shape.area > 165 and draw.random() < 0.6 else shape
        floors = int(draw.choice([1, 2, 3, 4], p=[0.34, 0.4, 0.2, 0.06]))
        wood = floors < 3 and draw.random() < 0.6
        year = int(draw.integers(1890, 1955)) if wood else int(draw.integers(1955, 1998))
        material = "brick_wood" if wood else "masonry_concrete"
        out.append(Building(body, "residential", floors, 3.2, "", year, material))
    return out


def village(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """Farmhouses in loose rows."""
    depth, gap, side = draw.uniform(9, 11), draw.uniform(7, 11), draw.uniform(2.5, 5.0)
    out = []
    for shape in rows(land, south(land), depth, gap, 11.5, side, draw):
        if draw.random() < 0.11:
            continue
        turn = shapely.affinity.rotate(shape, draw.normal(0, 2.5))
        move = shapely.affinity.translate(turn, draw.normal(0, 0.6), draw.normal(0, 0.9))
        floors = int(draw.choice([1, 2, 3], p=[0.18, 0.52, 0.3]))
        year = int(draw.integers(1975, 2020))
        out.append(Building(move, "residential", floors, 3.2, "", year, "masonry_concrete"))
    return out
