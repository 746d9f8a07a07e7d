"""Accessibility on the sample city: free-flow, congested, flooded, after closures, on foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pytest
import shapely

from twin.errors import Refused, TwinError
from twin.processes.accessibility.inputs import EXAMPLE
from twin.processes.context import Features
from twin.processes.traffic.network import LAYERS, read

if TYPE_CHECKING:
    from uuid import UUID

    from tests.integration.traffic.sample import Done, SampleCity

FIRE: dict[str, Any] = {
    "facilities": {"kinds": ["fire_station"]},
    "direction": "from",
    "minutes": [2, 3, 5],
    "turnout_min": 1,
}
QUICK: dict[str, Any] = FIRE | {"buildings": False, "isochrones": False}


@pytest.fixture(scope="module")
def done(homes: SampleCity) -> Done:
    return homes.run("accessibility", EXAMPLE)


def roads(homes: SampleCity) -> Any:
    links = read(homes.context(LAYERS)).network.links
    return links, links.road_class != "connector"


def flood(homes: SampleCity, depth: float, codes: list[str]) -> UUID:
    line = np.full(len(codes), shapely.LineString([(512000, 3320000), (512010, 3320000)]), object)
    rows = {"road_code": codes, "from_min": [10.0] * len(codes), "to_min": [60.0] * len(codes)}
    series = Features({**rows, "depth": [depth] * len(codes), "flow": [0.0] * len(codes)}, None)
    wet = Features({"road_code": codes, "depth": [depth] * len(codes)}, line)
    return homes.left("flood", {"flood_road_series": series, "flood_road": wet})


def times(homes: SampleCity, factor: float, closed: str | None = None) -> dict[str, Features]:
    """Rows as an assignment and a closure leave them: every link ``factor`` times as slow, one of them closed."""
    links, real = roads(homes)
    kept = np.flatnonzero(real)
    time = (links.free_time[kept] * factor).tolist()
    columns = {"road_code": links.code[kept].tolist(), "forward": links.forward[kept].tolist()}
    size = kept.size
    whole = {**columns, "flow": [100.0] * size, "time": time, "speed": [10.0] * size}
    shut = [None if code == closed else one for code, one in zip(columns["road_code"], time, strict=True)]
    changed = {
        **columns, "effect": ["same"] * size, "flow_base": [100.0] * size, "flow": [100.0] * size,
        "flow_change": [0.0] * size, "flow_shift": [0.0] * size, "time_base": time, "time": shut,
    }  # fmt: skip
    return {
        "traffic_link": Features(whole, links.shape[kept]),
        "traffic_link_change": Features(changed, links.shape[kept]),
    }


def test_the_example_answers_for_everybody(done: Done) -> None:
    out = done.outputs
    assert out.facilities == 11
    assert out.off_road == 0
    assert out.unreached_people == 0
    shares = [row.share for row in out.within]
    assert 0 < shares[0] < shares[1] < shares[2] <= 1
    assert 0 < out.median_min < out.time_90_min
    assert 0 < out.catchment_gini < 1
    assert 0 < out.all_kinds_share < min(kind.share for kind in out.kinds)
    assert len(done.rows["accessibility_cell"]) == 630
    assert len(done.rows["accessibility_building"]) == 9439


def test_the_people_of_the_cells_and_of_the_facilities_are_the_same(done: Done) -> None:
    cells, services = done.table("accessibility_cell"), done.table("accessibility_facility")
    assert sum(row["people"] for row in services) == pytest.approx(sum(row["people"] for row in cells))
    assert sum(row["area_km2"] for row in services) == pytest.approx(30.0, rel=0.01)
    supplied = sum(row["people"] * row["access"] for row in cells) / 1000
    capacity = {"hospital", "clinic"}
    assert {row["kind"] for row in services} == capacity
    assert supplied > 0


def test_isochrones_are_valid_and_hold_one_another(done: Done) -> None:
    rows = done.rows["accessibility_isochrone"]
    assert shapely.is_valid(rows.shapes).all()
    by_minutes = dict(zip(rows.columns["minutes"], rows.shapes, strict=True))
    assert shapely.area(shapely.difference(by_minutes[1.0], by_minutes[2.0])) < 100
    assert shapely.area(shapely.difference(by_minutes[2.0], by_minutes[3.0])) < 100
    facility = done.rows["accessibility_facility"].shapes
    assert shapely.within(facility, by_minutes[1.0]).all()
    # houses in time lie in the isochrone or near it: places off the road are reached across it
    houses = done.rows["accessibility_building"]
    soon = np.array([time is not None and time <= 2.0 for time in houses.columns["time"]])
    near = shapely.dwithin(houses.shapes[soon], by_minutes[2.0], 150.0)
    assert near.mean() > 0.99


def test_turnout_is_part_of_every_time(homes: SampleCity) -> None:
    late = homes.run("accessibility", QUICK).table("accessibility_cell")
    soon = homes.run("accessibility", QUICK | {"turnout_min": 0}).table("accessibility_cell")
    assert all(
        a["time"] == pytest.approx(b["time"] + 1.0, abs=0.002) for a, b in zip(late, soon, strict=True)
    )


def test_congested_times_double_the_time_on_the_road(homes: SampleCity) -> None:
    run = homes.left("traffic-assignment", {"traffic_link": times(homes, 2.0)["traffic_link"]})
    asked = QUICK | {
        "turnout_min": 0,
        "off_road_km_h": 100,
        "variant": {"kind": "congested", "run": str(run)},
    }
    done = homes.run("accessibility", asked)
    rows = [row for row in done.table("accessibility_cell") if row["time"] and row["time"] > 1.5]
    ratio = [row["time_variant"] / row["time"] for row in rows]
    assert 1.5 < min(ratio) <= max(ratio) <= 2.0001
    assert done.outputs.median_variant_min > 1.7 * done.outputs.median_min
    newest = homes.run("accessibility", QUICK | {"base": {"kind": "congested"}}).outputs
    assert newest.median_min - 1 == pytest.approx(
        2 * (homes.run("accessibility", QUICK).outputs.median_min - 1), rel=0.2
    )


def test_dry_roads_change_nothing_and_deep_water_cuts_off(homes: SampleCity) -> None:
    links, real = roads(homes)
    codes = sorted(set(links.code[real].tolist()))
    dry = homes.run(
        "accessibility", QUICK | {"variant": {"kind": "flooded", "run": str(flood(homes, 0.0, codes))}}
    )
    for row in dry.table("accessibility_cell"):
        assert row["time_variant"] == row["time"]
        assert row["effect"] == "unchanged"
    run = str(flood(homes, 0.6, codes))
    wet = homes.run("accessibility", QUICK | {"variant": {"kind": "flooded", "run": run, "at_min": 30}})
    assert {row["effect"] for row in wet.table("accessibility_cell")} == {"cut_off"}
    assert wet.outputs.cut_off_people == wet.outputs.people
    assert wet.outputs.within[-1].share_variant == 0
    early = homes.run("accessibility", QUICK | {"variant": {"kind": "flooded", "run": run, "at_min": 5}})
    assert early.outputs.cut_off_people == 0


def test_shallow_water_slows(homes: SampleCity) -> None:
    links, real = roads(homes)
    codes = sorted(set(links.code[real].tolist()))
    run = str(flood(homes, 0.2, codes))
    variant = {"kind": "flooded", "run": run, "vehicle": "car"}
    done = homes.run("accessibility", QUICK | {"isochrones": True, "variant": variant})
    assert {row["effect"] for row in done.table("accessibility_cell")} <= {"slower", "unchanged"}
    area = {(row["state"], row["minutes"]): row["area_km2"] for row in done.table("accessibility_isochrone")}
    assert area["variant", 3.0] < area["base", 3.0]
    assert done.outputs.slower_people > 0


def test_a_closure_run_closes_its_links(homes: SampleCity) -> None:
    links, _ = roads(homes)
    run = homes.left(
        "traffic-closure",
        {"traffic_link_change": times(homes, 1.0, str(links.code[0]))["traffic_link_change"]},
    )
    done = homes.run("accessibility", QUICK | {"variant": {"kind": "closed", "run": str(run)}})
    effects = {row["effect"] for row in done.table("accessibility_cell")}
    assert effects <= {"unchanged", "slower", "cut_off"}


def test_places_of_ones_own_and_codes(homes: SampleCity) -> None:
    first = homes.run("accessibility", QUICK)
    code = first.table("accessibility_facility")[0]["facility_code"]
    new = {"lon": 114.15, "lat": 30.02, "name": "拟建站"}
    done = homes.run("accessibility", QUICK | {"facilities": {"codes": [code], "places": [new]}})
    assert [row["facility_code"] for row in done.table("accessibility_facility")] == [code, "+1"]
    assert {row["nearest"] for row in done.table("accessibility_cell")} == {code, "+1"}


def test_on_foot_takes_longer_than_by_car(homes: SampleCity) -> None:
    asked = {"facilities": {"kinds": ["park"]}, "buildings": False, "isochrones": False, "minutes": [15]}
    car = homes.run("accessibility", asked).outputs
    walk = homes.run("accessibility", asked | {"mode": "walk"}).outputs
    assert walk.median_min > 3 * car.median_min
    daily = homes.run(
        "accessibility", asked | {"mode": "walk", "daily": {"kinds": ["park"], "minutes": 15}}
    ).outputs
    assert daily.all_kinds_share == pytest.approx(walk.within[0].share, abs=1e-3)


@pytest.mark.parametrize(
    ("inputs", "code", "where"),
    [
        ({"facilities": {"kinds": ["hospitl"]}}, "TWIN-741", "facilities.kinds"),
        ({"facilities": {"codes": ["XX1"]}}, "TWIN-741", "facilities.codes"),
        ({"variant": {"kind": "flooded", "run": str(uuid4())}}, "TWIN-711", "flood.run"),
        ({"variant": {"kind": "closed", "run": str(uuid4())}}, "TWIN-743", "closed.run"),
        ({"daily": {"kinds": ["circus"]}}, "TWIN-741", "daily.kinds"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    homes: SampleCity, inputs: dict[str, Any], code: str, where: str
) -> None:
    with pytest.raises(TwinError) as refused:
        homes.run("accessibility", QUICK | inputs)
    assert (refused.value.code, refused.value.where) == (code, where)


@pytest.mark.parametrize(
    "inputs", [{"facilities": {}}, {"minutes": [5, 3]}, {"catchment": {"rings_min": [10, 20]}}]
)
def test_impossible_inputs_are_refused(homes: SampleCity, inputs: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        homes.run("accessibility", QUICK | inputs)
