"""Road links under water: the worst of each, its depth over time, and when it is closed to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.exposure import earliest, greatest
from twin.city.passability import safe_speed
from twin.processes.context import Features
from twin.processes.flood.outcomes.recorder import FREE_SPEED_KM_H, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.flood.outcomes.case import Case
    from twin.processes.flood.outcomes.recorder import Recorder

WRITES = ("flood_road", "flood_road_series", "flood_closure")


def write(case: Case, recorder: Recorder) -> tuple[int, dict[str, int]]:
    """Hand over the roads; returns how many links are wet, and how many are closed by class of vehicle."""
    roads, result = recorder.roads, case.result
    owner, rows, columns = recorder.on_road
    count = len(roads.shapes)
    depth = greatest(result.max_depth[rows, columns], owner, count)
    hazard = greatest(result.max_hazard[rows, columns], owner, count)
    depth[recorder.dry_links] = 0.0
    early = earliest(case.arrival[rows, columns], owner, count)
    free = np.array([speed or FREE_SPEED_KM_H for speed in roads.columns["free_speed"]], float)
    wet = np.nonzero(depth >= case.inputs.road_threshold_m)[0]
    end = recorder.minutes[-1] if recorder.minutes else 0.0
    shut_min = recorder.closed_minutes(0, end)
    cars = recorder.vehicles[0]
    passable = (depth < cars.depth_m) & (shut_min == 0)
    case.run.write_features(
        "flood_road",
        Features(
            {
                **_named(roads.columns, wet),
                "class": [roads.columns["class"][i] for i in wet],
                "depth": rounded(depth[wet]),
                "passable": [bool(open_) for open_ in passable[wet]],
                "arrival_min": [early[i] for i in wet],
                "flow": rounded(recorder.flow[wet]),
                "speed_km_h": rounded(safe_speed(depth, free)[wet], 1),
                "hazard": rounded(hazard[wet]),
                "closed_min": rounded(shut_min[wet], 1),
            },
            roads.shapes[wet],
        ),
    )
    _over_time(case, recorder, free)
    closed = _closures(case, recorder)
    closed[cars.name] = max(closed[cars.name], int((~passable[wet]).sum()))
    return len(wet), closed


def _named(columns: dict[str, list[Any]], index: NDArray[np.intp]) -> dict[str, list[Any]]:
    return {
        "road_code": [columns["code"][i] for i in index],
        "name": [columns["name"][i] for i in index],
    }


def _over_time(case: Case, recorder: Recorder, free: NDArray[np.floating]) -> None:
    rows = list(recorder.water.intervals())
    link = np.array([row[0] for row in rows], np.intp)
    depth = np.array([row[3][0] for row in rows])
    case.run.write_features(
        "flood_road_series",
        Features(
            {
                "road_code": [recorder.roads.columns["code"][i] for i in link],
                **_times(case, [row[1] for row in rows], [row[2] for row in rows]),
                "depth": rounded(depth),
                "flow": rounded(row[3][1] for row in rows),
                "speed_km_h": rounded(safe_speed(depth, free[link]), 1),
            },
            None,
        ),
    )


def _closures(case: Case, recorder: Recorder) -> dict[str, int]:
    """Hand over the closed intervals of all classes; returns the number of links ever closed to each."""
    names: list[str] = []
    links: list[int] = []
    begins: list[float] = []
    ends: list[float | None] = []
    closed: dict[str, int] = {}
    for vehicle, changes in zip(recorder.vehicles, recorder.shut, strict=True):
        mine = list(changes.intervals())
        closed[vehicle.name] = len({link for link, *_ in mine})
        names += [vehicle.name] * len(mine)
        links += [link for link, *_ in mine]
        begins += [begin for _, begin, _, _ in mine]
        ends += [end for _, _, end, _ in mine]
    index = np.array(links, np.intp)
    owner, rows, columns = recorder.on_road
    depth = greatest(case.result.max_depth[rows, columns], owner, len(recorder.roads.shapes))
    case.run.write_features(
        "flood_closure",
        Features(
            {
                **_named(recorder.roads.columns, index),
                "vehicle_class": names,
                **_times(case, begins, ends),
                "depth": rounded(depth[index]),
            },
            recorder.roads.shapes[index],
        ),
    )
    return closed


def _times(case: Case, begins: list[float], ends: list[float | None]) -> dict[str, list[Any]]:
    """Minutes and moments of intervals; one that lasted to the end of the run stays open."""
    return {
        "from_min": rounded(begins, 2),
        "to_min": [None if end is None else round(end, 2) for end in ends],
        "valid_from": [case.at(begin) for begin in begins],
        "valid_to": [None if end is None else case.at(end) for end in ends],
    }
