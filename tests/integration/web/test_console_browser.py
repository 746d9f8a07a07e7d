"""The map page in a browser, on the running service: its policy, features picked and shapes drawn on the map, runs as
inputs, two runs side by side, features that change over time."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from tests.integration.web.browser import CHROMIUM, FLAGS, at, drawn, look, opened, ready, until
from tests.integration.web.city import EAST, NORTH, RUN, insert
from twin.actions.identifier import uuid7
from twin.web.console import bundle_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.integration.web.city import City

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
    pytest.mark.skipif(not bundle_folder().is_dir(), reason="the console is not built"),
]
TO_DEGREES = Transformer.from_crs(4547, 4326, always_xy=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, city: City) -> Iterator[Page]:
    """As the planner of the two runs, near the city's corner."""
    with opened(browser, f"{city.base}/console/?test&process=flood#key={city.keys['planner']}") as page:
        page.wait_for_selector("#simulation #run")
        yield page


def place(dx: float, dy: float) -> tuple[float, float]:
    return TO_DEGREES.transform(EAST + dx, NORTH + dy)


def click(page: Page, dx: float, dy: float) -> None:
    page.locator("#map").click(position=at(page, *place(dx, dy)))


def sent(page: Page) -> dict[str, Any]:
    """What the form asks the service for."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
        page.locator("#simulation #run").click()
    assert posted.value.status == 201, posted.value.text()
    page.locator("#progress button").click()  # nobody works here: the run is called off
    return json.loads(posted.value.request.post_data or "{}")


def unfold(page: Page, group: str) -> None:
    page.locator(f'#simulation details[data-group="{group}"] > summary').first.click()


def add(page: Page, kind: str) -> None:
    page.locator('[data-kinds="edits"]').select_option(kind)
    page.locator('[data-add="edits"]').click()


def test_the_page_breaks_no_rule_of_its_policy(city: City, browser: Browser) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{city.base}/")
    page.wait_for_selector("canvas", timeout=30_000)
    page.wait_for_timeout(2000)
    page.close()
    assert not [line for line in said if "Content Security Policy" in line], said
    assert all(url.startswith((city.base, "blob:", "data:")) for url in asked), asked
    assert any(".mvt" in url for url in asked), (asked, said)


def test_it_opens_on_what_can_be_asked_and_an_operator_publishes_a_run(browser: Browser, city: City) -> None:
    with opened(browser, f"{city.base}/console/?test#key={city.keys['operator']}") as page:
        page.locator("#processes .offer").first.wait_for()
        assert page.locator("#simulation #run").count() == 0  # no analysis is taken for granted
        assert page.locator("#process").input_value() == ""
        page.locator('.offer[data-process="design-storm"]').click()
        page.locator("#simulation #run").wait_for()
        assert page.locator("#process").input_value() == "design-storm"
        page.locator("#process").select_option("")
        page.locator("#processes").wait_for()
        if page.locator("#more-runs").count():
            page.locator("#more-runs").click()
        page.locator(f'#history [data-run="{city.published}"]').click()
        button = page.locator("#publish")
        key = {"authorization": f"Bearer {city.keys['operator']}"}
        for published in ("false", "true"):  # taken back, and given again
            button.click()
            page.wait_for_selector(f'#publish[data-published="{published}"]')
            seen = httpx.get(f"{city.base}/runs/{city.published}", headers=key)
            assert seen.json()["published"] is (published == "true")


def test_a_feature_is_picked_by_clicking_it(page: Page) -> None:
    look(page, *place(300, 250), 16)
    unfold(page, "edits")
    add(page, "pipe")
    # a hidden layer is shown while its features are chosen
    assert page.locator('[data-pick="code"]').get_attribute("class") == "on"
    until(lambda: drawn(page, "drain_pipe", "code") == ["YS0001"])
    click(page, 305, 255)
    chips = page.locator('[data-codes="code"] .chip')
    chips.wait_for()
    assert chips.all_inner_texts() == ["YS0001\n×"]
    assert page.locator("#tool").is_hidden()
    assert page.locator(".maplibregl-popup").count() == 0
    until(lambda: drawn(page, "drain_pipe", "code") == ["YS0001"])  # the chosen one stays marked
    page.locator(".chip button").click()
    assert chips.count() == 0
    until(lambda: drawn(page, "drain_pipe", "code") == [])
    page.locator('[data-codes="code"] input').fill("YS0001")
    page.locator('#simulation .row input[name="diameter_mm"]').fill("900")
    page.locator('#simulation select[name="source"]').select_option("layers")
    asked = sent(page)
    assert asked["edits"] == [{"kind": "pipe", "code": "YS0001", "diameter_mm": 900}]


def test_shapes_are_drawn_moved_and_kept_in_the_other_language(page: Page) -> None:
    look(page, *place(300, 250), 16)
    unfold(page, "edits")
    add(page, "pond")
    for dx, dy in ((200, 200), (260, 200), (260, 250), (200, 250), (200, 200)):
        click(page, dx, dy)
    until(lambda: "m²" in page.locator('[data-shape="geometry"] small').inner_text())
    page.locator('#simulation .row input[name="depth_m"]').fill("1.5")
    page.locator('[data-edit="geometry"]').click()
    assert page.locator(".handle.end").count() == 4
    corner = page.locator(".handle.end").nth(2).bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + 7, corner["y"] + 7)
    page.mouse.down()
    page.mouse.move(corner["x"] + 67, corner["y"] - 33, steps=4)
    page.mouse.up()
    page.keyboard.press("Escape")
    assert page.locator(".handle").count() == 0
    unfold(page, "gauges")
    page.locator('[data-add="gauges"]').click()
    click(page, 350, 300)
    page.locator(".place input").fill("G1")
    page.locator("#language").click()
    page.wait_for_selector("text=城市孪生控制台")
    ready(page)
    page.wait_for_selector("#simulation #run")
    assert page.locator(".place input").input_value() == "G1"
    asked = sent(page)
    [pond] = asked["edits"]
    [ring] = pond["geometry"]["coordinates"]
    assert (pond["kind"], pond["depth_m"], len(ring)) == ("pond", 1.5, 5)
    assert ring[0] == ring[-1] == pytest.approx(place(200, 200), abs=2e-5)
    assert ring[2][0] > place(280, 250)[0]  # the corner that was moved
    assert ring[2][1] > place(260, 260)[1]
    [gauge] = asked["gauges"]
    assert (gauge["lon"], gauge["lat"]) == pytest.approx(place(350, 300), abs=2e-5)


def test_json_stands_behind_a_button(page: Page) -> None:
    unfold(page, "edits")
    add(page, "cover")
    page.keyboard.press("Escape")
    page.locator('#simulation .row input[name="land_use"]').fill("14")
    button = page.locator('[data-json="edits"]').last
    button.click()
    text = page.locator('textarea[name="edits"]')
    assert json.loads(text.input_value()) == [{"kind": "cover", "land_use": "14"}]
    square = [place(0, 0), place(50, 0), place(50, 50), place(0, 0)]
    edit = {"kind": "cover", "land_use": "1401", "geometry": {"type": "Polygon", "coordinates": [square]}}
    text.fill("[{")
    button.click()
    assert text.count() == 1  # what is no JSON is not taken
    text.fill(json.dumps([edit]))
    button.click()
    assert page.locator('#simulation .row input[name="land_use"]').input_value() == "1401"
    assert sent(page)["edits"] == [
        edit | {"geometry": {"type": "Polygon", "coordinates": [[list(at) for at in square]]}}
    ]


def test_runs_are_inputs(page: Page, city: City) -> None:
    page.locator("#process").select_option("flood-comparison")
    base, variant = (page.locator(f'#simulation select[name="{name}"]') for name in ("base", "variant"))
    until(lambda: base.locator("option").count() >= 2)
    values = base.locator("option").evaluate_all("nodes => nodes.map(node => node.value)")
    assert values[:2] == [str(city.private), str(city.published)]  # the newest first
    assert (base.input_value(), variant.input_value()) == (str(city.published), str(city.private))
    assert sent(page) == {"base": str(city.published), "variant": str(city.private)}


def test_two_runs_of_features_side_by_side(page: Page, city: City) -> None:
    look(page, *place(50, 10), 17)
    page.locator("#compare summary").click()
    page.locator("#layer-a").select_option("flood_building")
    assert page.locator("#layer-b").input_value() == "flood_building"
    assert (page.locator("#run-a").input_value(), page.locator("#run-b").input_value()) == (
        str(city.published),
        str(city.private),
    )
    page.locator("#swipe").click()
    page.locator("#divider").wait_for(timeout=30_000)
    until(lambda: drawn(page, "flood_building", "depth") == [1.5])
    until(lambda: drawn(page, "flood_building", "depth", "twinOther") == [0.3])
    assert "Flooded building" in page.locator("#legend").inner_text()
    page.locator("#swipe").click()
    assert page.locator("#divider").is_hidden()


RED, GREEN = (224, 49, 49), (47, 158, 68)  # saturation 1.0 and 0.1 in the layer's stops


@pytest.fixture(scope="module")
def traffic(city: City) -> list[str]:
    """Two assignments of one east-west road: 2000 pcu/h go east, 500 west; in the second run none go west."""
    ids = []
    for west in (500.0, 0.0):
        run = uuid7()
        with city.store.service() as conn:
            conn.execute(
                RUN.replace("'flood'", "'traffic-assignment'"),
                {"id": run, "published": False, **planner(city)},
            )
        for forward, flow in ((True, 2000.0), (False, west)):
            row = {
                "run": run,
                "road_code": "W1",
                "forward": forward,
                "flow": flow,
                "saturation": flow / 2000 if forward else 0.1,
            }
            ends = [f"{EAST + 100} {NORTH - 100}", f"{EAST + 300} {NORTH - 100}"]
            line = f"LINESTRING({', '.join(ends if forward else ends[::-1])})"
            insert(
                city.store,
                city.actors["planner"],
                "traffic_link",
                [row | {"speed": 30.0, "time": 24.0, "geom": line}],
            )
        ids.append(str(run))
    return ids


def planner(city: City) -> dict[str, str]:
    actor = city.actors["planner"]
    return {"role": actor.role, "actor": actor.key}


def bands(page: Page) -> dict[tuple[int, int, int], list[int]]:
    """Rows of pixels in each colour across the middle of the road, from the north to the south."""
    spot = at(page, *place(200, -100))
    box = page.locator("#map").bounding_box()
    assert box is not None
    clip = {"x": box["x"] + spot["x"], "y": box["y"] + spot["y"] - 40, "width": 1, "height": 80}
    column = np.asarray(Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")).astype(int)[:, 0]
    found = {}
    for colour in (RED, GREEN):
        found[colour] = [int(row) for row in np.flatnonzero(np.abs(column - colour).max(axis=-1) < 60)]
    return found


def test_bands_as_wide_as_the_flow_on_the_right_hand_side(page: Page, traffic: list[str]) -> None:
    look(page, *place(200, -100), 15)
    page.locator(f'#history [data-run="{traffic[0]}"]').click()
    until(lambda: len(drawn(page, "traffic_link", "flow")) == 2)
    page.wait_for_timeout(500)
    seen = bands(page)
    # eastward traffic keeps south; 2000 pcu/h are 9 pixels wide, 500 pcu/h are 3, at zoom 15
    assert min(seen[RED]) > max(seen[GREEN])
    assert len(seen[RED]) == pytest.approx(9, abs=2)
    assert len(seen[GREEN]) == pytest.approx(3, abs=2)
    assert min(seen[RED]) >= 39
    assert max(seen[GREEN]) <= 41
    legend = page.locator('#legend [data-layer="traffic_link"]')
    widths = legend.locator("[data-width]").evaluate_all(
        "nodes => nodes.map(node => Number(node.dataset.width))"
    )
    assert widths == [0.5, 3, 9, 20]
    assert "Flow (pcu/h)" in legend.inner_text()
    assert "Saturation" in legend.inner_text()


def test_bandwidths_before_and_after(page: Page, traffic: list[str]) -> None:
    look(page, *place(200, -100), 16)
    page.locator("#compare summary").click()
    assert [page.locator(f"#run-{side}").input_value() for side in "ab"] == traffic
    page.locator("#layer-a").select_option("traffic_link")
    page.locator("#swipe").click()
    page.locator("#divider").wait_for(timeout=30_000)
    until(lambda: drawn(page, "traffic_link", "flow") == [2000, 500])
    until(lambda: drawn(page, "traffic_link", "flow", "twinOther") == [0, 2000])


def test_features_play_over_time(page: Page, city: City) -> None:
    look(page, *place(70, 10), 17)
    page.locator("#history button").first.wait_for()
    if page.locator("#more-runs").count():  # other tests ask for runs, too
        page.locator("#more-runs").click()
    page.locator(f'#history [data-run="{city.published}"]').click()
    page.locator('[data-film="flood_closure"]').click()
    for moment, closed in enumerate((["R1"], ["R1", "R3"], ["R2", "R3"], ["R3"])):
        page.wait_for_selector(f'#player[data-shown="{moment}"]')
        until(lambda closed=closed: drawn(page, "flood_closure", "road_code") == closed)
        page.locator("#forward").click()
    page.wait_for_selector('#player[data-shown="0"]')  # and again from the beginning
    assert "Road closure" in page.locator("#legend").inner_text()
    page.locator("#end-film").click()
    assert page.locator("#player").is_hidden()
    until(lambda: drawn(page, "flood_closure", "road_code") == [])


def test_on_a_narrow_screen_the_panels_are_drawers(browser: Browser, city: City) -> None:
    narrow = {"viewport": {"width": 390, "height": 780}}
    with opened(
        browser, f"{city.base}/console/?test&process=flood#key={city.keys['planner']}", **narrow
    ) as page:
        box = page.locator("#map").bounding_box()
        assert box is not None
        assert box["width"] == 390
        assert not page.locator("#simulation").is_visible()
        page.locator("#show-simulation").click()
        page.locator("#simulation #run").wait_for()
        unfold(page, "gauges")
        page.locator('[data-add="gauges"]').click()
        assert not page.locator("#simulation").is_visible()  # out of the way of the map
        page.locator("#map").click(position={"x": 200, "y": 300})
        page.locator("#show-simulation").click()
        assert page.locator(".place input").input_value() == "P1"
