"""Networks with faults: the faults are named by code, and no trip is priced that has no way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.integration.web.city import EAST, NORTH, insert, square
from twin.actions.import_layer import import_file
from twin.city.road_network import CONNECTOR
from twin.errors import TwinError
from twin.processes.traffic.network import LAYERS, read
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twin.catalog.spec import Catalog

# Two villages 20 km apart: a triangle of roads each; and one cell far from both.
NODES = {"A": (0, 0), "B": (400, 0), "C": (200, 300), "X": (20000, 0), "Y": (20400, 0), "Z": (20200, 300)}
CELLS = {
    "341502001001001": (150, 50, 500),
    "341502001001002": (20150, 50, 300),
    "341502001001003": (90000, 0, 70),
}
ROADS = ("AB", "BC", "CA", "XY", "YZ", "ZX")


def point(name: str) -> str:
    return f"{EAST + NODES[name][0]} {NORTH + NODES[name][1]}"


@pytest.fixture(scope="module")
def villages(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("villages")
    with Store.open(database.url, catalog) as store:
        insert(
            store, OPERATOR, "road_node", [{"code": name, "geom": f"POINT({point(name)})"} for name in NODES]
        )
        usual = {"class": "local", "direction": "both"}
        lines = {road: f"LINESTRING({point(road[0])}, {point(road[1])})" for road in ROADS}
        rows = [
            usual | {"code": road, "from_node": road[0], "to_node": road[1], "geom": lines[road]}
            for road in ROADS
        ]
        loop = f"LINESTRING({point('A')}, {point('B')}, {point('C')}, {point('A')})"
        rows.append(usual | {"code": "LOOP", "from_node": "A", "to_node": "A", "geom": loop})
        shut = {"code": "SHUT", "from_node": "A", "to_node": "B", "capacity": 0.0, "geom": lines["AB"]}
        insert(store, OPERATOR, "road_link", [*rows, usual | shut])
        whole = square(EAST - 50, NORTH - 50, 500).replace("POLYGON(", "MULTIPOLYGON((") + ")"
        area = {"code": "341502001001", "name": "社区", "level": 4, "geom": whole}
        insert(store, OPERATOR, "admin_area", [area])
        for code, (x, y, people) in CELLS.items():
            cell = {"code": code, "community_code": "341502001001", "status": "valid", "population": people}
            insert(store, OPERATOR, "grid_cell", [cell | {"geom": square(EAST + x, NORTH + y, 100)}])
        yield SampleCity(store, ArtifactStore(str(folder)))


def demand(city: SampleCity, path: Path, *rows: tuple[str, str, float]) -> None:
    lines = [f"{n},am_peak,car,{a},{b},{trips}" for n, (a, b, trips) in enumerate(rows)]
    path.write_text("\n".join(["code,period,class,origin,destination,trips", *lines]), encoding="utf-8")
    import_file(city.store, OPERATOR, path, "travel_demand")


def test_the_report_names_every_fault(villages: SampleCity) -> None:
    told = villages.run("road-network", {}).outputs
    faults = {row.kind: set(row.codes) for row in told.faults}
    assert faults["self_loop"] == {"LOOP"}
    assert faults["no_capacity"] == {"SHUT"}
    assert faults["zone_without_access"] >= {"341502001001003"}
    (island,) = faults["island"]
    assert island in ROADS
    assert told.left_out == 2
    assert told.parts == 2


def test_without_places_to_go_the_gravity_model_refuses(villages: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-715"):
        villages.run("traffic-assignment", {})


def test_trips_between_islands_are_cut_off_and_what_is_wrong_is_noted(
    villages: SampleCity, tmp_path: Path
) -> None:
    first, second, alone = CELLS
    network = read(villages.context(LAYERS)).network
    assert (network.links.code[network.links.road_class == CONNECTOR] != alone).all()
    demand(
        villages,
        tmp_path / "trips.csv",
        (first, second, 40.0),
        (first, alone, 5.0),
        (alone, first, 6.0),
        (first, first, 3.0),
    )
    done = villages.run("traffic-assignment", {})
    told = done.outputs
    assert told.cut_off == pytest.approx(51.0)
    assert told.time_h == 0.0
    assert {(row["origin"], row["destination"]): row["trips"] for row in done.table("traffic_cut_off")} == {
        (first, second): 40.0, (first, alone): 5.0, (alone, first): 6.0}  # fmt: skip
    notes = {note.code: note.en for note in told.notes}
    assert notes["TWIN-709"].startswith("car: ")
    assert all(code in notes["TWIN-709"] for code in (first, second, alone))
    assert "LOOP" in notes["TWIN-717"]
    assert "SHUT" in notes["TWIN-717"]
    assert alone in notes["TWIN-718"]
    assert told.zones_without_access == (alone,)
    assert all(row["flow"] == 0.0 for row in done.table("traffic_link"))


def test_a_delay_function_that_falls_is_refused_by_its_road(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path: Path
) -> None:
    """A conical function wants b above 1 (Spiess 1990): of a road's own numbers, and of those asked for a class."""
    path = tmp_path / "roads.csv"
    names = "code,class,from_node,to_node,direction,free_time,delay_function,delay_a,delay_b,wkt"
    line = f"LINESTRING({point('A')}, {point('B')})"
    with Store.open(new_database(catalog).url, catalog) as store:
        town = SampleCity(store, ArtifactStore(str(tmp_path)))
        ends = [{"code": name, "zone": f"at {name}", "geom": f"POINT({point(name)})"} for name in "AB"]
        insert(store, OPERATOR, "road_node", ends)

        def roads(time: float, a: float, b: float) -> None:
            rows = [f'{n},local,{n[0]},{n[1]},forward,{time},conical,{a},{b},"{line}"' for n in ("AB", "BA")]
            path.write_text("\n".join([names, *rows]), encoding="utf-8")
            import_file(store, OPERATOR, path, "road_link", crs="EPSG:4547")

        for numbers, column in (
            ((-1.0, 1.0, 2.0), "free_time"),
            ((1.0, -1.0, 2.0), "delay_a"),
            ((1.0, 1.0, -2.0), "delay_b"),
        ):
            with pytest.raises(TwinError, match="TWIN-245") as refused:
                roads(*numbers)
            assert {(one.row, one.column) for one in refused.value.problems} == {(1, column), (2, column)}  # type: ignore[attr-defined]
        demand(town, tmp_path / "trips.csv", ("at A", "at B", 40.0))
        roads(60.0, 1.0, 1.0)
        with pytest.raises(TwinError, match="TWIN-701") as fell:
            town.run("traffic-assignment", {"zones": "node"})
        (problem,) = fell.value.problems  # type: ignore[attr-defined]
        assert (problem.code, problem.value) == ("TWIN-706", "AB, BA")
        with pytest.raises(TwinError, match="TWIN-501"):
            town.run(
                "traffic-assignment", {"delays": [{"road_class": "local", "function": "conical", "b": 1.0}]}
            )
        roads(60.0, 1.0, 2.0)
        assert town.run("traffic-assignment", {"zones": "node"}).outputs.time_h > 40.0 / 60.0


def test_a_city_without_roads_is_told_so(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path: Path
) -> None:
    with Store.open(new_database(catalog).url, catalog) as store:
        empty = SampleCity(store, ArtifactStore(str(tmp_path)))
        for process in ("road-network", "traffic-assignment", "traffic-closure"):
            with pytest.raises(TwinError, match="TWIN-710"):
                empty.run(process, {"rank": 1} if process == "traffic-closure" else {})
