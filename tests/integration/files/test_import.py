"""Files into layers on a real database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from twin.actions.export_layer import export_layer
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


def plots() -> list[dict[str, Any]]:
    return [
        feature(
            114.2 + i / 100,
            22.6,
            code=f"{i:04d}",
            name=f"地块{i}😀",
            use="0701",
            area=i + 0.25,
            floors=i,
            listed=bool(i % 2),
            built=f"2020-01-{i + 1:02d}",
            seen=f"2024-03-01T0{i}:00:00+08:00",
        )
        for i in range(5)
    ]


FORMATS = ["gpkg", "shp", "geojson", "fgb", "parquet", "csv"]
ALL = "SELECT code, name, use, area, floors, listed, built, seen, source, source_id, geom FROM city.plot ORDER BY code"


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("crs", [None, "EPSG:4490"])
def test_every_format_goes_out_and_comes_back(
    clean: Store, operator: Actor, tmp_path: Path, suffix: str, crs: str | None
) -> None:
    import_file(clean, operator, geojson(tmp_path / "a.geojson", plots()), "plot")
    before = rows(clean, operator, ALL)
    out = tmp_path / f"out.{suffix}"
    assert export_layer(clean, operator, "plot", out, crs=crs) == 5
    declared = crs or "EPSG:4547" if suffix == "csv" else None
    again = import_file(clean, operator, out, "plot", crs=declared)
    assert (again.inserted, again.updated, again.refused) == (0, 5, 0)
    after = rows(clean, operator, ALL)
    assert [row[:-1] for row in after] == [row[:-1] for row in before]
    for one, other in zip(before, after, strict=True):
        assert shapely.from_wkb(one[-1]).hausdorff_distance(shapely.from_wkb(other[-1])) < 2e-3
