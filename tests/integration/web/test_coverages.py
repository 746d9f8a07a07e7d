"""Rasters: picture tiles in the stops' colours, values, downloads in ranges."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
from PIL import Image

from tests.integration.web.city import EAST, NORTH
from tests.integration.web.test_tiles import TO_DEGREES, path

if TYPE_CHECKING:
    from tests.integration.web.city import City

WET, DRY = (600.0, 300.0), (200.0, 300.0)  # metres from the south-west corner


def at(place: tuple[float, float]) -> str:
    lon, lat = TO_DEGREES.transform(EAST + place[0], NORTH + place[1])
    return f"lon={lon}&lat={lat}"


def test_picture_has_the_stops_colours(city: City) -> None:
    answer = city.get(path("flood_depth", 15, "png", 400, 300))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    picture = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    assert picture.shape == (256, 256, 4)
    opaque = picture[picture[..., 3] > 0][:, :3]
    stops = city.catalog.layers["flood_depth"].style.stops
    allowed = {tuple(bytes.fromhex(stop.colour[1:])) for stop in stops}
    assert {tuple(int(part) for part in colour) for colour in np.unique(opaque, axis=0)} <= allowed
    deepest = tuple(bytes.fromhex(stops[-1].colour[1:]))
    assert (opaque == deepest).all(axis=1).mean() > 0.9
    assert (picture[..., 3] == 0).any()


def test_pictures_of_runs(city: City) -> None:
    target = path("flood_depth", 15, "png", 600, 300)
    newest = city.get(target)
    assert newest.status_code == 200
    assert city.get(f"{target}?run={city.published}").content == newest.content
    own = city.get(f"{target}?run={city.private}", "planner")
    assert own.status_code == 200
    assert own.content != newest.content
    assert city.get(f"{target}?run={city.private}", "other").status_code == 204
    assert city.get(f"{target}?run={city.private}").status_code == 204


def test_picture_validators_and_empty_places(city: City) -> None:
    target = path("flood_depth", 15, "png", 600, 300)
    tag = city.get(target).headers["etag"]
    assert city.get(target, **{"if-none-match": tag}).status_code == 304
    assert city.get(path("flood_depth", 15, "png", 50_000, 0)).status_code == 204
    assert city.get(path("rainfall", 12, "png")).status_code == 204


@pytest.mark.parametrize(
    ("place", "value"), [(WET, 2.0), (DRY, 0.0), ((600.0, 5.0), None), ((-5e4, 0.0), None)]
)
def test_value(city: City, place: tuple[float, float], value: float | None) -> None:
    answer = city.get(f"/coverages/flood_depth/value?{at(place)}&lang=en").json()
    assert answer["value"] == value
    assert (answer["unit"], answer["quantity"]) == ("m", "Maximum depth")


def test_value_of_a_run(city: City) -> None:
    target = f"/coverages/flood_depth/value?{at(WET)}&run={city.private}"
    assert city.get(target, "planner").json()["value"] == pytest.approx(0.3)
    assert city.get(target, "other").status_code == 404
    assert city.get(target).json()["code"] == "TWIN-335"


def test_value_without_a_run_of_the_city(city: City) -> None:
    assert city.get(f"/coverages/terrain/value?{at(WET)}").json()["value"] == 12.5


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lat=31", "lon"),
        ("lon=116", "lat"),
        ("lon=abc&lat=31", "lon"),
        ("lon=nan&lat=31", "lon"),
        ("lon=116&lat=inf", "lat"),
        ("lon=1e400&lat=31", "lon"),
        ("lon=181&lat=31", "lon"),
        ("lon=116&lat=-91", "lat"),
        ("lon=116&lat=31&run=x", "run"),
        ("lon=116&lon=117&lat=31", "lon"),
        ("lon=116&lat=31&latt=3", "latt"),
        ("lon=&lat=31", "lon"),
    ],
)
def test_bad_places(city: City, query: str, parameter: str) -> None:
    answer = city.get(f"/coverages/flood_depth/value?{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == parameter


def test_download_whole_and_in_ranges(city: City) -> None:
    whole = city.get("/coverages/flood_depth")
    assert whole.status_code == 200
    assert whole.headers["content-type"].startswith("image/tiff")
    assert whole.headers["accept-ranges"] == "bytes"
    with rasterio.MemoryFile(whole.content) as memory, memory.open() as dataset:
        assert dataset.crs.to_epsg() == 4547
        assert dataset.read(1)[10, 60] == 2.0
    size = len(whole.content)
    parts = [city.get("/coverages/flood_depth", range=f"bytes={a}-{a + 999}") for a in range(0, size, 1000)]
    assert {part.status_code for part in parts} == {206}
    assert b"".join(part.content for part in parts) == whole.content
    assert parts[0].headers["content-range"] == f"bytes 0-999/{size}"
    tail = city.get("/coverages/flood_depth", range="bytes=-10")
    assert tail.content == whole.content[-10:]
    beyond = city.get("/coverages/flood_depth", range=f"bytes={size}-")
    assert (beyond.status_code, beyond.json()["code"]) == (416, "TWIN-338")
    tag = whole.headers["etag"]
    assert city.get("/coverages/flood_depth", **{"if-none-match": tag}).status_code == 304
    stale = city.get("/coverages/flood_depth", **{"range": "bytes=0-1", "if-range": '"old"'})
    assert (stale.status_code, len(stale.content)) == (200, size)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/coverages/building", "TWIN-331"),
        ("/coverages/none", "TWIN-330"),
        ("/coverages/rainfall", "TWIN-335"),
        ("/coverages/gas_pipe", "TWIN-330"),
    ],
)
def test_no_raster(city: City, target: str, code: str) -> None:
    answer = city.get(target)
    assert (answer.status_code, answer.json()["code"]) == (404, code)
