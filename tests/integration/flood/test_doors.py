"""The outcomes as the doors tell them: by datetime, by place, by who asks; and the report."""

from __future__ import annotations

import re
import shutil
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.integration.flood.bowl import MIDDLE, lonlat

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.flood.conftest import Bowl

ITEMS = "/ogc/collections/{}/items"


def rows(bowl: Bowl, layer: str, role: str = "anonymous", **asked: Any) -> list[dict[str, Any]]:
    answer = bowl.get(ITEMS.format(layer), role, limit=10_000, run=bowl.flooded.run, **asked)
    assert answer.status_code == 200, answer.text
    return [feature["properties"] for feature in answer.json()["features"]]


def test_a_hydrograph_by_place_and_moment(bowl: Bowl) -> None:
    whole = rows(bowl, "flood_series", place_kind="gauge", sortby="minute")
    assert [row["minute"] for row in whole] == [float(minute) for minute in range(61)]
    moment = "2026-07-05T06:40:30Z"
    (now,) = rows(bowl, "flood_series", place_kind="gauge", datetime=moment)
    assert now["minute"] == 40.0
    part = rows(
        bowl, "flood_series", place_kind="gauge", datetime="2026-07-05T06:10:00Z/2026-07-05T06:12:00Z"
    )
    assert [row["minute"] for row in part] == [10.0, 11.0, 12.0]


def test_closed_roads_of_a_moment(bowl: Bowl) -> None:
    (car,) = rows(bowl, "flood_closure", filter="vehicle_class = 'car'")
    before = rows(bowl, "flood_closure", datetime="2026-07-05T06:01:00Z")
    after = rows(bowl, "flood_closure", datetime="2026-07-05T06:59:00Z")
    assert before == []
    assert car in after


def test_the_click_is_the_gauge(bowl: Bowl) -> None:
    lon, lat = lonlat(*MIDDLE)
    told = bowl.get("/coverages/flood_depth_series/series", lon=lon, lat=lat, run=bowl.flooded.run).json()
    assert len(told["times"]) == 13
    gauge = {row["minute"]: row["depth"] for row in rows(bowl, "flood_series", place_kind="gauge")}
    assert told["values"][6:] == pytest.approx([gauge[5.0 * step] for step in range(6, 13)], abs=0.02)


def test_people_are_for_those_who_may_read_population(bowl: Bowl) -> None:
    for layer in ("flood_building", "flood_cell"):
        assert all("people" not in row for row in rows(bowl, layer))
        assert any(row["people"] for row in rows(bowl, layer, "viewer"))


def report(bowl: Bowl, role: str = "anonymous", **asked: Any) -> Any:
    return bowl.get(f"/runs/{bowl.flooded.run}/report", role, **asked)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            (
                "城市内涝模拟报告",
                "积水点",
                "水量平衡",
                "道路中断",
                "受淹公共设施",
                "诊所",
                "中心路",
                "小型客车",
            ),
        ),
        ("en", ("Urban flood report", "Waterlogging points", "Water account", "Roads closed", "Small car")),
    ],
)
def test_the_report_stands_by_itself(bowl: Bowl, lang: str, words: tuple[str, ...]) -> None:
    answer = report(bowl, lang=lang)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.text
    for word in words:
        assert word in page
    assert page.count("data:image/png;base64,") == 2
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:)""", page)
    assert "<script" not in page
    assert "url(" not in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert f"{bowl.flooded.outputs.max_depth_m:.2f}" in page


def test_the_report_shows_people_to_those_who_may_know(bowl: Bowl) -> None:
    assert "people affected" not in report(bowl, lang="en").text
    assert re.search(r"<b>90<small></small></b><span>people affected", report(bowl, "viewer", lang="en").text)


def test_the_report_has_a_validator(bowl: Bowl) -> None:
    import httpx

    first = report(bowl, lang="zh")
    again = httpx.get(
        f"{bowl.base}/runs/{bowl.flooded.run}/report?lang=zh",
        headers={"if-none-match": first.headers["etag"]},
    )
    assert again.status_code == 304
    assert first.headers["etag"] != report(bowl, lang="en").headers["etag"]


def test_no_report_of_what_is_not_there(bowl: Bowl) -> None:
    missing = bowl.get(f"/runs/{uuid4()}/report")
    assert (missing.status_code, missing.json()["code"]) == (404, "TWIN-505")
    run = uuid4()
    text = """INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, state, published)
              VALUES (%s, 'flood', '1', 't', '{}', 'planner', 'x', 1, 'successful', false)"""
    with bowl.store.service() as conn:
        conn.execute(text, [run])
    try:
        assert bowl.get(f"/runs/{run}/report").status_code == 404
        assert bowl.get(f"/runs/{run}/report", "planner").status_code == 404
        # who operates the service sees it; a run of an older version tells what it has
        assert bowl.get(f"/runs/{run}/report", "operator").status_code == 200
        with bowl.store.service() as conn:
            conn.execute("UPDATE run.run SET state = 'failed' WHERE id = %s", [run])
        answer = bowl.get(f"/runs/{run}/report", "operator")
        assert (answer.status_code, answer.json()["code"]) == (409, "TWIN-334")
    finally:
        with bowl.store.service() as conn:
            conn.execute("DELETE FROM run.run WHERE id = %s", [run])


def test_the_client_reads_all_of_it(bowl: Bowl, tmp_path: Path) -> None:
    from twin.client import connect

    lon, lat = lonlat(*MIDDLE)
    with connect(bowl.base, bowl.keys["operator"], language="en") as city:
        run = city.get_run(str(bowl.flooded.run))
        table = run.table("flood_series", filter="place_kind = 'section'")
        assert len(table) == 61
        assert table["discharge"].max() > 0
        assert str(table["valid_from"].dtype).startswith("datetime64")
        times = run.times("flood_depth_series")
        assert len(times) == 13
        depth = run.hydrograph("flood_depth_series", lon, lat)
        assert list(depth.index) == list(times)
        picture = run.raster("flood_depth_series", datetime=times[-1])
        assert float(picture.max()) == pytest.approx(depth.iloc[-1], abs=0.02)
        assert float(run.raster("flood_depth_series", datetime="2026-07-05T06:00:00Z").max()) == 0.0
        page = run.report(tmp_path / "report.html", language="zh")
        assert (tmp_path / "report.html").read_text(encoding="utf-8") == page
        told = city.get(f"/runs/{run.id}/results").json()
        assert told["report"].endswith(f"/runs/{run.id}/report")


@pytest.mark.browser
def test_the_report_prints_on_one_sheet(bowl: Bowl) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for lang in ("zh", "en"):
            page = browser.new_page()
            heard = {"request": [], "console": []}
            page.on("request", partial(lambda into, one: into.append(one.url), heard["request"]))
            page.on("console", partial(lambda into, one: into.append(one.text), heard["console"]))
            address = f"{bowl.base}/runs/{bowl.flooded.run}/report?lang={lang}"
            page.goto(address)
            loaded = "[...document.images].every((one) => one.complete && one.naturalWidth > 100)"
            assert page.evaluate(loaded)
            assert [url for url in heard["request"] if not url.startswith("data:")] == [address]
            assert heard["console"] == []
            pdf = page.pdf(prefer_css_page_size=True, print_background=True)
            assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) == 1
        browser.close()
