"""What every outcome is made from: the question, the ground, the engine's result, and the run's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from twin.city.surface import extent
from twin.processes.storm import RainRaster

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.flood import Result
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

# A run without a calendar begins here, so that its minutes can be asked for by datetime all the same.
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
HAZARD_CLASSES = ("low", "moderate", "significant", "extreme")  # terms of flood_hazard_class


def begins(inputs: FloodInputs) -> datetime:
    """When time 0 of the run is: as asked, else the start of the rain rasters, else ``ORIGIN``."""
    if inputs.start is not None:
        return inputs.start
    storm = inputs.storm
    return storm.start if isinstance(storm, RainRaster) and storm.start is not None else ORIGIN


@dataclass(frozen=True)
class Case:
    """One run's question and answer. Grids are (rows, cols), row 0 north."""

    inputs: FloodInputs
    ground: Ground
    result: Result
    run: RunContext

    @cached_property
    def start(self) -> datetime:
        return begins(self.inputs)

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = self.result.max_depth.shape
        return rows, columns

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The computed area (x, y, x, y)."""
        return extent(self.ground.transform, self.shape)

    @property
    def cell_m2(self) -> float:
        return float(self.ground.domain.cell) ** 2

    @cached_property
    def arrival(self) -> NDArray[np.float32]:
        """Minutes; NaN where water never came."""
        return self.result.arrival_s / np.float32(60)

    @cached_property
    def duration(self) -> NDArray[np.float32]:
        """Minutes at or above the depth of arrival."""
        return self.result.wet_duration_s / np.float32(60)

    @cached_property
    def land(self) -> NDArray[np.bool_]:
        """Where water can be a flood: on the terrain, outside of rivers and lakes."""
        return np.isfinite(self.result.max_depth) & ~self.ground.water

    @cached_property
    def wet(self) -> NDArray[np.bool_]:
        """Land that counts as flooded."""
        return (np.nan_to_num(self.result.max_depth) >= self.inputs.flooded_m) & self.land

    def at(self, minute: float) -> datetime:
        """The moment of a minute of the run."""
        return self.start + timedelta(minutes=minute)
