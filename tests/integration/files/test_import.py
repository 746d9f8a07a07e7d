"""Files into layers on a real database, and out again."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio.raw
import pytest
import shapely

from twin.actions.export_layer import export_layer
from twin.actions.import_layer import ImportRefused, import_file
from twin.errors import Refused, TwinError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twin.access.actor import Actor
    from twin.store.database import Store


def feature(lon: float, lat: float, **properties: Any) -> dict[str, Any]:
    square = shapely.box(lon, lat, lon + 0.001, lat + 0.001)
    return {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(square)}


def geojson(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8"
    )
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


def count(store: Store, actor: Actor, name: str) -> int:
    return int(rows(store, actor, f"SELECT count(*) FROM city.{name}")[0][0])


def points(path: Path, records: list[str], header: str = "code,lon,lat") -> Path:
    path.write_text("\n".join([header, *records]) + "\n", encoding="utf-8")
    return path


def test_again_updates_what_changed_and_never_doubles(clean: Store, operator: Actor, tmp_path: Path) -> None:
    first = geojson(tmp_path / "a.geojson", plots())
    import_file(clean, operator, first, "plot")
    before = rows(clean, operator, "SELECT id, code, _recorded_from FROM city.plot ORDER BY code")
    changed = plots()
    changed[2]["properties"]["name"] = "改名"
    changed[2]["properties"]["area"] = None
    report = import_file(clean, operator, geojson(tmp_path / "a.geojson", changed), "plot")
    assert (report.read, report.inserted, report.updated) == (5, 0, 5)
    after = rows(clean, operator, "SELECT id, code, _recorded_from FROM city.plot ORDER BY code")
    assert [row[0] for row in after] == [row[0] for row in before]
    touched = [one[1] for one, other in zip(after, before, strict=True) if one[2] != other[2]]
    assert touched == ["0002"]
    assert rows(clean, operator, "SELECT name, area FROM city.plot WHERE code = '0002'") == [("改名", None)]
    assert count(clean, operator, "plot") == 5


def test_columns_that_the_file_does_not_bring_keep_their_values(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    import_file(clean, operator, geojson(tmp_path / "a.geojson", plots()), "plot")
    less = [feature(114.2, 22.6, code="0000", name="新名")]
    import_file(clean, operator, geojson(tmp_path / "a.geojson", less), "plot")
    assert rows(clean, operator, "SELECT name, area FROM city.plot WHERE code = '0000'") == [("新名", 0.25)]


def test_the_same_code_from_another_source_is_refused_by_name(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    import_file(clean, operator, points(tmp_path / "a.csv", ["k1,114,22.5"]), "tree")
    with pytest.raises(ImportRefused) as caught:
        import_file(clean, operator, points(tmp_path / "b.csv", ["k1,114,22.5", "k2,114,22.5"]), "tree")
    found = caught.value.problems[0]
    assert (found.code, found.row, found.column) == ("TWIN-261", 1, "code")
    assert "a/k1" in found.text.en
    assert count(clean, operator, "tree") == 1


def test_nothing_is_stored_when_a_record_is_refused(clean: Store, operator: Actor, tmp_path: Path) -> None:
    bad = plots()
    bad[1]["properties"] |= {"use": "0702", "area": -1}
    bad[3]["geometry"] = None
    with pytest.raises(ImportRefused) as caught:
        import_file(
            clean, operator, geojson(tmp_path / "a.geojson", bad), "plot", report_to=tmp_path / "r.csv"
        )
    assert caught.value.code == "TWIN-245"
    assert caught.value.status == 422
    assert caught.value.report.refused == 2
    assert "--skip-invalid" in caught.value.text.zh
    assert count(clean, operator, "plot") == 0
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert [(line["row"], line["column"], line["code"], line["value"]) for line in lines] == [
        ("2", "area", "TWIN-205", "-1.0"),
        ("2", "use", "TWIN-204", "0702"),
        ("4", "geom", "TWIN-214", ""),
    ]
    assert "0701" in lines[1]["zh"]
    assert "Did you mean" in lines[1]["en"]


def test_skip_invalid_stores_the_rest_and_counts(clean: Store, operator: Actor, tmp_path: Path) -> None:
    bad = plots()
    bad[1]["properties"]["use"] = "nope"
    seen: list[tuple[int, int | None]] = []
    report = import_file(
        clean,
        operator,
        geojson(tmp_path / "a.geojson", bad),
        "plot",
        skip_invalid=True,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert (report.read, report.inserted, report.refused) == (5, 4, 1)
    assert report.problems_csv is not None
    assert report.problems_csv.exists()
    assert seen[-1] == (5, 5)
    assert count(clean, operator, "plot") == 4


def test_ids_that_repeat_in_the_file_and_across_batches(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    many = [f"c{i},{114 + i / 1e6:.6f},22.5" for i in range(20_000)]
    many[15_000] = "c7,114.1,22.5"
    many[9] = "c8,114.1,22.5"
    path = points(tmp_path / "a.csv", many)
    report = import_file(clean, operator, path, "tree", skip_invalid=True)
    assert (report.read, report.inserted, report.refused) == (20_000, 19_998, 2)
    assert report.problems_csv is not None
    lines = list(csv.DictReader(report.problems_csv.read_text("utf-8-sig").splitlines()))
    assert {(line["row"], line["code"]) for line in lines} == {("10", "TWIN-208"), ("15001", "TWIN-208")}
    assert "8" in next(line["en"] for line in lines if line["row"] == "15001")


def test_a_reference_to_nothing_is_named(clean: Store, operator: Actor, tmp_path: Path) -> None:
    import_file(clean, operator, geojson(tmp_path / "a.geojson", plots()), "plot")
    path = points(
        tmp_path / "s.csv", ["s1,114,22.5,0001", "s2,114,22.5,9999", "s3,114,22.5,"], "code,lon,lat,地块"
    )
    with pytest.raises(ImportRefused) as caught:
        import_file(clean, operator, path, "spot")
    found = caught.value.problems[0]
    assert (found.code, found.row, found.value) == ("TWIN-262", 2, "9999")
    assert "plot.code" in found.text.zh
    assert import_file(clean, operator, path, "spot", skip_invalid=True).inserted == 2


def test_a_tree_may_come_in_any_order_and_falls_with_its_root(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    header = "code,lon,lat,parent"
    path = points(tmp_path / "t.csv", ["c,114,22.5,b", "b,114,22.5,a", "a,114,22.5,"], header)
    assert import_file(clean, operator, path, "tree").inserted == 3
    lost = points(
        tmp_path / "u.csv", ["z,114,22.5,y", "y,114,22.5,x", "x,114,22.5,nowhere", "w,114,22.5,a"], header
    )
    report = import_file(clean, operator, lost, "tree", skip_invalid=True)
    assert (report.inserted, report.refused) == (1, 3)


def test_fields_are_mapped_and_the_rest_is_told(clean: Store, operator: Actor, tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", [feature(114.2, 22.6, 地块号="07", MC="甲", GUID="x")])
    report = import_file(clean, operator, path, "plot", mapping={"code": "地块号"})
    assert report.unused == ("GUID",)
    assert rows(clean, operator, "SELECT code, name FROM city.plot") == [("07", "甲")]
    with pytest.raises(TwinError, match="TWIN-241"):
        import_file(clean, operator, path, "plot", mapping={"code": "地块"})


def test_a_csv_says_which_columns_are_the_place(clean: Store, operator: Actor, tmp_path: Path) -> None:
    path = points(tmp_path / "a.csv", ["k1,2500000,505000"], "code,北,东")
    import_file(clean, operator, path, "tree", mapping={"x": "东", "y": "北"}, crs="EPSG:4547")
    assert rows(clean, operator, "SELECT ST_X(geom), ST_Y(geom) FROM city.tree") == [(505000, 2500000)]


def test_the_record_id_of_the_file_serves_where_there_is_no_code(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    path = points(tmp_path / "a.csv", ["k1,114,22.5,A7"], "code,lon,lat,OBJECTID")
    import_file(clean, operator, path, "tree", mapping={"source_id": "OBJECTID"}, source="survey")
    assert rows(clean, operator, "SELECT source, source_id FROM city.tree") == [("survey", "A7")]


def test_a_missing_required_field_is_a_refusal_of_the_file(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    path = geojson(tmp_path / "a.geojson", [feature(114.2, 22.6, name="x")])
    with pytest.raises(Refused) as caught:
        import_file(clean, operator, path, "plot", skip_invalid=True)
    assert "编号" in caught.value.text.zh
    assert caught.value.problems[0].code == "TWIN-202"


def test_a_code_as_a_number_is_refused_because_zeros_may_be_lost(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    path = geojson(tmp_path / "a.geojson", [feature(114.2, 22.6, code="a", use=701)])
    with pytest.raises(ImportRefused) as caught:
        import_file(clean, operator, path, "plot")
    assert caught.value.problems[0].code == "TWIN-211"


def test_layers_that_may_not_be_written(clean: Store, tmp_path: Path, actor: Callable[[str], Actor]) -> None:
    path = points(tmp_path / "a.csv", ["k1,114,22.5"])
    for role, name, code, status in (
        ("planner", "tree", "TWIN-247", 403),
        ("planner", "secret", "TWIN-248", 404),
        ("anonymous", "tree", "TWIN-247", 403),
        ("operator", "nothing", "TWIN-248", 404),
    ):
        with pytest.raises(TwinError) as caught:
            import_file(clean, actor(role), path, name)
        assert (caught.value.code, caught.value.status) == (code, status)
    with pytest.raises(TwinError, match="Did you mean"):
        import_file(clean, actor("operator"), path, "tre")


def test_records_without_geometry(clean: Store, operator: Actor, tmp_path: Path) -> None:
    path = points(tmp_path / "n.csv", ['01,"好\n😀"', "02,"], "code,remark")
    assert import_file(clean, operator, path, "note").inserted == 2
    path = points(tmp_path / "n.csv", ['01,"好,""引号"""'], "code,remark")
    assert import_file(clean, operator, path, "note").updated == 1
    assert rows(clean, operator, "SELECT remark FROM city.note WHERE code = '01'") == [('好,"引号"',)]


def test_heights_stay_in_a_layer_that_has_them(clean: Store, operator: Actor, tmp_path: Path) -> None:
    line = shapely.LineString([(114.2, 22.6, 7.5), (114.3, 22.6, 6.25)])
    body = {"type": "Feature", "properties": {"code": "p"}, "geometry": shapely.geometry.mapping(line)}
    import_file(clean, operator, geojson(tmp_path / "a.geojson", [body]), "pipe")
    assert rows(
        clean, operator, "SELECT ST_Z(ST_StartPoint(geom)), ST_Z(ST_EndPoint(geom)) FROM city.pipe"
    ) == [(7.5, 6.25)]
    for suffix in ("gpkg", "parquet", "fgb", "shp"):
        out = tmp_path / f"o.{suffix}"
        export_layer(clean, operator, "pipe", out)
        assert import_file(clean, operator, out, "pipe").updated == 1
        assert rows(clean, operator, "SELECT ST_Z(ST_StartPoint(geom)) FROM city.pipe") == [(7.5,)]


def test_an_empty_file_changes_nothing(clean: Store, operator: Actor, tmp_path: Path) -> None:
    report = import_file(clean, operator, points(tmp_path / "a.csv", []), "tree")
    assert (report.read, report.inserted, report.refused) == (0, 0, 0)


def test_another_crs_lands_where_postgis_would_put_it(clean: Store, operator: Actor, tmp_path: Path) -> None:
    for srid in (4490, 4526, 4547, 4549, 4326, 32650, 3857):
        place = f"ST_Transform(ST_SetSRID(ST_MakePoint(114.7, 22.55), 4490), {srid})"
        ((x, y),) = rows(clean, operator, f"SELECT ST_X({place}), ST_Y({place})")
        path = points(tmp_path / f"c{srid}.csv", [f"c{srid},{x!r},{y!r}"], "code,x,y")
        import_file(clean, operator, path, "tree", crs=f"EPSG:{srid}")
    apart = rows(
        clean,
        operator,
        """SELECT code, ST_Distance(geom, ST_Transform(ST_SetSRID(ST_MakePoint(114.7, 22.55), 4490), 4547))
           FROM city.tree""",
    )
    assert len(apart) == 7
    assert max(distance for _, distance in apart) < 1e-3, apart


def test_a_crs_that_is_none_is_refused(clean: Store, operator: Actor, tmp_path: Path) -> None:
    path = points(tmp_path / "a.csv", ["k,505000,2500000"], "code,x,y")
    for crs, code in (
        (None, "TWIN-234"),
        ("EPSG:999999", "TWIN-395"),
        ("+proj=merc", "TWIN-395"),
        ("EPSG:2437", "TWIN-235"),
    ):
        with pytest.raises(TwinError) as caught:
            import_file(clean, operator, path, "tree", crs=crs)
        assert caught.value.code == code


def test_what_an_actor_may_not_read_is_not_exported(
    clean: Store, tmp_path: Path, actor: Callable[[str], Actor]
) -> None:
    with pytest.raises(TwinError) as caught:
        export_layer(clean, actor("planner"), "secret", tmp_path / "s.gpkg")
    assert caught.value.status == 404
    assert not list(tmp_path.iterdir())


def test_an_unknown_suffix_lists_the_known_ones(clean: Store, operator: Actor, tmp_path: Path) -> None:
    for name in ("a.kml", "a", "a.tif"):
        with pytest.raises(TwinError) as caught:
            export_layer(clean, operator, "tree", tmp_path / name)
        assert caught.value.code == "TWIN-246"
        assert ".gpkg" in caught.value.text.en


def test_a_shapefile_tells_what_it_could_not_hold(clean: Store, operator: Actor, tmp_path: Path) -> None:
    wide = plots()
    wide[0]["properties"]["name"] = "名" * 200
    import_file(clean, operator, geojson(tmp_path / "a.geojson", wide), "plot")
    notes: list[Any] = []
    assert export_layer(clean, operator, "plot", tmp_path / "o.shp", notes=notes) == 5
    assert any("254" in note.en for note in notes)
    assert sorted(path.suffix for path in tmp_path.glob("o.*")) == [".cpg", ".dbf", ".prj", ".shp", ".shx"]
    assert not list(tmp_path.glob(".o-*"))


def test_a_box_limits_an_export(clean: Store, operator: Actor, tmp_path: Path) -> None:
    import_file(clean, operator, geojson(tmp_path / "a.geojson", plots()), "plot")
    out = tmp_path / "o.geojson"
    assert export_layer(clean, operator, "plot", out, bbox=(114.205, 22.5, 114.225, 22.7)) == 2
    kept = json.loads(out.read_text("utf-8"))
    found = {f["properties"]["code"]: f["geometry"]["coordinates"][0][0][0] for f in kept["features"]}
    assert sorted(found) == ["0001", "0002"]
    assert abs(found["0001"][0] - 114.21) < 2e-3


def test_a_gbk_shapefile_with_chinese_fields_fills_the_columns_by_title(
    clean: Store, operator: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "地块.shp"
    square = shapely.box(505_000, 2_500_000, 505_010, 2_500_010)
    pyogrio.raw.write(
        path,
        geometry=np.array([shapely.to_wkb(square)], dtype=object),
        field_data=[np.array([text], dtype=object) for text in ("0007", "城镇住宅楼甲", "0701")],
        fields=["编号", "名称", "用途"],
        geometry_type="Polygon",
        crs="EPSG:4547",
        encoding="GBK",
    )
    path.with_suffix(".cpg").unlink()
    raw = bytearray(path.with_suffix(".dbf").read_bytes())
    raw[29] = 0
    path.with_suffix(".dbf").write_bytes(bytes(raw))
    with pytest.raises(TwinError) as caught:
        import_file(clean, operator, path, "plot")
    assert "--encoding gbk" in caught.value.text.zh
    assert count(clean, operator, "plot") == 0
    import_file(clean, operator, path, "plot", encoding="gbk")
    assert rows(clean, operator, "SELECT code, name, use, source FROM city.plot") == [
        ("0007", "城镇住宅楼甲", "0701", "地块")
    ]


def test_a_parcel_across_two_zones_keeps_its_shape(clean: Store, operator: Actor, tmp_path: Path) -> None:
    wide = feature(115.4995, 22.6, code="x")  # half in zone 38, half in zone 39
    import_file(clean, operator, geojson(tmp_path / "a.geojson", [wide]), "plot")
    ((inside, apart),) = rows(
        clean,
        operator,
        """SELECT ST_IsValid(geom), ST_HausdorffDistance(ST_Transform(geom, 4490),
           ST_MakeEnvelope(115.4995, 22.6, 115.5005, 22.601, 4490)) FROM city.plot""",
    )
    assert inside
    assert apart < 1e-9
