"""Who and what the water reaches: people by building, land use by class, the deepest water of each thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HOMES = ("residential", "apartment", "dormitory", "mixed", "welfare")  # uses in which people live
MIXED_SHARE = 0.5  # of the floors of a mixed building


def greatest(values: NDArray[Any], owner: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The greatest value of each owner 0..count-1; 0 where it has none, NaN counting as 0."""
    found = np.zeros(count)
    np.maximum.at(found, owner, np.nan_to_num(values))
    return found


def earliest(values: NDArray[Any], owner: NDArray[Any], count: int) -> list[float | None]:
    """The smallest value of each owner, None where all are NaN or there is none."""
    found = np.full(count, np.inf)
    np.minimum.at(found, owner, np.where(np.isnan(values), np.inf, values))
    return [round(float(value), 1) if np.isfinite(value) else None for value in found]


def living_area(
    footprint_m2: NDArray[Any], floors: Sequence[int | None], uses: Sequence[str | None]
) -> NDArray[np.float64]:
    """Floor area (m2) in which people live, of each building: footprint times floors above ground (1 where unknown)
    in residential uses, half of it in mixed ones, 0 in others."""
    storeys = np.array([max(number or 1, 1) for number in floors], np.float64)
    share = np.array(
        [MIXED_SHARE if use == "mixed" else float((use or "residential") in HOMES) for use in uses]
    )
    return np.asarray(np.asarray(footprint_m2, np.float64) * storeys * share, np.float64)


def people_by_building(
    population: Sequence[int | None], area: NDArray[np.integer], living_m2: NDArray[Any]
) -> NDArray[np.float64]:
    """People in each building: the population of each area shared out over its buildings by their living area.

    ``area`` is the index of the area that each building stands in, -1 for none. People of an area without living
    space are left out rather than put into factories.
    """
    people = np.array([float(number or 0) for number in population])
    inside = area >= 0
    space = np.bincount(area[inside], weights=living_m2[inside], minlength=len(people))
    found = np.zeros(len(area))
    mine = area[inside]
    found[inside] = people[mine] * living_m2[inside] / np.where(space[mine] > 0, space[mine], np.inf)
    return found


def by_class(
    label: NDArray[np.integer], wet: NDArray[np.bool_], depth: NDArray[Any], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Cells, wet cells and mean depth (m) of the wet ones, of each class 0..count-1; ``label`` (rows, cols) is 1 + the
    class, 0 for none."""
    cells = np.bincount(label.ravel(), minlength=count + 1)[1:]
    index = label[wet]
    flooded = np.bincount(index, minlength=count + 1)[1:]
    total = np.bincount(index, weights=depth[wet], minlength=count + 1)[1:]
    return cells, flooded, total / np.maximum(flooded, 1)
