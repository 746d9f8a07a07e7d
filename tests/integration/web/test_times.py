"""Rasters with time: pictures, files and values of a moment, the moments there are, the hydrograph at a place."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from tests.integration import mvt
from tests.integration.web.city import EAST, NORTH, OPERATOR, insert
from tests.integration.web.test_coverages import DRY, WET, at
from tests.integration.web.test_tiles import path

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.web.city import City

SERIES = "flood_depth_series"
TIMES = ["2026-07-05T06:00:00Z", "2026-07-05T06:05:00Z", "2026-07-05T06:10:00Z"]


def colours(body: bytes) -> set[tuple[int, ...]]:
    picture = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))
    return {
        tuple(int(part) for part in one) for one in np.unique(picture[picture[..., 3] > 0][:, :3], axis=0)
    }


def colour_of(city: City, depth: float) -> tuple[int, ...]:
    stops = city.catalog.layers[SERIES].style.stops
    return tuple(bytes.fromhex(max((s for s in stops if s.value <= depth), key=lambda s: s.value).colour[1:]))


def test_tilejson_tells_the_moments(city: City) -> None:
    document = city.get(f"/tiles/{SERIES}.json?run={city.published}").json()
    assert document["times"] == TIMES
    assert city.get(f"/tiles/{SERIES}.json").json()["times"] == TIMES
    assert "times" not in city.get("/tiles/flood_depth.json").json()
    # another planner's run that is not published has no moments for a stranger
    assert city.get(f"/tiles/{SERIES}.json?run={city.private}", "other").json()["times"] == []


def test_each_moment_has_its_own_picture(city: City) -> None:
    target = path(SERIES, 15, "png", 600, 300)
    assert city.get(f"{target}?datetime={TIMES[0]}").status_code == 204  # all dry
    half = city.get(f"{target}?datetime={TIMES[1]}&run={city.published}")
    full = city.get(f"{target}?datetime={TIMES[2]}")
    assert full.content != b"" != half.content
    assert colour_of(city, 1.0) in colours(half.content) & colours(full.content)
    # between two frames the earlier one holds; without a moment the latest answers; before the first there is none
    assert city.get(f"{target}?datetime=2026-07-05T06:09:59Z").content == half.content
    assert city.get(target).content == full.content
    assert city.get(f"{target}?datetime=2026-07-05T05:59:59Z").status_code == 204
    own = city.get(f"{target}?datetime={TIMES[1]}&run={city.private}", "planner")
    assert colour_of(city, 0.05) in colours(own.content) or colour_of(city, 0.15) in colours(own.content)
    assert colour_of(city, 1.0) not in colours(own.content)
    assert city.get(f"{target}?datetime={TIMES[1]}&run={city.private}", "other").status_code == 204


@pytest.mark.parametrize("moment", ["2026-07-05T14:05:00+08:00", "2026-07-05t06:05:00.000z"])
def test_a_moment_may_be_written_in_any_offset(city: City, moment: str) -> None:
    target = path(SERIES, 15, "png", 600, 300)
    expected = city.get(f"{target}?datetime={TIMES[1]}").content
    assert city.get(f"{target}?datetime={quote(moment)}").content == expected
    assert city.get(f"{target}?datetime={moment}").content == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("datetime=2026-07-05", "TWIN-303"),
        ("datetime=2026-07-05T06:05:00", "TWIN-303"),
        ("datetime=2026-07-05T06:05:00Z/..", "TWIN-303"),
        ("datetime=9999-12-31T23:59:59-23:59", "TWIN-303"),
        ("datetime=", "TWIN-303"),
        ("datetime=2026-07-05T06:05:00Z&datetime=2026-07-05T06:05:00Z", "TWIN-302"),
    ],
)
def test_what_is_no_moment_is_refused(city: City, query: str, code: str) -> None:
    for address in (path(SERIES, 15, "png"), f"/coverages/{SERIES}"):
        answer = city.get(f"{address}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["parameter"] == "datetime"


def test_a_layer_without_time_takes_no_moment(city: City) -> None:
    for address in (path("flood_depth", 15, "png"), "/coverages/flood_depth"):
        answer = city.get(f"{address}?datetime={TIMES[0]}")
        assert (answer.status_code, answer.json()["code"]) == (400, "TWIN-337")
    for layer in ("building", "flood_building"):
        answer = city.get(f"{path(layer, 15, 'mvt')}?datetime={TIMES[0]}")
        assert (answer.status_code, answer.json()["code"]) == (400, "TWIN-337")
    assert city.get(f"/coverages/flood_depth/series?{at(WET)}").json()["code"] == "TWIN-337"


CLOSED = "flood_closure"
CHANGES = ["2026-07-05T06:00:00Z", "2026-07-05T06:02:00Z", "2026-07-05T06:05:00Z", "2026-07-05T06:10:00Z"]


def test_tilejson_tells_when_features_change(city: City) -> None:
    assert city.get(f"/tiles/{CLOSED}.json?run={city.published}").json()["times"] == CHANGES
    assert city.get(f"/tiles/{CLOSED}.json").json()["times"] == CHANGES
    assert city.get(f"/tiles/{CLOSED}.json?run={city.private}", "other").json()["times"] == []
    assert "times" not in city.get("/tiles/flood_building.json").json()


@pytest.mark.parametrize("zoom", [13, 16])
def test_vector_tiles_hold_what_holds_at_the_moment(city: City, zoom: int) -> None:
    target = path(CLOSED, zoom, "mvt", 60, 10)

    def closed(query: str, role: str = "anonymous") -> set[str]:
        body = city.get(target + query, role).content
        return {one.properties["road_code"] for one in mvt.decode(body)[CLOSED].features} if body else set()

    expected = [{"R1"}, {"R1", "R3"}, {"R2", "R3"}, {"R3"}]
    assert [closed(f"?datetime={moment}") for moment in CHANGES] == expected
    assert closed(f"?datetime={CHANGES[1]}&run={city.published}") == {"R1", "R3"}
    # the end of a span is no longer part of it; before the first span nothing holds; no moment: all of them
    assert closed("?datetime=2026-07-05T06:04:59.999Z") == {"R1", "R3"}
    assert closed("?datetime=2026-07-05T05:59:59Z") == set()
    assert closed("") == {"R1", "R2", "R3"}
    assert closed(f"?datetime={CHANGES[0]}&run={city.private}", "planner") == {"R1"}
    assert closed(f"?datetime={CHANGES[0]}&run={city.private}", "other") == set()


def test_each_moment_has_its_own_validator(city: City) -> None:
    target = path(CLOSED, 16, "mvt", 60, 10)
    tags = [city.get(f"{target}?datetime={moment}").headers["etag"] for moment in CHANGES]
    assert len(set(tags)) == len(CHANGES)
    again = city.get(f"{target}?datetime={CHANGES[1]}", **{"if-none-match": tags[1]})
    assert again.status_code == 304
    assert city.get(f"{target}?datetime={CHANGES[2]}", **{"if-none-match": tags[1]}).status_code == 200
    # the same features, written another way or asked a little later: the same bytes
    assert city.get(f"{target}?datetime=2026-07-05T14:03:00%2B08:00").headers["etag"] == tags[1]


def test_a_new_row_is_seen_at_its_moments(city: City) -> None:
    target = f"{path(CLOSED, 16, 'mvt', 2060, 10)}?datetime={CHANGES[2]}&run={city.published}"
    assert city.get(target).status_code == 204
    row = {
        "run": city.published,
        "road_code": "R9",
        "vehicle_class": "car",
        "from_min": 0,
        "valid_from": CHANGES[0],
    }
    line = f"LINESTRING({EAST + 2050} {NORTH}, {EAST + 2090} {NORTH + 20})"
    insert(city.store, OPERATOR, CLOSED, [row | {"geom": line}])
    until(lambda: city.get(target).status_code == 200)
    earlier = target.replace(CHANGES[2], "2026-07-05T05:00:00Z")
    assert city.get(earlier).status_code == 204


def until(met: Callable[[], bool], longest_s: float = 2.0) -> None:
    deadline = time.monotonic() + longest_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_values_and_files_of_a_moment(city: City) -> None:
    def value(query: str) -> Any:
        return city.get(f"/coverages/{SERIES}/value?{at(WET)}{query}").json()["value"]

    assert [value(f"&datetime={moment}") for moment in TIMES] == [0.0, 1.0, 2.0]
    assert value("") == 2.0
    first, last = (city.get(f"/coverages/{SERIES}?datetime={TIMES[i]}") for i in (0, 2))
    assert first.headers["etag"] != last.headers["etag"]
    assert city.get(f"/coverages/{SERIES}").headers["etag"] == last.headers["etag"]
    missing = city.get(f"/coverages/{SERIES}?datetime=2020-01-01T00:00:00Z")
    assert (missing.status_code, missing.json()["code"]) == (404, "TWIN-335")


def test_hydrograph_at_a_place(city: City) -> None:
    answer = city.get(f"/coverages/{SERIES}/series?{at(WET)}&lang=en").json()
    assert (answer["times"], answer["values"]) == (TIMES, [0.0, 1.0, 2.0])
    assert (answer["unit"], answer["quantity"]) == ("m", "Depth")
    assert city.get(f"/coverages/{SERIES}/series?{at(DRY)}").json()["values"] == [0.0, 0.0, 0.0]
    assert city.get(f"/coverages/{SERIES}/series?lon=0&lat=0").json()["values"] == [None, None, None]
    private = f"/coverages/{SERIES}/series?{at(WET)}&run={city.private}"
    assert city.get(private, "planner").json()["values"][-1] == pytest.approx(0.3)
    assert city.get(private, "other").status_code == 404


def test_ogc_coverage_of_a_moment(city: City) -> None:
    address = f"/ogc/collections/{SERIES}/coverage"
    for moment, tag in ((TIMES[1], 1), (TIMES[2], 2)):
        own = city.get(f"/coverages/{SERIES}?datetime={moment}")
        answer = city.get(f"{address}?datetime={moment}")
        assert answer.status_code == 200, tag
        assert answer.content == own.content


def test_ogc_tells_the_period(city: City) -> None:
    extent = city.get(f"/ogc/collections/{SERIES}").json()["extent"]
    assert extent["temporal"]["interval"] == [[TIMES[0], TIMES[-1]]]
    assert "temporal" not in city.get("/ogc/collections/flood_depth").json()["extent"]


def test_the_layer_says_that_it_has_time(city: City) -> None:
    told = city.get(f"/layers/{SERIES}").json()
    assert told["time"] is True
    assert told["series"] == f"/coverages/{SERIES}/series"
    assert city.get("/layers/flood_depth").json()["time"] is False
    assert "series" not in city.get("/layers/flood_depth").json()
    layers = {
        one["name"]: one for one in city.get(f"/runs/{city.private}/results", "planner").json()["layers"]
    }
    assert set(layers["flood_series"]["links"]) == {"items"}
    assert set(layers["flood_closure"]["links"]) == {"items", "tilejson"}
