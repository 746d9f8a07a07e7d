"""Buildings of trade and works: shops, malls, offices, factories, warehouses."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon

from .homes import Building, Draw, Rule
from .land import Parcel
from .massing import chunks, rows, tower_on
from .shapes import box_of, largest, rectangle

CENTRE = (3300.0, 2650.0)


def high(shape: Polygon, draw: Draw, low: int, top: int) -> int:
    """Floors that fall with the distance to the business centre."""
    at = shape.centroid
    near = np.exp(-((np.hypot(at.x - CENTRE[0], at.y - CENTRE[1]) / 520.0) ** 2))
    return int(low + (top - low) * near * draw.uniform(0.75, 1.25) + draw.integers(0, 4))


def shops(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """Shop houses in the old town, street blocks elsewhere, a mall where the land is large."""
    if p.zone == "old_town":
        return [
            Building(
                g,
                "mixed",
                int(draw.integers(2, 4)),
                3.3,
                "",
                int(draw.integers(1930, 2000)),
                "masonry_concrete",
            )
            for g in chunks(land, 170, 1.2, draw)
        ]
    if land.area > 5_500:
        return _mall(p, land, draw)
    out = []
    for shape in chunks(land, draw.uniform(600, 1150), 5.0, draw, 0.02):
        use = str(draw.choice(["commercial", "mixed", "hotel", "office"], p=[0.6, 0.22, 0.06, 0.12]))
        floors = int(draw.integers(2, 6)) if use == "commercial" else int(draw.integers(4, 10))
        year = int(draw.integers(1990, 2020))
        out.append(Building(shape, use, floors, 3.8 if floors < 6 else 3.3, "", year))
    return out


def _mall(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    b = box_of(land)
    side = 1 if draw.random() < 0.5 else -1
    tower, base = tower_on(land, (b.long * 0.84, b.short * 0.8), 36.0, side)
    year, floors = int(draw.integers(2004, 2024)), int(draw.integers(4, 7))
    use = str(draw.choice(["hotel", "office", "apartment"]))
    out = []
    if base.area > 400:
        out.append(Building(base, "commercial", floors, 4.8, p.name, year, "steel_concrete", 2))
    if tower.area > 400:
        name = f"{p.name}塔楼" if p.name else ""
        out.append(Building(tower, use, high(tower, draw, 14, 26), 3.6, name, year, "steel_concrete", 2))
    return out


def offices(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """A tower on a podium for each lot; hotels on hotel land."""
    lots = [land] if land.area < 7_500 else chunks(land, 6_500, 14.0, draw, 0.02)
    out = []
    for lot in lots:
        tower, base = tower_on(lot, (74.0, 52.0), draw.uniform(30, 40), int(draw.choice([-1, 1])))
        year = int(draw.integers(2003, 2024))
        use = str(draw.choice(["office", "hotel", "apartment"], p=[0.78, 0.1, 0.12]))
        use = use if p.use == "0902" else "hotel"
        if tower.area > 300:
            floors = high(tower, draw, 13, 44)
            out.append(Building(tower, use, floors, 3.9, p.name, year, "steel_concrete", 3))
        if base.area > 200:
            out.append(Building(base, "commercial", int(draw.integers(3, 6)), 4.8, "", year, "concrete", 2))
    return out


def works(use: str, depth: tuple[float, float], length: tuple[float, float], storey: float) -> Rule:
    """Sheds in rows with an office at the gate; a small plot has one shed."""

    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        b = box_of(land)
        angle = b.angle if draw.random() < 0.75 else b.angle + np.pi / 2
        shrink = min(1.0, b.short / (depth[1] + 4), b.long / (length[0] + 4))
        deep, long = draw.uniform(*depth) * shrink, draw.uniform(*length) * shrink
        made = rows(land, angle, deep, draw.uniform(13, 18), long, 14.0, draw)
        made = made or rows(land, b.angle, deep * 0.7, 14.0, long * 0.7, 14.0, draw)
        year = int(draw.integers(1988, 2023))
        out = []
        for n, shape in enumerate(made):
            if n == 0 and len(made) > 2 and shape.area > 900:
                out.append(_gatehouse(shape, year, draw))
            elif draw.random() > 0.06:
                floors = int(draw.choice([1, 1, 1, 2]))
                tall = storey if floors == 1 else storey * 0.62
                out.append(Building(shape, use, floors, tall, "", year, "steel"))
        return out

    return rule


def _gatehouse(shape: Polygon, year: int, draw: Draw) -> Building:
    b = box_of(shape)
    body = largest(rectangle(b.x, b.y, min(b.long, 48), min(b.short, 15), b.angle).intersection(shape))
    return Building(body, "office", int(draw.integers(3, 7)), 3.6, "", year)
