"""The parts around the reader: fields, formats, frames, the report, the texts."""

from __future__ import annotations

import csv
import io
import string
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from twin.errors import Problem, TwinError
from twin.files import frames, refusals
from twin.files.formats import identify
from twin.files.mapping import match, short_names
from twin.files.report import Report
from twin.text import Text

if TYPE_CHECKING:
    from pathlib import Path


def test_fields_match_by_name_case_title_alias_and_cut(layer: Any) -> None:
    thing = layer()
    assert match(thing, ["code", "use"], {}).columns == {"code": 0, "use": 1}
    assert match(thing, ["CODE", "YT"], {}).columns == {"code": 0, "use": 1}
    assert match(thing, ["编号", "用途", "Ground Elevation"], {}).columns == {
        "code": 0,
        "use": 1,
        "ground_elevation": 2,
    }
    assert match(thing, ["ground_ele"], {}).columns == {"ground_elevation": 0}
    assert match(thing, ["Code", "code"], {}).columns == {"code": 1}


def test_the_explicit_mapping_comes_first(layer: Any) -> None:
    found = match(layer(), ["code", "other", "x"], {"code": "OTHER"})
    assert found.columns["code"] == 1
    assert found.unused == ("code", "x")
    assert match(layer(), ["a", "b"], {"source_id": "a", "code": "b"}).source_id == 0


@pytest.mark.parametrize(
    ("mapping", "hint"), [({"cod": "code"}, "code"), ({"code": "nmae"}, "name"), ({"id": "code"}, "")]
)
def test_a_wrong_mapping_gets_a_hint(layer: Any, mapping: dict[str, str], hint: str) -> None:
    with pytest.raises(TwinError) as caught:
        match(layer(), ["code", "name"], mapping)
    assert caught.value.code == "TWIN-241"
    assert hint in caught.value.text.en


def test_the_wrong_layer_is_noticed(layer: Any) -> None:
    with pytest.raises(TwinError) as caught:
        match(layer(), ["GUID", "LENGTH"], {})
    assert caught.value.code == "TWIN-242"
    assert "GUID" in caught.value.text.zh


def test_short_names_never_meet() -> None:
    short = short_names(["ground_elevation", "ground_electric", "code", "ground_elements"])
    assert len(set(short.values())) == 4
    assert all(len(name) <= 10 for name in short.values())
    assert short["code"] == "code"


@pytest.mark.parametrize(
    ("head", "name", "format_"),
    [
        (b"II*\0", "a.tif", "tif"),
        (b"MM\0+", "a.bin", "tif"),
        (b"fgb\x03fgb\x01", "x", "fgb"),
        (b"PAR1", "a.parquet", "parquet"),
        (b"\x00\x00\x27\x0a", "a.shp", "shp"),
        (b"NCOLS 10\r\nNROWS 2", "a.txt", "asc"),
        (b'\xef\xbb\xbf {"type": "FeatureCollection"', "a.json", "geojson"),
        (b"code,x,y\n", "a.CSV", "csv"),
    ],
)
def test_formats_are_told_from_their_bytes(tmp_path: Path, head: bytes, name: str, format_: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(head)
    assert identify(path, name).name == format_


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"<VRTDataset/>", "a.tif"),
        (b"<OGRVRTDataSource/>", "a.geojson"),
        (b"<OGRVRTDataSource/>", "a.csv"),
        (b'{"type":"gdal_streamed_alg","command_line":"x", "a": "\\"type\\":\\"Feature\\""}', "a.geojson"),
        (b'{"type": "Topology"}', "a.json"),
        (b"", "a.csv"),
        (b"", "a.tif"),
        (b"SQLite format 3\0" + bytes(100), "a.db"),
        (b"\x7fELF\0", "a.csv"),
        (b"code,x,y\n", "a.exe"),
    ],
)
def test_everything_else_is_not_a_format(tmp_path: Path, head: bytes, name: str) -> None:
    path = tmp_path / "f"
    path.write_bytes(head)
    with pytest.raises(TwinError) as caught:
        identify(path, name)
    assert caught.value.code == "TWIN-230"
    assert "GeoPackage" in caught.value.text.en


def test_batches_above_the_aim_are_cut() -> None:
    out = io.BytesIO()
    batch = pa.RecordBatch.from_arrays([pa.array(["x" * 1000] * 20_000)], ["a"])
    frames.send_batch(out, batch)
    out.seek(0)
    rows = []
    while (got := frames.receive(out.read)) is not None:
        assert got[0] == b"B"
        assert len(got[1]) <= frames.AIM_BATCH * 1.1
        rows.append(pa.ipc.read_record_batch(pa.py_buffer(got[1]), batch.schema).num_rows)
    assert sum(rows) == 20_000


@pytest.mark.parametrize(
    "raw", [b"B\xff\xff\xff\xff", b"X\0\0\0\x01a", b"B\0\0", b"B\0\0\0\x05ab", b"B\0\0\0\x05"]
)
def test_a_frame_gone_wrong_is_refused_before_memory_is_taken(raw: bytes) -> None:
    with pytest.raises(ValueError, match="frame"):
        frames.receive(io.BytesIO(raw).read)


def problem(row: int, value: str) -> Problem:
    return Problem(
        code="TWIN-204", text=Text(zh="不在词表", en="not in the list"), row=row, column="use", value=value
    )


def test_the_report_opens_in_a_spreadsheet_and_holds_no_formula(tmp_path: Path) -> None:
    with Report(tmp_path / "r.csv") as report:
        assert report.written is None
        report.add([problem(7, '=HYPERLINK("x")'), problem(3, "中文"), problem(3, "-12.5")])
        report.add([problem(9, 'a,"b"\nc')])
        assert report.rows == 3
    raw = (tmp_path / "r.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert lines[0] == ["row", "column", "code", "value", "zh", "en"]
    assert [line[0] for line in lines[1:]] == ["3", "3", "7", "9"]
    assert lines[1][3] == "中文"
    assert lines[2][3] == "-12.5"
    assert lines[3][3].startswith("'=")
    assert lines[4][3] == 'a,"b"\nc'
    assert lines[4][4:] == ["不在词表", "not in the list"]


def test_no_report_without_problems(tmp_path: Path) -> None:
    with Report(tmp_path / "r.csv") as report:
        report.add([])
    assert not (tmp_path / "r.csv").exists()


def test_every_refusal_speaks_both_languages_with_the_same_places() -> None:
    def places(text: str) -> set[str]:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        return {name.removesuffix("_zh").removesuffix("_en") for name in names}

    for code, text in refusals.TEXTS.items():
        assert text.zh, code
        assert text.en, code
        assert places(text.zh) == places(text.en), code
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), code
