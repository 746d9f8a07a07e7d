"""Hosts ``pygeoapi.api.API`` inside our application: landing page, tile matrix sets and the HTML of every page.

One API per view (the set of layers that an actor may see), in a bounded cache and a thread pool of its own. Nothing
of the request reaches it but the language and the format: parameters were read strictly before.
"""

from __future__ import annotations

import logging
from functools import cache, lru_cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import orjson
from starlette.requests import Request

from twin.ogc.config import BASE, TEMPLATES, config
from twin.ogc.problems import from_pygeoapi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pygeoapi.api import API

    from twin.catalog.spec import Catalog
    from twin.text import Language

    type Page = Callable[..., tuple[dict[str, str], int, str | bytes]]

SUPPORTED = "0.24."
# It takes every key of two letters or more for a language, and says so at length.
logging.getLogger("pygeoapi.l10n").setLevel(logging.ERROR)
THREADS = 4


@cache
def pages() -> dict[str, Page]:
    """The library's own pages. Loading it takes longer than starting the rest of the service, so it comes when it is
    needed, or when the service has time."""
    from pygeoapi.api import landing_page
    from pygeoapi.api.tiles import tilematrixset, tilematrixsets

    return {
        "landing": landing_page,
        "tile_matrix_sets": tilematrixsets,
        "tile_matrix_set": tilematrixset,
    }


class Host:
    """The library for one catalogue. ``processes`` are the names of all processes."""

    def __init__(self, catalog: Catalog, processes: Iterable[str]) -> None:
        if not version("pygeoapi").startswith(SUPPORTED):
            raise RuntimeError(f"pygeoapi {SUPPORTED}x is needed, {version('pygeoapi')} is installed")
        self.catalog = catalog
        self.processes = tuple(processes)
        self.threads: anyio.CapacityLimiter | None = None
        self.view = lru_cache(maxsize=32)(self._view)

    def _view(self, layers: frozenset[str]) -> API:
        from pygeoapi.api import API

        settings = config(self.catalog, self.processes, layers=layers)
        settings["server"]["templates"] = {"path": str(TEMPLATES)}
        # The library configures the root logger when it finds none configured: show it one while it looks.
        shield = logging.NullHandler()
        logging.getLogger().addHandler(shield)
        try:
            return API(settings, {})
        finally:
            logging.getLogger().removeHandler(shield)

    async def page(
        self, name: str, layers: frozenset[str], base: str, language: Language, form: str, *args: str
    ) -> bytes:
        """A page that the library composes, as bytes with our address in it; raises TWIN-359 when it fails."""
        request = Request(_scope(language, form))

        def compose() -> tuple[int, str | bytes]:
            from pygeoapi.api import APIRequest

            api = self.view(layers)
            _, status, body = pages()[name](api, APIRequest(request, api.locales), *args)
            return status, body

        status, body = await self._threaded(compose)
        if status != 200:
            raise from_pygeoapi(status, _message(body))
        return addressed(body, base)

    async def html(
        self, template: str, data: dict[str, Any], layers: frozenset[str], base: str, language: Language
    ) -> bytes:
        """``data`` through a template of ours (or the library's) as HTML."""

        def compose() -> str:
            from pygeoapi import l10n
            from pygeoapi.util import render_j2_template

            api = self.view(layers)
            content: str = render_j2_template(
                api.tpl_config, api.config["server"]["templates"], template, data, l10n.str2locale(language)
            )
            return content

        return addressed(await self._threaded(compose), base)

    async def _threaded[T](self, call: Callable[[], T]) -> T:
        if self.threads is None:
            self.threads = anyio.CapacityLimiter(THREADS)
        return await anyio.to_thread.run_sync(call, limiter=self.threads)


def addressed(body: str | bytes, base: str) -> bytes:
    """The body with the service's address in place of the placeholder."""
    raw = body.encode() if isinstance(body, str) else body
    return raw.replace(BASE.encode(), base.encode())


def _scope(language: Language, form: str) -> dict[str, Any]:
    query = f"f={form}&lang={language}".encode()
    return {"type": "http", "method": "GET", "path": "/ogc", "query_string": query, "headers": []}


def _message(body: str | bytes) -> str:
    try:
        return str(orjson.loads(body)["description"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "unreadable answer"
