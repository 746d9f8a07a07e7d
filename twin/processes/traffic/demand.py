"""Who travels from where to where: the layer ``travel_demand``, or the gravity model where there is no table.

A process that calls ``demand`` declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from twin.city import trips
from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twin.city.road_network import Indices, Numbers, RoadNetwork
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import ZoneKind

LAYERS = ("travel_demand", "building", "land_use", "facility", "grid_cell")
SHOWN = 8  # codes told in a refusal

type Source = Literal["auto", "table", "gravity"]


@dataclass(frozen=True, slots=True)
class Trips:
    """Trips of one class as pairs: positions of the zones, and veh/h. ``source``: "table" or "gravity". ``inside``: veh/h
    within a zone, which never reach the roads. ``unbalanced``: of the gravity model, relative."""

    origin: Indices
    destination: Indices
    trips: Numbers
    source: str
    inside: float = 0.0
    unbalanced: float = 0.0

    def scaled(self, factor: float) -> Trips:
        """As many times the trips."""
        return Trips(
            self.origin,
            self.destination,
            self.trips * factor,
            self.source,
            self.inside * factor,
            self.unbalanced,
        )


def demand(
    run: RunContext,
    network: RoadNetwork,
    period: str,
    classes: Sequence[str],
    *,
    source: Source = "auto",
    zones: ZoneKind = "grid_cell",
    deterrence: trips.Deterrence | None = None,
) -> dict[str, Trips]:
    """Trips of the period by class. The gravity model gives trips by car and is taken for every class asked (their shares of
    it are the caller's business); "auto" takes the table where it has rows of the period and one of the classes.

    Raises TWIN-713 for a table without such rows, TWIN-714 for rows that name unknown zones, TWIN-715 where the gravity
    model finds neither people nor places to go.
    """
    if source != "gravity":
        found = _table(run, network, period, classes)
        if found or source == "table":
            return _required(found, period, classes)
    made = _gravity(run, network, period, zones, deterrence or trips.Deterrence())
    return dict.fromkeys(classes, made)


def _required(found: dict[str, Trips], period: str, classes: Sequence[str]) -> dict[str, Trips]:
    if found:
        return found
    raise TwinError(
        "TWIN-713",
        f"travel_demand 中没有时段“{period}”、车种 {'、'.join(classes)} 的记录；请导入 OD 表，或将需求来源设为 gravity。",
        f'travel_demand has no rows of period "{period}" and classes {", ".join(classes)}; import a table of trips, '
        "or take the gravity model as source.",
        status=422,
        where="demand",
    )


def _table(run: RunContext, network: RoadNetwork, period: str, classes: Sequence[str]) -> dict[str, Trips]:
    names = ("period", "class", "origin", "destination", "trips")
    columns = run.features("travel_demand", columns=names).columns
    rows = [
        row
        for row in zip(*(columns[name] for name in names), strict=True)
        if row[0] == period and row[1] in classes and row[4] > 0
    ]
    place = {code: i for i, code in enumerate(network.zones.code)}
    unknown = {code for row in rows for code in row[2:4] if code not in place}
    if unknown:
        shown = ", ".join(sorted(unknown)[:SHOWN])
        raise TwinError(
            "TWIN-714",
            f"travel_demand 中有 {len(unknown)} 个小区不在路网的小区之中：{shown}；请核对小区编号，或小区划分（zones）。",
            f"travel_demand names {len(unknown)} zones that the network does not have: {shown}; check their codes, or the kind of zones.",
            status=422,
            where="demand",
        )
    return {
        name: _pairs(place, [row for row in rows if row[1] == name])
        for name in classes
        if any(row[1] == name for row in rows)
    }


def _pairs(place: dict[str, int], rows: list[tuple[object, ...]]) -> Trips:
    ends = np.array([(place[str(row[2])], place[str(row[3])]) for row in rows], np.int32).reshape(-1, 2)
    count = np.array([float(str(row[4])) for row in rows])
    within = ends[:, 0] == ends[:, 1]
    return Trips(ends[~within, 0], ends[~within, 1], count[~within], "table", float(count[within].sum()))


def _gravity(
    run: RunContext, network: RoadNetwork, period: str, zones: ZoneKind, deterrence: trips.Deterrence
) -> Trips:
    hour = trips.period(period)
    homes = np.nan_to_num(network.zones.population) * trips.cars_per_person(hour)
    made = trips.gravity(zone_minutes(network), homes, attraction(run, network, zones), hour, deterrence)
    origin, destination = np.nonzero(made.trips)
    if not origin.size:
        raise TwinError(
            "TWIN-715",
            "无法推算出行需求：小区没有人口，或没有建筑、用地与设施；请补充 grid_cell 的人口，或导入 travel_demand。",
            "No trips can be estimated: the zones have no people, or there are neither buildings nor land use nor facilities; "
            "give grid_cell its population, or import travel_demand.",
            status=422,
            where="demand",
        )
    return Trips(
        origin.astype(np.int32), destination.astype(np.int32), made.trips[origin, destination], "gravity",
        unbalanced=made.error,
    )  # fmt: skip


def attraction(run: RunContext, network: RoadNetwork, zones: ZoneKind) -> Numbers:
    """(zones,) relative attraction: floor area by use (land by use where there are no buildings), and facilities."""
    cells = run.features("grid_cell", columns=["code"])
    digits = {"community": 12, "town": 9}.get(zones)
    place = {code: i for i, code in enumerate(network.zones.code)}
    owner = np.array([place.get(str(code)[:digits], -1) for code in cells.columns["code"]], np.intp)
    tree = shapely.STRtree(cells.shapes)
    total = np.zeros(len(place))

    def add(points: object, weight: Numbers) -> None:
        thing, cell = tree.query(points, predicate="intersects")
        thing, first = np.unique(thing, return_index=True)
        zone = owner[cell[first]]
        np.add.at(total, zone[zone >= 0], weight[thing[zone >= 0]])

    buildings = run.features("building", columns=["use", "floors"])
    if len(buildings):
        floors = np.array([max(n or 1, 1) for n in buildings.columns["floors"]], np.float64)
        floor_m2 = shapely.area(buildings.shapes) * floors
        add(shapely.centroid(buildings.shapes), trips.by_floor_area(buildings.columns["use"], floor_m2))
    else:
        land = run.features("land_use", columns=["land_use", "status"])
        now = np.array([state == "current" for state in land.columns["status"]], bool)
        weight = trips.by_land(land.columns["land_use"], shapely.area(land.shapes)) * now
        add(shapely.point_on_surface(land.shapes), weight)
    facilities = run.features("facility", columns=["kind"])
    add(facilities.shapes, trips.by_place(facilities.columns["kind"]))
    return total


def zone_minutes(network: RoadNetwork) -> Numbers:
    """(zones, zones) minutes at free speeds, infinite without a way; turn bans are left out of account."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    links, nodes = network.links, len(network.nodes)
    # Every zone is split into where trips begin and where they end, so that no path passes through one.
    head = np.where(links.head < network.first_through, links.head + nodes, links.head)
    time = np.maximum(links.free_time, 1e-6)
    order = np.lexsort((time, head, links.tail))
    pair = np.stack([links.tail[order], head[order]])
    first = np.ones(order.size, bool)
    first[1:] = (pair[:, 1:] != pair[:, :-1]).any(axis=0)  # of parallel links the fastest
    size = nodes + network.first_through
    graph = csr_array((time[order][first], (pair[0, first], pair[1, first])), shape=(size, size))
    ends = np.where(
        network.zones.node < network.first_through, network.zones.node + nodes, network.zones.node
    )
    found = dijkstra(graph, indices=network.zones.node)
    return np.asarray(found[:, ends] / 60.0, np.float64)
