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
    solver, why = _solver(inputs, domain)
    return Ground(
        domain=domain,
        rain=rain,
        inflows=_inflows(inputs, to_city, transform, domain),
        boundary=boundary(inputs, transform, np.isfinite(domain.z), to_city),
        duration_s=60.0 * inputs.duration_min
        if inputs.duration_min is not None
        else fallen.end_s + AFTER_RAIN_S,
        gauges=tuple(_cell_of(g.lon, g.lat, to_city, transform, domain.z, "gauges") for g in inputs.gauges),
        transform=transform,
        buildings=buildings,
        building_labels=footprint,
        water=cover.water,
        filled_m3=filled,
        dug_m3=dug,
        structures=read_structures(inputs, run, Places(domain.z, domain.blocked, transform), area, to_city),
        solver=solver,
        remarks=(*why, *fallen.remarks),
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
    blocked = np.zeros(domain.z.shape, bool) if domain.blocked is None else domain.blocked
    open_cells = np.isfinite(domain.z) & ~blocked
    points = [_inflow(item, to_city, transform, open_cells) for item in inputs.inflows]
    return (*points, *drawn_inflows(inputs, transform, open_cells, to_city))


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
        raise TwinError(
            "TWIN-524",
            f"点 ({lon}, {lat}) 不在计算范围的地形上，或在建筑之内。",
            f"The point ({lon}, {lat}) is not on the terrain of the area, or inside a building.",
            status=422,
            where=where,
        )
    return i, j
