"""Buildings: water at their walls and inside, the share of value lost, the people in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.city import damage
from twin.city.exposure import earliest, greatest, living_area, people_by_building
from twin.engines.flood import classes
from twin.processes.context import Features
from twin.processes.flood.outcomes.case import HAZARD_CLASSES
from twin.processes.flood.outcomes.recorder import rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.flood.ground import Ground
    from twin.processes.flood.outcomes.case import Case
    from twin.processes.flood.outcomes.recorder import Recorder

WRITES = ("flood_building",)
WALL_CELLS = 1.5  # water at a wall: within one cell of the footprint, diagonals included


@dataclass(frozen=True, slots=True)
class Reached:
    """One value each building of the ground, flooded or not."""

    depth: NDArray[np.float64]  # m, greatest at the walls
    hazard: NDArray[np.float64]
    arrival: list[float | None]  # min
    duration: NDArray[np.float64]  # min at or above the depth of arrival
    flooded: NDArray[np.bool_]
    footprint_m2: NDArray[np.float64]
    ratio: NDArray[np.float64]  # share of value lost
    damage: NDArray[np.float64] | None  # CNY; None where no value per area was given
    people: NDArray[np.float64] | None  # None where no population is known
    cell: NDArray[np.intp]  # index of the grid cell it stands in, -1 for none


def at_walls(ground: Ground) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Open cells around each building: ``(building, row, column)``; a cell belongs to its nearest building."""
    from scipy import ndimage

    found = ground.building_labels
    if not found.any():
        none = np.empty(0, dtype=np.intp)
        return none, none, none
    # raised or ignored footprints may hold water of their own: what stands at the walls counts
    ring = ndimage.binary_dilation(found > 0, structure=np.ones((3, 3), bool)) & (found == 0)
    rows, columns = np.nonzero(ring)
    padded = np.pad(found, 1)
    owner = np.zeros(rows.size, found.dtype)
    for down, right in ((0, 1), (2, 1), (1, 0), (1, 2), (0, 0), (0, 2), (2, 0), (2, 2)):
        there = padded[rows + down, columns + right]
        owner = np.where(owner == 0, there, owner)
    return owner.astype(np.intp) - 1, rows, columns


def reach(case: Case, recorder: Recorder) -> Reached:
    """What the water does to each building; hands over those that count as flooded."""
    ground, result, asked = case.ground, case.result, case.inputs.outcomes
    columns = ground.buildings.columns
    count = len(ground.buildings.shapes)
    owner, rows, cols = at_walls(ground)
    depth = greatest(result.max_depth[rows, cols], owner, count)
    hazard = greatest(result.max_hazard[rows, cols], owner, count)
    flooded = depth >= case.inputs.flooded_m
    inside, floor = damage.inside_depth(
        depth, columns["ground_floor_elevation"], columns["base_elevation"], asked.floor_height_m
    )
    kind = damage.classes(columns["use"], asked.curves())
    ratio = np.where(flooded, damage.ratios(inside, kind, asked.curves()), 0.0)
    footprint = shapely.area(ground.buildings.shapes)
    value = np.array([asked.unit_values.get(name, np.nan) for name in kind])
    cell = _cell_of(case, recorder)
    found = Reached(
        depth=depth,
        hazard=hazard,
        arrival=earliest(case.arrival[rows, cols], owner, count),
        duration=greatest(case.duration[rows, cols], owner, count),
        flooded=flooded,
        footprint_m2=footprint,
        ratio=ratio,
        damage=ratio * footprint * value if asked.unit_values else None,
        people=_people(case, recorder, footprint, cell),
        cell=cell,
    )
    _write(case, found, inside, floor)
    return found


def _cell_of(case: Case, recorder: Recorder) -> NDArray[np.intp]:
    shapes = case.ground.buildings.shapes
    if not len(shapes):
        return np.empty(0, np.intp)
    x, y = shapely.get_coordinates(shapely.point_on_surface(shapes)).T
    column, row = ~case.ground.transform @ (x, y)
    rows, columns = np.floor(row).astype(int), np.floor(column).astype(int)
    inside = (rows >= 0) & (rows < case.shape[0]) & (columns >= 0) & (columns < case.shape[1])
    label = recorder.cell_label[np.clip(rows, 0, case.shape[0] - 1), np.clip(columns, 0, case.shape[1] - 1)]
    return np.where(inside, label, 0).astype(np.intp) - 1


def _people(
    case: Case, recorder: Recorder, footprint: NDArray[np.float64], cell: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    """The grid cells' population by living area; without any, that of the lowest level of areas that tells one."""
    columns = case.ground.buildings.columns
    living = living_area(footprint, columns["floors"], columns["use"])
    population = recorder.cells.columns["population"]
    if any(population):
        return people_by_building(population, cell, living)
    areas = case.run.features("admin_area", columns=["level", "population"], bbox=case.box)
    told = [
        (level, index)
        for index, level in enumerate(areas.columns["level"])
        if areas.columns["population"][index] and level
    ]
    if not told:
        return None
    lowest = max(level for level, _ in told)
    index = [i for level, i in told if level == lowest]
    tree = shapely.STRtree(areas.shapes[index])
    place = shapely.point_on_surface(case.ground.buildings.shapes)
    pairs = tree.query(place, predicate="within")
    owner = np.full(len(place), -1, np.intp)
    owner[pairs[0]] = pairs[1]
    return people_by_building([areas.columns["population"][i] for i in index], owner, living)


def _write(case: Case, found: Reached, inside: NDArray[np.float64], floor: NDArray[np.float64]) -> None:
    source = case.ground.buildings.columns
    wet = np.nonzero(found.flooded)[0]
    worth = None if found.damage is None else found.damage[wet]
    case.run.write_features(
        "flood_building",
        Features(
            {
                "building_code": [source["code"][i] for i in wet],
                "use": [source["use"][i] for i in wet],
                "height": [source["height"][i] for i in wet],
                "depth": rounded(found.depth[wet]),
                "hazard": rounded(found.hazard[wet]),
                "hazard_class": [HAZARD_CLASSES[i] for i in classes(found.hazard[wet])],
                "arrival_min": [found.arrival[i] for i in wet],
                "duration_min": rounded(found.duration[wet], 1),
                "floor_height": rounded(floor[wet]),
                "depth_inside": rounded(inside[wet]),
                "damage_ratio": rounded(found.ratio[wet], 4),
                "damage": _money(worth, len(wet)),
                "people": [None] * len(wet) if found.people is None else rounded(found.people[wet], 1),
            },
            case.ground.buildings.shapes[wet],
        ),
    )


def _money(worth: NDArray[np.float64] | None, count: int) -> list[float | None]:
    if worth is None:
        return [None] * count
    return [None if np.isnan(one) else float(round(one)) for one in worth]
