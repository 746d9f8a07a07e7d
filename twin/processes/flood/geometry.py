"""Shapes drawn on the map as inputs: GeoJSON lines and polygons in CRS84."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
import shapely
from pydantic import ConfigDict, Discriminator, model_validator

from twin.processes.models import Value, field, titled
from twin.processes.validation import impossible

if TYPE_CHECKING:
    from pyproj import Transformer

MAX_POINTS = 5000
Longitude = Annotated[float, field("经度", "Longitude", unit="deg", ge=-180, le=180)]
Latitude = Annotated[float, field("纬度", "Latitude", unit="deg", ge=-90, le=90)]
Position = tuple[Longitude, Latitude]
Ring = Annotated[tuple[Position, ...], field("环", "Ring", min_length=4, max_length=MAX_POINTS)]


class Line(Value):
    """A GeoJSON LineString (RFC 7946) in CRS84."""

    model_config = ConfigDict(json_schema_extra=titled("折线", "Line"))

    type: Literal["LineString"] = field("类型", "Type", "LineString")
    coordinates: tuple[Position, ...] = field("坐标", "Coordinates", min_length=2, max_length=MAX_POINTS)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len(set(self.coordinates)) < 2:
            raise impossible(
                "geometry.coordinates",
                "折线至少需要两个不同的点。",
                "A line needs two different points at least.",
            )
        return self

    def shape(self) -> Any:
        return shapely.LineString(self.coordinates)


class Area(Value):
    """A GeoJSON Polygon (RFC 7946) in CRS84: the outer ring, then its holes, each closed."""

    model_config = ConfigDict(json_schema_extra=titled("多边形", "Polygon"))

    type: Literal["Polygon"] = field("类型", "Type", "Polygon")
    coordinates: tuple[Ring, ...] = field("坐标", "Coordinates", min_length=1, max_length=50)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if any(ring[0] != ring[-1] for ring in self.coordinates):
            raise impossible(
                "geometry.coordinates",
                "多边形的环必须闭合：末点等于首点。",
                "The rings of a polygon must be closed: the last point is the first one.",
            )
        shape = self.shape()
        if not shape.is_valid or shape.area == 0.0:
            raise impossible(
                "geometry.coordinates",
                "多边形无效：面积为零或边界自相交。",
                "The polygon is not valid: it has no area or crosses itself.",
            )
        return self

    def shape(self) -> Any:
        return shapely.Polygon(self.coordinates[0], self.coordinates[1:])


Shape = Annotated[Line | Area, Discriminator("type")]


def in_city(shape: Line | Area, to_city: Transformer) -> Any:
    """The shape in the city's CRS (m)."""
    return shapely.transform(
        shape.shape(), lambda points: np.column_stack(to_city.transform(points[:, 0], points[:, 1]))
    )
