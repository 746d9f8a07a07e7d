"""A city of 40 x 60 cells of 5 m that has one of everything the flood reads, and how to build its ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
from affine import Affine

from tests.integration.web.city import insert, square
from twin.access.actor import Actor
from twin.crs import transformer
from twin.processes.context import RunContext
from twin.processes.flood.ground import Ground, build
from twin.processes.reading import write
from twin.processes.registry import find
from twin.store import artifacts

if TYPE_CHECKING:
    from pathlib import Path

    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store

EAST, NORTH = 512_000.0, 3_320_000.0  # south-west corner, EPSG:4547
ROWS, COLS, CELL = 40, 60, 5.0
SHAPE = (ROWS, COLS)
OPERATOR = Actor("operator", "fixture", "fixture")
RAIN = {"kind": "series", "times_min": [0, 30], "intensity_mm_h": [60, 30]}
GRID = Affine(CELL, 0, EAST, 0, -CELL, NORTH + ROWS * CELL)
BED = (10.0 + 0.01 * (np.arange(COLS)[None, :] + 0.0 * np.arange(ROWS)[:, None])).astype(np.float32)


def at(x: float, y: float) -> list[float]:
    """Longitude and latitude of metres east and north of the corner."""
    lon, lat = transformer(4547, 4326).transform(EAST + x, NORTH + y)
    return [lon, lat]


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [at(*point) for point in points]}


def area(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return {"type": "Polygon", "coordinates": [[at(*point) for point in ring]]}


def inside(west: float, south: float, east: float, north: float) -> np.ndarray:
    """Cells whose centre lies in a box of metres."""
    x = (np.arange(COLS) + 0.5) * CELL
    y = (ROWS - np.arange(ROWS) - 0.5) * CELL
    return ((x > west) & (x < east))[None, :] & ((y > south) & (y < north))[:, None]


def wkt_box(west: float, south: float, east: float, north: float) -> str:
    ring = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    return "MULTIPOLYGON(((" + ", ".join(f"{EAST + x} {NORTH + y}" for x, y in ring) + ")))"


def wkt_line(*points: tuple[float, float]) -> str:
    return "LINESTRING(" + ", ".join(f"{EAST + x} {NORTH + y}" for x, y in points) + ")"


def fill(store: Store, files: ArtifactStore, folder: Path) -> None:
    """West half housing, east half park, a river along the south; clay in the north, a house, a road, a wall."""
    use = [
        ("U1", "070102", (0, 25, 150, 200)),
        ("U2", "1401", (150, 25, 300, 200)),
        ("U3", "1701", (0, 0, 300, 25)),
    ]
    insert(store, OPERATOR, "land_use", [
        {"code": code, "land_use": kind, "status": "current", "geom": wkt_box(*box)} for code, kind, box in use
    ] + [{"code": "P1", "land_use": "1201", "status": "planned", "geom": wkt_box(0, 0, 300, 200)}])  # fmt: skip
    insert(store, OPERATOR, "soil", [{"code": "S1", "texture": "clay", "geom": wkt_box(0, 100, 300, 200)}])
    house = {"code": "B1", "height": 9.0, "use": "residential", "ground_floor_elevation": 10.9}
    shed = {"code": "B2", "height": 3.0, "use": "office"}
    insert(store, OPERATOR, "building", [
        house | {"geom": square(EAST + 60, NORTH + 60, 30)}, shed | {"geom": square(EAST + 200, NORTH + 60, 20)},
    ])  # fmt: skip
    ends = {"N1": (100, 20), "N2": (100, 190)}
    insert(store, OPERATOR, "road_node", [
        {"code": code, "kind": "junction", "geom": f"POINT({EAST + x} {NORTH + y})"} for code, (x, y) in ends.items()
    ])  # fmt: skip
    road = {"code": "R1", "class": "local", "from_node": "N1", "to_node": "N2", "direction": "both", "lanes": 2,
            "capacity": 800, "free_speed": 40.0, "width": 12.0}  # fmt: skip
    insert(store, OPERATOR, "road_link", [road | {"geom": wkt_line((100, 20), (100, 190))}])
    lines = [
        {"code": "D1", "kind": "dike", "crest_elevation": 12.5, "geom": wkt_line((-20, 27), (320, 29))},
        {"code": "D2", "kind": "opening", "height": 2.0, "geom": wkt_line((250, 15), (250, 45))},
        {
            "code": "D3",
            "kind": "wall",
            "height": 3.0,
            "status": "planned",
            "geom": wkt_line((0, 150), (300, 150)),
        },
    ]
    insert(store, OPERATOR, "break_line", lines)
    under_dike = {
        "code": "H1",
        "kind": "culvert",
        "width": 1.2,
        "start_invert": 9.8,
        "end_invert": 9.5,
        "one_way": True,
    }
    insert(store, OPERATOR, "hydraulic_structure", [
        under_dike | {"geom": wkt_line((52, 42), (52, 12))},
        {"code": "H2", "kind": "pump", "capacity_m3_s": 2.0, "start_level": 10.5, "stop_level": 10.2,
         "geom": wkt_line((75, 75), (75, -100))},
        {"code": "H3", "kind": "gate", "width": 3.0, "status": "1", "geom": wkt_line((120, 40), (120, 10))},
    ])  # fmt: skip
    sensor = {"observed_property": "rain_intensity", "unit": "mm/h", "status": "online"}
    insert(store, OPERATOR, "sensor", [
        sensor | {"code": "YL-0001", "name": "西站", "geom": f"POINT({EAST + 20} {NORTH + 100})"},
        sensor | {"code": "YL-0002", "name": "东站", "geom": f"POINT({EAST + 280} {NORTH + 100})"},
    ])  # fmt: skip
    put_raster(store, files, folder, "terrain", BED, GRID)


def put_raster(
    store: Store, files: ArtifactStore, folder: Path, layer: str, array: Any, grid: Affine, at: Any = None
) -> None:
    declared = store.catalog.layers[layer]
    written = write(files, declared, array, grid, store.srid, None, folder, at)
    with store.transaction(OPERATOR, write=True) as conn:
        artifacts.record(conn, declared, written)


class City:
    """The filled city; ``ground`` builds what the engine gets for a run's inputs."""

    def __init__(self, store: Store, files: ArtifactStore) -> None:
        self.store, self.files = store, files

    def context(self, given: dict[str, Any]) -> tuple[Any, RunContext]:
        process = find("flood")
        inputs = process.validate(given)
        reads = [*process.reads, *(layer for _, layer in inputs.layers())]
        run = RunContext(
            run=uuid4(),
            actor=OPERATOR,
            seed=1,
            store=self.store,
            artifacts=self.files,
            reads=reads,
            writes=process.writes,
        )
        return inputs, run

    def ground(self, **given: Any) -> Ground:
        inputs, run = self.context({"storm": RAIN, "break_lines": False, **given})
        return build(inputs, run)
