"""Grid cells, public facilities and classes of land use under water."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.exposure import by_class, earliest, greatest
from twin.city.surface import burn
from twin.engines.flood import classes
from twin.processes.context import Features
from twin.processes.flood.outcomes.case import HAZARD_CLASSES
from twin.processes.flood.outcomes.recorder import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.flood.outcomes.buildings import Reached
    from twin.processes.flood.outcomes.case import Case
    from twin.processes.flood.outcomes.recorder import Recorder

WRITES = ("flood_cell", "flood_facility", "flood_land_use")
NEAR_M = 10.0  # of a facility's point


def cells(case: Case, recorder: Recorder, reached: Reached) -> int:
    """Hand over the flooded grid cells; returns their number."""
    owner, wet = recorder.cell_label, case.wet
    count = len(recorder.cells.shapes)
    depth = np.nan_to_num(case.result.max_depth)
    size, number, mean = by_class(owner, wet, depth, count)
    inside = wet & (owner > 0)
    index = owner[inside] - 1
    deepest = greatest(depth[inside], index, count)
    hazard = greatest(case.result.max_hazard[inside], index, count)
    hit = reached.flooded & (reached.cell >= 0)
    where = reached.cell[hit]
    buildings = np.bincount(where, minlength=count)
    floor = np.bincount(where, weights=reached.footprint_m2[hit], minlength=count)
    lost = np.bincount(where, weights=(reached.ratio * reached.footprint_m2)[hit], minlength=count)
    flooded = np.nonzero(number)[0]
    case.run.write_features(
        "flood_cell",
        Features(
            {
                "grid_code": [recorder.cells.columns["code"][i] for i in flooded],
                "mean_depth": rounded(mean[flooded]),
                "max_depth": rounded(deepest[flooded]),
                "flooded_area_m2": rounded(number[flooded] * case.cell_m2, 1),
                "flooded_share": rounded(number[flooded] / size[flooded], 4),
                "flooded_buildings": [int(buildings[i]) for i in flooded],
                "damage_ratio": rounded((lost / np.maximum(floor, 1e-9))[flooded], 4),
                "damage": _summed(reached.damage, hit, where, count, flooded),
                "hazard": rounded(hazard[flooded]),
                "people": _summed(reached.people, hit, where, count, flooded),
            },
            recorder.cells.shapes[flooded],
        ),
    )
    return len(flooded)


def _summed(
    values: NDArray[np.float64] | None,
    hit: NDArray[np.bool_],
    where: NDArray[np.intp],
    count: int,
    wanted: NDArray[np.intp],
) -> list[float | None]:
    if values is None:
        return [None] * len(wanted)
    total = np.bincount(where, weights=np.nan_to_num(values[hit]), minlength=count)
    return [round(float(total[i]), 1) for i in wanted]


def facilities(case: Case, reached: Reached) -> int:
    """Hand over the facilities with water at their point or at the building they stand in; returns their number."""
    rows = case.run.features("facility", columns=["code", "name", "kind"], bbox=case.box)
    count = len(rows.shapes)
    owner, down, right = _near(case, rows.shapes)
    result = case.result
    depth = greatest(result.max_depth[down, right], owner, count)
    hazard = greatest(result.max_hazard[down, right], owner, count)
    early = earliest(case.arrival[down, right], owner, count)
    under = greatest(case.duration[down, right], owner, count)
    home = _home(case, rows.shapes)
    stands = home >= 0
    depth[stands] = np.maximum(depth[stands], reached.depth[home[stands]])
    hazard[stands] = np.maximum(hazard[stands], reached.hazard[home[stands]])
    under[stands] = np.maximum(under[stands], reached.duration[home[stands]])
    for i in np.nonzero(stands)[0]:
        early[i] = min((t for t in (early[i], reached.arrival[home[i]]) if t is not None), default=None)
    wet = np.nonzero(depth >= case.inputs.flooded_m)[0]
    case.run.write_features(
        "flood_facility",
        Features(
            {
                "facility_code": [rows.columns["code"][i] for i in wet],
                "name": [rows.columns["name"][i] for i in wet],
                "kind": [rows.columns["kind"][i] for i in wet],
                "depth": rounded(depth[wet]),
                "hazard": rounded(hazard[wet]),
                "hazard_class": [HAZARD_CLASSES[i] for i in classes(hazard[wet])],
                "arrival_min": [early[i] for i in wet],
                "duration_min": rounded(under[wet], 1),
            },
            rows.shapes[wet],
        ),
    )
    return len(wet)


def _near(
    case: Case, points: NDArray[np.object_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Land cells within ``NEAR_M`` of each point: ``(point, row, column)``."""
    reach = int(np.ceil(NEAR_M / case.ground.domain.cell))
    x, y = shapely.get_coordinates(points).T if len(points) else np.empty((2, 0))
    column, row = ~case.ground.transform @ (x, y)
    step = np.arange(-reach, reach + 1)
    dr, dc = (grid.ravel() for grid in np.meshgrid(step, step, indexing="ij"))
    rows = np.floor(row).astype(np.intp)[:, None] + dr
    columns = np.floor(column).astype(np.intp)[:, None] + dc
    away = np.hypot(rows + 0.5 - row[:, None], columns + 0.5 - column[:, None]) * case.ground.domain.cell
    inside = (rows >= 0) & (rows < case.shape[0]) & (columns >= 0) & (columns < case.shape[1])
    owner = np.broadcast_to(np.arange(len(points))[:, None], rows.shape)
    good = inside & (away <= max(NEAR_M, case.ground.domain.cell))
    owner, rows, columns = owner[good], rows[good], columns[good]
    land = case.land[rows, columns]
    return owner[land], rows[land], columns[land]


def _home(case: Case, points: NDArray[np.object_]) -> NDArray[np.intp]:
    """The building that each point stands in, -1 for none."""
    home = np.full(len(points), -1, np.intp)
    if len(points) and len(case.ground.buildings.shapes):
        found = shapely.STRtree(case.ground.buildings.shapes).query(points, predicate="intersects")
        home[found[0]] = found[1]
    return home


def land_use(case: Case) -> None:
    """Hand over area and flooded area of each class of land use."""
    rows = case.run.features("land_use", columns=["land_use"], bbox=case.box)
    codes = sorted({code for code in rows.columns["land_use"] if code})
    number = {code: index + 1 for index, code in enumerate(codes)}
    label = burn(
        rows.shapes,
        [number.get(code or "", 0) for code in rows.columns["land_use"]],
        case.ground.transform,
        case.shape,
        fill=0,
        dtype="int32",
    )
    depth = np.nan_to_num(case.result.max_depth)
    size, wet, mean = by_class(
        np.where(np.isfinite(case.result.max_depth), label, 0), case.wet, depth, len(codes)
    )
    flooded = np.nonzero(wet)[0]
    case.run.write_features(
        "flood_land_use",
        Features(
            {
                "land_use": [codes[i] for i in flooded],
                "area_m2": rounded(size[flooded] * case.cell_m2, 1),
                "flooded_area_m2": rounded(wet[flooded] * case.cell_m2, 1),
                "flooded_share": rounded(wet[flooded] / size[flooded], 4),
                "mean_depth": rounded(mean[flooded]),
            },
            None,
        ),
    )
