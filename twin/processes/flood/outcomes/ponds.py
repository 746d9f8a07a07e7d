"""Waterlogging points: where water stands, how badly, and by which road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city.waterlogging import GRADES, Ponds, grades, ponds
from twin.processes.context import Features
from twin.processes.flood.outcomes.recorder import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.flood.outcomes.case import Case
    from twin.processes.flood.outcomes.recorder import Recorder

WRITES = ("flood_waterlogging",)
ROAD_WITHIN_M = 100.0


def write(case: Case, recorder: Recorder) -> dict[str, int]:
    """Hand over the ponds; returns their number by grade."""
    asked = case.inputs.outcomes
    limits = asked.waterlogging_grades_m
    counts = case.land & (case.ground.building_labels == 0)
    found = ponds(
        case.result.max_depth, counts, case.ground.domain.cell,
        threshold_m=limits[0], smallest_m2=asked.smallest_pond_m2,
    )  # fmt: skip
    grade = grades(found.depth, limits)
    grid = case.ground.transform  # north-up
    points = shapely.points(grid.c + grid.a * (found.column + 0.5), grid.f + grid.e * (found.row + 0.5))
    road = _nearest(points, recorder)
    early = case.arrival[found.row, found.column]
    roads, codes = recorder.roads.columns, recorder.cells.columns["code"]
    label = recorder.cell_label[found.row, found.column]
    case.run.write_features(
        "flood_waterlogging",
        Features(
            {
                "code": [f"JS{number:04d}" for number in range(1, len(found) + 1)],
                "grade": grade,
                "depth": rounded(found.depth),
                "area_m2": rounded(found.area_m2, 1),
                "volume_m3": rounded(found.volume_m3, 1),
                "arrival_min": [None if np.isnan(one) else round(float(one), 1) for one in early],
                "duration_min": rounded(_longest(case, found), 1),
                "road_name": [roads["name"][i] if i >= 0 else None for i in road],
                "road_code": [roads["code"][i] if i >= 0 else None for i in road],
                "grid_code": [codes[i - 1] if i > 0 else None for i in label],
            },
            np.asarray(points),
        ),
    )
    return {name: grade.count(name) for name in GRADES}


def _longest(case: Case, found: Ponds) -> NDArray[np.float32]:
    """Minutes under water at the deepest place."""
    return case.duration[found.row, found.column]


def _nearest(points: NDArray[np.object_], recorder: Recorder) -> NDArray[np.intp]:
    """The nearest road with a name, and on the ground, within ``ROAD_WITHIN_M``, -1 for none."""
    columns = recorder.roads.columns
    named = [i for i, name in enumerate(columns["name"]) if name and not columns["bridge"][i]]
    found = np.full(len(points), -1, np.intp)
    if named and len(points):
        tree = shapely.STRtree(recorder.roads.shapes[named])
        pairs = tree.query_nearest(points, max_distance=ROAD_WITHIN_M, all_matches=False)
        found[pairs[0]] = np.asarray(named)[pairs[1]]
    return found
