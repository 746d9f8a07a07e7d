"""Public buildings: schools, hospitals, offices of the city, halls, stadium, station, temples, parks, works of water."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon, box

from .homes import Building, Draw, Rule
from .land import Parcel
from .massing import oval, rows, south
from .shapes import box_of, largest, rectangle


def bars(use: str, floors: tuple[int, int], depth: float = 13.0, most: int = 6, tall: int = 0) -> Rule:
    """Bars facing south, the largest first; that one a tower where ``tall`` floors are given."""

    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        made = rows(land, south(land), depth, draw.uniform(19, 25), draw.uniform(40, 58), 11.0, draw)
        made = made or rows(land, south(land), depth * 0.8, 15.0, 26.0, 8.0, draw)
        made.sort(key=lambda g: -round(g.area))
        year = int(draw.integers(1985, 2022))
        out = []
        for n, shape in enumerate(made[:most]):
            own = tall if tall and n == 0 else int(draw.integers(*floors))
            out.append(Building(shape, use, own, 3.7, p.name if n == 0 else "", year))
        return out

    return rule


def hall(use: str, floors: int, storey: float, share: float = 0.62) -> Rule:
    """One large hall in the middle of its land."""

    def rule(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
        b = box_of(land)
        frame = rectangle(b.x, b.y, min(b.long * share, 150), min(b.short * share, 64), b.angle)
        body = largest(frame.intersection(land))
        year = int(draw.integers(1998, 2022))
        return [Building(body, use, floors, storey, p.name, year)] if body.area > 120 else []

    return rule


def sports(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """A stadium with a hall on either side where the land is large, else one hall."""
    if land.area < 40_000:
        return hall("sports", 2, 9.0, 0.7)(p, land, draw)
    b = box_of(land)
    across = min(172.0, b.short - 6)
    stand = oval(b, across * 1.22, across).difference(oval(b, across * 0.82, across * 0.58))
    out = [Building(stand, "sports", 4, 7.5, p.name, 2012, "steel")]
    for side, name in ((-1, "云泽游泳馆"), (1, "云泽体育馆")):
        reach = side * (b.long / 2 - 52)
        x, y = b.x + np.cos(b.angle) * reach, b.y + np.sin(b.angle) * reach
        out.append(Building(oval(b._replace(x=x, y=y), 66, 92), "sports", 2, 9.0, name, 2012, "steel"))
    return out


def station(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """The station hall along the tracks, or the coach station's hall."""
    if "汽车" in p.name:
        return hall("transport", 2, 6.0, 0.5)(p, land, draw)
    b = box_of(land)
    n = np.array([-np.sin(b.angle), np.cos(b.angle)])
    n = n if n[0] > 0 else -n
    x, y = np.array([b.x, b.y]) + n * (b.short / 2 - 30)
    body = largest(rectangle(float(x), float(y), min(b.long * 0.86, 210), 46, b.angle).intersection(land))
    return [Building(body, "transport", 2, 11.0, f"{p.name}站房", 2016, "steel", 1)]


def temple(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """Three halls on one axis."""
    b, out = box_of(land), []
    for k, (size, floors) in enumerate(((16, 1), (26, 2), (20, 1))):
        y = land.centroid.y + (k - 1) * min(b.short, b.long) * 0.27
        body = box(land.centroid.x - size / 2, y - 6, land.centroid.x + size / 2, y + 6)
        if land.contains(body):
            out.append(Building(body, "religious", floors, 6.5, p.name if k == 1 else "", 1736, "wood"))
    return out


def park(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """A pavilion in a park; strips have none."""
    if land.area < 9_000 or p.zone == "corridor":
        return []
    at = land.representative_point()
    return [Building(rectangle(at.x, at.y, 14, 9, 0.2), "cultural", 1, 4.0, "", 2008, "wood")]


def tanks(p: Parcel, land: Polygon, draw: Draw) -> list[Building]:
    """Basins and pump houses of a water or sewage works."""
    made = rows(land, box_of(land).angle, 24, 16, 40, 14, draw)[:9]
    made = made or [g.shape for g in hall("utility", 1, 6.0)(p, land, draw)]
    return [Building(g, "utility", 1, 6.0, p.name if n == 0 else "", 2006) for n, g in enumerate(made)]
