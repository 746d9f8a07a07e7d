"""GeoJSON features as typed rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import orjson
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

VALID_TIME = {"valid_from": "datetime", "valid_to": "datetime"}
DTYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean", "text": "string"}


def frame(
    features: list[dict[str, Any]], told: dict[str, Any], columns: Sequence[str] | None, crs: int | str
) -> gpd.GeoDataFrame:
    """Features as rows, each column in the type that the catalogue declares."""
    ids = pd.Index([feature["id"] for feature in features], name="id")
    rows = pd.DataFrame([feature["properties"] for feature in features], index=ids)
    declared = {column["name"]: column["type"] for column in told["columns"]}
    for name in [name for name in declared if name not in rows and (columns is None or name in columns)]:
        rows[name] = None
    for name, kind in (declared | VALID_TIME).items():
        if name in rows:
            rows[name] = _typed(rows[name], kind)
    text = [
        None if feature["geometry"] is None else orjson.dumps(feature["geometry"]) for feature in features
    ]
    found = gpd.GeoDataFrame(rows, geometry=shapely.from_geojson(np.array(text, dtype=object)), crs=crs)
    if _northing_first(found.crs) and not isinstance(crs, str):
        swapped = shapely.transform(found.geometry.to_numpy(), lambda xy: xy[:, ::-1])
        return found.set_geometry(gpd.GeoSeries(swapped, index=found.index, crs=crs))
    return found


def _typed(column: pd.Series[Any], kind: str) -> pd.Series[Any]:
    if kind in ("date", "datetime"):
        return pd.to_datetime(column, format="ISO8601", utc=kind == "datetime")
    return column.astype(DTYPES.get(kind, "object"))


def attributes(told: dict[str, Any], run: str | None) -> dict[str, Any]:
    columns = told["columns"]
    return {
        "layer": told["name"],
        "title": told["title"],
        "run": run,
        "titles": {column["name"]: column["title"] for column in columns},
        "units": {column["name"]: column["unit"] for column in columns if column.get("unit")},
        "terms": {
            column["name"]: {code: term["title"] for code, term in column["terms"].items()}
            for column in columns
            if column.get("terms")
        },
    }


def _northing_first(crs: Any) -> bool:
    """Whether the authority's axis order, which the service follows, names the north first."""
    return bool(crs.axis_info) and crs.axis_info[0].direction.lower() == "north"
