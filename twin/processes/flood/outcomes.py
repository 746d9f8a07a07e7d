"""From the engine's grids to layers: rasters, and the buildings, roads and grid cells that water reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ConfigDict
from scipy import ndimage

from twin.city.surface import along, extent, labels
from twin.engines.flood import classes
from twin.processes.context import Features
from twin.processes.models import Outputs, Value, field, titled
from twin.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.flood import Result
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

NODATA = -9999.0
HAZARD_CLASSES = ("low", "moderate", "significant", "extreme")  # terms of flood_hazard_class
WALL_CELLS = 1.5  # water at a wall: within one cell of the footprint, diagonals included
CAR_LIMIT_M = 0.30  # Pregnolato et al. (2017): no car moves in 300 mm of water


class GaugeOutput(Value):
    """The highest water at a gauge."""

    model_config = ConfigDict(json_schema_extra=titled("监测点结果", "Gauge result"))

    name: str = field("名称", "Name")
    max_depth_m: float = field("最大水深", "Maximum depth", unit="m")
    max_level_m: float = field("最高水位", "Maximum level", unit="m")
    final_level_m: float = field("终了水位", "Final level", unit="m")


class FloodOutputs(Outputs):
    """The account of the water, and what it reached."""

    rain_m3: float = field("降雨量", "Rain", unit="m3")
    inflow_m3: float = field("入流量", "Inflow", unit="m3")
    infiltration_m3: float = field("下渗与管网排除量", "Taken by soil and sewers", unit="m3")
    outflow_m3: float = field("边界出流量", "Outflow over the edges", unit="m3")
    storage_m3: float = field("终了蓄水量", "Final storage", unit="m3")
    mass_error: float = field("水量平衡误差", "Mass-balance error", unit="1")
    max_depth_m: float = field("最大水深", "Maximum depth", unit="m")
    flooded_area_m2: float = field(
        "淹没面积",
        "Flooded area",
        unit="m2",
        description=Text(zh="不含河湖。", en="Rivers and lakes left out."),
    )
    flooded_buildings: int = field("受淹建筑数", "Flooded buildings")
    flooded_road_links: int = field("积水路段数", "Flooded road links")
    closed_road_links: int = field("不可通行路段数", "Impassable road links")
    flooded_cells: int = field("受淹网格数", "Flooded grid cells")
    cells: int = field("计算网格数", "Computed cells")
    steps: int = field("时间步数", "Time steps")
    engine_s: float = field("计算耗时", "Engine time", unit="s")
    gauges: tuple[GaugeOutput, ...] = field("监测点", "Gauges", ())


def record(inputs: FloodInputs, ground: Ground, result: Result, run: RunContext) -> FloodOutputs:
    """Hand the rasters and features to the run and sum up."""
    arrival = result.arrival_s / 60.0
    rasters = {
        "flood_depth": result.max_depth,
        "flood_speed": result.max_speed,
        "flood_hazard": result.max_hazard,
        "flood_arrival": arrival,
    }
    for layer, array in rasters.items():
        run.write_raster(layer, array, ground.transform, NODATA)
    buildings = _buildings(inputs, ground, result, arrival, run)
    roads, closed = _roads(inputs, ground, result, arrival, run)
    cells = _cells(inputs, ground, result, run)
    ledger = result.ledger
    wet = (np.nan_to_num(result.max_depth) >= inputs.flooded_m) & ~ground.water
    return FloodOutputs(
        rain_m3=ledger.rain,
        inflow_m3=ledger.inflow + ledger.boundary_in,
        infiltration_m3=ledger.infiltration,
        outflow_m3=ledger.outflow,
        storage_m3=ledger.final_storage,
        mass_error=ledger.relative_error,
        max_depth_m=float(np.nanmax(result.max_depth)),
        flooded_area_m2=float(wet.sum()) * ground.domain.cell**2,
        flooded_buildings=buildings,
        flooded_road_links=roads,
        closed_road_links=closed,
        flooded_cells=cells,
        cells=int(np.isfinite(ground.domain.z).sum()),
        steps=result.steps,
        engine_s=result.wall_s,
        gauges=_gauges(inputs, result),
    )


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


def _greatest(values: NDArray[Any], owner: NDArray[Any], count: int) -> NDArray[np.float64]:
    """The greatest value of each owner 0..count-1; 0 where it has none."""
    greatest = np.zeros(count)
    np.maximum.at(greatest, owner, np.nan_to_num(values))
    return greatest


def _earliest(values: NDArray[Any], owner: NDArray[Any], count: int) -> list[float | None]:
    earliest = np.full(count, np.inf)
    np.minimum.at(earliest, owner, np.where(np.isnan(values), np.inf, values))
    return [float(value) if np.isfinite(value) else None for value in earliest]


def _at_walls(ground: Ground) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cells in and around each building: ``(building, row, column)``; a cell belongs to its nearest building."""
    found = ground.building_labels
    if not found.any():
        none = np.empty(0, dtype=np.intp)
        return none, none, none
    distance, nearest = ndimage.distance_transform_edt(found == 0, return_indices=True)
    rows, columns = np.nonzero(distance <= WALL_CELLS)
    owner = found[nearest[0, rows, columns], nearest[1, rows, columns]] - 1
    return owner.astype(np.intp), rows, columns


def _buildings(
    inputs: FloodInputs, ground: Ground, result: Result, arrival: NDArray[np.float32], run: RunContext
) -> int:
    owner, rows, columns = _at_walls(ground)
    count = len(ground.buildings.shapes)
    # raised or ignored footprints may hold water of their own: what stands at the walls counts
    outside = ground.building_labels[rows, columns] == 0
    owner, rows, columns = owner[outside], rows[outside], columns[outside]
    depth = _greatest(result.max_depth[rows, columns], owner, count)
    hazard = _greatest(result.max_hazard[rows, columns], owner, count)
    early = _earliest(arrival[rows, columns], owner, count)
    flooded = np.nonzero(depth >= inputs.flooded_m)[0]
    source = ground.buildings.columns
    run.write_features(
        "flood_building",
        Features(
            {
                "building_code": [source["code"][i] for i in flooded],
                "use": [source["use"][i] for i in flooded],
                "height": [source["height"][i] for i in flooded],
                "depth": [round(float(depth[i]), 3) for i in flooded],
                "hazard": [round(float(hazard[i]), 3) for i in flooded],
                "hazard_class": [HAZARD_CLASSES[i] for i in classes(hazard[flooded])],
                "arrival_min": [early[i] for i in flooded],
            },
            ground.buildings.shapes[flooded],
        ),
    )
    return len(flooded)


def _roads(
    inputs: FloodInputs, ground: Ground, result: Result, arrival: NDArray[np.float32], run: RunContext
) -> tuple[int, int]:
    shape = result.max_depth.shape
    roads = run.features(
        "road_link", columns=["code", "name", "class", "bridge"], bbox=extent(ground.transform, shape)
    )
    count = len(roads.shapes)
    owner, rows, columns = along(roads.shapes, ground.transform, (shape[0], shape[1]), ground.domain.cell / 2)
    depth = _greatest(result.max_depth[rows, columns], owner, count)
    depth[[bool(bridge) for bridge in roads.columns["bridge"]]] = 0.0  # water passes under a bridge
    early = _earliest(arrival[rows, columns], owner, count)
    flooded = np.nonzero(depth >= inputs.road_threshold_m)[0]
    passable = depth[flooded] < CAR_LIMIT_M
    run.write_features(
        "flood_road",
        Features(
            {
                "road_code": [roads.columns["code"][i] for i in flooded],
                "name": [roads.columns["name"][i] for i in flooded],
                "class": [roads.columns["class"][i] for i in flooded],
                "depth": [round(float(depth[i]), 3) for i in flooded],
                "passable": [bool(open_) for open_ in passable],
                "arrival_min": [early[i] for i in flooded],
            },
            roads.shapes[flooded],
        ),
    )
    return len(flooded), int((~passable).sum())


def _cells(inputs: FloodInputs, ground: Ground, result: Result, run: RunContext) -> int:
    shape = result.max_depth.shape
    cells = run.features("grid_cell", columns=["code"], bbox=extent(ground.transform, shape))
    count = len(cells.shapes)
    owner = labels(cells.shapes, ground.transform, (shape[0], shape[1]))
    depth = np.nan_to_num(result.max_depth)
    wet = (depth >= inputs.flooded_m) & (owner > 0) & ~ground.water
    index = owner[wet] - 1
    number = np.bincount(index, minlength=count)
    total = np.bincount(index, weights=depth[wet], minlength=count)
    size = np.bincount(owner[owner > 0] - 1, minlength=count)
    greatest = _greatest(depth[wet], index, count)
    flooded = np.nonzero(number)[0]
    run.write_features(
        "flood_cell",
        Features(
            {
                "grid_code": [cells.columns["code"][i] for i in flooded],
                "mean_depth": [round(float(total[i] / number[i]), 3) for i in flooded],
                "max_depth": [round(float(greatest[i]), 3) for i in flooded],
                "flooded_area_m2": [round(float(number[i]) * ground.domain.cell**2, 1) for i in flooded],
                "flooded_share": [round(float(number[i] / size[i]), 4) for i in flooded],
            },
            cells.shapes[flooded],
        ),
    )
    return len(flooded)
