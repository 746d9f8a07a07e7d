"""Geometries: nasty ones are told and refused, good ones fitted to the layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon, box

from twin.catalog.check_shapes import MAX_VERTICES, Area
from twin.catalog.load import load
from twin.catalog.spec import GeometryType
from twin.catalog.validate import Checked, check_table

CATALOG = load()
BASE = CATALOG.layers["terrain"]
SQUARE = box(0, 0, 10, 10)


def check(kind: GeometryType, shapes: Any, area: Area | None = None, dimensions: int = 2) -> Checked:
    layer = CATALOG.layers["building"].model_copy(
        update={"geometry": kind, "columns": {}, "dimensions": dimensions}
    )
    return check_table(layer, CATALOG, {}, geometry=shapes, area=area)


def told(checked: Checked) -> list[tuple[str, int | None]]:
    return [(p.code, p.row) for p in checked.problems]


@pytest.mark.parametrize(
    ("kind", "shape", "code"),
    [
        ("Polygon", None, "TWIN-214"),
        ("Polygon", Polygon(), "TWIN-214"),
        ("Polygon", Point(1, 1), "TWIN-213"),
        ("Polygon", MultiPolygon([SQUARE]), "TWIN-213"),
        ("LineString", SQUARE, "TWIN-213"),
        ("Polygon", Polygon([(0, 0), (10, 10), (10, 0), (0, 10)]), "TWIN-216"),
        ("Polygon", Polygon([(0, 0), (1, 1), (2, 2)]), "TWIN-216"),
        ("LineString", LineString([(1, 1), (1, 1)]), "TWIN-216"),
        ("Point", Point(), "TWIN-214"),
        ("Point", Point(float("nan"), 1), "TWIN-215"),
        ("LineString", LineString([(0, 0), (float("inf"), 1)]), "TWIN-215"),
        ("Polygon", Polygon([(0, 0), (1, 0), (float("nan"), 1)]), "TWIN-215"),
        ("MultiPolygon", MultiPolygon([SQUARE, box(5, 5, 15, 15)]), "TWIN-216"),
        ("Polygon", b"\x01\x02garbage", "TWIN-220"),
        ("Polygon", "POLYGON EMPTY", "TWIN-220"),
        ("Polygon", shapely.GeometryCollection([SQUARE]), "TWIN-213"),
    ],
)
def test_each_nasty_one_is_told_alone(kind: GeometryType, shape: Any, code: str) -> None:
    good: Any = {"Point": Point(0, 0), "LineString": LineString([(0, 0), (1, 1)])}.get(kind, SQUARE)
    checked = check(kind, [good, shape, good])
    assert told(checked) == [(code, 2)]
    assert checked.good.tolist() == [True, False, True]
    assert checked.geometry is not None
    assert [shape is None for shape in checked.geometry] == [False, True, False]


def test_reason_of_an_invalid_one_is_given() -> None:
    checked = check("Polygon", [Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])])
    assert "Self-intersection" in checked.problems[0].text.en


def test_single_is_promoted_and_z_dropped() -> None:
    high = shapely.force_3d(SQUARE, z=5)
    checked = check("MultiPolygon", [SQUARE, MultiPolygon([SQUARE]), high])
    assert checked.problems == ()
    assert checked.geometry is not None
    assert {shape.geom_type for shape in checked.geometry} == {"MultiPolygon"}
    assert not any(shape.has_z for shape in checked.geometry)
    assert all(shape.equals(SQUARE) for shape in checked.geometry)


def test_z_is_kept_where_the_layer_has_it() -> None:
    checked = check("Polygon", [shapely.force_3d(SQUARE, z=5)], dimensions=3)
    assert checked.geometry is not None
    assert checked.geometry[0].has_z


def test_any_geometry_is_taken_by_a_layer_of_any() -> None:
    assert told(check("Geometry", [SQUARE, Point(1, 1), LineString([(0, 0), (1, 1)])])) == []


def test_outside_the_area_of_the_system() -> None:
    """Degrees given for metres, or northing for easting, land far away."""
    checked = check("Point", [Point(500_000, 3_500_000), Point(114.3, 30.5), Point(3_500_000, 500_000)],
                    area=(300_000, 2_000_000, 700_000, 6_000_000))  # fmt: skip
    assert told(checked) == [("TWIN-218", 2), ("TWIN-218", 3)]
    assert "114.3" in checked.problems[0].text.en


def test_wkb_from_arrow_and_numpy() -> None:
    wkb = [shapely.to_wkb(SQUARE), None, b""]
    for given in (
        wkb,
        pa.array(wkb, pa.binary()),
        np.array(wkb, dtype=object),
        pa.chunked_array([pa.array(wkb, pa.binary())]),
    ):
        assert told(check("Polygon", given)) == [("TWIN-214", 2), ("TWIN-220", 3)]


def test_ewkb_with_an_srid_is_read() -> None:
    assert told(check("Polygon", [shapely.to_wkb(shapely.set_srid(SQUARE, 4490), include_srid=True)])) == []


def circle(vertices: int) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    return Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * 1000)


def test_a_lake_of_half_a_million_vertices_is_taken_and_an_endless_one_is_not() -> None:
    checked = check("Polygon", [circle(500_000), circle(MAX_VERTICES)])
    assert told(checked) == [("TWIN-217", 2)]


def test_a_fault_in_the_attributes_does_not_hide_one_in_the_geometry() -> None:
    layer = CATALOG.layers["building"]
    checked = check_table(layer, CATALOG, {"height": [-1.0, 2.0]}, geometry=[None, SQUARE])
    assert sorted(told(checked)) == [("TWIN-205", 1), ("TWIN-214", 1)]
    assert checked.good.tolist() == [False, True]


def test_geometry_is_asked_of_a_features_layer_only() -> None:
    layer = CATALOG.layers["building"]
    assert told(check_table(layer, CATALOG, {"height": [1.0]})) == [("TWIN-214", 1)]
    assert told(check_table(layer.model_copy(update={"kind": "records"}), CATALOG, {"height": [1.0]})) == []
