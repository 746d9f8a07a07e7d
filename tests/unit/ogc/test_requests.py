"""Parameters, cursors and placing geometries, each by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import shapely
from starlette.requests import Request

from twin.crs import CRS84, parse_crs
from twin.errors import TwinError
from twin.ogc import cursor, parameters
from twin.ogc.filter.literals import shape
from twin.ogc.ground import box, place
from twin.ogc.problems import clip
from twin.ogc.reference import offered

EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


def request(query: str, **headers: str) -> Request:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": pairs})


def test_known_parameters_are_read_and_decoded() -> None:
    assert parameters.read(request("limit=5&name=%E6%8E%92&f=json"), "limit", "name") == {
        "limit": "5", "name": "排", "f": "json",
    }  # fmt: skip
    assert parameters.read(request("")) == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [("nope=1", "TWIN-301"), ("limit=1&limit=2", "TWIN-302"), ("limit=%00", "TWIN-342"), ("limit=%ff", "TWIN-342"),
     ("lang=fr", "TWIN-342"), ("&".join(["limit=1"] * 500), "TWIN-342")],
)  # fmt: skip
def test_unknown_parameters(query: str, code: str) -> None:
    with pytest.raises(TwinError) as refused:
        parameters.read(request(query), "limit")
    assert refused.value.code == code


def test_the_format_by_parameter_and_by_header() -> None:
    offered_forms = {"json": "application/geo+json", "html": "text/html", "csv": "text/csv"}
    assert parameters.form(request(""), {"f": "csv"}, offered_forms) == "csv"
    browser = request("", accept="text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert parameters.form(browser, {}, offered_forms) == "html"
    assert parameters.form(request("", accept="*/*"), {}, offered_forms) == "json"
    with pytest.raises(TwinError, match="TWIN-342"):
        parameters.form(request(""), {"f": "xml"}, offered_forms)


@pytest.mark.parametrize(
    ("text", "value"), [(None, 100), ("1", 1), ("10000", 10000), ("10001", 10000), ("9" * 30, 10000)]
)
def test_limits(text: str | None, value: int) -> None:
    assert parameters.limit(text) == value


def test_spans_of_time() -> None:
    day = datetime(2024, 7, 1, tzinfo=UTC)
    assert parameters.span("2024-07-01")[0] == day
    assert parameters.span("2024-07-01T08:00:00+08:00") == (day, day)
    assert parameters.span("../2024-07-01T00:00:00Z") == (None, day)
    assert parameters.span("2024-07-01/") == (day, None)
    start, end = parameters.span("2024-06-01/2024-07-01")
    assert start is not None
    assert end is not None
    assert (end - start).days == 30


def test_cursors_keep_every_type_and_refuse_tampering() -> None:
    values = (3, 2.5, "中文 text", None, True, date(2024, 7, 1), datetime(2024, 7, 1, 8, tzinfo=UTC))
    secret, digest = b"k" * 32, cursor.digest("plot", [("filter", "x")])
    text = cursor.write(secret, digest, values)
    assert cursor.read(secret, digest, text) == values
    for place_ in range(len(text)):
        for letter in "Ab9":
            if text[place_] == letter:
                continue
            changed = text[:place_] + letter + text[place_ + 1 :]
            # The last letter of base64 holds bits that no byte uses.
            if place_ == len(text) - 1:
                continue
            with pytest.raises(TwinError, match="TWIN-343"):
                cursor.read(secret, digest, changed)
    with pytest.raises(TwinError, match="TWIN-343"):
        cursor.read(b"x" * 32, digest, text)
    with pytest.raises(TwinError, match="TWIN-343"):
        cursor.read(secret, cursor.digest("plot"), text)


def test_a_literal_of_the_storage_crs_is_left_as_it_is() -> None:
    crs = parse_crs(f"{EPSG}4547")
    placed = place(shape({"type": "Point", "coordinates": [2_556_000.0, 498_000.0]}), crs, 4547)
    assert shapely.equals(placed, shapely.Point(498_000.0, 2_556_000.0))


def test_a_box_in_degrees_lands_in_the_zone() -> None:
    placed = box((114.0, 23.0, 114.1, 23.1), CRS84, 4547)
    west, south, east, north = placed.bounds
    assert west == pytest.approx(500_000, abs=1)
    assert 10_000 < east - west < 10_500
    assert 11_000 < north - south < 11_200
    assert len(shapely.get_coordinates(placed)) > 30


def test_the_world_is_cut_to_the_zone_and_a_far_box_is_empty() -> None:
    assert box((-180.0, -90.0, 180.0, 90.0), CRS84, 4547).area > 1e11
    assert box((0.0, 0.0, 10.0, 10.0), CRS84, 4547).is_empty
    assert not box((170.0, -40.0, -170.0, -30.0), CRS84, 32760).is_empty


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": [[[114, 23], [114.1, 23], [114.1, 23.1]]]},
        {"type": "Polygon", "coordinates": [[[114, 23], [114.1, 23.1], [114, 23.1], [114.1, 23], [114, 23]]]},
        {"type": "Point", "coordinates": [500, 500]},
        {"type": "LineString", "coordinates": [[114, 23]]},
    ],
)
def test_geometries_that_cannot_be_placed(geometry: dict[str, object]) -> None:
    with pytest.raises(TwinError) as refused:
        place(shape(geometry), CRS84, 4547)
    assert refused.value.where == "filter"


def test_both_forms_of_a_belt_are_offered() -> None:
    assert f"{EPSG}4526" in offered(4547)
    assert f"{EPSG}4547" in offered(4526)
    assert f"{EPSG}4526" not in offered(32756)


def test_foreign_text_is_shown_short_and_printable() -> None:
    assert clip("a\x00b\x1b[31m") == "a\ufffdb\ufffd[31m"
    assert len(clip("x" * 500)) == 61
