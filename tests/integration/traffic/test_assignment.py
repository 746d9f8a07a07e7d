"""The assignment process on the sample city: its example, its options, its refusals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.traffic.sample import OPERATOR, QUICK
from tests.integration.web.city import insert
from twin.actions.import_layer import import_file
from twin.city.trips import by_place, rates
from twin.errors import TwinError
from twin.processes.registry import find
from twin.processes.traffic.demand import attraction
from twin.processes.traffic.network import road_network
from twin.processes.traffic.solving import LAYERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.traffic.sample import Done, SampleCity


@pytest.fixture(scope="module")
def busy(base: Done) -> str:
    return str(max(base.table("traffic_link"), key=lambda row: row["flow"])["road_code"])


def test_the_example_runs(town: SampleCity) -> None:
    told = town.run("traffic-assignment", dict(find("traffic-assignment").example)).outputs
    assert told.converged
    assert told.gap <= 1e-6
    assert told.cut_off == 0.0
    assert told.zones == 630
    assert 10_000 < told.trips < 40_000
    assert told.classes[0].source == "gravity"
    assert told.notes == ()


def test_links_carry_the_demand(base: Done) -> None:
    rows = base.table("traffic_link")
    told = base.outputs
    assert len(rows) == told.links == 2358
    assert told.gap <= 1e-8
    assert sum(row["flow"] * row["length"] for row in rows) / 1000 == pytest.approx(
        told.distance_km, rel=1e-4
    )
    assert all(row["time"] >= row["free_time"] - 1e-3 for row in rows)
    assert all(row["flow"] == row["flow_car"] for row in rows)
    for row in rows[::50]:
        if row["free_time"] > 1:
            assert row["time"] == pytest.approx(
                row["free_time"] * (1 + 0.15 * row["saturation"] ** 4), rel=1e-3
            )


def test_turns_leave_what_arrives(base: Done) -> None:
    """Vehicles that do not begin or end at a node leave it as they came."""
    rows, turns = base.table("traffic_link"), base.table("traffic_turn")
    flow = {(row["road_code"], row["forward"]): row["flow"] for row in rows}
    into: dict[tuple[str, bool], float] = {}
    for turn in turns:
        key = (turn["to_road"], turn["to_forward"])
        into[key] = into.get(key, 0.0) + turn["flow"]
    assert len(turns) > 1000
    assert all(into[key] <= flow[key] + 0.01 for key in into)
    assert sum(into.values()) > 0.5 * sum(flow.values())
    assert all(-180 < turn["angle"] <= 180 for turn in turns)


def test_banned_turns_carry_nothing(base: Done, town: SampleCity) -> None:
    rows = town.context(("turn_restriction",)).features("turn_restriction").columns
    banned = {
        (a, node, b)
        for a, node, b, kind in zip(
            rows["from_link"], rows["via_node"], rows["to_link"], rows["kind"], strict=True
        )
        if kind == "ban"
    }
    used = {(turn["from_road"], turn["node_code"], turn["to_road"]) for turn in base.table("traffic_turn")}
    assert not banned & used


def test_select_link_tells_who_drives_there(base: Done, busy: str, town: SampleCity) -> None:
    done = town.run("traffic-assignment", QUICK | {"select_links": [busy], "warm_start": str(base.run)})
    rows = {(row["road_code"], row["forward"]): row for row in done.table("traffic_link")}
    own = sum(rows[busy, ahead]["flow"] for ahead in (True, False))
    assert own > 500
    assert done.outputs.selected_trips == pytest.approx(own, rel=1e-3)
    assert sum(row["trips"] for row in done.table("traffic_select_demand")) == pytest.approx(own, rel=1e-3)
    for row in done.table("traffic_select_link"):
        assert row["flow"] <= rows[row["road_code"], row["forward"]]["flow"] + 1e-2
        assert row["selected"] == (row["road_code"] == busy)


def test_a_warm_start_is_there_at_once(base: Done, town: SampleCity) -> None:
    again = town.run("traffic-assignment", QUICK | {"warm_start": str(base.run)})
    assert len(again.outputs.iterations) == 1
    assert again.outputs.objective == pytest.approx(base.outputs.objective, rel=1e-12)
    more = town.run("traffic-assignment", QUICK | {"warm_start": str(base.run), "demand": {"factor": 1.5}})
    cold = town.run("traffic-assignment", QUICK | {"demand": {"factor": 1.5}})
    assert more.outputs.objective == pytest.approx(cold.outputs.objective, rel=1e-8)


def test_the_system_optimum_takes_no_more_time(base: Done, town: SampleCity) -> None:
    best = town.run("traffic-assignment", QUICK | {"aim": "system", "demand": {"factor": 3.0}})
    users = town.run("traffic-assignment", QUICK | {"demand": {"factor": 3.0}})
    assert best.outputs.time_h <= users.outputs.time_h * (1 + 1e-9)
    assert best.outputs.time_h < users.outputs.time_h - 0.1


def test_classes_tolls_and_roads_that_lorries_avoid(base: Done, busy: str, town: SampleCity) -> None:
    asked = QUICK | {
        "classes": [
            {"name": "car", "toll_weight_s": 60.0},
            {"name": "truck", "share": 0.1, "pce": 2.5, "avoids": ["local"]},
        ],
        "tolls": [{"road": busy, "money": 5.0}],
    }
    done = town.run("traffic-assignment", asked)
    rows = done.table("traffic_link")
    local = [row for row in rows if row["class"] == "local"]
    assert all(row["flow_truck"] == 0.0 for row in local)
    assert any(row["flow_car"] > 0 for row in local)
    for row in rows:
        assert row["flow"] == pytest.approx(row["flow_car"] + 2.5 * row["flow_truck"], abs=0.02)
    tolled, free = (
        sum(row["flow_car"] for row in one.table("traffic_link") if row["road_code"] == busy)
        for one in (done, base)
    )
    assert tolled < free
    assert [one.name for one in done.outputs.classes] == ["car", "truck"]


def test_roads_slow_down_by_the_function_of_their_class(town: SampleCity) -> None:
    conical = {"road_class": "arterial", "function": "conical", "b": 4.0}
    steady = {"road_class": "local", "function": "bpr", "a": 0.3, "b": 0.5}
    done = town.run("traffic-assignment", QUICK | {"demand": {"factor": 3.0}, "delays": [conical, steady]})
    assert done.outputs.converged
    e = 7 / 6
    law = {
        "arterial": lambda x: 2 + math.sqrt(16 * (1 - x) ** 2 + e * e) - 4 * (1 - x) - e,
        "local": lambda x: 1 + 0.3 * math.sqrt(x),
        "secondary": lambda x: 1 + 0.15 * x**4,
    }
    for kind, slower in law.items():
        rows = [row for row in done.table("traffic_link") if row["class"] == kind]
        assert max(row["saturation"] for row in rows) > 0.1
        for row in rows:
            assert row["time"] == pytest.approx(
                row["free_time"] * slower(row["saturation"]), rel=2e-3, abs=0.02
            )


@pytest.fixture
def table(town: SampleCity, tmp_path: Path) -> Iterator[SampleCity]:
    zones = sorted(town.context(("grid_cell",)).features("grid_cell", columns=["code"]).columns["code"])
    rows = [(zones[0], zones[400], 100.0), (zones[400], zones[0], 50.0), (zones[0], zones[0], 9.0)]
    path = tmp_path / "trips.csv"
    lines = [f"OD{n},night,car,{a},{b},{trips}" for n, (a, b, trips) in enumerate(rows)]
    path.write_text("\n".join(["code,period,class,origin,destination,trips", *lines]), encoding="utf-8")
    assert import_file(town.store, OPERATOR, path, "travel_demand").inserted == 3
    yield town
    with town.store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.travel_demand")


def test_a_table_of_trips_is_taken_where_there_is_one(table: SampleCity) -> None:
    told = table.run("traffic-assignment", {"period": "night"}).outputs
    assert told.classes[0].source == "table"
    assert told.trips == pytest.approx(150.0)
    assert told.classes[0].inside == pytest.approx(9.0)
    with pytest.raises(TwinError, match="TWIN-714"):
        table.run("traffic-assignment", {"period": "night", "zones": "community"})
    with pytest.raises(TwinError, match="TWIN-713"):
        table.run("traffic-assignment", {"period": "am_peak", "demand": {"source": "table"}})


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"select_links": ["NOPE"]}, "TWIN-716"),
        ({"tolls": [{"road": "NOPE", "money": 1.0}]}, "TWIN-716"),
        ({"delays": [{"road_class": "local", "function": "conical", "b": 1.0}]}, "TWIN-501"),
        ({"delays": [{"road_class": "local"}, {"road_class": "local", "a": 0.2}]}, "TWIN-501"),
        ({"warm_start": "01890000-0000-7000-8000-000000000001"}, "TWIN-720"),
    ],
)
def test_refusals(town: SampleCity, inputs: dict[str, Any], code: str) -> None:
    with pytest.raises(TwinError, match=code):
        town.run("traffic-assignment", QUICK | inputs)


def test_a_state_of_other_zones_is_refused(base: Done, town: SampleCity) -> None:
    with pytest.raises(TwinError, match="TWIN-721"):
        town.run("traffic-assignment", {"zones": "town", "warm_start": str(base.run)})


def test_buildings_draw_trips_where_there_are_some(town: SampleCity) -> None:
    """With one office in the city all trips out of homes go to its zone, but for those that facilities draw."""
    network = road_network(town.context(LAYERS))
    x, y = float(network.zones.x[300]), float(network.zones.y[300])
    land = attraction(town.context(LAYERS), network, "grid_cell")
    place = f"POLYGON(({x} {y},{x + 9} {y},{x + 9} {y + 9},{x} {y + 9},{x} {y}))"
    insert(town.store, OPERATOR, "building", [{"code": "B1", "use": "office", "floors": 10, "geom": place}])
    try:
        found = attraction(town.context(LAYERS), network, "grid_cell")
    finally:
        with town.store.transaction(OPERATOR, write=True) as conn:
            conn.execute("DELETE FROM city.building")
    facilities = found.copy()
    facilities[300] -= rates()["building"]["office"] * 81.0 * 10 / 1000.0
    assert (facilities >= -1e-9).all()
    kinds = town.context(("facility",)).features("facility", columns=["kind"]).columns["kind"]
    assert facilities.sum() == pytest.approx(by_place(kinds).sum(), rel=0.05)  # a few stand outside the cells
    assert land.sum() > 5 * facilities.sum()
