"""Signals where something is wrong: on islands, without roads, without or with faulty plans; named by code, never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.integration.web.city import EAST, NORTH, insert, square
from twin.actions.import_layer import import_file
from twin.engines.traffic.dynamics.sumo import available
from twin.errors import TwinError
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.catalog.spec import Catalog

pytestmark = pytest.mark.skipif(not available(), reason="SUMO is not installed")
# Two islands 20 km apart, a crossing at B and a fork at X; W is a signal that no road leads to.
NODES = {
    "A": (-300, 0), "B": (0, 0), "C": (300, 0), "D": (0, 300), "E": (0, -300), "V": (19700, 0), "X": (20000, 0),
    "Y": (20300, 0), "Z": (20000, 300), "W": (5000, 5000),
}  # fmt: skip
ROADS = ("AB", "CB", "DB", "EB", "VX", "YX", "ZX")
ENDS = "ACDEVYZ"
NOWHERE = UUID("01890000-0000-7000-8000-000000000001")
SHORT = {"minutes": 10, "candidates": 1, "checking_seeds": 1, "reporting_seeds": 1}


def point(name: str) -> str:
    return f"{EAST + NODES[name][0]} {NORTH + NODES[name][1]}"


def cell(name: str) -> str:
    return f"34150200100100{ENDS.index(name) + 1}"


def stage(code: str, node: str, number: int, movements: str, **other: float) -> dict[str, Any]:
    times = {"green": 25.0, "yellow": 3.0, "all_red": 2.0, "minimum_green": 7.0, "phase_offset": 0.0}
    own = {"code": code, "node_code": node, "stage": number, "movements": movements}
    return own | times | other | {"geom": f"POINT({point(node)})"}


@pytest.fixture(scope="module")
def islands(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("islands")
    with Store.open(database.url, catalog) as store:
        kinds = {name: "signal" if name in "BXW" else "end" for name in NODES}
        nodes = [{"code": n, "kind": kinds[n], "geom": f"POINT({point(n)})"} for n in NODES]
        insert(store, OPERATOR, "road_node", nodes)
        usual = {"class": "local", "direction": "both", "lanes": 1, "lanes_backward": 1}
        rows = [
            usual | {"code": road, "from_node": road[0], "to_node": road[1],
                     "geom": f"LINESTRING({point(road[0])}, {point(road[1])})"}
            for road in ROADS
        ]  # fmt: skip
        insert(store, OPERATOR, "road_link", rows)
        whole = square(EAST - 500, NORTH - 500, 1000).replace("POLYGON(", "MULTIPOLYGON((") + ")"
        area = {"code": "341502001001", "name": "社区", "level": 4, "geom": whole}
        insert(store, OPERATOR, "admin_area", [area])
        for name in ENDS:
            x, y = NODES[name]
            own = {"code": cell(name), "community_code": "341502001001", "status": "valid", "population": 100}
            insert(store, OPERATOR, "grid_cell", [own | {"geom": square(EAST + x - 25, NORTH + y - 25, 50)}])
        city = SampleCity(store, ArtifactStore(str(folder)))
        pairs = [("A", "C", 300), ("C", "A", 250), ("D", "E", 120), ("V", "Y", 200), ("Z", "Y", 90)]
        lines = [f"{n},am_peak,car,{cell(a)},{cell(b)},{trips}" for n, (a, b, trips) in enumerate(pairs)]
        path = folder / "trips.csv"
        path.write_text("\n".join(["code,period,class,origin,destination,trips", *lines]), encoding="utf-8")
        import_file(store, OPERATOR, path, "travel_demand")
        plans = [
            stage("P1", "B", 1, "AB:LTR CB:LTR"), stage("P2", "B", 2, "DB:LTR EB:LTR QQ:T", green=5.0),
            stage("P3", "X", 1, "VX:LTR YX:LTR ZX:LTR"), stage("P4", "X", 1, "VX:T"),
        ]  # fmt: skip
        insert(store, OPERATOR, "signal_plan", plans)
        yield city


def test_signals_on_two_islands_are_timed_and_what_is_wrong_with_plans_is_named(islands: SampleCity) -> None:
    told = islands.run("signal-timing", {"junctions": ["B", "X"], **SHORT}).outputs
    assert told.junctions == 2
    assert told.vehicles > 100
    notes = {note.code: note.en for note in told.notes}
    assert set(notes) == {"TWIN-762", "TWIN-763", "TWIN-764", "TWIN-765"}
    assert "X" in notes["TWIN-762"]
    assert "B QQ" in notes["TWIN-763"]
    assert told.without_plan == ("X",)


def test_a_signal_without_roads_is_refused(islands: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-754"):
        islands.run("signal-timing", {"junctions": ["W"], **SHORT})


def test_vehicles_drive_the_plans_of_a_run_of_signal_timing(islands: SampleCity) -> None:
    asked = {"method": "sumo", "minutes": 20, "after": 20, "interval": 10}
    usual = islands.run("traffic-dynamics", asked).outputs
    assert usual.signals == 2
    assert usual.without_plan == ("X",)
    proposed = islands.run("signal-timing", {"junctions": ["B", "X"], **SHORT})
    rows = [row for row in proposed.table("signal_plan_proposed") if row["node_code"] == "B"]
    assert {row["movements_en"] for row in rows} == {
        "east: left, through, right; west: left, through, right",
        "north: left, through, right; south: left, through, right",
    }
    assert rows[1]["begins"] == (rows[0]["begins"] + rows[0]["green"] + 5) % rows[0]["cycle"]
    of = islands.left("signal-timing", proposed.rows)
    told = islands.run("traffic-dynamics", {**asked, "signals": str(of)}).outputs
    assert proposed.outputs.changed == 2
    assert told.without_plan == ()
    assert told.time_h < usual.time_h
    assert told.arrived == told.vehicles == usual.vehicles


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"method": "sumo", "signals": str(NOWHERE)}, "TWIN-761"),
        ({"method": "uxsim", "signals": str(NOWHERE)}, "TWIN-501"),
        ({"method": "sumo", "base": str(NOWHERE)}, "TWIN-753"),
        ({"method": "sumo", "closed": ["QQ"]}, "TWIN-716"),
        ({"minutes": 0}, "TWIN-501"),
    ],
)
def test_impossible_wishes_are_refused(islands: SampleCity, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(TwinError, match=code):
        islands.run("traffic-dynamics", asked)


@pytest.mark.parametrize(
    ("column", "value"), [("phase_offset", -5.0), ("green", 400.0), ("yellow", -1.0), ("stage", 0)]
)
def test_impossible_times_are_refused_on_import(
    islands: SampleCity, tmp_path: Path, column: str, value: float
) -> None:
    row = {"code": "P9", "node_code": "B", "stage": 3, "movements": "AB:T", "green": 20.0, "yellow": 3.0,
           "all_red": 0.0, "phase_offset": 0.0} | {column: value}  # fmt: skip
    text = [f"{key}" for key in (*row, "lon", "lat")], [str(v) for v in (*row.values(), 116.0, 30.0)]
    path = tmp_path / "plan.csv"
    path.write_text("\n".join(",".join(line) for line in text), encoding="utf-8")
    with pytest.raises(TwinError, match="TWIN-"):
        import_file(islands.store, OPERATOR, path, "signal_plan")
