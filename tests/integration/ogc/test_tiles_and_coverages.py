"""Vector tiles and rasters behind the OGC door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pyproj import Transformer
from rasterio.io import MemoryFile

from tests.integration.ogc.conftest import ORIGIN, SRID

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.integration.ogc.conftest import City

PLOT = "/ogc/collections/plot/tiles"
MAP = "/ogc/collections/height_map/coverage"


def tile_of(zoom: int) -> tuple[int, int]:
    """Row and column of the tile about the middle of the plots."""
    x, y = Transformer.from_crs(SRID, 3857, always_xy=True).transform(ORIGIN[0] + 2000, ORIGIN[1] + 2000)
    half = 20037508.342789244
    side = 2 * half / 2**zoom
    return int((half - y) / side), int((x + half) / side)


def test_tilesets(door: TestClient) -> None:
    listed = door.get(PLOT).json()["tilesets"]
    assert [one["dataType"] for one in listed] == ["vector"]
    one = door.get(f"{PLOT}/WebMercatorQuad").json()
    assert one["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    assert one["layers"][0]["id"] == "plot"
    assert one["layers"][0]["geometryDimension"] == 2
    assert one["boundingBox"]["lowerLeft"][0] == pytest.approx(113.98, abs=0.05)
    template = next(link for link in one["links"] if link["rel"] == "item")
    assert template["templated"] is True
    row, column = tile_of(13)
    url = (
        template["href"]
        .replace("{tileMatrix}", "13")
        .replace("{tileRow}", str(row))
        .replace("{tileCol}", str(column))
    )
    assert door.get(url).status_code == 200


def test_a_tile_row_before_column(door: TestClient, city: City) -> None:
    row, column = tile_of(13)
    answer = door.get(f"{PLOT}/WebMercatorQuad/13/{row}/{column}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert b"plot" in answer.content
    from tests.integration.store import drawn
    from twin.access.actor import ANONYMOUS

    with city.store.transaction(ANONYMOUS) as conn:
        assert answer.content == drawn.tile(conn, city.catalog.layers["plot"], 13, column, row)
    again = door.get(
        f"{PLOT}/WebMercatorQuad/13/{row}/{column}", headers={"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert door.get(f"{PLOT}/WebMercatorQuad/13/0/0").status_code == 204


def opened(content: bytes) -> tuple[Any, Any, Any]:
    with MemoryFile(content) as memory, memory.open() as dataset:
        return dataset.read(1, masked=True), dataset.transform, dataset.crs


def test_the_whole_raster(door: TestClient) -> None:
    answer = door.get(MAP)
    assert answer.headers["content-type"] == "image/tiff; application=geotiff"
    cells, transform, crs = opened(answer.content)
    assert cells.shape == (40, 50)
    assert (transform.c, transform.f) == (ORIGIN[0], ORIGIN[1] + 400)
    assert crs.to_epsg() == SRID
    assert cells.mask[0, 0]
    assert door.get(MAP, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_a_window_by_bbox_and_by_subset(door: TestClient) -> None:
    x, y = ORIGIN
    box = f"{y + 100},{x + 100},{y + 200},{x + 300}"
    by_bbox = door.get(MAP, params={"bbox": box, "bbox-crs": f"http://www.opengis.net/def/crs/EPSG/0/{SRID}"})
    by_subset = door.get(MAP, params={"subset": f"E({x + 100}:{x + 300}),N({y + 100}:{y + 200})"})
    for answer in (by_bbox, by_subset):
        assert answer.status_code == 200, answer.text
        cells, transform, _ = opened(answer.content)
        assert cells.shape == (10, 20)
        assert (transform.c, transform.f) == (x + 100, y + 200)
        np.testing.assert_array_equal(cells[0, :3], [20 * 50 + 10, 20 * 50 + 11, 20 * 50 + 12])


def test_coverage_json(door: TestClient) -> None:
    x, y = ORIGIN
    answer = door.get(
        MAP, params={"f": "json", "subset": f"E({x}:{x + 30}),N({y + 380}:{y + 400})", "lang": "en"}
    )
    assert answer.headers["content-type"] == "application/prs.coverage+json"
    document = answer.json()
    assert document["domain"]["axes"]["x"]["values"] == [x + 5, x + 15, x + 25]
    assert document["domain"]["axes"]["y"]["values"] == [y + 395, y + 385]
    assert document["ranges"]["height_map"]["shape"] == [2, 3]
    assert document["ranges"]["height_map"]["values"] == [None, 1, 2, 50, 51, 52]
    assert document["parameters"]["height_map"]["unit"]["symbol"] == "m"
    assert document["parameters"]["height_map"]["observedProperty"]["label"] == {"en": "Height"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"bbox": "0,0,1,1"}, "bbox"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"bbox": "nan,0,1,1"}, "bbox"),
        ({"bbox": "113,22,115,24", "bbox-crs": "x"}, "bbox-crs"),
        ({"subset": "E(1:2)"}, "subset"),
        ({"subset": "E(2:1),N(1:2)"}, "subset"),
        ({"subset": "E(1:2),E(1:2)"}, "subset"),
        ({"subset": "time(1:2)"}, "subset"),
        ({"subset": "E(a:b)"}, "subset"),
        ({"subset": ""}, "subset"),
        ({"subset": "E(1:2)", "bbox": "113,22,115,24"}, "subset"),
        ({"datetime": "2024-01-01"}, "datetime"),
        ({"run": "0190aaaa-0000-7000-8000-000000000000"}, "run"),
        ({"f": "png"}, "f"),
        ({"scale-factor": "2"}, "scale-factor"),
    ],
)
def test_coverage_refusals(door: TestClient, query: dict[str, str], named: str) -> None:
    answer = door.get(MAP, params=query)
    assert answer.status_code == 400, answer.text[:200]
    assert answer.json()["parameter"] == named


def test_a_coverage_without_a_raster_is_404(door: TestClient) -> None:
    for name in ("terrain", "flood_depth"):
        answer = door.get(f"/ogc/collections/{name}/coverage")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_the_schema_of_a_coverage(door: TestClient) -> None:
    schema = door.get("/ogc/collections/height_map/schema", params={"lang": "en"}).json()
    assert schema["properties"]["height_map"]["x-unit"] == "m"
    one = door.get("/ogc/collections/height_map").json()
    assert one["itemType"] == "coverage"
    assert any(
        link["rel"].endswith("/coverage") and link["type"].startswith("image/tiff") for link in one["links"]
    )
