"""The greatest values as rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twin.processes.flood.outcomes.case import Case

NODATA = -9999.0
WRITES = ("flood_depth", "flood_speed", "flood_hazard", "flood_arrival", "flood_level", "flood_duration")


def write(case: Case) -> None:
    """Depth, speed, hazard, arrival, level and time under water, each where it ever was the greatest."""
    result = case.result
    deep = np.nan_to_num(result.max_depth) >= case.inputs.threshold_m
    bed = np.asarray(case.ground.domain.z, np.float32)
    rasters = {
        "flood_depth": result.max_depth,
        "flood_speed": result.max_speed,
        "flood_hazard": result.max_hazard,
        "flood_arrival": case.arrival,
        "flood_level": np.where(deep, bed + result.max_depth, np.float32(np.nan)),
        "flood_duration": case.duration,
    }
    for layer, array in rasters.items():
        cells = np.round(array, 3).astype(np.float32, copy=False)  # mm: half of the bytes
        case.run.write_raster(layer, cells, case.ground.transform, NODATA, quickly=True)
