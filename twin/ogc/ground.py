"""Where a geometry of a request lies: from any CRS of the table into the storage CRS, or a refusal that says why.

A box or polygon is clipped to the area where the storage CRS makes sense (its zone and some degrees beside it) before
it is projected, so that a map client that asks for the whole world gets the city, not a folded outline.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.errors import GEOSException
from shapely.geometry import shape as from_geojson

from twin.crs import crs_of, transformer
from twin.ogc.filter.tree import Box, Shape
from twin.ogc.problems import bad_value

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from twin.crs import Crs

LONLAT = 4326
MARGIN = 6.0
STEP = 0.01
PIECES = 64


@lru_cache(maxsize=64)
def domain(srid: int) -> tuple[float, float, float, float]:
    """Longitudes and latitudes within which the CRS is used."""
    area = CRS.from_epsg(srid).area_of_use
    known = crs_of(srid)
    if area is None or known is None or known.degrees or srid == 3857:
        return -180.0, -85.06, 180.0, 85.06
    return (
        max(area.west - MARGIN, -180.0),
        max(area.south - MARGIN, -85.0),
        min(area.east + MARGIN, 180.0),
        min(area.north + MARGIN, 85.0),
    )


def place(literal: Shape | Box, crs: Crs, srid: int, where: str = "filter") -> BaseGeometry:
    """The literal in the storage CRS ``srid``; raises TWIN-342 naming ``where``."""
    if isinstance(literal, Box):
        return box(literal.numbers, crs, srid, where)
    geometry = _read(literal.geometry, where)
    if crs.flip:
        geometry = shapely.transform(geometry, lambda xy: xy[:, ::-1])
    return _placed(geometry, crs, srid, where)


def box(numbers: tuple[float, ...], crs: Crs, srid: int, where: str = "bbox") -> BaseGeometry:
    """A bounding box, numbers in the axis order of ``crs``, as a polygon in the storage CRS.

    In degrees a western edge beyond the eastern one spans the antimeridian (OGC API - Features 1, 7.15.3).
    """
    first, second, third, fourth = numbers
    west, south, east, north = (second, first, fourth, third) if crs.flip else (first, second, third, fourth)
    if south > north or (west > east and not crs.degrees):
        raise bad_value(
            where,
            f"{where} 的最小值大于最大值；顺序为 {_order(crs)}。",
            f"{where}: a minimum exceeds its maximum; the order is {_order(crs)}.",
        )
    _check_range(np.array([[west, south], [east, north]]), crs, where)
    if west > east:
        outline: BaseGeometry = shapely.union(
            shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)
        )
    else:
        outline = shapely.box(west, south, east, north)
    return _placed(outline, crs, srid, where)


def _order(crs: Crs) -> str:
    return "minLat,minLon,maxLat,maxLon / minN,minE,maxN,maxE" if crs.flip else "minx,miny,maxx,maxy"


def _read(geometry: dict[str, Any], where: str) -> BaseGeometry:
    for ring in _rings(geometry):
        if len(ring) < 4 or ring[0] != ring[-1]:
            raise bad_value(
                where,
                "多边形的环没有闭合：首尾坐标必须相同，且至少 4 个点。",
                "a ring of the polygon is not closed: its first and last positions must be equal, of four or more.",
            )
    try:
        found: BaseGeometry = from_geojson(geometry)
    except (GEOSException, ValueError) as error:
        raise bad_value(where, "几何无法构成。", "the geometry cannot be built.") from error
    if not shapely.is_valid(found):
        reason = shapely.is_valid_reason(found)
        raise bad_value(where, f"几何无效：{reason}。", f"the geometry is not valid: {reason}.")
    return found


def _rings(geometry: dict[str, Any]) -> list[list[Any]]:
    match geometry:
        case {"type": "Polygon", "coordinates": list(rings)}:
            return rings
        case {"type": "MultiPolygon", "coordinates": list(polygons)}:
            return [ring for polygon in polygons for ring in polygon]
        case {"type": "GeometryCollection", "geometries": list(members)}:
            return [ring for member in members for ring in _rings(member)]
    return []


def _placed(geometry: BaseGeometry, crs: Crs, srid: int, where: str) -> BaseGeometry:
    _check_range(shapely.get_coordinates(geometry), crs, where)
    if crs.srid == srid:
        return geometry
    if not crs.degrees:
        geometry = _projected(_dense(geometry, None), crs.srid, LONLAT, where)
    outline = shapely.box(*domain(srid))
    if not shapely.covers(outline, geometry):
        geometry = shapely.intersection(outline, geometry)
    if geometry.is_empty:
        return geometry
    return _projected(_dense(geometry, STEP), LONLAT, srid, where)


def _dense(geometry: BaseGeometry, step: float | None) -> BaseGeometry:
    """More vertices along straight edges, which are curves in the other CRS."""
    west, south, east, north = geometry.bounds
    extent = max(east - west, north - south)
    if extent <= 0:
        return geometry
    return shapely.segmentize(geometry, max(extent / PIECES, step or 0.0))


def _projected(geometry: BaseGeometry, source: int, target: int, where: str) -> BaseGeometry:
    change = transformer(source, target)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(change.transform(xy[:, 0], xy[:, 1]))

    moved: BaseGeometry = shapely.transform(geometry, move)
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise bad_value(
            where,
            f"坐标不在坐标系 EPSG:{source} 的有效范围内；请检查坐标系与坐标顺序。",
            f"the coordinates lie outside of where EPSG:{source} is defined; check the CRS and the axis order.",
        )
    return moved


def _check_range(xy: NDArray[np.float64], crs: Crs, where: str) -> None:
    if not crs.degrees:
        return
    if (np.abs(xy[:, 0]) > 180).any() or (np.abs(xy[:, 1]) > 90).any() or not math.isfinite(float(xy.sum())):
        raise bad_value(
            where,
            f"坐标超出经纬度范围；坐标系 {crs.uri} 的顺序为{'纬度、经度' if crs.flip else '经度、纬度'}。",
            f"coordinates are out of the range of degrees; the order in {crs.uri} is "
            f"{'latitude, longitude' if crs.flip else 'longitude, latitude'}.",
        )
