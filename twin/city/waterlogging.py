"""Waterlogging points (积水点): ponds around the places where water stands deepest, and their grade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

APART_M = 75.0  # between the deepest cells of two ponds that touch
SMALLEST_M2 = 50.0
GRADES = ("light", "moderate", "severe", "extreme")
# Greatest depth (m) from which a pond is of each grade. Chinese cities use 15, 27, 40 and 60 cm (water on the lane
# of GB 51222-2017; closing of underpasses in Beijing; exhaust pipes; stalled cars), each its own selection.
GRADE_LIMITS_M = (0.15, 0.27, 0.40, 0.60)


@dataclass(frozen=True, slots=True)
class Ponds:
    """``n`` ponds, the deepest first: deepest cell, greatest depth (m), area (m2) and greatest volume (m3).

    ``label`` (rows, cols) is 1 + the pond of a cell, 0 for none.
    """

    row: NDArray[np.intp]
    column: NDArray[np.intp]
    depth: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    volume_m3: NDArray[np.float64]
    label: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.row)


def ponds(
    depth: NDArray[Any],
    counts: NDArray[np.bool_],
    cell: float,
    *,
    threshold_m: float,
    apart_m: float = APART_M,
    smallest_m2: float = SMALLEST_M2,
) -> Ponds:
    """Ponds in greatest depths (rows, cols; m; NaN is dry) where ``counts`` is true.

    Cells of ``threshold_m`` and more that touch, diagonals included, belong together; where such a region is wider
    than ``apart_m`` it falls into one pond for each cell that is the deepest within that distance, and every other
    cell joins the nearest of these within its region. Ponds smaller than ``smallest_m2`` are dropped.
    """
    from scipy import ndimage
    from scipy.spatial import cKDTree

    still = np.where(counts, np.nan_to_num(depth), 0.0)
    wet = still >= threshold_m
    region, _ = ndimage.label(wet, structure=np.ones((3, 3)))
    rows, columns = np.nonzero(wet)
    water = still[rows, columns]
    tops = _tops(still, wet, round(apart_m / cell))
    tops = np.union1d(
        tops, _deepest(region[rows, columns], water)
    )  # a deeper neighbour may hide a whole pond
    far = 4.0 * max(
        depth.shape
    )  # regions lie so far apart in the third direction that none crosses into another
    place = np.column_stack([rows, columns, far * region[rows, columns]])
    if not len(tops):
        none = np.empty(0)
        index = np.empty(0, np.intp)
        return Ponds(index, index, none, none, none, np.zeros(depth.shape, np.int32))
    _, owner = cKDTree(place[tops]).query(place)
    cells = np.bincount(owner, minlength=len(tops))
    volume = np.bincount(owner, weights=water, minlength=len(tops)) * cell**2
    area = np.asarray(cells * cell**2, np.float64)
    kept = np.nonzero(area >= smallest_m2)[0]
    kept = kept[np.argsort(-water[tops][kept], kind="stable")]
    number = np.zeros(len(tops), np.int32)
    number[kept] = np.arange(1, len(kept) + 1)
    label = np.zeros(depth.shape, np.int32)
    label[rows, columns] = number[owner]
    top = tops[kept]
    return Ponds(rows[top], columns[top], water[top].astype(float), area[kept], volume[kept], label)


def _tops(still: NDArray[Any], wet: NDArray[np.bool_], reach: int) -> NDArray[np.intp]:
    """The wet cells (their place among all wet cells) that are deepest within ``reach`` cells; one of equal ones."""
    from scipy import ndimage

    highest = ndimage.maximum_filter(still, size=2 * max(reach, 1) + 1, mode="constant")
    top = wet & (still == highest)
    flat, number = ndimage.label(top, structure=np.ones((3, 3)))
    found, first = np.unique(flat[wet], return_index=True)
    return np.asarray(first[found > 0] if number else first[:0], np.intp)


def _deepest(region: NDArray[np.integer], water: NDArray[Any]) -> NDArray[np.intp]:
    """The place of the first deepest cell of each region."""
    order = np.lexsort((np.arange(len(water)), -water, region))
    _, first = np.unique(region[order], return_index=True)
    return np.asarray(order[first], np.intp)


def grades(depth: NDArray[Any], limits_m: Sequence[float] = GRADE_LIMITS_M) -> list[str]:
    """The grade of each pond by its greatest depth (m); the first grade below the first limit too."""
    place = np.clip(np.searchsorted(np.asarray(limits_m), depth, side="right") - 1, 0, len(GRADES) - 1)
    return [GRADES[index] for index in place]
