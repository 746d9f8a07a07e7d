"""The map page in a browser, under the policy that we serve it with."""

from __future__ import annotations

from shutil import which
from typing import TYPE_CHECKING

import pytest

from twin.web.console import bundle_folder

if TYPE_CHECKING:
    from tests.integration.web.city import City

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.skipif(not bundle_folder().is_dir(), reason="the console is not built")
def test_the_page_breaks_no_rule_of_its_policy(city: City) -> None:
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{city.base}/")
        page.wait_for_selector("canvas", timeout=30_000)
        page.wait_for_timeout(2000)
        browser.close()
    assert not [line for line in said if "Content Security Policy" in line], said
    assert all(url.startswith((city.base, "blob:", "data:")) for url in asked), asked
    assert any(".mvt" in url for url in asked), (asked, said)
