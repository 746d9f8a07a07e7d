"""Closures on the sample city: by list, by area, by water; dry roads leave everything as it was, to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from twin.city.passability import safe_speed
from twin.errors import TwinError
from twin.processes.context import Features
from twin.processes.registry import find
from twin.processes.traffic.network import LAYERS, read
from twin.processes.traffic.state import load

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.traffic.sample import Done, SampleCity


def busiest(base: Done, kind: str = "arterial") -> str:
    rows = [row for row in base.table("traffic_link") if row["class"] == kind]
    return str(max(rows, key=lambda row: row["flow"])["road_code"])


def close(town: SampleCity, base: Done, **inputs: Any) -> Done:
    return town.run("traffic-closure", {"base": str(base.run), "gap": 1e-9, **inputs})


def flood(town: SampleCity, rows: list[tuple[str, float, float | None, float]]) -> UUID:
    """A flood run that left water on roads: code, from, to (min), depth."""
    columns = {
        name: [row[k] for row in rows] for k, name in enumerate(("road_code", "from_min", "to_min", "depth"))
    }
    columns["flow"] = [0.0] * len(rows)
    wet = Features(
        {"road_code": [row[0] for row in rows], "depth": [row[3] for row in rows]}, lines(len(rows))
    )
    return town.left("flood", {"flood_road_series": Features(columns, None), "flood_road": wet})


def lines(count: int) -> np.ndarray:
    made = np.empty(count, object)
    made[:] = [shapely.LineString([(500000, 3300000), (500010, 3300000)])] * count
    return made


def test_the_example_runs(town: SampleCity) -> None:
    done = town.run("traffic-closure", dict(find("traffic-closure").example))
    told = done.outputs
    assert told.closed > 4
    assert told.delay_h > 0
    assert told.converged
    assert told.ranked == 5
    ranked = done.table("traffic_critical_link")
    assert [row["rank"] for row in ranked] == [1, 2, 3, 4, 5]
    assert [row["cut_off"] for row in ranked] == sorted((row["cut_off"] for row in ranked), reverse=True)


def test_a_closed_road_carries_nothing_and_others_take_over(base: Done, town: SampleCity) -> None:
    code = busiest(base)
    done = close(town, base, roads=[{"road": code}])
    told, rows = done.outputs, done.table("traffic_link_change")
    shut = [row for row in rows if row["road_code"] == code]
    assert {row["effect"] for row in shut} == {"closed"}
    assert all(row["flow"] == 0.0 and row["time"] is None for row in shut)
    assert told.affected == pytest.approx(sum(row["flow_base"] for row in shut), rel=1e-3)
    assert told.cut_off == 0.0
    assert told.delay_h > 0
    assert told.time_h == pytest.approx(told.time_base_h + told.delay_h)
    assert sum(row["effect"] == "more" for row in rows) > 3


def test_warm_equals_cold(base: Done, town: SampleCity) -> None:
    """The same closure from the kept routes, and in a network that never had them (all classes avoid nothing, no base)."""
    code = busiest(base)
    warm = close(town, base, roads=[{"road": code}]).outputs
    cold = town.run(
        "traffic-closure", {"assignment": {"zones": "community"}, "gap": 1e-9, "roads": [{"road": code}]}
    ).outputs
    assert warm.time_h == pytest.approx(cold.time_h, rel=1e-6)
    assert warm.delay_h == pytest.approx(cold.delay_h, rel=1e-4, abs=1e-3)


def test_one_direction_and_a_speed(base: Done, town: SampleCity) -> None:
    code = busiest(base)
    done = close(town, base, roads=[{"road": code, "direction": "forward", "speed_km_h": 5.0}])
    rows = {row["forward"]: row for row in done.table("traffic_link_change") if row["road_code"] == code}
    assert rows[True]["effect"] == "slowed"
    assert rows[True]["free_speed"] == 5.0
    assert rows[False]["effect"] != "slowed"
    assert done.outputs.closed == 0
    assert done.outputs.slowed == 1


def test_nothing_in_the_water_is_the_base_to_the_bit(base: Done, town: SampleCity) -> None:
    run = flood(town, [(busiest(base), 0.0, None, 0.0)])
    done = close(town, base, flood={"run": str(run)})
    assert done.outputs.unchanged
    for row in done.table("traffic_link_change"):
        assert (row["flow"], row["time"]) == (row["flow_base"], row["time_base"])
        assert row["effect"] == "same"
    assert done.outputs.delay_h == 0.0
    path = town.context(LAYERS).state_of(base.run)
    kept = load(path) if path else None
    assert kept is not None
    links = {(row["road_code"], row["forward"]): row for row in base.table("traffic_link")}
    network = read(town.context(LAYERS), zones="community").network
    assert kept.fits(network)
    for i in range(0, 2000, 100):
        assert (
            round(float(kept.equilibrium.flow[i]), 3)
            == links[network.links.code[i], bool(network.links.forward[i])]["flow"]
        )


def test_water_slows_and_closes_at_its_time(base: Done, town: SampleCity) -> None:
    deep, shallow = busiest(base), busiest(base, "secondary")
    run = flood(town, [(deep, 10.0, 30.0, 0.45), (shallow, 10.0, None, 0.15)])
    wet = close(town, base, flood={"run": str(run), "at_min": 20.0})
    rows = {row["road_code"]: row for row in wet.table("traffic_link_change") if row["depth"]}
    assert {code: row["effect"] for code, row in rows.items()} == {deep: "closed", shallow: "slowed"}
    free = next(row["free_speed"] for row in base.table("traffic_link") if row["road_code"] == shallow)
    assert rows[shallow]["free_speed"] == pytest.approx(
        safe_speed(np.array([0.15]), np.array([free]))[0], abs=0.01
    )
    assert wet.outputs.delay_h > 0
    assert close(town, base, flood={"run": str(run), "at_min": 5.0}).outputs.unchanged
    after = close(town, base, flood={"run": str(run), "at_min": 40.0}).outputs
    assert (after.closed, after.slowed) == (0, 2)
    worst = close(town, base, flood={"run": str(run)}).outputs
    assert worst.closed == 2


def test_other_vehicles_stand_more_water(base: Done, town: SampleCity) -> None:
    deep = busiest(base)
    run = flood(town, [(deep, 0.0, None, 0.35)])
    two = {"classes": [{"name": "car"}, {"name": "truck", "share": 0.1, "pce": 2.0}], "zones": "community"}
    done = town.run("traffic-closure", {"assignment": two, "gap": 1e-8, "flood": {"run": str(run)}})
    rows = [row for row in done.table("traffic_link_change") if row["road_code"] == deep]
    assert {row["effect"] for row in rows} == {"slowed"}
    assert done.outputs.closed == 0
    limited = {"run": str(run), "limits": [{"name": "truck", "depth_m": 0.3}]}
    shut = town.run("traffic-closure", {"assignment": two, "gap": 1e-8, "flood": limited}).outputs
    assert shut.closed == 2


def test_trips_without_a_way_are_cut_off_and_not_priced(base: Done, town: SampleCity) -> None:
    """All roads at the zone's nodes closed: its trips are cut off, their time is in no figure."""
    network = read(town.context(LAYERS), zones="community").network
    links = network.links
    zone = network.zones.node[int(np.argmax(network.zones.population))]
    at = links.head[(links.tail == zone)]
    roads = sorted(
        set(
            links.code[
                (np.isin(links.tail, at) | np.isin(links.head, at)) & (links.road_class != "connector")
            ]
        )
    )
    done = close(town, base, roads=[{"road": code} for code in roads])
    told = done.outputs
    assert told.cut_off > 10
    name = str(network.zones.code[zone])
    rows = done.table("traffic_closure_cut_off")
    assert all(name in (row["origin"], row["destination"]) for row in rows)
    assert sum(row["trips"] for row in rows) == pytest.approx(told.cut_off, rel=1e-3)
    assert told.time_h < told.time_base_h + told.delay_h
    assert abs(told.delay_h) < told.time_base_h


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"roads": [{"road": "NOPE"}]}, "TWIN-716"),
        ({"rank": 2, "candidates": ["NOPE"]}, "TWIN-716"),
        ({"flood": {"run": "01890000-0000-7000-8000-000000000001"}}, "TWIN-711"),
        ({}, "TWIN-501"),
        ({"flood": {"run": "01890000-0000-7000-8000-000000000001",
                    "limits": [{"name": "car", "depth_m": 0.1}] * 2}}, "TWIN-501"),
    ],
)  # fmt: skip
def test_refusals(base: Done, town: SampleCity, inputs: dict[str, Any], code: str) -> None:
    with pytest.raises(TwinError, match=code):
        close(town, base, **inputs)


def test_a_base_that_kept_nothing_is_refused(town: SampleCity) -> None:
    run = town.left("traffic-assignment", {})
    with pytest.raises(TwinError, match="TWIN-720"):
        town.run("traffic-closure", {"base": str(run), "rank": 1})


def test_features_of_another_layer_close_the_roads_they_touch(base: Done, town: SampleCity) -> None:
    """By a facility: the roads within 60 m of it, and no others."""
    places = town.context(("facility",)).features("facility", columns=["code"])
    network = read(town.context(LAYERS)).network
    roads = network.links.road_class != "connector"
    lines = network.links.shape[roads]
    away = np.array([shapely.distance(lines, shape).min() for shape in places.shapes])
    k = int(np.argmin(away))
    expected = set(network.links.code[roads][shapely.dwithin(lines, places.shapes[k], 60.0)])
    asked = {"layer": "facility", "codes": [places.columns["code"][k]], "buffer_m": 60.0}
    done = close(town, base, features=[asked])
    shut = {row["road_code"] for row in done.table("traffic_link_change") if row["effect"] == "closed"}
    assert expected
    assert shut == expected
    slow = close(town, base, features=[asked | {"speed_km_h": 5.0}])
    slowed = {row["road_code"] for row in slow.table("traffic_link_change") if row["effect"] == "slowed"}
    assert slowed == expected
    assert not find("traffic-closure").validate({"features": [asked]}).published()


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"layer": "facility", "codes": ["NOPE"]}, "TWIN-691"),
        ({"layer": "facility", "ids": [987_654_321]}, "TWIN-691"),
        ({"layer": "travel_demand", "codes": ["X"]}, "TWIN-690"),
        ({"layer": "travel_demand", "ids": [1]}, "TWIN-690"),
        ({"layer": "facility"}, "TWIN-501"),
        ({"layer": "facility", "codes": [], "ids": []}, "TWIN-501"),
        ({"layer": "facility", "ids": [-1]}, "TWIN-501"),
    ],
)
def test_features_that_cannot_close_roads(base: Done, town: SampleCity, asked: Any, code: str) -> None:
    with pytest.raises(TwinError, match=code):
        close(town, base, features=[asked])


def test_features_are_named_by_their_ids_too(base: Done, town: SampleCity) -> None:
    """As OGC API Features gives them, also where a layer has no codes."""
    places = town.context(("facility",)).features("facility", columns=["code"]).columns
    asked = {"layer": "facility", "buffer_m": 60.0}
    tables = [
        close(town, base, features=[asked | named]).table("traffic_link_change")
        for named in (
            {"codes": places["code"][:3]},
            {"ids": places["id"][:3]},
            {"codes": places["code"][:1], "ids": places["id"][1:3]},
        )
    ]
    assert tables[0]
    assert [row["road_code"] for row in tables[0]] == [row["road_code"] for row in tables[1]]
    assert tables[1] == tables[2]


def test_an_area_without_roads_is_noted(base: Done, town: SampleCity) -> None:
    """With longitude and latitude changed round it lies far away, and closed nothing without a word."""
    ring = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    done = close(town, base, areas=[{"area": {"type": "Polygon", "coordinates": [ring]}}])
    assert done.outputs.unchanged
    assert [(note.code, "areas.0" in note.en) for note in done.outputs.notes] == [("TWIN-697", True)]
