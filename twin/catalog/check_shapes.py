"""Hold the geometries of a batch against the layer: type, emptiness, finite coordinates, validity, size, place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from twin.catalog.findings import Findings, always
from twin.catalog.messages import message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.catalog.spec import Layer

MAX_VERTICES = 1_000_000
_TYPES = {
    "Point": 0, "LineString": 1, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5, "MultiPolygon": 6,
}  # fmt: skip
_NAMES = {number: name for name, number in _TYPES.items()} | {2: "LinearRing", 7: "GeometryCollection"}
_SINGLE = {4: 0, 5: 1, 6: 3}
Area = tuple[float, float, float, float]


def check_shapes(
    layer: Layer, geometry: Any, findings: Findings, area: Area | None = None
) -> NDArray[np.object_]:
    """The geometries as shapely objects of the layer's type, ``None`` where they are refused.

    ``geometry`` holds shapely objects or WKB bytes; single parts are promoted where the layer asks for a multi type,
    Z and M are dropped where it is two-dimensional. ``area`` (min x, min y, max x, max y in the geometries' own CRS)
    is where they can plausibly lie.
    """
    mine = Findings(len(findings.good), findings.first_row)
    shapes = _read(geometry, mine)
    kinds = shapely.get_type_id(shapes)
    absent = (kinds < 0) | shapely.is_empty(shapes)
    _refuse(shapes, absent & mine.good, "TWIN-214", mine)
    _types(layer, shapes, kinds, mine)
    sizes = shapely.get_num_coordinates(shapes)
    big = (sizes > MAX_VERTICES) & ~absent
    for row in np.flatnonzero(big):
        _one(shapes, int(row), "TWIN-217", mine, have=int(sizes[row]), limit=MAX_VERTICES)
    _coordinates(shapes, mine, area)
    _valid(shapes, mine)
    findings.merge(mine)
    return _fitted(layer, shapes)


def _read(geometry: Any, findings: Findings) -> NDArray[np.object_]:
    if isinstance(geometry, (pa.Array, pa.ChunkedArray)):
        geometry = geometry.to_pylist()
    given = np.empty(len(geometry), dtype=object)
    given[:] = geometry
    present = np.array([item is not None for item in given], dtype=np.bool_)
    foreign = present & ~shapely.is_geometry(given)
    if not foreign.any():
        return given
    wkb = [item if isinstance(item, (bytes, bytearray)) else b"" for item in given[foreign]]
    given[foreign] = shapely.from_wkb(
        np.array([bytes(item) for item in wkb], dtype=object), on_invalid="ignore"
    )
    for row in np.flatnonzero(foreign & shapely.is_missing(given)):
        _one(given, int(row), "TWIN-220", findings, detail="WKB")
    return given


def _one(shapes: NDArray[np.object_], row: int, code: str, findings: Findings, **values: object) -> None:
    bad = np.zeros(len(shapes), dtype=np.bool_)
    bad[row] = True
    findings.add(bad, code, "geom", None, always(message(code, None, None, **values)))
    shapes[row] = None


def _refuse(shapes: NDArray[np.object_], bad: NDArray[np.bool_], code: str, findings: Findings) -> None:
    findings.add(bad, code, "geom", None, always(message(code)))
    shapes[bad] = None


def _types(
    layer: Layer, shapes: NDArray[np.object_], kinds: NDArray[np.integer[Any]], findings: Findings
) -> None:
    if layer.geometry is None or layer.geometry == "Geometry":
        return
    wanted = _TYPES[layer.geometry]
    fits = (kinds == wanted) | (kinds == _SINGLE.get(wanted, wanted)) | shapely.is_missing(shapes)
    for kind in np.unique(kinds[~fits]):
        bad = (kinds == kind) & ~fits
        text = message("TWIN-213", None, None, have=_NAMES[int(kind)], need=layer.geometry)
        findings.add(bad, "TWIN-213", "geom", None, always(text))
        shapes[bad] = None


def _coordinates(shapes: NDArray[np.object_], findings: Findings, area: Area | None) -> None:
    points, rows = shapely.get_coordinates(shapes, return_index=True)
    bad = np.zeros(len(shapes), dtype=np.bool_)
    bad[rows[~np.isfinite(points).all(axis=1)]] = True
    _refuse(shapes, bad, "TWIN-215", findings)
    if area is None:
        return
    low, high = np.array(area[:2]), np.array(area[2:])
    outside = ~((points >= low) & (points <= high)).all(axis=1) & ~bad[rows]
    for row, first in zip(*np.unique(rows[outside], return_index=True), strict=True):
        x, y = points[outside][first]
        _one(shapes, int(row), "TWIN-218", findings, x=f"{x:.6g}", y=f"{y:.6g}")


def _valid(shapes: NDArray[np.object_], findings: Findings) -> None:
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for row in np.flatnonzero(bad):
        _one(shapes, int(row), "TWIN-216", findings, detail=shapely.is_valid_reason(shapes[row]))


def _fitted(layer: Layer, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Two-dimensional where the layer is, and multi where it asks for multi."""
    if layer.dimensions == 2:
        shapes = shapely.force_2d(shapes)
    wanted = _TYPES.get(layer.geometry or "", -1)
    if wanted in _SINGLE:
        single = shapely.get_type_id(shapes) == _SINGLE[wanted]
        make = {4: shapely.multipoints, 5: shapely.multilinestrings, 6: shapely.multipolygons}[wanted]
        rows = np.flatnonzero(single)
        if len(rows):
            shapes[rows] = make(shapes[rows], indices=np.arange(len(rows)))
    return np.asarray(shapes, dtype=object)
