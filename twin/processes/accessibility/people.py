"""Grid cells, buildings and facilities as places, and how many people live in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.exposure import living_area, people_by_building
from twin.crs import transformer
from twin.errors import TwinError, did_you_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.accessibility.inputs import AccessibilityInputs
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]
    type Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Cells or buildings: code, shape, the point that stands for each, and its people."""

    code: list[str | None]
    shape: Shapes
    point: Shapes
    people: Numbers


@dataclass(frozen=True, slots=True)
class Targets:
    """Facilities: code, name, kind, capacity and point."""

    code: list[str]
    name: list[str | None]
    kind: list[str | None]
    capacity: Numbers
    point: Shapes

    def __len__(self) -> int:
        return len(self.code)


def cells(run: RunContext) -> Crowd:
    """The grid cells that are not void, with their population."""
    found = run.features("grid_cell", columns=["code", "status", "population"])
    kept = [i for i, state in enumerate(found.columns["status"]) if state != "void"]
    shape = found.shapes[kept]
    people = np.array([float(found.columns["population"][i] or 0) for i in kept])
    return Crowd([found.columns["code"][i] for i in kept], shape, shapely.point_on_surface(shape), people)


def buildings(run: RunContext, grid: Crowd) -> Crowd:
    """The buildings, each with its part of its cell's people by living area."""
    found = run.features("building", columns=["code", "floors", "use"])
    point = shapely.point_on_surface(found.shapes)
    cell = np.full(len(found), -1, np.int64)
    if grid.shape.size and len(found):
        house, owner = shapely.STRtree(grid.shape).query(point, predicate="intersects")
        cell[house] = owner
    living = living_area(shapely.area(found.shapes), found.columns["floors"], found.columns["use"])
    people = people_by_building([int(n) for n in grid.people], cell, living)
    return Crowd(found.columns["code"], found.shapes, point, people)


def facilities(run: RunContext, inputs: AccessibilityInputs) -> Targets:
    """The facilities asked for. Raises TWIN-741 for an unknown kind or code, TWIN-742 where there is none."""
    found = run.features("facility", columns=["code", "name", "kind", "capacity"])
    columns, asked = found.columns, inputs.facilities
    known = run.catalog.vocabularies["facility_kind"].terms
    for kind in asked.kinds:
        if kind not in known:
            raise _unknown("facilities.kinds", kind, known)
    codes = set(columns["code"])
    for code in asked.codes:
        if code not in codes:
            raise _unknown("facilities.codes", code, codes)
    pairs = enumerate(zip(columns["code"], columns["kind"], strict=True))
    kept = [i for i, (code, kind) in pairs if kind in asked.kinds or code in asked.codes]
    own = asked.places
    if not kept and not own:
        raise TwinError(
            "TWIN-742",
            "没有符合条件的设施；请核对 facilities，或先导入设施。",
            "No facility answers to what is asked; check facilities, or import facilities first.",
            status=422,
            where="facilities",
        )
    to_city = transformer(4326, run.srid)
    points = [shapely.Point(*to_city.transform(one.lon, one.lat)) for one in own]
    shapes = np.empty(len(kept) + len(own), object)
    shapes[:] = [*found.shapes[kept], *points]
    return Targets(
        code=[columns["code"][i] for i in kept] + [f"+{i + 1}" for i in range(len(own))],
        name=[columns["name"][i] for i in kept] + [one.name or None for one in own],
        kind=[columns["kind"][i] for i in kept] + [None] * len(own),
        capacity=np.array(
            [float(columns["capacity"][i] or 1.0) for i in kept] + [one.capacity for one in own]
        ),
        point=shapes,
    )


def by_kind(run: RunContext, kinds: tuple[str, ...]) -> dict[str, Shapes]:
    """Points of the facilities of each kind. Raises TWIN-741 for an unknown kind."""
    known = run.catalog.vocabularies["facility_kind"].terms
    for kind in kinds:
        if kind not in known:
            raise _unknown("daily.kinds", kind, known)
    found = run.features("facility", columns=["kind"])
    kind_of = np.array(found.columns["kind"], object)
    return {kind: found.shapes[kind_of == kind] for kind in kinds}


def _unknown(where: str, name: str, known: Any) -> TwinError:
    near = did_you_mean(name, known)
    return TwinError(
        "TWIN-741",
        f"没有设施类型或设施“{name[:60]}”。{near.zh}",
        f'There is no kind of facility, or facility, "{name[:60]}".{near.en}',
        status=422,
        where=where,
    )
