"""What is written while the engine runs: one depth raster a frame, the roads' states, the cells' water.

Each frame is handed over as it comes, so that memory does not grow with their number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.city.exposure import greatest
from twin.city.passability import closed
from twin.city.road_network import CONNECTOR
from twin.city.surface import along, extent, labels
from twin.engines.flood import Frames
from twin.processes.flood.outcomes.case import begins
from twin.processes.flood.outcomes.changes import Changes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.flood import View
    from twin.processes.context import Features, RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

SERIES = "flood_depth_series"
DRY_M = 0.01  # thinner films are no picture
DEPTH_STEP_M = 0.02
FLOW_STEP_M2_S = 0.05
ROAD_COLUMNS = ("code", "name", "class", "bridge", "free_speed")
FREE_SPEED_KM_H = 40.0  # where the road layer does not tell


class Recorder:
    """Takes the engine's frames for one run."""

    def __init__(self, inputs: FloodInputs, ground: Ground, run: RunContext) -> None:
        self._inputs, self._ground, self._run = inputs, ground, run
        self._start = begins(inputs)
        self._nodata = float(run.catalog.layers[SERIES].raster.nodata)  # type: ignore[union-attr]
        z = ground.domain.z
        shape = (z.shape[0], z.shape[1])
        self.land = np.isfinite(z) & ~ground.water
        box = extent(ground.transform, shape)
        self.roads: Features = run.features("road_link", columns=list(ROAD_COLUMNS), bbox=box)
        self.cells: Features = run.features("grid_cell", columns=["code", "population"], bbox=box)
        self.cell_label = labels(self.cells.shapes, ground.transform, shape)
        self.on_road = along(self.roads.shapes, ground.transform, shape, ground.domain.cell / 2)
        self.vehicles = tuple(inputs.outcomes.vehicles().values())
        links = len(self.roads.shapes)
        self.water = Changes(links, np.array([DEPTH_STEP_M, FLOW_STEP_M2_S]))
        self.shut = [Changes(links, np.array([0.5])) for _ in self.vehicles]
        self.flow = np.zeros(links)
        self.minutes: list[float] = []
        self.wet_cells: list[NDArray[np.int64]] = []
        self.depth_sums: list[NDArray[np.float64]] = []
        # water passes under a bridge, and a connector is no road
        over = zip(self.roads.columns["bridge"], self.roads.columns["class"], strict=True)
        self.dry_links = np.array([bool(bridge) or kind == CONNECTOR for bridge, kind in over], bool)

    def frames(self) -> Frames:
        """For ``simulate``."""
        return Frames(self._inputs.outcomes.frame_interval_s(self._ground.duration_s), self._take)

    def _take(self, time_s: float, view: View) -> None:
        minute = time_s / 60.0
        depth = view.depth()
        self.minutes.append(minute)
        self._picture(time_s, depth)
        self._on_roads(minute, depth, view.speed())
        self._in_cells(depth)

    def _picture(self, time_s: float, depth: NDArray[np.float32]) -> None:
        still = np.round(np.where(depth < DRY_M, np.float32(0), depth), 2)  # cm: a third of the bytes
        at = self._start + timedelta(seconds=time_s)
        self._run.write_raster(
            SERIES, still, self._ground.transform, self._nodata, valid_time=at, quickly=True
        )

    def _on_roads(self, minute: float, depth: NDArray[np.float32], speed: NDArray[np.float32]) -> None:
        owner, rows, columns = self.on_road
        count = len(self.roads.shapes)
        here = np.nan_to_num(depth[rows, columns])
        deepest = greatest(here, owner, count)
        strongest = greatest(here * np.nan_to_num(speed[rows, columns]), owner, count)
        deepest[self.dry_links] = strongest[self.dry_links] = 0.0
        np.maximum(self.flow, strongest, out=self.flow)
        wet = deepest >= self._inputs.road_threshold_m
        self.water.look(minute, np.where(wet[:, None], np.column_stack([deepest, strongest]), 0.0))
        for vehicle, changes in zip(self.vehicles, self.shut, strict=True):
            changes.look(minute, closed(deepest, strongest, vehicle)[:, None].astype(float))

    def _in_cells(self, depth: NDArray[np.float32]) -> None:
        wet = np.nonzero((np.nan_to_num(depth) >= self._inputs.flooded_m) & self.land)
        index, water = self.cell_label[wet], depth[wet]
        count = len(self.cells.shapes) + 1
        self.wet_cells.append(np.bincount(index, minlength=count))
        self.depth_sums.append(np.bincount(index, weights=water, minlength=count))

    def closed_minutes(self, number: int, end: float) -> NDArray[np.float64]:
        """Minutes for which each link was closed to a class of vehicles."""
        found = np.zeros(len(self.roads.shapes))
        for link, begin, until, _ in self.shut[number].intervals():
            found[link] += (end if until is None else until) - begin
        return found


def rounded(values: Any, digits: int = 3) -> list[float]:
    """Plain numbers for a column."""
    return [round(float(value), digits) for value in values]
