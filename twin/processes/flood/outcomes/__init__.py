"""From the engine's grids to layers: rasters, frames, hydrographs, and whatever the water reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.processes.flood.observed import fits
from twin.processes.flood.outcomes import buildings, places, ponds, rasters, roads, series
from twin.processes.flood.outcomes.case import ORIGIN, Case, begins
from twin.processes.flood.outcomes.recorder import SERIES, Recorder
from twin.processes.flood.outcomes.series import sections
from twin.processes.flood.outcomes.summary import FloodOutputs, GaugeOutput
from twin.processes.flood.remarks import Remark

if TYPE_CHECKING:
    from twin.engines.flood import Result
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

__all__ = ["ORIGIN", "READS", "WRITES", "FloodOutputs", "Recorder", "begins", "record", "sections"]

READS = ("building", "road_link", "grid_cell", "land_use", "facility", "admin_area")
WRITES = (
    *rasters.WRITES, SERIES, *buildings.WRITES, *roads.WRITES, *places.WRITES, *ponds.WRITES, *series.WRITES,
)  # fmt: skip


def record(
    inputs: FloodInputs, ground: Ground, result: Result, run: RunContext, recorder: Recorder
) -> FloodOutputs:
    """Hand the rasters and rows to the run and sum up; ``recorder`` took the frames of this very run."""
    case = Case(inputs, ground, result, run)
    rasters.write(case)
    reached = buildings.reach(case, recorder)
    wet_links, closed = roads.write(case, recorder)
    cells = places.cells(case, recorder, reached)
    facilities = places.facilities(case, reached)
    places.land_use(case)
    grades = ponds.write(case, recorder)
    series.write(case, recorder)
    ledger = result.ledger
    flooded = reached.flooded
    return FloodOutputs(
        rain_m3=ledger.rain,
        inflow_m3=ledger.inflow + ledger.boundary_in,
        infiltration_m3=ledger.infiltration,
        outflow_m3=ledger.outflow,
        storage_m3=ledger.final_storage,
        mass_error=ledger.relative_error,
        start=case.start,
        duration_min=ground.duration_s / 60.0,
        frames=len(recorder.minutes),
        max_depth_m=float(np.nanmax(result.max_depth)),
        flooded_area_m2=float(case.wet.sum()) * case.cell_m2,
        flooded_buildings=int(flooded.sum()),
        people=None if reached.people is None else round(float(reached.people[flooded].sum())),
        damaged_floor_m2=round(float((reached.ratio * reached.footprint_m2).sum()), 1),
        damage=None if reached.damage is None else round(float(np.nansum(reached.damage))),
        flooded_facilities=facilities,
        flooded_road_links=wet_links,
        closed_road_links=closed[recorder.vehicles[0].name],
        closed_by_vehicle=closed,
        waterlogging_points=grades,
        flooded_cells=cells,
        cells=int(np.isfinite(ground.domain.z).sum()),
        solver=ground.solver,
        remarks=tuple(Remark.of(text) for text in ground.remarks),
        filled_m3=round(ground.filled_m3, 3),
        dug_m3=round(ground.dug_m3, 3),
        structures_m3=_passed(ground, result),
        steps=result.steps,
        engine_s=result.wall_s,
        gauges=_gauges(inputs, result),
        observed=fits(inputs.observed, result.gauges, len(inputs.gauges) - len(inputs.observed)),
        state_min=run.state_kept.minute if run.state_kept else None,
    )


def _passed(ground: Ground, result: Result) -> dict[str, float]:
    """Water (m3) that went through each structure of the run."""
    if result.links is None:
        return {}
    return dict(zip(result.links.names, np.round(result.links.volume_m3, 1).tolist(), strict=True))


def _gauges(inputs: FloodInputs, result: Result) -> tuple[GaugeOutput, ...]:
    return tuple(
        GaugeOutput(
            name=gauge.name,
            max_depth_m=float(result.gauges.depth[:, i].max()),
            max_level_m=float(result.gauges.level[:, i].max()),
            final_level_m=float(result.gauges.level[-1, i]),
        )
        for i, gauge in enumerate(inputs.gauges)
    )
