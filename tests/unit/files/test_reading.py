"""Vector files through the reader child: text, places, geometries."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import CRS, Transformer
from shapely import LineString, MultiPolygon, Point, Polygon, box

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = Point(505_000.125, 2_500_000.25)


def shapes(table: pa.Table) -> list[Any]:
    return [None if value is None else shapely.from_wkb(value) for value in table["_geom"].to_pylist()]


def codes(table: pa.Table) -> list[str | None]:
    return [None if fault is None else json.loads(fault)["code"] for fault in table["_fault"].to_pylist()]


def refused(code: str, action: Callable[[], Any]) -> TwinError:
    with pytest.raises(TwinError) as caught:
        action()
    assert caught.value.code == code
    assert caught.value.text.zh
    assert caught.value.text.en
    return caught.value


@pytest.mark.parametrize("suffix", ["gpkg", "shp", "fgb", "geojson"])
def test_text_and_place_are_kept(write: Any, read: Any, suffix: str) -> None:
    path = write(f"管线.{suffix}", [HERE], code=["0701"], 名称=["甲路😀"])
    head, table = read(path, crs="EPSG:4547")
    assert head.fields[:2] == ["code", "名称"]
    assert table["f0"].to_pylist() == ["0701"]
    assert table["f1"].to_pylist() == ["甲路😀"]
    assert shapes(table)[0].equals_exact(HERE, 1e-6)
    assert shapely.get_srid(shapes(table)[0]) == 4547
    assert table["_row"].to_pylist() == [1]


def test_a_gbk_shapefile_with_its_label_reads(write: Any, read: Any) -> None:
    path = write("a.shp", [HERE], encoding="GBK", 名称=["排水管段"])
    assert path.with_suffix(".cpg").exists()
    head, table = read(path)
    assert head.fields == ["名称"]
    assert table["f0"].to_pylist() == ["排水管段"]


def test_a_gbk_shapefile_without_label_proposes_gbk(write: Any, read: Any) -> None:
    path = write("a.shp", [HERE, HERE], encoding="GBK", name=["ascii", "排水管段"])
    path.with_suffix(".cpg").unlink()
    table = path.with_suffix(".dbf")
    bytes_ = bytearray(table.read_bytes())
    bytes_[29] = 0  # no language driver: nothing says what the bytes mean
    table.write_bytes(bytes(bytes_))
    error = refused("TWIN-233", lambda: read(path))
    assert "--encoding gbk" in error.text.zh
    assert "--encoding gbk" in error.text.en
    assert "2" in error.text.en
    _, found = read(path, encoding="gbk")
    assert found["f0"].to_pylist() == ["ascii", "排水管段"]


def test_the_language_driver_of_a_dbf_counts_as_a_declaration(write: Any, read: Any) -> None:
    path = write("a.shp", [HERE], encoding="GBK", name=["甲"])
    path.with_suffix(".cpg").unlink()
    bytes_ = bytearray(path.with_suffix(".dbf").read_bytes())
    bytes_[29] = 0x4D
    path.with_suffix(".dbf").write_bytes(bytes(bytes_))
    assert read(path)[1]["f0"].to_pylist() == ["甲"]


def test_a_character_cut_by_the_width_of_its_field_is_dropped_and_told(write: Any, read: Any) -> None:
    path = write("a.shp", [HERE], encoding="GBK", name=["甲乙"])
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("甲乙".encode("gbk"), "甲乙".encode("gbk")[:3] + b" "))
    head, found = read(path)
    assert found["f0"].to_pylist() == ["甲"]
    assert "1" in head.notes[0].en


@pytest.mark.parametrize("encoding", ["klingon", "utf-9"])
def test_an_unknown_encoding_is_named(write: Any, read: Any, encoding: str) -> None:
    path = write("a.shp", [HERE], name=["甲"])
    assert encoding in refused("TWIN-244", lambda: read(path, encoding=encoding)).text.en


def test_a_gbk_geojson_and_csv_need_the_word(tmp_path: Path, read: Any) -> None:
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": "甲路"},
                    "geometry": {"type": "Point", "coordinates": [114, 22]},
                }
            ],
        },
        ensure_ascii=False,
    )
    made = tmp_path / "a.geojson"
    made.write_bytes(text.encode("gbk"))
    refused("TWIN-233", lambda: read(made))
    assert read(made, encoding="gbk")[1]["f0"].to_pylist() == ["甲路"]
    table = tmp_path / "a.csv"
    table.write_bytes("编号,经度,纬度\n甲,114,22\n".encode("gbk"))
    refused("TWIN-233", lambda: read(table))
    assert read(table, encoding="gbk")[1]["f0"].to_pylist() == ["甲"]


@pytest.mark.parametrize("srid", [4490, 4326, 4526, 4547, 4549, 3857, 32650, 4502])
def test_a_known_crs_is_carried_to_storage(write: Any, read: Any, srid: int) -> None:
    x, y = Transformer.from_crs(4547, srid, always_xy=True).transform(HERE.x, HERE.y)
    path = write(f"c{srid}.gpkg", [Point(x, y)], crs=f"EPSG:{srid}", code=["a"])
    _, table = read(path)
    assert shapes(table)[0].distance(HERE) < 1e-3
    assert codes(table) == [None]


@pytest.mark.parametrize("srid", [4490, 4526, 4547])
def test_the_esri_text_of_cgcs2000_is_recognised(write: Any, read: Any, srid: int) -> None:
    x, y = Transformer.from_crs(4547, srid, always_xy=True).transform(HERE.x, HERE.y)
    path = write("e.shp", [Point(x, y)], crs=f"EPSG:{srid}", code=["a"])
    path.with_suffix(".prj").write_text(CRS.from_epsg(srid).to_wkt("WKT1_ESRI"))
    head, table = read(path)
    assert head.crs == CRS.from_epsg(srid).name
    assert shapes(table)[0].distance(HERE) < 1e-3


def test_a_file_without_crs_is_asked_for_one(write: Any, read: Any) -> None:
    path = write("n.shp", [HERE], crs=None, code=["a"])
    path.with_suffix(".prj").unlink(missing_ok=True)
    assert "--crs" in refused("TWIN-234", lambda: read(path)).text.en
    assert shapes(read(path, crs="EPSG:4547")[1])[0].equals_exact(HERE, 1e-6)


def test_what_is_declared_wins_over_the_file(write: Any, read: Any) -> None:
    x, y = Transformer.from_crs(4547, 4526, always_xy=True).transform(HERE.x, HERE.y)
    path = write("w.gpkg", [Point(x, y)], crs="EPSG:4547", code=["a"])
    assert codes(read(path)[1]) == ["TWIN-218"]
    assert shapes(read(path, crs="EPSG:4526")[1])[0].distance(HERE) < 1e-3


@pytest.mark.parametrize("srid", [2437, 4610])
def test_a_datum_without_public_parameters_is_refused(write: Any, read: Any, srid: int) -> None:
    path = write("o.gpkg", [Point(114, 22)], crs=f"EPSG:{srid}", code=["a"])
    assert "CGCS2000" in refused("TWIN-235", lambda: read(path)).text.en


def test_points_beyond_the_edge_of_the_zone_still_fit(write: Any, read: Any) -> None:
    path = write(
        "z.gpkg", [Point(118.499, 30), Point(118.501, 30), Point(0, 0)], crs="EPSG:4490", code=["a", "b", "c"]
    )
    _, table = read(path)
    assert codes(table) == [None, None, "TWIN-218"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (Point(), "TWIN-214"),
        (None, "TWIN-214"),
        (Point(float("nan"), 2_500_000), "TWIN-21"),
        (Point(float("inf"), 2_500_000), "TWIN-215"),
        (LineString([(5e5, 2.5e6), (5.1e5, 2.5e6)]), "TWIN-213"),
        (Point(1e9, 1e9), "TWIN-218"),
    ],
)
def test_points_that_are_none(write: Any, read: Any, given: Any, code: str) -> None:
    _, table = read(write("p.gpkg", [HERE, given], kind="Unknown", code=["a", "b"]))
    assert codes(table)[0] is None
    assert str(codes(table)[1]).startswith(code)
    assert shapes(table)[1] is None


def test_single_and_multi_fit_each_other_where_nothing_is_lost(write: Any, read: Any, layer: Any) -> None:
    one, two = box(5e5, 2.5e6, 5e5 + 10, 2.5e6 + 10), box(5e5 + 20, 2.5e6, 5e5 + 30, 2.5e6 + 10)
    path = write(
        "m.gpkg", [one, MultiPolygon([one]), MultiPolygon([one, two])], kind="Unknown", code=["a", "b", "c"]
    )
    _, multi = read(path, layer("MultiPolygon"))
    assert [s.geom_type for s in shapes(multi)] == ["MultiPolygon"] * 3
    _, single = read(path, layer("Polygon"))
    assert [None if s is None else s.geom_type for s in shapes(single)] == ["Polygon", "Polygon", None]
    assert codes(single) == [None, None, "TWIN-213"]


def test_a_bow_tie_is_refused_with_its_place(write: Any, read: Any, layer: Any) -> None:
    tie = Polygon([(5e5, 2.5e6), (5e5 + 10, 2.5e6 + 10), (5e5 + 10, 2.5e6), (5e5, 2.5e6 + 10)])
    _, table = read(write("t.gpkg", [tie], code=["a"]), layer("Polygon"))
    assert codes(table) == ["TWIN-216"]


def test_heights_follow_the_layer(write: Any, read: Any, layer: Any) -> None:
    tall = LineString([(5e5, 2.5e6, 7.5), (5e5 + 10, 2.5e6, 8.5)])
    path = write("z.gpkg", [tall], code=["a"])
    assert not shapes(read(path, layer("LineString"))[1])[0].has_z
    kept = shapes(read(path, layer("LineString", dimensions=3))[1])[0]
    assert [point[2] for point in kept.coords] == [7.5, 8.5]
    flat = write("f.gpkg", [LineString([(5e5, 2.5e6), (5e5 + 10, 2.5e6)])], code=["a"])
    assert codes(read(flat, layer("LineString", dimensions=3))[1]) == ["TWIN-255"]


def test_a_lake_of_half_a_million_vertices_passes(write: Any, read: Any, layer: Any) -> None:
    angle = np.linspace(0, 2 * np.pi, 500_000, endpoint=False)
    lake = Polygon(np.column_stack([505_000 + 900 * np.cos(angle), 2_500_000 + 900 * np.sin(angle)]))
    _, table = read(write("l.gpkg", [lake], code=["a"]), layer("Polygon"))
    assert codes(table) == [None]
    assert shapely.get_num_coordinates(shapes(table)[0]) == 500_001


def test_one_layer_of_several_is_chosen_by_name(write: Any, read: Any) -> None:
    path = write("two.gpkg", [HERE], code=["a"], options={"layer": "one"})
    write("two.gpkg", [HERE, HERE], code=["b", "c"], options={"layer": "two", "append": True})
    assert "one, two" in refused("TWIN-238", lambda: read(path)).text.en
    assert read(path, sublayer="two")[1].num_rows == 2
    refused("TWIN-238", lambda: read(path, sublayer="three"))


@pytest.mark.parametrize(
    ("text", "crs", "place"),
    [
        ("code,lon,lat\n007,114.05,22.6\n", None, (114.05, 22.6)),
        ("code;经度;纬度\n007;114.05;22.6\n", None, (114.05, 22.6)),
        ("code\tLongitude\tLATITUDE\n007\t114.05\t22.6\n", None, (114.05, 22.6)),
        ("\ufeffcode,x,y\r\n007,114.05,22.6\r\n", "EPSG:4490", (114.05, 22.6)),
        ('code,WKT\n007,"POINT (114.05 22.6)"\n', "EPSG:4326", (114.05, 22.6)),
    ],
)
def test_csv_columns_of_place(tmp_path: Path, read: Any, text: str, crs: str | None, place: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8", newline="")
    _, table = read(path, crs=crs)
    assert table["f0"].to_pylist() == ["007"]
    x, y = Transformer.from_crs(4490, 4547, always_xy=True).transform(*place)
    assert shapes(table)[0].distance(Point(x, y)) < 1e-3


def test_csv_of_a_spreadsheet_in_utf_16(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "a.txt"
    path.write_text("code\t经度\t纬度\r\n甲😀\t114.05\t22.6\r\n", encoding="utf-16", newline="")
    assert read(path)[1]["f0"].to_pylist() == ["甲😀"]


def test_csv_that_is_not_what_was_declared(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"code,lon,lat\n\xff\xff,114,22\n")
    refused("TWIN-233", lambda: read(path, encoding="gbk"))
    refused("TWIN-233", lambda: read(path))


def test_csv_with_metres_needs_a_crs_and_without_place_says_so(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,x,y\na,505000,2500000\n")
    refused("TWIN-234", lambda: read(path))
    path.write_text("code,here\na,1\n")
    assert "经度/纬度" in refused("TWIN-239", lambda: read(path)).text.en


def test_csv_rows_that_do_not_fit_are_counted_in_place(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        'code,lon,lat,remark\na,114,22,x\nb,114\nc,114,22,"two\nlines"\nd,abc,22,\ne,114,22,x,y\nf,,,z\ng,114,22,\n'
    )
    _, table = read(path)
    found = dict(zip(table["_row"].to_pylist(), codes(table), strict=True))
    assert found == {1: None, 2: "TWIN-257", 3: None, 4: "TWIN-215", 5: "TWIN-257", 6: "TWIN-214", 7: None}
    values = dict(zip(table["_row"].to_pylist(), table["f0"].to_pylist(), strict=True))
    assert values[3] == "c"
    assert values[7] == "g"


def test_a_csv_header_alone_is_an_empty_file(tmp_path: Path, read: Any, layer: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,lon,lat\n")
    from twin.files.sandbox import open_table

    with open_table(path, layer=layer(), srid=4547) as table:
        assert list(table.batches()) == []


def test_records_need_no_place(tmp_path: Path, read: Any, layer: Any) -> None:
    path = tmp_path / "a.csv"
    path.write_text("code,remark\n01,好\n")
    _, table = read(path, layer(None))
    assert table["f1"].to_pylist() == ["好"]
    assert "_geom" not in table.column_names


def test_geoparquet_takes_its_crs_from_the_metadata(tmp_path: Path, read: Any) -> None:
    def made(name: str, geo: dict[str, Any] | None, shape: Any) -> Path:
        rows = pa.table({"code": ["a"], "geometry": pa.array([shapely.to_wkb(shape)], pa.binary())})
        if geo is not None:
            rows = rows.replace_schema_metadata({"geo": json.dumps(geo)})
        pq.write_table(rows, tmp_path / name)
        return tmp_path / name

    column = {"encoding": "WKB", "geometry_types": ["Point"]}
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    degrees = Point(*Transformer.from_crs(4547, 4326, always_xy=True).transform(HERE.x, HERE.y))
    assert shapes(read(made("d.parquet", geo, degrees))[1])[0].distance(HERE) < 1e-3
    column["crs"] = CRS.from_epsg(4547).to_json_dict()  # type: ignore[assignment]
    assert shapes(read(made("m.parquet", geo, HERE))[1])[0].equals_exact(HERE, 1e-6)
    column["crs"] = None  # type: ignore[assignment]
    refused("TWIN-234", lambda: read(made("n.parquet", geo, HERE)))
    refused("TWIN-277", lambda: read(made("p.parquet", None, HERE)))
    column["encoding"] = "point"
    refused("TWIN-232", lambda: read(made("e.parquet", geo, HERE)))


@pytest.mark.parametrize("suffix", ["shp", "gpkg", "geojson", "csv"])
def test_a_zip_of_one_data_set(write: Any, read: Any, tmp_path: Path, suffix: str) -> None:
    if suffix == "csv":
        path = tmp_path / "a.csv"
        path.write_text("code,lon,lat\na,114,22\n")
    else:
        path = write(f"a.{suffix}", [HERE], code=["a"])
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in tmp_path.glob("a.*"):
            archive.write(part, f"数据/{part.name}")
        archive.writestr("说明.md", "read me")
        archive.writestr("__MACOSX/._a.shp", "x")
    _, table = read(packed, crs=None if suffix in ("csv", "geojson") else "EPSG:4547")
    assert table["f0"].to_pylist() == ["a"]


def test_a_raster_is_not_for_features(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "a.asc"
    path.write_text("ncols 2\nnrows 2\nxllcorner 500000\nyllcorner 2500000\ncellsize 5\n1 2\n3 4\n")
    refused("TWIN-240", lambda: read(path, crs="EPSG:4547"))


def test_a_file_that_is_not_there(tmp_path: Path, read: Any) -> None:
    refused("TWIN-243", lambda: read(tmp_path / "nothing.gpkg"))
    refused("TWIN-243", lambda: read(tmp_path))
