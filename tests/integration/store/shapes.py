"""Shapes in EPSG:4547 around (500 000, 3 000 000), metres."""

from __future__ import annotations

import shapely

from twin.crs import transformer

EAST, NORTH = 500_000.0, 3_000_000.0


def square(x: float, y: float, side: float = 10.0) -> shapely.Polygon:
    return shapely.box(EAST + x, NORTH + y, EAST + x + side, NORTH + y + side)


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(EAST + x, NORTH + y)


def line(*places: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in places])


def tile_of(x: float, y: float, z: int) -> tuple[int, int]:
    """The tile (column, row) of zoom ``z`` that holds a place."""
    east, north = transformer(4547, 3857).transform(EAST + x, NORTH + y)
    around = 40_075_016.685578488
    return int((east / around + 0.5) * 2**z), int((0.5 - north / around) * 2**z)
