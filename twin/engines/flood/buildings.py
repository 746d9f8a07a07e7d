"""Buildings on the grid: closed to flow, or raised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.problems import FloodInputError


def nearest_open(open_cells: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Flat index (rows * cols,) of the open cell nearest to each cell (itself where open); Euclidean distance.

    This is where the rain on a roof goes: downpipes end at the foot of the wall. A large roof thus spills along its
    whole outline, a courtyard included.
    """
    from scipy import ndimage

    indices = ndimage.distance_transform_edt(~open_cells, return_distances=False, return_indices=True)
    flat: NDArray[np.int64] = np.ravel_multi_index((indices[0], indices[1]), open_cells.shape).ravel()
    return flat


def raise_buildings(
    z: NDArray[np.floating], footprint: NDArray[np.bool_], height: NDArray[np.floating] | float
) -> NDArray[np.float32]:
    """Bed (m, float32) with ``height`` (m, scalar or (rows, cols)) added on footprints: rain runs off the roofs.

    Raised buildings keep water out up to their height and cost nothing in bookkeeping, but roofs of some 10 m make
    steep steps; block them instead where the time on the roof does not matter.
    """
    if z.shape != footprint.shape:
        raise FloodInputError(
            "footprint", f"形状 {footprint.shape} 与地形 {z.shape} 不符。",
            f"has shape {footprint.shape}, the terrain {z.shape}; rasterise it on the same grid.",
        )  # fmt: skip
    add = np.broadcast_to(np.asarray(height, dtype=np.float64), z.shape)
    if not np.isfinite(add[footprint]).all():
        raise FloodInputError(
            "height",
            "建筑高度含 NaN 或无穷值；请给出缺省高度。",
            "is NaN or infinite on footprints; give a default.",
        )
    return np.where(footprint, z + add, z).astype(np.float32)
