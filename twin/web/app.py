"""The application: settings in, FastAPI out. What each address does stands in the module of its name."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from twin import __version__
from twin.access.view import Views
from twin.catalog.load import load, shipped_layers
from twin.errors import TwinError
from twin.ogc.host import pages
from twin.ogc.routes import mount
from twin.processes.registry import registry
from twin.store.artifacts import ArtifactStore
from twin.store.database import AsyncStore
from twin.store.tilesource import TileSource
from twin.store.versions import Versions
from twin.web import coverages, description, health, layers, problems, report, runs, simulations, tilejson
from twin.web.console import Console, bundle_folder, read_bundle
from twin.web.extents import Extents
from twin.web.headers import HeadersMiddleware
from twin.web.health import Readiness
from twin.web.identity import IdentityMiddleware
from twin.web.language import LanguageMiddleware
from twin.web.leaving import LeavingMiddleware
from twin.web.limits import Limits, LimitsMiddleware
from twin.web.problems import ProblemMiddleware
from twin.web.rasters import Rasters
from twin.web.service import Service
from twin.web.tiles import PictureTiles, VectorTiles
from twin.web.visible import View

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from twin.catalog.spec import Catalog
    from twin.settings import Settings

_YOUNG = 20_000  # objects made before the collector looks at them: a page of features makes some thousands
# Bound to the machine alone, the service answers to the machine's own names: a foreign site that points its own
# name at 127.0.0.1 (DNS rebinding) gets nothing.
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def create_app(
    settings: Settings, *, catalog: Catalog | None = None, limits: Limits | None = None
) -> FastAPI:
    """The service for ``settings``, whose ``database_url`` logs in as the role without rights.

    ``catalog`` defaults to the shipped layers and the city's own folders, ``limits`` to those of ``Limits``.
    Raises ``Refused`` TWIN-101 for a faulty catalogue and TWIN-607 without a database.
    """
    app = FastAPI(
        title="twin",
        version=__version__,
        lifespan=_alive,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=_middleware(settings, limits or Limits(hosts=accepted_hosts(settings))),
    )
    app.state.settings = settings
    app.state.catalog = catalog or load(shipped_layers(), *settings.layers)
    app.state.language = settings.language
    app.state.database_url = _database_url(settings)
    for error in (HTTPException, RequestValidationError, TwinError):
        app.add_exception_handler(error, _told)
    _routes(app)
    return app


def accepted_hosts(settings: Settings) -> tuple[str, ...]:
    """The Host names answered to: as set, else the machine's own when bound to it alone, else any."""
    named = tuple(host.lower() for host in settings.allowed_hosts)
    local = settings.host in ("localhost", "127.0.0.1", "::1")
    return named or (LOOPBACK if local else ())


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise TwinError(
            "TWIN-607",
            "没有数据库：请用 twin up 启动，或设置 TWIN_DATABASE_URL",
            "there is no database: start with twin up, or set TWIN_DATABASE_URL",
            where="TWIN_DATABASE_URL",
        )
    return settings.database_url.get_secret_value()


def _middleware(settings: Settings, limits: Limits) -> list[Middleware]:
    """From the outside in: the language must stand before anything is refused."""
    return [
        *_cors(settings),
        Middleware(HeadersMiddleware),
        Middleware(ProblemMiddleware),
        Middleware(LanguageMiddleware, default=settings.language),
        Middleware(LimitsMiddleware, limits=limits),
        Middleware(LeavingMiddleware),
        Middleware(IdentityMiddleware),
    ]


def _cors(settings: Settings) -> list[Middleware]:
    """Nothing unless origins are named. Identity comes in headers, never in cookies, so no credentials are allowed."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=[
                "authorization",
                "x-api-key",
                "content-type",
                "idempotency-key",
                "prefer",
                "range",
            ],
            expose_headers=["etag", "link", "location", "content-crs", "content-range", "retry-after"],
        )
    ]


async def _told(request: Request, error: Exception) -> Response:
    return problems.response(error, request.scope)


def _routes(app: FastAPI) -> None:
    # Tiles first: they are asked for most.
    app.router.routes.append(Route("/tiles/{layer}/{z}/{x}/{y}.mvt", VectorTiles(), name="vector"))
    app.router.routes.append(Route("/tiles/{layer}/{z}/{x}/{y}.png", PictureTiles(), name="picture"))
    mount(app)
    for door in (layers, tilejson, coverages, simulations, runs, report, health, description):
        app.include_router(door.router)
    console = Console(read_bundle(bundle_folder()))
    app.router.routes.append(Route("/", console.root, name="root"))
    app.router.routes.append(Route("/console", console.root, name="console"))
    app.router.routes.append(Route("/console/{path:path}", console.file, name="console-file"))


def _settle() -> None:
    """What stands now stands for good: the collector need not walk over it again at every page of features."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 50)


@asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    """Opens what the doors share: pools warmed, the listener on, the processes found."""
    state = app.state
    catalog: Catalog = state.catalog
    await asyncio.to_thread(registry)
    artifacts = ArtifactStore(state.settings.artifacts_url)
    store = await AsyncStore.open(state.database_url, catalog)
    versions = Versions(state.database_url)
    rasters = Rasters(store, artifacts)
    listening = asyncio.create_task(versions.follow())
    try:
        await versions.first.wait()
        state.store, state.artifacts = store, artifacts
        state.tiles = TileSource(store, versions)
        state.service = Service(
            store=store,
            catalog=catalog,
            views=Views(catalog, View),
            artifacts=artifacts,
            versions=versions,
            tiles=state.tiles,
            rasters=rasters,
            extents=Extents(store, versions, rasters),
            readiness=Readiness(),
        )
        _settle()
        loading = asyncio.create_task(asyncio.to_thread(pages))
        yield
        await loading
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        rasters.close()
        await store.close()
