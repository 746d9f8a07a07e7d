"""Rows of the result layers of an assignment: links, turns, selected links, trips cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.road_network import CONNECTOR
from twin.city.road_network_links import turned
from twin.processes.context import Features
from twin.processes.traffic.solving import by_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import Numbers, RoadNetwork
    from twin.engines.traffic.assignment import CutOff, Equilibrium, Selection

CLASSES = ("car", "taxi", "bus", "truck", "emergency")


def roads(network: RoadNetwork) -> NDArray[np.intp]:
    """Positions of the links that are roads."""
    return np.flatnonzero(network.links.road_class != CONNECTOR)


def rounded(values: Any, digits: int = 3) -> list[float | None]:
    """Finite numbers rounded, others None."""
    given = np.asarray(values, np.float64)
    return [round(float(v), digits) if np.isfinite(v) else None for v in given]


def named(network: RoadNetwork, index: NDArray[Any]) -> dict[str, list[Any]]:
    """Columns that say which directed link a row is."""
    links = network.links
    return {
        "road_code": links.code[index].tolist(),
        "forward": links.forward[index].tolist(),
        "name": links.name[index].tolist(),
    }


def speeds(network: RoadNetwork, time: Numbers) -> Numbers:
    """(links,) km/h at these times (s); infinite where both length and time are 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 3.6 * network.links.length / time
    return np.where(time > 0, found, network.links.free_speed)


def links(network: RoadNetwork, found: Equilibrium) -> Features:
    """One row per directed link."""
    index, table = roads(network), network.links
    time, free = found.time, table.free_time
    flows = by_class(found)
    columns: dict[str, list[Any]] = {
        **named(network, index),
        "class": table.road_class[index].tolist(),
        "flow": rounded(found.flow[index]),
        "saturation": rounded((found.flow / table.capacity)[index], 4),
        "speed": rounded(speeds(network, time)[index], 2),
        "free_speed": rounded(table.free_speed[index], 2),
        "time": rounded(time[index]),
        "free_time": rounded(free[index]),
        "delay": rounded((found.flow * np.maximum(time - free, 0.0) / 3600.0)[index], 4),
        "capacity": rounded(table.capacity[index], 1),
        "length": rounded(table.length[index], 2),
    }
    for name in CLASSES:
        columns[f"flow_{name}"] = rounded(flows[name][index]) if name in flows else [None] * index.size
    return Features(columns, table.shape[index])


def turns(network: RoadNetwork, found: Equilibrium) -> Features:
    """Flows from road to road; trips that begin or end at a node are left out."""
    made, table = found.turns(), network.links
    both = (table.road_class[made.from_link] != CONNECTOR) & (table.road_class[made.to_link] != CONNECTOR)
    came, went, flow = made.from_link[both], made.to_link[both], made.flow[both]
    return Features(
        {
            "node_code": network.nodes.code[table.head[came]].tolist(),
            "from_road": table.code[came].tolist(),
            "from_forward": table.forward[came].tolist(),
            "to_road": table.code[went].tolist(),
            "to_forward": table.forward[went].tolist(),
            "angle": rounded(turned(table.shape[came], table.shape[went]), 1),
            "flow": rounded(flow),
        },
        None,
    )


def selected(network: RoadNetwork, found: Equilibrium, chosen: NDArray[Any], through: Selection) -> Features:
    """The links that trips over the chosen ones use."""
    index = roads(network)
    index = index[(through.flow[index] > 1e-6) | np.isin(index, chosen)]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = through.flow[index] / found.flow[index]
    return Features(
        {
            **named(network, index),
            "flow": rounded(through.flow[index]),
            "share": rounded(share, 4),
            "selected": np.isin(index, chosen).tolist(),
        },
        network.links.shape[index],
    )


def pairs(network: RoadNetwork, names: Sequence[str], lost: CutOff | Selection) -> dict[str, list[Any]]:
    """Class, zones and trips of origin-destination pairs."""
    code = network.nodes.code
    return {
        "class": [names[k] for k in lost.demand],
        "origin": code[lost.origin].tolist(),
        "destination": code[lost.destination].tolist(),
        "trips": rounded(lost.trips, 4),
    }


def cut_off(network: RoadNetwork, names: Sequence[str], lost: CutOff) -> Features:
    """Trips without a way, as lines between their zones."""
    nodes = network.nodes
    ends = np.stack([lost.origin, lost.destination], axis=1).astype(np.intp)
    points = np.stack([nodes.x[ends], nodes.y[ends]], axis=2)
    lines = np.empty(len(points), object)
    lines[:] = list(shapely.linestrings(points)) if len(points) else []
    return Features(pairs(network, names, lost), lines)
