"""From the city's layers to what the engine computes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.surface import burn, extent, labels
from twin.crs import transformer
from twin.engines.flood import Boundary, Domain, Inflow, Rain, Solver, raise_buildings, regime
from twin.errors import TwinError
from twin.processes.flood import sane
from twin.processes.flood.asked import SOLVER
from twin.processes.flood.cover import Cover, read_cover
from twin.processes.flood.rain import off_roofs, read_rain
from twin.processes.flood.rim import boundary, drawn_inflows, open_water
from twin.processes.flood.structures import Places, Structure, read_structures
from twin.processes.flood.terrain import Bed, apply_edits, burn_lines, changed, read_terrain
from twin.text import Text

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.context import Features, RunContext
    from twin.processes.flood.boundary import PointInflow
    from twin.processes.flood.inputs import FloodInputs

AFTER_RAIN_S = 3600.0
FLOOR_M = 0.15  # ground floors stand this far above the ground where the layer does not tell
GAUGE_REACH_M = 15.0
INDOORS_N = 0.3  # Manning's n inside: Syme (2008); Smith and Wasko (2012), AR&R revision project 15


@dataclass(frozen=True, slots=True)
class Ground:
    """The engine's inputs, and what the outcomes are summed over. Grids are (rows, cols), row 0 north."""

    domain: Domain
    rain: Rain | None
    inflows: tuple[Inflow, ...]
    boundary: Boundary
    duration_s: float
    gauges: tuple[tuple[int, int], ...]  # row, column
    transform: Affine
    buildings: Features
    building_labels: NDArray[np.int32]
    water: NDArray[np.bool_]  # rivers and lakes, which no storm floods
    filled_m3: float = 0.0  # earth that the edits of the run bring
    dug_m3: float = 0.0  # and take
    structures: tuple[Structure, ...] = ()  # culverts, weirs, gates and pumps that work in this run
    solver: Solver = "inertial"
    remarks: tuple[Text, ...] = ()  # what was chosen, what was missing


def build(inputs: FloodInputs, run: RunContext) -> Ground:
    """Read the layers of the asked area, lay them on one grid and apply the run's edits.

    Raises ``TwinError`` TWIN-520 to 529 for what the city or the area does not have.
    """
    to_city = transformer(4326, run.srid)
    box = None if inputs.bbox is None else to_city.transform_bounds(*inputs.bbox, densify_pts=21)
    z, transform = read_terrain(inputs, run, box)
    sane.elevations(z)
    told = list(sane.of_ground(inputs, z, transform.a, box))
    holes = sane.enclosed(z)[1]
    shape = (z.shape[0], z.shape[1])
    area = extent(transform, shape)
    buildings = run.features(
        "building",
        columns=["code", "use", "height", "floors", "base_elevation", "ground_floor_elevation"],
        bbox=area,
    )
    footprint = labels(buildings.shapes, transform, shape)
    cover = read_cover(inputs, run, transform, shape, area, to_city)
    bed = Bed(z, transform, np.zeros(shape, dtype=bool))
    if inputs.break_lines:
        kinds = run.catalog.vocabularies["break_line_kind"]
        burn_lines(bed, run.features("break_line", bbox=area), kinds)
    plain = bed.z
    apply_edits(bed, inputs, run, to_city)
    filled, dug = changed(plain, bed.z, transform.a)
    bed.z = np.where(open_water(inputs, transform, np.isfinite(bed.z), to_city), np.nan, bed.z)
    fallen = read_rain(inputs, run, transform, shape, to_city)
    domain, rain = _domain(inputs, bed, cover, buildings, np.where(bed.opened, 0, footprint), fallen.rain)
    sane.levels(inputs, domain.z)
    solver, why = _solver(inputs, domain)
    inflows = _inflows(inputs, to_city, transform, domain)
    duration_s = fallen.end_s + AFTER_RAIN_S if inputs.duration_min is None else 60.0 * inputs.duration_min
    gauges, moved = _gauges(inputs, to_city, transform, _open(domain))
    told += [*moved, *sane.of_rain(rain, duration_s)]
    told += sane.of_water(inputs, inflows, domain.z, transform, to_city, duration_s)
    told += sane.of_observed(inputs, duration_s)
    return Ground(
        domain=domain,
        rain=rain,
        inflows=inflows,
        boundary=boundary(inputs, transform, np.isfinite(domain.z), to_city, holes),
        duration_s=duration_s,
        gauges=gauges,
        transform=transform,
        buildings=buildings,
        building_labels=footprint,
        water=cover.water,
        filled_m3=filled,
        dug_m3=dug,
        structures=read_structures(inputs, run, Places(domain.z, domain.blocked, transform), area, to_city),
        solver=solver,
        remarks=(*why, *fallen.remarks, *told),
    )


def _solver(inputs: FloodInputs, domain: Domain) -> tuple[Solver, tuple[Text, ...]]:
    """The solver that was asked for, or the one that the ground asks for and why."""
    if inputs.solver != "auto":
        return inputs.solver, ()
    found = regime(domain)
    name = SOLVER[found.solver]
    told = Text(zh=f"自动选择：{name.zh}。{found.reason.zh}", en=f"Chosen: {name.en}. {found.reason.en}")
    return found.solver, (told,)


def _domain(
    inputs: FloodInputs,
    bed: Bed,
    cover: Cover,
    buildings: Features,
    footprint: NDArray[Any],
    rain: Rain | None,
) -> tuple[Domain, Rain | None]:
    """Bed, cover and buildings as asked for, and the rain, which buildings that fill lead off their roofs."""
    z, built = bed.z, footprint > 0
    given = cover.domain()
    if inputs.buildings == "raised":
        z = raise_buildings(z, built, inputs.building_rise_m)
    elif inputs.buildings == "storage":
        z = np.where(built, np.maximum(z, _floors(bed, buildings, footprint)), z)
        given["manning"] = np.where(built, np.float32(INDOORS_N), given["manning"])
        for name in ("infiltration", "initial_loss"):
            given[name] = np.where(built, np.float32(0), given[name])
        rain = None if rain is None else off_roofs(rain, built, np.isfinite(z))
    start = inputs.initial_water
    depth = None
    if start.where != "dry" and start.level_m is not None:
        depth = np.nan_to_num(np.maximum(start.level_m - z, 0.0))
        if start.where == "water_bodies":
            depth = np.where(cover.water, depth, 0.0)
    kind = np.float64 if inputs.precision == "float64" else np.float32
    domain = Domain(
        z=np.ascontiguousarray(z, dtype=kind),
        cell=bed.transform.a,
        blocked=built if inputs.buildings == "blocked" else None,
        initial_depth=depth,
        **given,
    )
    return domain, rain


def _floors(bed: Bed, buildings: Features, footprint: NDArray[Any]) -> NDArray[Any]:
    """Level of the ground floor over each cell of a footprint (m): as in the layer, else ``FLOOR_M`` above the mean
    ground of the footprint, so that a floor is level."""
    count = len(buildings.shapes)
    here = footprint[(footprint > 0) & np.isfinite(bed.z)] - 1
    total = np.bincount(here, weights=bed.z[(footprint > 0) & np.isfinite(bed.z)], minlength=count)
    mean = total / np.maximum(np.bincount(here, minlength=count), 1) + FLOOR_M
    told = buildings.columns["ground_floor_elevation"]
    floor = np.array([mean[i] if told[i] is None else float(told[i]) for i in range(count)])
    levels: NDArray[np.float64] = np.append(np.nan, floor)[footprint]
    return levels


def _inflows(
    inputs: FloodInputs, to_city: Transformer, transform: Affine, domain: Domain
) -> tuple[Inflow, ...]:
    """Point inflows, and the discharges drawn inside the area, on open cells."""
    open_cells = _open(domain)
    points = [_inflow(item, to_city, transform, open_cells) for item in inputs.inflows]
    return (*points, *drawn_inflows(inputs, transform, open_cells, to_city))


def _open(domain: Domain) -> NDArray[np.bool_]:
    """Cells that water may stand on."""
    valid: NDArray[np.bool_] = np.isfinite(domain.z)
    return valid if domain.blocked is None else valid & ~domain.blocked


def _gauges(
    inputs: FloodInputs, to_city: Transformer, transform: Affine, open_cells: NDArray[np.bool_]
) -> tuple[tuple[tuple[int, int], ...], list[Text]]:
    """The cell of each gauge, its own or the nearest open one within `GAUGE_REACH_M` (a sensor at a wall), and who was moved."""
    cells, moved = [], []
    for gauge in inputs.gauges:
        x, y = to_city.transform(gauge.lon, gauge.lat)
        column, row = ~transform @ (x, y)
        reach = max(GAUGE_REACH_M / transform.a, 1.5)
        top, left = max(math.floor(row - reach), 0), max(math.floor(column - reach), 0)
        window = open_cells[top : math.ceil(row + reach) + 1, left : math.ceil(column + reach) + 1]
        i, j = np.nonzero(window)
        away = np.hypot(i + top + 0.5 - row, j + left + 0.5 - column)
        own = (i + top == math.floor(row)) & (j + left == math.floor(column))
        away[own] = 0.0
        if not away.size or away.min() > reach:
            raise _off_the_terrain(gauge.lon, gauge.lat, "gauges")
        best = int(np.argmin(away))
        cells.append((top + int(i[best]), left + int(j[best])))
        if away[best] > 0.0:
            moved.append(f"{gauge.name} ({away[best] * transform.a:.0f} m)")
    if not moved:
        return tuple(cells), []
    names = ", ".join(moved[:5])
    return tuple(cells), [Text(
        zh=f"{len(moved)} 个监测点在建筑内或不在地形上，改取最近的开敞单元：{names}。",
        en=f"{len(moved)} gauges lie in a building or off the terrain and were read at the nearest open cell: {names}.",
    )]  # fmt: skip


def _inflow(
    item: PointInflow, to_city: Transformer, transform: Affine, open_cells: NDArray[np.bool_]
) -> Inflow:
    z = np.where(open_cells, 0.0, np.nan)
    x, y = to_city.transform(item.lon, item.lat)
    disc = shapely.Point(x, y).buffer(item.radius_m, quad_segs=32)
    shape = (z.shape[0], z.shape[1])
    rows, columns = np.nonzero((burn([disc], [1], transform, shape, fill=0, dtype="uint8") > 0) & open_cells)
    if rows.size == 0:
        row, column = _cell_of(item.lon, item.lat, to_city, transform, z, "inflows")
        rows, columns = np.array([row]), np.array([column])
    return Inflow(rows, columns, 60.0 * np.asarray(item.times_min), np.asarray(item.discharge_m3_s))


def _cell_of(
    lon: float, lat: float, to_city: Transformer, transform: Affine, z: NDArray[Any], where: str
) -> tuple[int, int]:
    x, y = to_city.transform(lon, lat)
    column, row = ~transform @ (x, y)
    i, j = math.floor(row), math.floor(column)
    if not (0 <= i < z.shape[0] and 0 <= j < z.shape[1]) or not np.isfinite(z[i, j]):
        raise _off_the_terrain(lon, lat, where)
    return i, j


def _off_the_terrain(lon: float, lat: float, where: str) -> TwinError:
    return TwinError(
        "TWIN-524",
        f"点 ({lon}, {lat}) 不在计算范围的地形上，或在建筑之内。",
        f"The point ({lon}, {lat}) is not on the terrain of the area, or inside a building.",
        status=422,
        where=where,
    )
