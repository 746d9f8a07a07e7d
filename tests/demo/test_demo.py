"""The demo as a newcomer meets it, and its console in headless Chromium: move the map, read attributes, run a flood,
check the pixels. One file, since one running city serves all of it."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.demo.conftest import Demo, environment  # noqa: E402
from tests.integration.web.browser import CHROMIUM, FLAGS  # noqa: E402

PICTURES = Path("build/console")

in_browser = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1360, "height": 820}, locale="zh-CN")
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(f"{demo.base}/console/?test&process=flood#key={demo.key}")
    ready(page)
    yield page
    assert failures == []
    assert page.evaluate("window.twinErrors") == []
    context.close()


def ready(page: Page, timeout_s: float = 120.0) -> None:
    # wait_for_function evaluates text in the page, which the console's content security policy forbids
    deadline = time.monotonic() + timeout_s
    while not page.evaluate("window.twinReady === true"):
        assert time.monotonic() < deadline, page.evaluate("window.twinErrors")
        page.wait_for_timeout(200)


def idle(page: Page) -> None:
    page.evaluate(
        "new Promise((done) => { const map = window.twinMap;"
        " const settled = () => map.loaded() && map.areTilesLoaded() ? done(true) : map.once('idle', settled);"
        " map.triggerRepaint(); map.once('idle', settled); })"
    )


def picture(page: Page, name: str) -> np.ndarray:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(PICTURES / f"{name}.png"))
    shot = page.locator("#map").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def near(pixels: np.ndarray, colour: str, tolerance: int = 40) -> int:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(pixels - wanted).max(axis=-1) <= tolerance).sum())


def drawn(page: Page, layer: str) -> set[int]:
    script = f"[...new Set(window.twinMap.queryRenderedFeatures().filter(f => f.sourceLayer === '{layer}').map(f => f.id))]"
    return set(page.evaluate(script))


@in_browser
def test_the_city_is_on_the_map(page: Page, demo: Demo) -> None:
    pixels = picture(page, "city")
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50, "the map is one flat colour"
    titles = page.locator("#layers .layer").all_inner_texts()
    known = httpx.get(f"{demo.base}/layers", params={"lang": "zh"}, headers=demo.headers).json()["layers"]
    shown = [layer["title"] for layer in known if not layer["process"]]
    assert titles, "no layers in the list"
    assert set(titles) <= set(shown)


@in_browser
def test_moving_the_map_draws_the_buildings_of_the_view(page: Page, demo: Demo) -> None:
    page.evaluate("window.twinMap.jumpTo({ center: window.twinMap.getCenter(), zoom: 15.5, pitch: 0 })")
    idle(page)
    found = drawn(page, "building")
    assert len(found) > 50
    box = page.evaluate("window.twinMap.getBounds().toArray().flat().join(',')")
    items = httpx.get(
        f"{demo.base}/ogc/collections/building/items",
        params={"bbox": box, "limit": 10000},
        headers=demo.headers,
    ).json()
    there = {feature["id"] for feature in items["features"]}
    assert len(found - there) <= 0.02 * len(there), "the map shows buildings that the items do not have"
    assert len(there - found) <= 0.10 * len(there), "the map lacks buildings of the view"
    picture(page, "buildings")


@in_browser
def test_layers_go_off_and_on(page: Page) -> None:
    page.evaluate("window.twinMap.jumpTo({ zoom: 14 })")
    idle(page)
    assert drawn(page, "land_use")
    box = page.locator('#layers input[name="land_use"]')
    before = picture(page, "land-use-on")
    box.uncheck()
    idle(page)
    assert not drawn(page, "land_use")
    assert np.abs(before - picture(page, "land-use-off")).sum() > 0
    box.check()
    idle(page)
    assert drawn(page, "land_use")


@in_browser
def test_a_click_tells_the_attributes_in_chinese(page: Page) -> None:
    page.evaluate("window.twinMap.jumpTo({ zoom: 16.5, pitch: 0 })")
    idle(page)
    spot = page.evaluate(
        "(() => { const map = window.twinMap; const size = map.getCanvas();"
        " const mid = [size.clientWidth / 2, size.clientHeight / 2];"
        " const hits = map.queryRenderedFeatures().filter(f => f.sourceLayer === 'building');"
        " const inside = hits.map(f => { const ring = f.geometry.type === 'Polygon' ? f.geometry.coordinates[0]"
        "   : f.geometry.coordinates[0][0]; const n = ring.length - 1;"
        "   return map.project([ring.slice(0, n).reduce((s, c) => s + c[0], 0) / n,"
        "                       ring.slice(0, n).reduce((s, c) => s + c[1], 0) / n]); })"
        "  .filter(p => Math.abs(p.x - mid[0]) < mid[0] * .6 && Math.abs(p.y - mid[1]) < mid[1] * .6)"
        "  .filter(p => map.queryRenderedFeatures(p).some(f => f.sourceLayer === 'building'));"
        " return [inside[0].x, inside[0].y]; })()"
    )
    page.locator("#map").click(position={"x": spot[0], "y": spot[1]})
    popup = page.locator('.maplibregl-popup .attributes[data-layer="building"]')
    popup.wait_for(timeout=10_000)
    text = popup.inner_text()
    assert "建筑" in text
    assert "高度" in text
    picture(page, "attributes")


@in_browser
def test_a_flood_run_from_the_form_shows_water(page: Page, demo: Demo) -> None:
    page.wait_for_selector("#simulation form #run")
    before = picture(page, "before-flood")
    # 10 m cells and half an hour less: a second run has to be quick here, not fine
    page.locator('#simulation input[name="cell_m"]').fill("10")
    page.locator('#simulation > div > form > div > label input[name="duration_min"]').fill("60")
    page.locator("#simulation #run").click()
    page.wait_for_selector("#progress progress", timeout=20_000)
    page.wait_for_selector('#progress [data-state="successful"]', timeout=240_000)
    idle(page)
    after = picture(page, "flood")
    stops = page.locator("#legend .stop").evaluate_all("nodes => nodes.map(node => node.dataset.colour)")
    assert len(stops) >= 4
    blues = sum(near(after, colour) - near(before, colour) for colour in stops[:4])
    assert blues > 500, f"only {blues} pixels of water"
    page.locator("#result-layer").select_option("flood_arrival")
    idle(page)
    assert "到达时间" in page.locator("#legend").inner_text()
    arrival = picture(page, "arrival")
    colours = page.locator("#legend .stop").evaluate_all("nodes => nodes.map(node => node.dataset.colour)")
    assert sum(near(arrival, colour, 50) for colour in colours) > 200


@pytest.fixture(scope="module")
def compared(demo: Demo) -> tuple[str, str]:
    """Ids of the demo's own flood and of a milder, coarser one with a date, a gauge and observations."""
    west, south, east, north = httpx.get(f"{demo.base}/tiles/land_use.json").json()["bounds"]
    x, y = (west + east) / 2, (south + north) / 2
    inputs = {
        "storm": {"kind": "design", "return_period_a": 5.0, "duration_min": 30.0},
        "start": "2026-07-05T06:00:00Z",
        "duration_min": 45.0,
        "cell_m": 10.0,
        "bbox": [x - 0.01, y - 0.008, x + 0.01, y + 0.008],
        "structures": False,
        "observed": [
            {"name": "G1", "lon": x, "lat": y, "times_min": [10, 20, 40], "values_m": [0, 0.05, 0.1]}
        ],
    }
    with httpx.Client(base_url=demo.base, headers=demo.headers, timeout=200) as client:
        first = client.get("/runs", params={"process": "flood"}).json()["runs"][-1]["id"]
        answer = client.post("/simulations/flood", json=inputs)
        run = answer.json()["id"]
        until(lambda: client.get(f"/runs/{run}").json()["state"] == "successful", 180)
    return first, run


def until(met: Callable[[], object], longest_s: float = 20.0) -> None:
    deadline = time.monotonic() + longest_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def open_run(page: Page, run: str) -> None:
    page.locator(f'#history [data-run="{run}"]').click()
    page.wait_for_selector("#film", timeout=20_000)


@in_browser
def test_the_water_moves_with_the_slider(page: Page, compared: tuple[str, str]) -> None:
    page.evaluate("window.twinMap.jumpTo({ zoom: 14.5, pitch: 0 })")
    open_run(page, compared[1])
    page.locator("#film").click()
    page.wait_for_selector('#player[data-shown="0"]', timeout=20_000)
    dry = picture(page, "film-first")
    worst = [page.locator(f'#result input[name="{name}"]') for name in ("flood_building", "flood_road")]
    assert not any(box.is_checked() for box in worst), "colours of the whole run's maxima over minute 0"
    assert page.locator('#result input[name="flood_gauge"]').is_checked()
    assert "0 分钟" in page.locator("#moment-label").inner_text()
    assert "2026-07-05" in page.locator("#moment-label").inner_text()
    page.locator("#moment").focus()
    page.keyboard.press("End")
    last = page.locator("#moment").get_attribute("max")
    page.wait_for_selector(f'#player[data-shown="{last}"]', timeout=20_000)
    idle(page)
    wet = picture(page, "film-last")
    assert np.abs(wet - dry).max(axis=-1).astype(bool).sum() > 2000, "no water came"
    assert page.locator("#legend").is_visible()
    page.keyboard.press("Home")
    page.wait_for_selector('#player[data-shown="0"]', timeout=20_000)
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "暂停"
    page.wait_for_selector('#player[data-shown="3"]', timeout=20_000)
    # what comes next is loaded before it is shown
    sources = page.evaluate(
        "Object.keys(window.twinMap.getStyle().sources).filter(id => id.includes('_series:'))"
    )
    assert len(sources) >= 4
    page.locator("#play").click()
    assert page.locator("#play").get_attribute("aria-label") == "播放"
    page.locator("#forward").click()
    page.locator("#result-layer").select_option("flood_depth")
    assert page.locator("#player").is_hidden()
    assert all(box.is_checked() for box in worst)


@in_browser
def test_a_click_draws_the_hydrograph_of_a_gauge(page: Page, compared: tuple[str, str]) -> None:
    page.evaluate("window.twinMap.jumpTo({ zoom: 15, pitch: 0 })")
    open_run(page, compared[1])
    idle(page)
    spot = page.evaluate(
        "(() => { const map = window.twinMap;"
        " const gauge = map.queryRenderedFeatures().find(f => f.sourceLayer === 'flood_gauge');"
        " const at = map.project(gauge.geometry.coordinates); return [at.x, at.y]; })()"
    )
    page.locator("#map").click(position={"x": spot[0], "y": spot[1]})
    lines = page.locator(".maplibregl-popup .hydrograph").first.locator("[data-line]")
    lines.first.wait_for(timeout=20_000)
    assert lines.evaluate_all("nodes => nodes.map(node => node.dataset.line)") == ["模拟", "观测"]
    assert "水深 (m)" in page.locator(".hydrograph .name").first.text_content()
    assert lines.nth(1).locator("circle").count() == 3
    picture(page, "gauge")


@in_browser
def test_two_runs_are_compared_at_a_divider(page: Page, compared: tuple[str, str]) -> None:
    page.evaluate("window.twinMap.jumpTo({ zoom: 14.5, pitch: 0 })")
    page.locator("#compare summary").click()
    page.locator("#run-a").select_option(compared[0])
    page.locator("#run-b").select_option(compared[1])
    page.locator("#swipe").click()
    divider = page.locator("#divider")
    divider.wait_for(timeout=60_000)
    idle(page)
    page.wait_for_timeout(2000)
    middle = picture(page, "swipe")
    divider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(500)
    right = picture(page, "swipe-right")
    width = middle.shape[1]
    changed = np.abs(middle - right).max(axis=-1) > 10
    assert changed[:, : width // 2 - 40].sum() > 2000, "both sides show the same run"
    assert changed[:, width // 2 + 300 :].sum() < 200, "the right side changed too"
    assert divider.get_attribute("aria-valuenow") == "0"
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 12, 400)
    page.mouse.down()
    page.mouse.move(box["x"] + 412, 400, steps=4)
    page.mouse.up()
    assert 40 < int(divider.get_attribute("aria-valuenow") or 0) < 60
    page.locator("#difference").click()
    page.wait_for_selector('#progress [data-state="successful"]', timeout=120_000)
    until(lambda: "水深变化" in page.locator("#legend").inner_text())
    assert divider.is_hidden()
    idle(page)
    picture(page, "difference")


@in_browser
def test_the_report_opens_from_the_page(page: Page, compared: tuple[str, str]) -> None:
    open_run(page, compared[1])
    with page.expect_popup() as opened:
        page.locator("#report").click()
    report = opened.value
    report.locator("h1").wait_for(timeout=60_000)
    assert report.evaluate("document.adoptedStyleSheets.length") >= 1
    assert "内涝" in report.locator("h1").inner_text()


@in_browser
def test_a_gauge_is_picked_on_the_map(page: Page) -> None:
    page.locator('#simulation details[data-group="gauges"] summary').first.click()
    page.locator('#simulation [data-add="gauges"]').click()
    page.locator("#map").click(position={"x": 300, "y": 300})
    page.locator(".place input").wait_for(timeout=5_000)
    assert page.locator(".place input").input_value() == "P1"
    assert page.locator(".maplibregl-popup").count() == 0
    page.locator(".place button").click()
    assert page.locator(".maplibregl-marker").count() == 0


@in_browser
def test_a_road_is_closed_by_a_click(page: Page) -> None:
    """Picked on the map, closed, and told apart from what carries more; after the run a click reads and picks no more."""
    page.locator("#process").select_option("traffic-closure")
    roads = page.locator('#simulation [data-list="roads"]')
    area = page.locator('#simulation [data-list="areas"]')
    page.locator('#simulation [data-rows="roads"]').click()
    idle(page)
    at = page.evaluate(
        "(() => { const map = window.twinMap, box = map.getCanvas().getBoundingClientRect();"
        " const road = map.queryRenderedFeatures().find((f) => f.sourceLayer === 'road_link'"
        " && f.properties.class === 'arterial');"
        " const line = road.geometry.coordinates, p = map.project(line[Math.floor(line.length / 2)]);"
        " return [p.x + box.x, p.y + box.y]; })()"
    )
    page.mouse.click(*at)
    until(lambda: roads.locator("details.row").count() == 1)
    area.locator("button.remove").first.click()
    page.locator("#run").click()
    assert page.locator("#tool").is_hidden()
    page.wait_for_selector('#progress [data-state="successful"]', timeout=120_000)
    until(lambda: "封闭" in page.locator("#legend").inner_text())
    idle(page)
    picture(page, "closure")
    page.mouse.click(at[0] + 40, at[1] + 40)
    page.wait_for_timeout(500)
    assert roads.locator("details.row").count() == 1


@in_browser
def test_english_is_a_click_away(page: Page) -> None:
    page.locator("#language").click()
    ready(page)
    assert page.locator("#title").inner_text() == "City twin console"
    assert "Building" in " ".join(page.locator("#layers .layer").all_inner_texts())


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


def test_the_citys_sensors_are_heard_and_the_model_is_scored(demo: Demo, tmp_path: Path) -> None:
    """A now-cast of the sample's storm as of 15:12 in China: rain from its gauges, depths beside those of its sensors."""
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'name = "trial"\nsensors = true\nforecast_min = 10\n[flood]\ncell_m = 20.0\n', encoding="utf-8"
    )
    asked = subprocess.run(
        [sys.executable, "-m", "twin.cli", "nowcast", str(plan), "--at", "2026-07-05T15:12:00+08:00"],
        env=environment(demo.home, int(demo.base.rpartition(":")[2])), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "rain until 07:10Z" in asked.stdout
    run = httpx.get(f"{demo.base}/runs?process=flood&limit=1", headers=demo.headers).json()["runs"][0]["id"]
    deadline = time.monotonic() + 240
    while (row := httpx.get(f"{demo.base}/runs/{run}", headers=demo.headers).json())["state"] in (
        "queued",
        "running",
    ):
        assert time.monotonic() < deadline, row
        time.sleep(0.5)
    assert row["state"] == "successful", row
    assert row["outputs"]["rain_m3"] > 3e5
    fits = {one["name"].split()[-1]: one for one in row["outputs"]["observed"]}
    assert len(fits) == 29
    assert all(0 <= one["rmse_m"] < 0.6 for one in fits.values())
    assert any(one["nse"] is not None and one["nse"] > 0 for one in fits.values())
