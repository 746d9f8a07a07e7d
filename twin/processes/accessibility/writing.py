"""The result layers: grid cells, buildings, facilities and isochrones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.processes.accessibility.times import changes, effects, minutes
from twin.processes.context import Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.accessibility.ways import Places
    from twin.processes.accessibility.inputs import AccessibilityInputs
    from twin.processes.accessibility.network import Net
    from twin.processes.accessibility.people import Crowd, Targets
    from twin.processes.accessibility.times import Spread
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

LAYERS = ("accessibility_isochrone", "accessibility_cell", "accessibility_building", "accessibility_facility")


@dataclass(frozen=True, slots=True)
class Timed:
    """People's places with their seconds by state and the nearest facility in the base state (-1: none)."""

    crowd: Crowd
    places: Places
    time: dict[str, Numbers]
    owner: Indices


def timed(net: Net, crowd: Crowd, states: dict[str, Spread], snap_m: float) -> Timed:
    """Bring places to the roads and take their times in each state."""
    places = net.places(crowd.point, snap_m)
    found = {name: state.at(places) for name, state in states.items()}
    return Timed(crowd, places, {name: time for name, (time, _) in found.items()}, found["base"][1])


def _columns(rows: Timed, targets: Targets) -> dict[str, list[Any]]:
    base, variant = rows.time["base"], rows.time.get("variant")
    return {
        "time": minutes(base, base.size),
        "time_variant": minutes(variant, base.size),
        "change": changes(base, variant),
        "effect": effects(base, variant),
        "nearest": [targets.code[i] if i >= 0 else None for i in rows.owner.tolist()],
    }


def write_buildings(run: RunContext, rows: Timed, targets: Targets) -> None:
    """One row a building."""
    columns = {"building_code": rows.crowd.code, **_columns(rows, targets)}
    run.write_features("accessibility_building", Features(columns, rows.crowd.shape))


def write_cells(
    run: RunContext,
    rows: Timed,
    targets: Targets,
    access: Numbers | None,
    reached: dict[str, NDArray[np.bool_]],
) -> None:
    """One row a cell, with its share of what is supplied and the kinds on foot."""
    size = len(rows.crowd.code)
    kinds = np.array(list(reached.values())).reshape(len(reached), size)
    missing = [
        ",".join(kind for kind, has in zip(reached, cell, strict=True) if not has) or None for cell in kinds.T
    ]
    columns = {
        "grid_code": rows.crowd.code,
        "people": rows.crowd.people.tolist(),
        **_columns(rows, targets),
        "access": [None] * size if access is None else [round(1000 * one, 4) for one in access.tolist()],
        "kinds_reached": kinds.sum(0).tolist() if reached else [None] * size,
        "kinds_missing": missing if reached else [None] * size,
    }
    run.write_features("accessibility_cell", Features(columns, rows.crowd.shape))


def write_facilities(
    run: RunContext, targets: Targets, sources: Places, cells: Timed, ratio: Numbers | None
) -> None:
    """One row a facility: the cells it is nearest to."""
    from twin.engines.traffic.accessibility.catchment import quantile

    size = len(targets)
    own = cells.owner >= 0
    residents, area = cells.crowd.people, shapely.area(cells.crowd.shape) / 1e6
    time = cells.time["base"]
    late = [quantile(time[cells.owner == i], residents[cells.owner == i], 0.95) for i in range(size)]
    columns = {
        "facility_code": targets.code,
        "name": targets.name,
        "kind": targets.kind,
        "on_road": (sources.line >= 0).tolist(),
        "people": np.bincount(cells.owner[own], weights=residents[own], minlength=size).tolist(),
        "area_km2": np.round(np.bincount(cells.owner[own], weights=area[own], minlength=size), 4).tolist(),
        "time_95": minutes(np.array(late), size),
        "ratio": [None] * size if ratio is None else [round(1000 * one, 4) for one in ratio.tolist()],
    }
    run.write_features("accessibility_facility", Features(columns, targets.point))


def write_isochrones(
    run: RunContext,
    inputs: AccessibilityInputs,
    net: Net,
    states: dict[str, Spread],
    targets: Targets,
    crowd: Timed,
) -> dict[tuple[str, float], float]:
    """The largest first, so that the smaller lie on top; returns their areas (km2) by state and limit."""
    from twin.engines.traffic.accessibility.ways import stretches
    from twin.processes.accessibility.isochrones import polygon

    rows, shapes = [], []
    on_road = targets.point[states["base"].sources.line >= 0]
    for name, state in states.items():
        shape = shapely.MultiPolygon()
        for limit in inputs.minutes:
            left = 60.0 * limit - state.start_s
            found = stretches(state.ways, state.sources, state.found, left)
            inside = on_road if left >= 0 else on_road[:0]
            shape = polygon(state.ways, net.lines, found, inputs.buffer_m, inside, shape)
            run.check()
            if not shape.is_empty:
                residents = float(crowd.crowd.people[crowd.time[name] <= 60.0 * limit].sum())
                rows.append((limit, name, round(residents, 1), round(shape.area / 1e6, 4)))
                shapes.append(shape)
    names = ("minutes", "state", "people", "area_km2")
    columns: dict[str, list[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
    drawn = np.empty(len(shapes), object)
    drawn[:] = shapes[::-1]
    columns = {name: values[::-1] for name, values in columns.items()}
    run.write_features("accessibility_isochrone", Features(columns, drawn))
    return {(row[1], row[0]): row[3] for row in rows}
