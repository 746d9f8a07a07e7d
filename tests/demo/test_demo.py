"""The demo as a newcomer meets it."""

from __future__ import annotations

import math

import httpx
import pytest

from tests.demo.conftest import Demo

pytestmark = pytest.mark.xdist_group("demo")


def test_every_printed_address_answers(demo: Demo) -> None:
    addresses = [word for line in demo.printed for word in line.split() if word.startswith("http")]
    assert len(addresses) >= 8
    for address in addresses:
        answer = httpx.get(address.split("#")[0], headers=demo.headers, timeout=30, follow_redirects=True)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"
        assert answer.content


def test_the_example_flood_balances_and_reaches_the_city(demo: Demo) -> None:
    runs = httpx.get(f"{demo.base}/runs", headers=demo.headers).json()
    run = next(run for run in runs["runs"] if run["process"] == "flood" and run["state"] == "successful")
    outputs = httpx.get(f"{demo.base}/runs/{run['id']}", headers=demo.headers).json()["outputs"]
    assert abs(outputs["mass_error"]) < 1e-3
    assert outputs["flooded_buildings"] > 20
    assert outputs["flooded_road_links"] > 10
    assert outputs["flooded_cells"] > 5
    assert outputs["max_depth_m"] > 0.3
    came = outputs["rain_m3"] + outputs["inflow_m3"]
    went = outputs["infiltration_m3"] + outputs["outflow_m3"] + outputs["storage_m3"]
    assert went == pytest.approx(came, rel=1e-3)


def test_the_console_key_is_readable_by_its_owner_only(demo: Demo) -> None:
    assert (demo.home / "console.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("layer", ["flood_building", "flood_road", "flood_cell", "flood_depth"])
def test_results_of_a_run_are_tiles_at_every_zoom(demo: Demo, layer: str) -> None:
    told = httpx.get(f"{demo.base}/tiles/{layer}.json", headers=demo.headers).json()
    run = httpx.get(f"{demo.base}/runs", headers=demo.headers).json()["runs"][-1]["id"]
    suffix = "png" if layer == "flood_depth" else "mvt"
    west, south, east, north = httpx.get(f"{demo.base}/tiles/land_use.json").json()["bounds"]
    lon, lat = (west + east) / 2, (south + north) / 2
    for zoom in range(told["minzoom"], 17):
        count = 2**zoom
        x = int((lon + 180) / 360 * count)
        y = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)
        answer = httpx.get(
            f"{demo.base}/tiles/{layer}/{zoom}/{x}/{y}.{suffix}?run={run}", headers=demo.headers
        )
        assert answer.status_code in {200, 204}, f"zoom {zoom}: {answer.text[:300]}"
        assert zoom > 13 or answer.content, f"zoom {zoom} is empty"
