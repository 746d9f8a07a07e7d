"""Geometries of a batch in the reader child: carried to the storage CRS, checked, written as EWKB for PostGIS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import shapely

from twin.catalog.check_shapes import check_shapes
from twin.catalog.findings import Findings, always
from twin.catalog.messages import message
from twin.files.refusals import TEXTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.catalog.spec import Layer
    from twin.errors import Problem
    from twin.files.georef import Place

_MULTI = {"Point": 4, "LineString": 5, "Polygon": 6}  # shapely's type ids of the multi type


def store(wkb: NDArray[Any], layer: Layer, srid: int, place: Place, findings: Findings) -> pa.Array:
    """EWKB (little endian, SRID set) of each geometry as PostGIS stores it; null where it is refused.

    ``wkb`` holds bytes or None. Single geometries become multi where the layer says so, a multi of one part becomes
    that part where the layer takes single ones. Z is dropped, or must be there for a 3-D layer; M is dropped.
    ``findings`` gets the refusals, with the coordinates as they stand in the file.
    """
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    unread = shapely.is_missing(shapes) & np.array([item is not None for item in wkb], dtype=bool)
    findings.add(unread, "TWIN-220", "geom", None, always(message("TWIN-220", detail="WKB")))
    shapes = _levelled(_single(shapes, layer.geometry), layer.dimensions, findings)
    shapes = _placed(shapes, layer.dimensions, place, findings)
    checked = Findings(len(shapes), findings.first_row)
    shapes = check_shapes(layer, shapes, checked)
    findings.problems += [p for p in checked.problems if findings.good[(p.row or 0) - findings.first_row]]
    findings.good &= checked.good
    shapes[~findings.good] = None
    stored = shapely.to_wkb(
        shapely.set_srid(shapes, srid), output_dimension=layer.dimensions, include_srid=True, byte_order=1
    )
    return pa.array(stored, pa.binary())


def faults(problems: list[Problem], first_row: int, size: int) -> pa.Array:
    """The first problem of each row of a batch as JSON (code, column, zh, en), null where there is none."""
    found: dict[int, str] = {}
    for one in problems:
        index = (one.row or 0) - first_row
        found.setdefault(
            index,
            json.dumps(
                {"code": one.code, "column": one.column, "zh": one.text.zh, "en": one.text.en},
                ensure_ascii=False,
            ),
        )
    return pa.array([found.get(index) for index in range(size)] if found else pa.nulls(size), pa.string())


def _single(shapes: NDArray[Any], wanted: str | None) -> NDArray[Any]:
    """GIS programs write every polygon of a layer as a multi polygon: one of one part is that part."""
    if wanted not in _MULTI:
        return shapes
    lone = (shapely.get_type_id(shapes) == _MULTI[wanted]) & (shapely.get_num_geometries(shapes) == 1)
    return np.where(lone, shapely.get_geometry(shapes, 0), shapes) if lone.any() else shapes


def _levelled(shapes: NDArray[Any], dimensions: int, findings: Findings) -> NDArray[Any]:
    if dimensions == 2:
        flat: NDArray[Any] = shapely.force_2d(shapes)
        return flat
    without = ~shapely.has_z(shapes) & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    findings.add(without, "TWIN-255", "geom", None, always(TEXTS["TWIN-255"]))
    return shapes


def _placed(shapes: NDArray[Any], dimensions: int, place: Place, findings: Findings) -> NDArray[Any]:
    """Coordinates in the storage CRS; a number that is not finite or out of range is a finding of its geometry."""
    points, owner = shapely.get_coordinates(shapes, include_z=dimensions == 3, return_index=True)
    if not len(points):
        return shapes
    endless = np.zeros(len(shapes), bool)
    endless[owner[~np.isfinite(points).all(axis=1)]] = True
    findings.add(endless, "TWIN-215", "geom", None, always(message("TWIN-215")))
    x, y = place.move(points[:, 0], points[:, 1]) if place.moves else (points[:, 0], points[:, 1])
    west, south, east, north = place.box
    outside = ~((x >= west) & (x <= east) & (y >= south) & (y <= north))
    if place.geographic:
        outside |= (np.abs(points[:, 0]) > 180) | (np.abs(points[:, 1]) > 90)
    _note_outside(points, owner, outside & ~endless[owner], findings)
    if not place.moves:
        return shapes
    points[:, 0], points[:, 1] = x, y
    moved: NDArray[Any] = shapely.set_coordinates(shapes.copy(), np.nan_to_num(points, posinf=0, neginf=0))
    return moved


def _note_outside(
    points: NDArray[np.float64], owner: NDArray[np.int64], outside: NDArray[np.bool_], findings: Findings
) -> None:
    for index, first in zip(*np.unique(owner[outside], return_index=True), strict=True):
        x, y = points[outside][first][:2]
        one = np.zeros(len(findings.good), bool)
        one[index] = True
        findings.add(one, "TWIN-218", "geom", None, always(message("TWIN-218", x=f"{x:.9g}", y=f"{y:.9g}")))
