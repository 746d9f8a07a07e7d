"""A city with trial layers behind the OGC door alone: the real store, the real refusals, identity by a header."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from twin.access.actor import ANONYMOUS, Actor
from twin.catalog.load import load, shipped_layers
from twin.files.cog import describe, write_cog
from twin.ogc.routes import mount
from twin.processes.registry import registry
from twin.store import artifacts as rasters
from twin.store.artifacts import ArtifactStore
from twin.store.database import AsyncStore, Store
from twin.web import problems
from twin.web.language import LanguageMiddleware
from twin.web.limits import Limits, LimitsMiddleware
from twin.web.problems import ProblemMiddleware

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from twin.catalog.spec import Catalog

HERE = Path(__file__).parent
SRID = 4547
# About 23.1 north, 114.0 east: the middle of the belt of EPSG:4547.
ORIGIN = (498_000.0, 2_556_000.0)
PLOTS = 400
ROLES = ("anonymous", "viewer", "planner", "operator", "admin")
OPERATOR = Actor("operator", "operator of the tests", "key-operator")


class HeaderIdentity:
    """``x-role: planner`` is who asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            role = dict(scope["headers"]).get(b"x-role", b"anonymous").decode()
            known = role in ROLES and role != "anonymous"
            actor = Actor(role, f"{role} of the tests", f"key-{role}") if known else ANONYMOUS
            scope.setdefault("state", {})["actor"] = actor
        await self.app(scope, receive, send)


async def _told(request: Request, error: Exception) -> Response:
    return problems.response(error, request.scope)


def application(url: str, catalog: Catalog, folder: Path) -> FastAPI:
    """The door alone, as the whole service mounts it."""

    @asynccontextmanager
    async def alive(app: FastAPI) -> AsyncIterator[None]:
        registry()  # as the service does before its first request
        app.state.store = await AsyncStore.open(url, catalog)
        yield
        await app.state.store.close()

    middleware = [
        Middleware(ProblemMiddleware),
        Middleware(LanguageMiddleware, default="zh"),
        Middleware(LimitsMiddleware, limits=Limits()),
        Middleware(HeaderIdentity),
    ]
    app = FastAPI(lifespan=alive, middleware=middleware, redirect_slashes=False, openapi_url=None)
    app.state.catalog = catalog
    app.state.artifacts = ArtifactStore(str(folder))
    app.add_exception_handler(HTTPException, _told)
    mount(app)
    return app


class City:
    """The database behind the door."""

    def __init__(self, url: str, catalog: Catalog, store: Store, folder: Path) -> None:
        self.url = url
        self.catalog = catalog
        self.store = store
        self.folder = folder

    def ask(self, text: str, *values: object, actor: Actor = OPERATOR) -> list[tuple[Any, ...]]:
        """SQL as an actor: the oracle that the door is held against."""
        with self.store.transaction(actor) as conn:
            return conn.execute(text, values or None).fetchall()  # type: ignore[arg-type]

    def write(self, text: str, rows: list[tuple[object, ...]]) -> None:
        with self.store.transaction(OPERATOR, write=True) as conn, conn.cursor() as cursor:
            cursor.executemany(text, rows)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def trial_catalog() -> Catalog:
    """The shipped layers and some that the code has never heard of."""
    return load(shipped_layers(), HERE / "layers")


@pytest.fixture(scope="module")
def city(
    new_database: Callable[..., Any], trial_catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[City]:
    database = new_database(trial_catalog, SRID)
    folder = tmp_path_factory.mktemp("artifacts")
    with Store.open(database.url, trial_catalog) as store:
        made = City(database.url, trial_catalog, store, folder)
        fill(made)
        yield made


@pytest.fixture(scope="module")
def door(city: City) -> Iterator[TestClient]:
    """A client of the door; it does not raise what the server raises."""
    app = application(city.url, city.catalog, city.folder)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
        yield client


def fill(city: City) -> None:
    """Plots, cables and rasters, seeded."""
    city.write(
        "INSERT INTO city.plot (code, name, height, floors, gate, built, seen, owner_name, valid_from, valid_to, geom)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, ST_GeomFromText(%s, 4547))",
        [plot(number) for number in range(PLOTS)],
    )
    city.write(
        "INSERT INTO city.secret_cable (code, geom) VALUES (%s, ST_GeomFromText(%s, 4547))",
        [
            (f"S{n}", f"LINESTRING({ORIGIN[0] + n} {ORIGIN[1]}, {ORIGIN[0] + n} {ORIGIN[1] + 500})")
            for n in range(9)
        ],
    )
    for name in ("height_map", "hidden_depths"):
        raster(city, name)


def plot(number: int) -> tuple[object, ...]:
    """A skew quadrilateral; some attributes are empty, some texts are nasty."""
    chance = random.Random(number)  # noqa: S311
    x, y = ORIGIN[0] + chance.uniform(0, 4000), ORIGIN[1] + chance.uniform(0, 4000)
    side, skew = chance.uniform(10, 60), chance.uniform(-5, 5)
    ring = [(x, y), (x + side, y + skew), (x + side - skew, y + side), (x, y + side), (x, y)]
    outline = "POLYGON((" + ", ".join(f"{a:.3f} {b:.3f}" for a, b in ring) + "))"
    names = ["中心广场", "Market", "it's", '"quoted"', "100%_real", "🚰 泵站", "=SUM(A1)", ""]
    return (
        f"P{number:04d}",
        None if number % 7 == 0 else names[number % len(names)],
        None if number % 11 == 0 else round(chance.uniform(3, 120), 2),
        None if number % 5 == 0 else number % 30,
        None if number % 13 == 0 else number % 2 == 0,
        None if number % 3 == 0 else f"20{number % 25:02d}-0{1 + number % 9}-15",
        None if number % 4 == 0 else f"2024-01-{1 + number % 28:02d}T08:00:00Z",
        f"owner {number}",
        "2020-01-01T00:00:00Z" if number % 2 else None,
        "2022-01-01T00:00:00Z" if number % 6 == 1 else None,
        outline,
    )


def raster(city: City, name: str) -> None:
    layer = city.catalog.layers[name]
    cells = np.arange(40 * 50, dtype=np.float32).reshape(40, 50)
    cells[0, 0] = np.nan
    path = write_cog(
        city.folder / f"{name}.tif",
        cells + (1.0 if name == "hidden_depths" else 0.0),
        transform=Affine(10.0, 0.0, ORIGIN[0], 0.0, -10.0, ORIGIN[1] + 400.0),
        crs=SRID,
        nodata=-9999.0,
        unit="m",
    )
    stored = SimpleNamespace(
        name=ArtifactStore(city.folder).put(path),
        grid=describe(path),
        size=path.stat().st_size,
        valid_time=None,
    )
    with city.store.transaction(OPERATOR, write=True) as conn:
        rasters.record(conn, layer, stored)
