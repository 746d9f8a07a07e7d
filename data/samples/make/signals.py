"""Signal plans in force: fixed greens by class of road, the same all day, nothing coordinated."""

from __future__ import annotations

from math import atan2, degrees

from shapely.geometry import Point

from .graph import Key, links, nodes
from .table import Table, rows_of
from .table_roads import node_code, node_kind

GREEN = {"expressway": 40.0, "arterial": 38.0, "collector": 28.0}
OTHER, LEFT = 20.0, 15.0
YELLOW, ALL_RED = 3.0, 2.0


def _away(link: int, node: Key) -> float:
    """Degrees in which the link leaves the node."""
    coords = list(links()[link].line.coords)
    if coords[0] != node:
        coords.reverse()
    (x, y), (a, b) = coords[0][:2], coords[1][:2]
    return degrees(atan2(b - y, a - x))


def _axes(node: Key, ids: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Approaches that face each other, the bigger road first."""
    left = list(ids)
    found: list[tuple[int, ...]] = []
    while len(left) > 1:
        pairs = [(i, j) for n, i in enumerate(left) for j in left[n + 1 :]]
        bend = {
            (i, j): abs(abs((_away(i, node) - _away(j, node) + 180.0) % 360.0 - 180.0) - 180.0)
            for i, j in pairs
        }
        best = min(pairs, key=lambda pair: (bend[pair], pair))
        if bend[best] > 60.0:
            break
        found.append(best)
        left = [i for i in left if i not in best]
    found += [(i,) for i in left]
    return sorted(found, key=lambda axis: (-max(_green(i) for i in axis), axis))


def _green(link: int) -> float:
    return GREEN.get(links()[link].kind, OTHER)


def _stages(node: Key, ids: tuple[int, ...]) -> list[tuple[str, float, float]]:
    """Movements, green and minimum green of each stage; arterials have a stage of their own for left turns."""
    found = []
    for axis in _axes(node, ids):
        names = [f"LD{i + 1:05d}" for i in axis]
        green = max(_green(i) for i in axis)
        if (
            len(axis) == 2
            and all(links()[i].kind in ("arterial", "expressway") for i in axis)
            and len(ids) > 3
        ):
            found.append((" ".join(f"{name}:TR" for name in names), green, 12.0))
            found.append((" ".join(f"{name}:L" for name in names), LEFT, 7.0))
        else:
            found.append((" ".join(f"{name}:LTR" for name in names), green, 10.0))
    return found


def signal_plan() -> Table:
    rows, places = [], []
    for key, ids in nodes().items():
        if node_kind(key, ids) != "signal":
            continue
        for stage, (movements, green, minimum) in enumerate(_stages(key, ids), start=1):
            rows.append(
                {
                    "code": f"XH{len(rows) + 1:05d}",
                    "node_code": node_code()[key],
                    "stage": stage,
                    "movements": movements,
                    "green": green,
                    "yellow": YELLOW,
                    "all_red": ALL_RED,
                    "minimum_green": minimum,
                    "phase_offset": 0.0,
                }
            )
            places.append(Point(key))
    return rows_of(places, rows)
