"""A city in a bowl: 400 m wide, rain collects in its middle, where a building, a street and a clinic stand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from affine import Affine

from tests.integration.web.city import EAST, NORTH, OPERATOR, insert, square
from twin.actions.identifier import uuid7
from twin.crs import transformer
from twin.jobs import recording
from twin.processes.context import RunContext
from twin.processes.reading import write
from twin.processes.registry import find
from twin.store import artifacts

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from twin.processes.context import Features
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import Store

SIDE, CELL = 400.0, 5.0
STEEP = 2.0 / 200.0**2  # of the bowl: z = 10 + STEEP r2
START = datetime(2026, 7, 5, 6, tzinfo=UTC)
MIDDLE = (EAST + SIDE / 2, NORTH + SIDE / 2)
QUARTERS = ("sw", "se", "nw", "ne")
POPULATION = {"sw": 120, "se": 0, "nw": 30, "ne": 7}


@dataclass
class Flooded:
    """The run, as the process handed it over."""

    run: UUID
    outputs: Any
    rows: dict[str, Features]
    rasters: list[Any]

    def table(self, layer: str) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        columns = self.rows[layer].columns
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def lonlat(x: float, y: float) -> tuple[float, float]:
    lon, lat = transformer(4547, 4326).transform(x, y)
    return float(lon), float(lat)


def inputs(**more: Any) -> dict[str, Any]:
    """An hour: 100 mm/h for half of it, nothing seeps away or leaves."""
    lon, lat = lonlat(*MIDDLE)
    west, north = EAST + 100, NORTH + SIDE - 2
    return {
        "storm": {"kind": "series", "times_min": [0.0, 30.0], "intensity_mm_h": [100.0, 0.0]},
        "start": START.isoformat(),
        "duration_min": 60.0,
        "soil_mm_h": 0.0,
        "drainage_mm_h": 0.0,
        "initial_loss_mm": 0.0,
        "edges": dict.fromkeys(("north", "east", "south", "west"), "closed"),
        "gauges": [{"name": "中心", "lon": lon, "lat": lat}],
        "outcomes": {
            "frame_interval_min": 5.0,
            "sections": [{"name": "西侧", "line": [lonlat(west, NORTH + 2), lonlat(west, north)]}],
        },
    } | more


def fill(store: Store, files: ArtifactStore, folder: Path) -> None:
    """The layers that a flood reads."""
    count = int(SIDE / CELL)
    centre = (np.arange(count) + 0.5) * CELL - SIDE / 2
    z = (10.0 + STEEP * (centre[:, None] ** 2 + centre[None, :] ** 2)).astype(np.float32)
    declared = store.catalog.layers["terrain"]
    grid = Affine(CELL, 0, EAST, 0, -CELL, NORTH + SIDE)
    written = write(files, declared, z, grid, store.srid, None, folder, None)
    with store.transaction(OPERATOR, write=True) as conn:
        artifacts.record(conn, declared, written)
    x, y = MIDDLE
    home = {"floors": 3, "base_elevation": 10.1, "ground_floor_elevation": 10.3, "height": 9.0}
    insert(
        store,
        OPERATOR,
        "building",
        [
            {"code": "HOME", "use": "residential", "geom": square(x - 35, y - 35), **home},
            {"code": "SHOP", "use": "commercial", "floors": 1, "height": 4.0, "geom": square(x - 35, y + 15)},
            {
                "code": "HIGH",
                "use": "residential",
                "floors": 1,
                "height": 4.0,
                "geom": square(x - 190, y - 190),
            },
        ],
    )
    whole = square(EAST - 50, NORTH - 50, 500).replace("POLYGON(", "MULTIPOLYGON((") + ")"
    insert(
        store, OPERATOR, "admin_area", [{"code": "341502001001", "name": "社区", "level": 4, "geom": whole}]
    )
    insert(
        store, OPERATOR, "land_use", [{"code": "L1", "land_use": "0701", "status": "current", "geom": whole}]
    )
    for number, name in enumerate(QUARTERS):
        place = square(EAST + 200 * (number % 2), NORTH + 200 * (number // 2), 200)
        insert(
            store,
            OPERATOR,
            "grid_cell",
            [
                {
                    "code": f"34150200100100{number}",
                    "community_code": "341502001001",
                    "status": "valid",
                    "population": POPULATION[name],
                    "geom": place,
                }
            ],
        )
    nodes = [("N1", EAST + 1, y), ("N2", EAST + 399, y), ("N3", EAST + 1, y + 2), ("N4", EAST + 399, y + 2)]
    insert(store, OPERATOR, "road_node", [{"code": c, "geom": f"POINT({a} {b})"} for c, a, b in nodes])
    road = {"direction": "both", "free_speed": 40.0}
    insert(
        store,
        OPERATOR,
        "road_link",
        [
            road
            | {"code": code, "name": name, "from_node": a, "to_node": b, "bridge": bridge, "class": kind}
            | {"geom": f"LINESTRING({EAST + 1} {north}, {EAST + 399} {north})"}
            for code, name, a, b, bridge, kind, north in (
                ("LOW", "中心路", "N1", "N2", False, "local", y),
                ("BRIDGE", "高架", "N3", "N4", True, "local", y + 2),
                ("CONNECTOR", None, "N1", "N2", False, "connector", y),
            )
        ],
    )
    insert(
        store,
        OPERATOR,
        "facility",
        [
            {"code": "F1", "name": "诊所", "kind": "clinic", "geom": f"POINT({x + 5} {y - 5})"},
            {"code": "F2", "name": "山上学校", "kind": "school", "geom": f"POINT({EAST + 15} {NORTH + 15})"},
            {"code": "F3", "name": "楼内菜场", "kind": "market", "geom": f"POINT({x - 25} {y + 25})"},
        ],
    )


def flood(store: Store, files: ArtifactStore, given: dict[str, Any]) -> Flooded:
    """Run the process and commit what it hands over, as a worker does."""
    process = find("flood")
    asked = process.validate(given)
    number = uuid7()
    run = RunContext(
        run=number,
        actor=OPERATOR,
        seed=1,
        store=store,
        artifacts=files,
        reads=process.reads,
        writes=process.writes,
    )
    outputs = process.function(asked, run)
    told = {
        "id": number,
        "inputs": json.dumps(asked.model_dump(mode="json")),
        "outputs": outputs.model_dump_json(),
    }
    with store.service() as conn:
        conn.execute(RUN, told)
    with store.transaction(OPERATOR, write=True) as conn:
        store.become_service(conn)
        recording.record(conn, store, SimpleNamespace(run=number, actor=OPERATOR), run)  # type: ignore[arg-type]
    return Flooded(number, outputs, dict(run.features_written), run.rasters_written)


RUN = """
INSERT INTO run.run (id, process, process_version, code_version, inputs, outputs, role, actor, seed, state, published,
                     started, ended)
VALUES (%(id)s, 'flood', '1.0.0', 'test', %(inputs)s, %(outputs)s, 'operator', 'fixture', 1, 'successful', true,
        now(), now())
"""
