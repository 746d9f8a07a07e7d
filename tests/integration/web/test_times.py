"""Rasters with time: pictures, files and values of a moment, the moments there are, the hydrograph at a place."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from tests.integration.web.test_coverages import DRY, WET, at
from tests.integration.web.test_tiles import path

if TYPE_CHECKING:
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
    assert city.get(f"{path('building', 15, 'mvt')}?datetime={TIMES[0]}").json()["code"] == "TWIN-301"
    assert city.get(f"/coverages/flood_depth/series?{at(WET)}").json()["code"] == "TWIN-337"


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
