"""What is broken in a surveyed network is mended by rule, and each mend is counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import shapely

from twin.engines.flood import Boundary, Domain, Opening, Rain, Sewers, simulate
from twin.processes.flood.sewers.repair import mend
from twin.processes.flood.sewers.survey import read_pipes, read_places
from twin.store.features import Features


def rows(kind: str, *records: dict[str, Any]) -> Features:
    columns = {
        "pipe": ("code", "from_node", "to_node", "pipe_class", "material", "diameter", "height", "start_invert",
                 "end_invert", "roughness", "status"),
        "manhole": ("code", "kind", "ground_elevation", "invert_elevation", "depth"),
        "outfall": ("code", "invert_elevation", "tide_gate"),
        "station": ("code", "kind", "capacity_m3_s", "start_level", "stop_level", "pumps", "status"),
    }[kind]  # fmt: skip
    shapes = np.empty(len(records), object)
    shapes[:] = [record["at"] for record in records]
    return Features({name: [record.get(name) for record in records] for name in columns}, shapes)


def pipe(code: str, start: str, end: str, x0: float, x1: float, **more: Any) -> dict[str, Any]:
    line = shapely.LineString([(x0, 0.0), (x1, 0.0)])
    return {
        "code": code,
        "from_node": start,
        "to_node": end,
        "pipe_class": "201",
        "diameter": 600.0,
        "at": line,
    } | more


def network(*pipes: dict[str, Any], stations: tuple[dict[str, Any], ...] = ()) -> Any:
    manholes = rows(
        "manhole",
        {"code": "A", "ground_elevation": 5.0, "invert_elevation": 3.0, "at": shapely.Point(0, 0)},
        {"code": "B", "at": shapely.Point(100, 0)},
        {"code": "C", "ground_elevation": 5.0, "depth": 2.6, "at": shapely.Point(200, 0)},
    )
    outfalls = rows(
        "outfall", {"code": "O", "invert_elevation": 2.0, "tide_gate": True, "at": shapely.Point(300, 0)}
    )
    report: Counter[str] = Counter()
    read = read_pipes(rows("pipe", *pipes), report)
    places = read_places(manholes, outfalls, rows("station", *stations), report)
    made, places, mended = mend(read, places, lambda x, y: np.full(np.shape(x), 5.0))
    return made, places, report + mended


def test_missing_inverts_lie_between_their_neighbours() -> None:
    made, _, report = network(
        pipe("1", "A", "B", 0, 100), pipe("2", "B", "C", 100, 200), pipe("3", "C", "O", 200, 300)
    )
    made.check()
    nodes = {node.name: node for node in made.nodes}
    assert nodes["B"].invert == pytest.approx((3.0 + 2.4) / 2, abs=1e-6)
    assert nodes["B"].invert + nodes["B"].depth == pytest.approx(5.0)  # its ground is the terrain's
    assert made.outfalls[0].gate
    assert report["invert_interpolated"] == 1
    assert report["ground_from_terrain"] == 1


def test_loose_ends_unknown_sizes_and_islands() -> None:
    made, places, report = network(
        pipe("1", "A", "typo", 0, 100),  # ends at B, under another name
        pipe("2", "B", "C", 100, 200, diameter=None),
        pipe("3", "C", "O", 200, 300),
        pipe("4", "B", "deep", 100, 160),  # a dangling end
        pipe("5", "x", "y", 500, 600),  # drains nowhere
        pipe("6", "C", "C", 200, 201),
        pipe("7", "C", "A", 200, 0, pipe_class="202"),  # sewage is not storm water
    )
    made.check()
    assert {c.name for c in made.conduits} == {"1", "2", "3", "4"}
    assert next(c for c in made.conduits if c.name == "1").end == "B"
    assert next(c for c in made.conduits if c.name == "2").diameter == 0.6  # as the pipe that arrives
    assert "deep" in places
    assert report["end_snapped"] == 1
    assert report["end_added"] == 3
    assert report["diameter_assumed"] == 1
    assert report["unconnected_left_out"] == 1
    assert report["pipe_left_out"] == 1


def test_many_pipes_at_an_outfall_and_a_pump_station() -> None:
    station = {"code": "P", "kind": "storm", "capacity_m3_s": 0.5, "start_level": 3.4, "stop_level": 2.9,
               "at": shapely.Point(0, 50)}  # fmt: skip
    made, places, report = network(
        pipe("1", "A", "O", 0, 300),
        pipe("2", "C", "O", 200, 300),
        pipe("3", "B", "P", 100, 0),
        stations=(station,),
    )
    made.check()
    assert report["outfall_joined"] == 1
    assert [pump.capacity for pump in made.pumps] == [0.5]
    mouths = [Opening(name, 5, 5 + 5 * i) for i, name in enumerate(("A", "B", "C"))]
    assert {"A", "B", "C"} <= set(places)
    result = simulate(
        Domain(z=np.full((20, 30), 5.0), cell=10.0, manning=0.02, initial_depth=0.1), boundary=Boundary.closed(),
        rain=Rain(np.array([0.0]), np.array([20.0])), duration_s=1200.0, sewers=Sewers(made, mouths), threads=1,
    )  # fmt: skip
    assert result.sewers is not None
    pumped = result.sewers.links.max_flow[result.sewers.links.names.index(made.pumps[0].name)]
    assert pumped == pytest.approx(0.5, rel=0.01)
    assert abs(result.sewers.relative_booking_error) < 1e-6


def station(code: str, x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": "storm", "capacity_m3_s": 0.9, "start_level": 2.6, "stop_level": 1.9, "pumps": 3,
            "at": shapely.Point(x, y)} | more  # fmt: skip


DRAINED = (pipe("1", "A", "B", 0, 100), pipe("2", "B", "C", 100, 200), pipe("3", "C", "O", 200, 300))


def test_a_station_that_no_pipe_names_draws_from_the_manhole_beside_it() -> None:
    made, places, report = network(*DRAINED, stations=(station("P", 200, 40),))
    made.check()
    assert report["pump_station_joined"] == 1
    feed = next(c for c in made.conduits if c.end == "P")
    assert feed.start == "C"
    assert feed.length == pytest.approx(40.0)
    assert [pump.capacity for pump in made.pumps] == pytest.approx([0.3] * 3)
    assert [pump.start_level for pump in made.pumps] == pytest.approx([2.6, 2.75, 2.9])  # one after the other
    well = next(node for node in made.nodes if node.name == "P")
    assert well.invert < 1.9
    assert well.area >= 30.0 * 0.3 / (2.6 - 1.9)  # GB 50014: 30 s of its largest pump
    assert not places["P"].own_sump


def test_a_station_far_below_the_sewers_or_far_away_drains_its_own_place() -> None:
    deep = station("U", 200, 40, start_level=0.2, stop_level=-0.5)
    made, places, report = network(
        *DRAINED, stations=(deep, station("F", 900, 900), station("R", 200, 41, kind="drainage"))
    )
    made.check()
    assert report["pump_station_own_sump"] == 3
    assert all(places[name].own_sump for name in "UFR")
    assert not [c for c in made.conduits if c.end in "UFR"]


def test_stations_out_of_use_or_without_levels_and_abandoned_pipes_are_left_out() -> None:
    left = station("X", 200, 40, status="1"), station("Y", 200, 40, start_level=None)
    made, places, report = network(*DRAINED, pipe("9", "A", "C", 0, 200, status="1"), stations=left)
    assert not made.pumps
    assert report["pump_station_untold"] == 1
    assert report["pipe_left_out"] == 1
    assert not {"X", "Y"} & set(places)


def test_small_steps_into_a_manhole_are_levelled_and_great_ones_kept() -> None:
    made, _, report = network(
        pipe("1", "A", "C", 0, 200, end_invert=2.5), pipe("2", "B", "C", 100, 200, end_invert=3.4),
        pipe("3", "C", "O", 200, 300, start_invert=2.4),
    )  # fmt: skip
    ends = {c.name: c.end_invert for c in made.conduits}
    assert ends["1"] == pytest.approx(2.4)
    assert ends["2"] == pytest.approx(3.4)
    assert report["step_levelled"] == 1
