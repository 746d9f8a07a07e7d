"""Files into layers on a real database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import shapely

from twin.actions.import_layer import import_file

if TYPE_CHECKING:
    from pathlib import Path

    from twin.access.actor import Actor
    from twin.store.database import Store


def feature(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    square = shapely.box(lon, lat, lon + 0.001, lat + 0.001)
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(square)}


def geojson(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return path


def rows(store: Store, actor: Actor, query: str) -> list[tuple[Any, ...]]:
    with store.transaction(actor) as conn:
        return conn.execute(query).fetchall()


def test_geojson_lands_where_postgis_puts_it(clean: Store, operator: Actor, tmp_path: Path) -> None:
    path = geojson(
        tmp_path / "p.geojson", [feature(114.2, 22.6, code="0001", name="甲地块😀", use="0701", area=1.5)]
    )
    report = import_file(clean, operator, path, "plot")
    assert (report.read, report.inserted, report.updated, report.refused) == (1, 1, 0, 0)
    found = rows(
        clean,
        operator,
        """SELECT code, name, use, area, source, source_id, GeometryType(geom), ST_SRID(geom), ST_HausdorffDistance(geom,
           ST_Multi(ST_Transform(ST_MakeEnvelope(114.2, 22.6, 114.201, 22.601, 4326), 4547))) FROM city.plot""",
    )
    assert found[0][:8] == ("0001", "甲地块😀", "0701", 1.5, "p", "0001", "MULTIPOLYGON", 4547)
    assert found[0][8] < 1e-3
