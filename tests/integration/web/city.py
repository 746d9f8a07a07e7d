"""A small city with a layer of each class, two runs, rasters, and a real server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import uvicorn
from affine import Affine
from psycopg import sql
from pydantic import SecretStr

from twin.access.actor import Actor
from twin.actions.identifier import uuid7
from twin.processes.reading import write
from twin.settings import Settings
from twin.store import artifacts, keys
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store
from twin.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from twin.catalog.spec import Catalog

# Where the city lies, EPSG:4547 (easting, northing in metres): about 31.7 N, 116.5 E.
EAST, NORTH = 736_000.0, 3_513_000.0
START = datetime(2026, 7, 5, 6, tzinfo=UTC)  # of the runs; frames of depth every five minutes
ROLES = ("anonymous", "viewer", "planner", "operator", "admin")
OPERATOR = Actor("operator", "fixture", "fixture")


@dataclass
class City:
    """What the tests know of the city: addresses, keys by role, ids of the runs."""

    base: str
    store: Store
    catalog: Catalog
    keys: dict[str, str]
    actors: dict[str, Actor]
    published: UUID
    private: UUID
    database: Any
    settings: Settings

    def client(self, role: str = "anonymous", **headers: str) -> httpx.Client:
        key = self.keys.get(role)
        own = {"authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.base, headers={**own, **headers}, timeout=20)

    def get(self, path: str, role: str = "anonymous", **headers: str) -> httpx.Response:
        with self.client(role, **headers) as client:
            return client.get(path)


SENSOR = {
    "code": "SEN-0001",
    "name": "学府路水位",
    "observed_property": "water_level",
    "unit": "m",
    "status": "online",
}
CAMERA = {"code": "34150200001310000001", "name": "路口摄像机", "kind": "fixed", "status": "online"}
PIPE = {"code": "YS0001", "from_node": "M1", "to_node": "M2", "pipe_class": "201", "diameter": 600.0}
GAS = {"code": "RQ0001", "pipe_class": "301", "pressure_class": "medium_b", "diameter": 200.0}
COMMUNITY = {"code": "341502001001", "name": "学府社区", "level": 4}
CELL = {"community_code": "341502001001", "status": "valid", "name": "网格", "population": 1234}


def insert(store: Store, actor: Actor, layer: str, rows: list[dict[str, Any]]) -> None:
    """Rows with their geometry as WKT in the storage CRS."""
    with store.transaction(actor, write=True) as conn:
        for row in rows:
            plain = {name: value for name, value in row.items() if name != "geom"}
            statement = sql.SQL("INSERT INTO {} ({}, geom) VALUES ({}, ST_GeomFromText({}, {}))").format(
                sql.Identifier("city", layer),
                sql.SQL(", ").join(map(sql.Identifier, plain)),
                sql.SQL(", ").join(map(sql.Literal, plain.values())),
                sql.Literal(row["geom"]),
                sql.Literal(store.srid),
            )
            conn.execute(statement)


def square(x: float, y: float, side: float = 20.0) -> str:
    ring = [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]
    return "POLYGON((" + ", ".join(f"{a} {b}" for a, b in ring) + "))"


def fill(store: Store) -> None:
    buildings = [
        {
            "code": f"B{number:04d}",
            "name": "图书馆🏛" if number == 0 else f"楼 {number}",
            "height": 10.0 + number % 30,
            "use": "residential" if number % 2 else "office",
            "geom": square(EAST + 40 * (number % 20), NORTH + 40 * (number // 20)),
        }
        for number in range(400)
    ]
    insert(store, OPERATOR, "building", buildings)
    point = f"POINT({EAST + 400} {NORTH + 400})"
    line = f"LINESTRING({EAST + 10} {NORTH + 10}, {EAST + 600} {NORTH + 500})"
    insert(store, OPERATOR, "sensor", [SENSOR | {"geom": point}])
    insert(store, OPERATOR, "camera", [CAMERA | {"geom": point}])
    insert(store, OPERATOR, "drain_pipe", [PIPE | {"geom": line}])
    insert(store, OPERATOR, "gas_pipe", [GAS | {"geom": line}])
    area = square(EAST - 200, NORTH - 200, 1200).replace("POLYGON(", "MULTIPOLYGON((") + ")"
    insert(store, OPERATOR, "admin_area", [COMMUNITY | {"geom": area}])
    cells = [
        CELL | {"code": f"34150200100{number:04d}", "geom": square(EAST + 100 * number, NORTH, 100)}
        for number in range(4)
    ]
    insert(store, OPERATOR, "grid_cell", cells)


def add_run(store: Store, files: ArtifactStore, folder: Path, owner: Actor, *, published: bool) -> UUID:
    """A successful flood run of ``owner`` with one flooded building and a raster of depths: 0 in the west, 2 m in
    the east, no data in its southernmost row."""
    run = uuid7()
    with store.service() as conn:
        values = {"role": owner.role, "actor": owner.key}
        conn.execute(RUN, {"id": run, "published": published, **values})
    depth = 1.5 if published else 0.3
    flooded = {"run": run, "building_code": "B0001", "depth": depth, "geom": square(EAST + 40, NORTH)}
    insert(store, owner, "flood_building", [flooded])
    insert(store, owner, "flood_closure", closures(run))
    array = np.zeros((60, 80), np.float32)
    array[:, 40:] = 2.0 if published else 0.3
    array[-1] = np.nan
    add_raster(store, files, folder, owner, "flood_depth", array, run)
    for minute, share in enumerate((0.0, 0.5, 1.0)):
        at = START + timedelta(minutes=5 * minute)
        frame = (array * share).astype(np.float32)
        add_raster(store, files, folder, owner, "flood_depth_series", frame, run, at)
    return run


def closures(run: UUID) -> list[dict[str, Any]]:
    """R1 closed in the first five minutes, R2 in the second five, R3 from minute 2 on and at the end still."""
    spans = {"R1": (0, 5), "R2": (5, 10), "R3": (2, None)}
    return [
        {
            "run": run,
            "road_code": code,
            "vehicle_class": "car",
            "from_min": first,
            "valid_from": START + timedelta(minutes=first),
            **({} if last is None else {"to_min": last, "valid_to": START + timedelta(minutes=last)}),
            "geom": f"LINESTRING({EAST + 50} {NORTH + 10 * n}, {EAST + 90} {NORTH + 10 * n})",
        }
        for n, (code, (first, last)) in enumerate(spans.items())
    ]


RUN = """
INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, state, published,
                     started, ended)
VALUES (%(id)s, 'flood', '1.0.0', 'test', '{}', %(role)s, %(actor)s, 1, 'successful', %(published)s, now(), now())
"""


def add_raster(
    store: Store,
    files: ArtifactStore,
    folder: Path,
    owner: Actor,
    layer: str,
    array: Any,
    run: UUID | None,
    at: datetime | None = None,
) -> None:
    """Cells of 10 m, north-west corner at (EAST, NORTH + 600)."""
    declared = store.catalog.layers[layer]
    grid = Affine(10, 0, EAST, 0, -10, NORTH + 600)
    written = write(files, declared, array, grid, store.srid, None, folder, at)
    with store.transaction(owner, write=True) as conn:
        artifacts.record(conn, declared, written, run=run)


class Server:
    """uvicorn in a thread of its own, stopped when the tests are done."""

    def __init__(self, app: Any, port: int) -> None:
        config = uvicorn.Config(app, port=port, log_level="warning", lifespan="on", server_header=False)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def start(self) -> None:
        self.thread.start()
        deadline = time.monotonic() + 30
        while not self.server.started:
            assert self.thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_for(url: str, folder: Path, port: int) -> Settings:
    return Settings(home=folder, database_url=SecretStr(url), artifacts=str(folder / "artifacts"), port=port)


def open_city(database: Any, catalog: Catalog, folder: Path) -> Iterator[City]:
    """Fill the database, serve it, stop serving."""
    folder.joinpath("artifacts").mkdir(exist_ok=True)
    files = ArtifactStore(str(folder / "artifacts"))
    with Store.open(database.url, catalog) as store:
        fill(store)
        made = {}
        with store.service() as conn:
            for role in ROLES[1:]:
                made[role] = keys.create(conn, role, f"{role} of the tests")
            made["other"] = keys.create(conn, "planner", "another planner")
            actors = {name: keys.verify(conn, key) for name, key in made.items()}
        published = add_run(store, files, folder, actors["planner"], published=True)
        private = add_run(store, files, folder, actors["planner"], published=False)
        add_raster(store, files, folder, OPERATOR, "terrain", np.full((60, 80), 12.5, np.float32), None)
        port = free_port()
        settings = settings_for(database.url, folder, port)
        server = Server(create_app(settings, catalog=catalog), port)
        server.start()
        try:
            base = f"http://127.0.0.1:{port}"
            yield City(base, store, catalog, made, actors, published, private, database, settings)
        finally:
            server.stop()
