"""What a flood hands over, checked against the bowl's own geometry and against each other."""

from __future__ import annotations

import itertools
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.integration.flood.bowl import CELL, POPULATION, SIDE, START, STEEP, Flooded, flood, inputs
from twin.city.damage import curves
from twin.city.passability import safe_speed
from twin.errors import TwinError
from twin.files import cog
from twin.processes.registry import find

if TYPE_CHECKING:
    from tests.integration.flood.conftest import Bowl

RAIN_M3 = 0.05 * SIDE**2


def series(flooded: Flooded, kind: str) -> list[dict[str, Any]]:
    return [row for row in flooded.table("flood_series") if row["place_kind"] == kind]


def frame(bowl: Bowl, number: int) -> np.ndarray[Any, Any]:
    frames = [one for one in bowl.flooded.rasters if one.layer == "flood_depth_series"]
    return cog.read(bowl.files.source(frames[number].name))[0]


def test_water_collects_as_the_bowl_has_it(flooded: Flooded) -> None:
    """A paraboloid z = a r2 holds V = pi h2 / 2a; the two buildings in it hold none."""
    deepest = math.sqrt(2 * STEEP * RAIN_M3 / math.pi)
    gauge = series(flooded, "gauge")
    assert gauge[-1]["depth"] == pytest.approx(deepest, rel=0.08)
    assert gauge[-1]["level"] == pytest.approx(10.0 + gauge[-1]["depth"], abs=0.01)
    (peak,) = flooded.table("flood_gauge")
    assert peak["max_depth"] == pytest.approx(max(row["depth"] for row in gauge), abs=1e-3)
    assert flooded.outputs.rain_m3 == pytest.approx(RAIN_M3, rel=1e-6)
    assert abs(flooded.outputs.mass_error) < 1e-6


def test_hydrographs_are_whole_and_dated(flooded: Flooded) -> None:
    gauge = series(flooded, "gauge")
    assert [row["minute"] for row in gauge] == [float(minute) for minute in range(61)]
    for row, following in itertools.pairwise(gauge):
        assert row["valid_from"] == START + timedelta(minutes=row["minute"])
        assert row["valid_to"] == following["valid_from"]
    assert gauge[-1]["valid_to"] == START + timedelta(minutes=61)
    city = series(flooded, "city")
    assert [row["minute"] for row in city] == [5.0 * step for step in range(13)]
    assert city[-1]["flooded_area_m2"] <= flooded.outputs.flooded_area_m2
    cells = series(flooded, "grid_cell")
    for minute in (30.0, 60.0):
        mine = [row["volume_m3"] for row in cells if row["minute"] == minute]
        whole = next(row["volume_m3"] for row in city if row["minute"] == minute)
        assert sum(mine) == pytest.approx(whole, rel=1e-6)


def test_the_section_carries_what_fell_beyond_it(flooded: Flooded) -> None:
    """Of the rain west of the line, what does not stay there passes it, eastward: positive for a line to the north."""
    (section,) = flooded.table("flood_section")
    rows = series(flooded, "section")
    assert section["volume_m3"] == pytest.approx(0.05 * 100 * (SIDE - 4), rel=0.06)
    assert section["peak_m3_s"] == pytest.approx(max(row["discharge"] for row in rows), abs=1e-3)
    assert section["peak_m3_s"] > 0


def test_frames_are_the_depth_at_their_moments(bowl: Bowl) -> None:
    frames = [one for one in bowl.flooded.rasters if one.layer == "flood_depth_series"]
    assert [one.valid_time for one in frames] == [START + timedelta(minutes=5 * k) for k in range(13)]
    assert float(frame(bowl, 0).max()) == 0.0
    middle = int(SIDE / CELL / 2)
    gauge = {row["minute"]: row["depth"] for row in series(bowl.flooded, "gauge")}
    for number in (4, 8, 12):
        assert frame(bowl, number)[middle, middle] == pytest.approx(gauge[5.0 * number], abs=0.02)


def test_maxima_agree_with_each_other(bowl: Bowl) -> None:
    grids = {
        one.layer: cog.read(bowl.files.source(one.name))[0]
        for one in bowl.flooded.rasters
        if one.layer != "flood_depth_series"
    }
    deep = grids["flood_depth"] >= 0.05
    np.testing.assert_array_equal(np.isfinite(grids["flood_level"]), deep)
    count = deep.shape[0]
    centre = (np.arange(count) + 0.5) * CELL - SIDE / 2
    bed = 10.0 + STEEP * (centre[:, None] ** 2 + centre[None, :] ** 2)
    np.testing.assert_allclose((grids["flood_level"] - grids["flood_depth"])[deep], bed[deep], atol=0.003)
    np.testing.assert_array_equal(np.isfinite(grids["flood_arrival"]), deep)
    assert (grids["flood_duration"][deep] > 0).all()
    assert (grids["flood_duration"][deep] <= 60.5 - grids["flood_arrival"][deep]).all()


def test_buildings_lose_by_their_curve_and_floor(flooded: Flooded) -> None:
    rows = {row["building_code"]: row for row in flooded.table("flood_building")}
    assert set(rows) == {"HOME", "SHOP"}
    for code, name, floor in (("HOME", "residential", 0.2), ("SHOP", "commercial", 0.15)):
        row = rows[code]
        assert row["floor_height"] == pytest.approx(floor)
        assert row["depth_inside"] == pytest.approx(row["depth"] - floor, abs=0.002)
        curve = curves()[name]
        expected = np.interp(row["depth_inside"], curve.depth_m, curve.ratio)
        assert row["damage_ratio"] == pytest.approx(expected, abs=0.001)
        assert row["damage"] is None
    lost = sum(row["damage_ratio"] * 400.0 for row in rows.values())
    assert flooded.outputs.damaged_floor_m2 == pytest.approx(lost, rel=1e-3)
    assert flooded.outputs.damage is None


def test_people_live_where_living_space_is(flooded: Flooded) -> None:
    """The south-west quarter's people share HOME (3 floors) and HIGH (1 floor); nobody lives in the shop."""
    rows = {row["building_code"]: row for row in flooded.table("flood_building")}
    assert rows["HOME"]["people"] == pytest.approx(POPULATION["sw"] * 3 / 4)
    assert rows["SHOP"]["people"] == 0.0
    assert flooded.outputs.people == 90
    cells = {row["grid_code"][-1]: row for row in flooded.table("flood_cell")}
    assert set(cells) == {"0", "1", "2", "3"}
    assert cells["0"]["people"] == 90.0
    assert cells["0"]["flooded_buildings"] == 1


def test_a_value_turns_shares_into_money(bowl: Bowl) -> None:
    asked = {"unit_values": {"residential": 2000.0}, "frame_interval_min": 60.0}
    valued = flood(bowl.store, bowl.files, inputs(outcomes=asked, duration_min=45.0))
    rows = {row["building_code"]: row for row in valued.table("flood_building")}
    assert rows["HOME"]["damage"] == pytest.approx(rows["HOME"]["damage_ratio"] * 400 * 2000, rel=1e-3)
    assert rows["SHOP"]["damage"] is None
    assert valued.outputs.damage == pytest.approx(rows["HOME"]["damage"], abs=1)
    assert valued.outputs.frames == 2
    with bowl.store.service() as conn:
        conn.execute("DELETE FROM run.run WHERE id = %s", [valued.run])


def test_roads_close_when_the_water_says_so(flooded: Flooded) -> None:
    roads = {row["road_code"]: row for row in flooded.table("flood_road")}
    assert set(roads) == {"LOW"}  # water passes under the bridge, and a connector is no road
    low = roads["LOW"]
    assert not low["passable"]
    assert low["speed_km_h"] == pytest.approx(
        float(safe_speed(np.array(low["depth"]), np.array(40.0))), abs=0.1
    )
    closures = {row["vehicle_class"]: row for row in flooded.table("flood_closure")}
    gauge = {row["minute"]: row["depth"] for row in series(flooded, "gauge")}
    car = closures["car"]
    assert car["valid_from"] == START + timedelta(minutes=car["from_min"])
    assert car["to_min"] is None
    assert car["valid_to"] is None
    assert gauge[car["from_min"]] >= 0.29
    assert gauge[car["from_min"] - 5.0] < 0.30
    assert low["closed_min"] == pytest.approx(60.0 - car["from_min"])
    assert flooded.outputs.closed_by_vehicle["car"] == flooded.outputs.closed_road_links == 1
    begins = [closures[name]["from_min"] for name in ("car", "large_car") if name in closures]
    assert begins == sorted(begins)


def test_road_depths_over_time_are_gapless(flooded: Flooded) -> None:
    rows = [row for row in flooded.table("flood_road_series") if row["road_code"] == "LOW"]
    for row, following in itertools.pairwise(rows):
        assert row["to_min"] == following["from_min"]
        assert row["valid_to"] == following["valid_from"]
    assert rows[-1]["to_min"] is None
    assert max(row["depth"] for row in rows) <= next(iter(flooded.table("flood_road")))["depth"] + 1e-3


def test_one_pond_in_the_middle(flooded: Flooded) -> None:
    (pond,) = flooded.table("flood_waterlogging")
    assert pond["grade"] == "severe"
    assert pond["depth"] == pytest.approx(flooded.outputs.max_depth_m, abs=0.001)
    assert pond["road_name"] == "中心路"
    edge = math.sqrt((pond["depth"] - 0.15) / STEEP)
    assert pond["area_m2"] == pytest.approx(math.pi * edge**2 - 800, rel=0.1)
    assert flooded.outputs.waterlogging_points == {"light": 0, "moderate": 0, "severe": 1, "extreme": 0}


def test_facilities_in_the_water_and_in_wet_buildings(flooded: Flooded) -> None:
    rows = {row["facility_code"]: row for row in flooded.table("flood_facility")}
    assert set(rows) == {"F1", "F3"}
    shop = next(row for row in flooded.table("flood_building") if row["building_code"] == "SHOP")
    assert rows["F3"]["depth"] == shop["depth"]
    assert rows["F3"]["arrival_min"] is not None


def test_land_use_adds_up(flooded: Flooded) -> None:
    (row,) = flooded.table("flood_land_use")
    assert row["land_use"] == "0701"
    assert row["area_m2"] == pytest.approx(SIDE**2)
    assert row["flooded_area_m2"] == pytest.approx(flooded.outputs.flooded_area_m2)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"frame_interval_min": 0.5, "x": 1}, "outcomes.x"),
        ({"unit_values": {"castle": 1.0}}, "outcomes.unit_values"),
        ({"vehicle_limits_m": {"tank": 1.0}}, "outcomes.vehicle_limits_m"),
        ({"waterlogging_grades_m": [0.2, 0.1, 0.4, 0.6]}, "outcomes.waterlogging_grades_m"),
        (
            {"damage_curves": {"residential": {"depth_m": [0, 1], "ratio": [0.5, 0.2]}}},
            "outcomes.damage_curves",
        ),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], where: str) -> None:
    with pytest.raises(TwinError) as caught:
        find("flood").validate(inputs(outcomes=asked))
    assert caught.value.code == "TWIN-501"
    assert where in str([str(problem) for problem in caught.value.problems])  # type: ignore[attr-defined]


def test_a_section_outside_is_refused(bowl: Bowl) -> None:
    asked = {"sections": [{"name": "远处", "line": [[110.0, 30.0], [110.1, 30.0]]}]}
    with pytest.raises(TwinError) as caught:
        flood(bowl.store, bowl.files, inputs(outcomes=asked))
    assert (caught.value.code, caught.value.status) == ("TWIN-536", 422)
