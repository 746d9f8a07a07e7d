"""Indices of the city, its districts and its classes of roads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.traffic_index import Area, area, rules
from twin.processes.context import Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.city.traffic_index import Index, Level
    from twin.processes.context import RunContext
    from twin.processes.traffic.observed import Observed
    from twin.processes.traffic_state.links import State

DISTRICT = 2
LEFT_OUT = ("footway", "service", "rural")  # of the urban road network that an index speaks of
ROUNDED = {"speed": 1, "severe_share": 4, "extra_time": 3, "speed_ratio": 3, "mileage_km": 2}


@dataclass(frozen=True, slots=True)
class Judged:
    """An area's index by one formula."""

    index: float
    level: Level
    area: Area


def formulas() -> tuple[Index, ...]:
    """The formulas of the rules."""
    return tuple(rules().indices.values())


def write(run: RunContext, network: RoadNetwork, seen: Observed, state: State) -> dict[str, Judged]:
    """The layer ``traffic_index``; returns the city's indices by formula."""
    kind = network.links.road_class[state.road]
    urban = ~np.isin(kind.astype(str), LEFT_OUT)
    places: list[tuple[str, str, str | None, NDArray[np.bool_]]] = [("city", "city", None, urban)]
    places += [
        ("district", code, name, urban & inside) for code, name, inside in _districts(run, network, state)
    ]
    terms = run.catalog.vocabularies["road_class"].terms
    for code in sorted(set(kind[urban].tolist())):
        places.append(("class", code, terms[code].zh if code in terms else None, urban & (kind == code)))
    rows: list[dict[str, Any]] = []
    city: dict[str, Judged] = {}
    for place_kind, place, name, which in places:
        if not which.any():
            continue
        amount = _area(network, state, which)
        for formula in formulas():
            value = formula.value(float(getattr(amount, formula.measure)))
            judged = Judged(value, rules().level(value), amount)
            if place_kind == "city":
                city[formula.name] = judged
            row: dict[str, Any] = {
                "formula": formula.name,
                "place_kind": place_kind,
                "place": place,
                "name": name,
            }
            row |= {"index": round(value, 2), "level": judged.level}
            rows.append(row | {key: round(getattr(amount, key), digits) for key, digits in ROUNDED.items()})
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    columns |= {"valid_from": [seen.start_of_last] * len(rows), "valid_to": [seen.end] * len(rows)}
    run.write_features("traffic_index", Features(columns, None))
    return city


def _area(network: RoadNetwork, state: State, which: NDArray[np.bool_]) -> Area:
    """Weighed by the flows where they are known, else by length alone."""
    road = state.road[which]
    weight = np.ones(road.size) if state.flow is None else np.maximum(state.flow.value[which], 1.0)
    free = np.asarray(network.links.free_speed, float)[road]
    return area(network.links.length[road], state.speed.value[which], free, state.level[which], weight)


def _districts(
    run: RunContext, network: RoadNetwork, state: State
) -> list[tuple[str, str | None, NDArray[np.bool_]]]:
    """Links by the district that their middle lies in."""
    found = run.features("admin_area", columns=["code", "name", "level"])
    chosen = [i for i, level in enumerate(found.columns["level"]) if level == DISTRICT]
    if not chosen:
        return []
    shapes = network.links.shape[state.road]
    middle = shapely.line_interpolate_point(np.array(shapes.tolist(), dtype=object), 0.5, normalized=True)
    tree = shapely.STRtree(middle)
    out = []
    for i in chosen:
        inside = np.zeros(state.road.size, bool)
        inside[tree.query(found.shapes[i], predicate="contains")] = True
        out.append((found.columns["code"][i], found.columns["name"][i], inside))
    return out
