"""Geometries of a batch: checked, carried to the storage CRS, promoted, written as EWKB for PostGIS."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.files.georef import Place

TYPES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
MAX_VERTICES = 1_000_000
_MULTI = {"MultiPoint": shapely.multipoints, "MultiLineString": shapely.multilinestrings}
_MULTI["MultiPolygon"] = shapely.multipolygons


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the layer takes: a geometry type (None: no geometry), 2 or 3 dimensions, the storage CRS."""

    geometry: str | None
    dimensions: int
    srid: int


@dataclass(slots=True)
class Faults:
    """The first finding on each record of a batch: its code and what fills its text, as JSON; None where fine."""

    size: int
    found: dict[int, str] = field(default_factory=dict)

    def mark(self, where: NDArray[np.bool_], code: str, **values: object) -> None:
        for index in np.flatnonzero(where):
            self.note(int(index), code, **values)

    def note(self, index: int, code: str, **values: object) -> None:
        if index not in self.found:
            self.found[index] = json.dumps({"code": code, **values}, ensure_ascii=False)

    def array(self) -> pa.Array:
        return pa.array([self.found.get(i) for i in range(self.size)], pa.string())

    def clear_of(self) -> NDArray[np.bool_]:
        good = np.ones(self.size, bool)
        good[list(self.found)] = False
        return good


def store(wkb: NDArray[Any], wanted: Wanted, place: Place, faults: Faults) -> pa.Array:
    """EWKB (little endian, SRID set) of each geometry as PostGIS stores it; null and a fault where it is refused.

    ``wkb`` holds bytes or None. Lines and polygons become Multi where the layer says so; a Multi of one part
    becomes that part where the layer takes single ones. Z is dropped, or must be there for a 3-D layer; M is dropped.
    """
    geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    faults.mark(~shapely.is_geometry(geometries) & (wkb != None), "TWIN-257", reason="WKB")  # noqa: E711
    return store_geometries(geometries, wanted, place, faults)


def store_geometries(geometries: NDArray[Any], wanted: Wanted, place: Place, faults: Faults) -> pa.Array:
    """``store`` for shapely geometries."""
    faults.mark(shapely.is_missing(geometries) | shapely.is_empty(geometries), "TWIN-250")
    geometries = _sized(geometries, faults)
    geometries = _levelled(geometries, wanted.dimensions, faults)
    geometries = _placed(geometries, wanted.dimensions, place, faults)
    geometries = _typed(geometries, wanted.geometry or "Geometry", faults)
    _valid(geometries, faults)
    geometries[~faults.clear_of()] = None
    stored = shapely.to_wkb(
        shapely.set_srid(geometries, wanted.srid),
        output_dimension=wanted.dimensions,
        include_srid=True,
        byte_order=1,
    )
    return pa.array(stored, pa.binary())


def _sized(geometries: NDArray[Any], faults: Faults) -> NDArray[Any]:
    counts = shapely.get_num_coordinates(geometries)
    for index in np.flatnonzero(counts > MAX_VERTICES):
        faults.note(int(index), "TWIN-256", count=int(counts[index]), limit=MAX_VERTICES)
    geometries = geometries.copy()
    geometries[~faults.clear_of()] = None
    return geometries


def _levelled(geometries: NDArray[Any], dimensions: int, faults: Faults) -> NDArray[Any]:
    if dimensions == 3:
        flat = ~shapely.has_z(geometries) & ~shapely.is_missing(geometries)
        faults.mark(flat, "TWIN-255")
        return geometries
    flattened: NDArray[Any] = shapely.force_2d(geometries)
    return flattened


def _placed(geometries: NDArray[Any], dimensions: int, place: Place, faults: Faults) -> NDArray[Any]:
    """Coordinates in the storage CRS; geometries with a number that is not finite or out of range are marked."""
    points, owner = shapely.get_coordinates(geometries, include_z=dimensions == 3, return_index=True)
    _mark_owners(owner, ~np.isfinite(points).all(axis=1), faults, "TWIN-252")
    x, y = points[:, 0], points[:, 1]
    if place.geographic:
        _mark_owners(owner, (np.abs(x) > 180) | (np.abs(y) > 90), faults, "TWIN-253")
    if place.moves:
        x, y = place.move(x, y)
    west, south, east, north = place.box
    _mark_owners(owner, ~((x >= west) & (x <= east) & (y >= south) & (y <= north)), faults, "TWIN-253")
    if not place.moves or not len(points):
        return geometries
    points[:, 0], points[:, 1] = x, y
    moved: NDArray[Any] = shapely.set_coordinates(geometries.copy(), np.nan_to_num(points))
    return moved


def _mark_owners(owner: NDArray[np.int64], bad: NDArray[np.bool_], faults: Faults, code: str) -> None:
    for index in np.unique(owner[bad]):
        faults.note(int(index), code)


def _typed(geometries: NDArray[Any], wanted: str, faults: Faults) -> NDArray[Any]:
    if wanted == "Geometry":
        return geometries
    goal = TYPES.index(wanted)
    kinds = shapely.get_type_id(geometries)
    if wanted in _MULTI:
        single = np.flatnonzero(kinds == TYPES.index(wanted.removeprefix("Multi")))
        if len(single):
            geometries = geometries.copy()
            geometries[single] = _MULTI[wanted](geometries[single], indices=np.arange(len(single)))
    else:
        lone = (kinds == TYPES.index(f"Multi{wanted}")) & (shapely.get_num_geometries(geometries) == 1)
        geometries = np.where(lone, shapely.get_geometry(geometries, 0), geometries)
    kinds = shapely.get_type_id(geometries)
    for index in np.flatnonzero((kinds != goal) & (kinds >= 0)):
        faults.note(int(index), "TWIN-251", found=TYPES[kinds[index]], wanted=wanted)
    return geometries


def _valid(geometries: NDArray[Any], faults: Faults) -> None:
    """OGC validity (Simple Feature Access 6.1): no self-intersection, rings closed, holes inside."""
    bad = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    for index in np.flatnonzero(bad):
        reason = shapely.is_valid_reason(geometries[index])
        faults.note(int(index), "TWIN-254", reason=str(reason)[:120])
