"""The demo as a newcomer meets it, and its console in headless Chromium: move the map, read attributes, run a flood,
check the pixels. One file, since one running city serves all of it."""

from __future__ import annotations

import io
import math
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

playwright = pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from tests.demo.conftest import Demo  # noqa: E402

CHROMIUM = next((path for path in map(shutil.which, ("chromium", "chromium-browser")) if path), None)
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]
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
    page.goto(f"{demo.base}/console/?test#key={demo.key}")
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
    page.locator("#simulation details summary").last.click()
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
