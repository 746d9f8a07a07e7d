"""A headless Chromium on the console, and what tests ask of its map."""

from __future__ import annotations

import time
from contextlib import contextmanager
from shutil import which
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
]


@contextmanager
def opened(browser: Browser, address: str, **context: Any) -> Iterator[Page]:
    """The console, once its map has drawn; errors of the page and of the map fail the test."""
    own = browser.new_context(**({"viewport": {"width": 1100, "height": 720}, "locale": "en-GB"} | context))
    page = own.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(address)
    ready(page)
    yield page
    assert failures == []
    assert page.evaluate("window.twinErrors") == []
    own.close()


def ready(page: Page, longest_s: float = 90.0) -> None:
    # wait_for_function evaluates text in the page, which the console's content security policy forbids
    until(lambda: page.evaluate("window.twinReady === true"), longest_s)


def until(met: Callable[[], object], longest_s: float = 20.0) -> None:
    deadline = time.monotonic() + longest_s
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def look(page: Page, lon: float, lat: float, zoom: float) -> None:
    page.evaluate(f"window.twinMap.jumpTo({{ center: [{lon}, {lat}], zoom: {zoom}, pitch: 0, bearing: 0 }})")
    page.evaluate(
        "new Promise((done) => { const map = window.twinMap;"
        " const settled = () => map.loaded() && map.areTilesLoaded() ? done(true) : map.once('idle', settled);"
        " map.triggerRepaint(); map.once('idle', settled); })"
    )


def at(page: Page, lon: float, lat: float) -> dict[str, float]:
    """Where a place is on the map's canvas."""
    x, y = page.evaluate(
        f"(() => {{ const p = window.twinMap.project([{lon}, {lat}]); return [p.x, p.y]; }})()"
    )
    return {"x": x, "y": y}


def drawn(page: Page, layer: str, column: str, which_map: str = "twinMap") -> list[Any]:
    """Values of a column among the features of a layer that the map draws, transparent ones apart."""
    return page.evaluate(
        f"""(() => {{ const map = window.{which_map}; if (!map) return [];
        const seen = (one) => ['line', 'fill', 'circle', 'fill-extrusion'].every(
          (kind) => one.layer.type !== kind || one.layer.paint[kind + '-opacity'] !== 0);
        return [...new Set(map.queryRenderedFeatures().filter((one) => one.sourceLayer === '{layer}' && seen(one))
          .map((one) => one.properties.{column}))].sort(); }})()"""
    )
