"""From roads as drawn to directed links: one a direction, gaps filled by class, faulty roads left out and named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.road_class import road_classes
from twin.city.road_network import RoadLinks, RoadNodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import Codes, Indices, Numbers

SHORTEST_M = 1e-3  # a road of less is a drawing error: it has no direction


@dataclass(frozen=True, slots=True)
class Roads:
    """Roads as drawn, as columns (None where unknown): the columns of the layer ``road_link``, and the LineStrings.
    ``length`` to ``toll`` are what a road says of itself instead of its line and its class; empty columns say nothing."""

    code: Sequence[str]
    from_node: Sequence[str]
    to_node: Sequence[str]
    road_class: Sequence[str]
    direction: Sequence[str]
    lanes: Sequence[int | None]
    lanes_backward: Sequence[int | None]
    capacity: Sequence[float | None]
    free_speed: Sequence[float | None]
    name: Sequence[str | None]
    shape: NDArray[np.object_]
    length: Sequence[float | None] = ()
    free_time: Sequence[float | None] = ()
    delay_function: Sequence[str | None] = ()
    delay_a: Sequence[float | None] = ()
    delay_b: Sequence[float | None] = ()
    toll: Sequence[float | None] = ()

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong: ``kind`` (vocabulary ``road_fault_kind``), code and position (m) of the thing, the attribute and the
    value that is at fault, or how many it concerns. ``left_out``: the network goes without the thing."""

    kind: str
    thing: str
    code: str
    x: float
    y: float
    value: float | None = None
    left_out: bool = False
    attribute: str | None = None


def directed(nodes: RoadNodes, roads: Roads) -> tuple[RoadLinks, list[Fault]]:
    """The links that motor vehicles use, in the order of the roads, along the line before against it.

    Missing numbers are those of the road's class: of the lanes of a direction, of the capacity its lanes times that
    of a lane, of the delay function. A given free time stands for the one by length and speed, and where both it and the
    length are above 0 the speed is the one that follows. Roads that begin where they end, have no length or no capacity, or
    name an unknown node are left out.
    """
    classes = road_classes()
    faults = _unusable(nodes, roads)
    bad = {fault.code for fault in faults}
    driven = np.array([classes[kind].driven for kind in roads.road_class], bool)
    fit = driven & ~np.isin(np.array(roads.code, object), list(bad))
    way = np.array(roads.direction, object)
    along, against = np.nonzero(fit & (way != "backward"))[0], np.nonzero(fit & (way != "forward"))[0]
    road = np.concatenate([along, against])
    forward = np.concatenate([np.ones(along.size, bool), np.zeros(against.size, bool)])
    order = np.lexsort((~forward, road))
    return _links(nodes, roads, road[order], forward[order]), faults


def _links(nodes: RoadNodes, roads: Roads, road: NDArray[Any], forward: NDArray[np.bool_]) -> RoadLinks:
    index = {code: n for n, code in enumerate(nodes.code)}
    kinds = [road_classes()[roads.road_class[i]] for i in road]
    ends = np.array([(index[roads.from_node[i]], index[roads.to_node[i]]) for i in road], np.int32)
    ends = ends.reshape(-1, 2)
    tail, head = np.where(forward, ends[:, 0], ends[:, 1]), np.where(forward, ends[:, 1], ends[:, 0])
    known = [
        (roads.lanes if ahead else roads.lanes_backward)[i] for i, ahead in zip(road, forward, strict=True)
    ]
    lanes = np.array([n or kind.lanes for n, kind in zip(known, kinds, strict=True)], np.float64)
    shape = roads.shape[road].copy()
    shape[~forward] = shapely.reverse(shape[~forward])
    each = np.array([kind.lane_capacity for kind in kinds], np.float64)
    length = _filled(roads.length, road, np.asarray(shapely.length(shape), np.float64))
    speed = _filled(roads.free_speed, road, np.array([kind.free_speed for kind in kinds], np.float64))
    time = _filled(roads.free_time, road, np.full(road.size, np.nan))
    told = (time > 0) & (length > 0)
    speed[told] = 3.6 * length[told] / time[told]
    own = _column(roads.delay_function, road)
    return RoadLinks(
        code=_column(roads.code, road),
        forward=forward,
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        road_class=_column(roads.road_class, road),
        lanes=lanes,
        length=length,
        free_speed=speed,
        free_time=np.where(np.isnan(time), 3.6 * length / speed, time),
        capacity=_filled(roads.capacity, road, lanes * each),
        function=np.array([name or kind.function for name, kind in zip(own, kinds, strict=True)], object),
        alpha=_filled(roads.delay_a, road, np.array([kind.alpha for kind in kinds], np.float64)),
        power=_filled(roads.delay_b, road, np.array([kind.power for kind in kinds], np.float64)),
        toll=_filled(roads.toll, road, np.zeros(road.size)),
        name=_column(roads.name, road),
        shape=shape,
    )


def _column(values: Sequence[Any], index: NDArray[Any]) -> Codes:
    found = np.full(index.size, None, object)
    if len(values):
        found[:] = [values[i] for i in index]
    return found


def _filled(values: Sequence[float | None], index: NDArray[Any], otherwise: Numbers) -> Numbers:
    given = np.array([np.nan if value is None else value for value in _column(values, index)], np.float64)
    return np.where(np.isfinite(given), given, otherwise)


def _unusable(nodes: RoadNodes, roads: Roads) -> list[Fault]:
    known = set(nodes.code)
    length, middle = (
        shapely.length(roads.shape),
        shapely.line_interpolate_point(roads.shape, 0.5, normalized=True),
    )
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    faults = []
    for i, code in enumerate(roads.code):
        ends = {roads.from_node[i], roads.to_node[i]}
        capacity = roads.capacity[i]
        for kind, wrong, value in (
            ("unknown_node", not ends <= known, None),
            ("self_loop", len(ends) == 1, float(length[i])),
            ("zero_length", not length[i] >= SHORTEST_M, float(length[i])),
            ("no_capacity", capacity is not None and not capacity > 0, capacity),
        ):
            if wrong:
                faults.append(Fault(kind, "road_link", code, float(x[i]), float(y[i]), value, left_out=True))
    return faults


def turns(
    links: RoadLinks, nodes: RoadNodes, rows: Sequence[tuple[str, str, str, str]]
) -> tuple[Indices, Indices, list[str]]:
    """Banned turns as pairs of links, from rows (from road, node, to road, kind), kind "ban" or "only" (every other turn from
    there is banned); and the nodes of rows whose roads do not meet there in those directions."""
    arriving: dict[tuple[str, str], int] = {}
    leaving: dict[str, dict[str, int]] = {}
    for i, code in enumerate(links.code):
        arriving[(code, nodes.code[links.head[i]])] = i
        leaving.setdefault(nodes.code[links.tail[i]], {})[code] = i
    banned: set[tuple[int, int]] = set()
    lost = []
    for road, node, target, kind in rows:
        start, exits = arriving.get((road, node)), leaving.get(node, {})
        if start is None or target not in exits:
            lost.append(node)
        elif kind == "only":
            banned |= {(start, i) for code, i in exits.items() if code != target}
        else:
            banned.add((start, exits[target]))
    pairs = np.array(sorted(banned), np.int32).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], lost


def turned(came: NDArray[np.object_], went: NDArray[np.object_]) -> Numbers:
    """Degrees turned between the end of one line and the beginning of another, left positive."""
    before = _bearing(shapely.get_point(came, -2), shapely.get_point(came, -1))
    after = _bearing(shapely.get_point(went, 0), shapely.get_point(went, 1))
    angle = (after - before + 180.0) % 360.0 - 180.0
    return np.asarray(np.where(angle == -180.0, 180.0, angle), np.float64)


def _bearing(start: NDArray[np.object_], end: NDArray[np.object_]) -> Numbers:
    dx, dy = shapely.get_x(end) - shapely.get_x(start), shapely.get_y(end) - shapely.get_y(start)
    return np.asarray(np.degrees(np.arctan2(dy, dx)), np.float64)
