"""Turn restrictions: some left turns off the big roads are banned, some side streets are right-in, right-out."""

from __future__ import annotations

from math import atan2, degrees

from shapely.geometry import Point

from .graph import Key, links, nodes
from .table import Table, rows_of
from .table_roads import node_code, node_kind

EVERY_LEFT, EVERY_RIGHT = 4, 6  # of the places where it could be, one in so many


def _bearing(link: int, node: Key, leaving: bool) -> float:
    """Degrees of the way along the link at the node, away from it or towards it."""
    coords = list(links()[link].line.coords)
    if coords[0] != node:
        coords.reverse()
    (x, y), (a, b) = coords[0], coords[1]
    angle = degrees(atan2(b - y, a - x))
    return angle if leaving else angle + 180.0


def _turn(start: int, end: int, node: Key) -> float:
    """Degrees turned, left positive."""
    return (_bearing(end, node, True) - _bearing(start, node, False) + 180.0) % 360.0 - 180.0


def _pairs(node: Key, ids: tuple[int, ...]) -> list[tuple[int, int, str]]:
    kinds = {i: links()[i].kind for i in ids}
    found = []
    for start in ids:
        for end in ids:
            turned = _turn(start, end, node) if start != end else 180.0
            if len(ids) > 3 and kinds[start] == "arterial" and kinds[end] != "arterial" and 45 < turned < 135:
                found.append((start, end, "ban"))
            if len(ids) == 3 and kinds[start] == "local" and kinds[end] == "arterial" and -135 < turned < -45:
                found.append((start, end, "only"))
    return found


def turn_restriction() -> Table:
    rows, places, seen = [], [], {"ban": 0, "only": 0}
    every = {"ban": EVERY_LEFT, "only": EVERY_RIGHT}
    for key, ids in nodes().items():
        if node_kind(key, ids) not in ("signal", "junction"):
            continue
        for start, end, kind in _pairs(key, ids):
            seen[kind] += 1
            if seen[kind] % every[kind]:
                continue
            rows.append(
                {
                    "code": f"ZX{len(rows) + 1:04d}",
                    "from_link": f"LD{start + 1:05d}",
                    "via_node": node_code()[key],
                    "to_link": f"LD{end + 1:05d}",
                    "kind": kind,
                }
            )
            places.append(Point(key))
    return rows_of(places, rows)
