"""From layers and inputs to what the engine computes on: every input shows in the arrays, where it should and only there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine

from tests.integration.flood.ground_city import (
    BED,
    CELL,
    EAST,
    NORTH,
    RAIN,
    City,
    area,
    at,
    fill,
    inside,
    line,
    put_raster,
)
from twin.engines.flood import CurveNumber, GreenAmpt, Horton, simulate
from twin.errors import Refused, TwinError
from twin.processes.flood.structures import links
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

HOME, PARK, RIVER = (5, 30, 55, 195), (225, 30, 295, 195), (5, 2, 295, 22)
HOUSE, SHED = (60, 60, 90, 90), (200, 60, 220, 80)


@pytest.fixture(scope="module")
def city(store: Store, tmp_path_factory: pytest.TempPathFactory) -> City:
    folder: Path = tmp_path_factory.mktemp("ground")
    folder.joinpath("artifacts").mkdir()
    files = ArtifactStore(str(folder / "artifacts"))
    fill(store, files, folder)
    return City(store, files)


def ring(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[at(*point) for point in points]]}


def one(array: np.ndarray, box: tuple[float, ...]) -> float:
    """The single value of an array in a box."""
    found = np.unique(array[inside(*box)])
    assert found.size == 1, found
    return float(found[0])


def test_roughness_and_losses_are_those_of_the_tables(city: City) -> None:
    domain = city.ground().domain
    assert one(domain.manning, HOME) == pytest.approx(0.030)
    assert one(domain.manning, PARK) == pytest.approx(0.035)
    assert one(domain.infiltration, HOME) == pytest.approx(0.65 * 20 + 0.35 * 6.5)
    assert one(domain.infiltration, RIVER) == one(domain.initial_loss, RIVER) == 0.0
    assert one(domain.initial_loss, PARK) == 2.0
    assert domain.z.dtype == np.float32


def test_a_run_may_change_the_tables(city: City) -> None:
    given = {
        "roughness": {"0701": 0.05},
        "roughness_factor": 2.0,
        "tables": {"ground_cover": {"14": {"sealed": 0.5}}},
    }
    domain = city.ground(**given).domain
    assert one(domain.manning, HOME) == pytest.approx(0.10)
    assert one(domain.manning, PARK) == pytest.approx(0.07)
    assert one(domain.infiltration, PARK) == pytest.approx(0.5 * 20 + 0.5 * 6.5)


def test_green_ampt_takes_the_soil_of_the_place(city: City) -> None:
    domain = city.ground(infiltration={"method": "green_ampt", "soil": "sand", "moisture": "dry"}).domain
    soil = domain.green_ampt
    assert isinstance(soil, GreenAmpt)
    clay, sand = (225, 110, 295, 195), (225, 30, 295, 95)
    assert one(np.asarray(soil.conductivity_mm_h), clay) == pytest.approx(0.85 * 0.3)
    assert one(np.asarray(soil.conductivity_mm_h), sand) == pytest.approx(0.85 * 117.8)
    assert one(np.asarray(soil.deficit), sand) == pytest.approx(0.8 * 0.417)
    assert one(np.asarray(soil.conductivity_mm_h), RIVER) == 0.0
    assert one(domain.infiltration, PARK) == pytest.approx(0.15 * 20), (
        "sewers take their share beside the soil"
    )


def test_curve_numbers_join_soil_and_sealed_share(city: City) -> None:
    domain = city.ground(infiltration={"method": "curve_number", "soil": "loam"}).domain
    soil = domain.curve_number
    assert isinstance(soil, CurveNumber)
    number = 61 + 0.65 * (98 - 61)
    assert one(np.asarray(soil.retention_mm), (5, 30, 55, 95)) == pytest.approx(
        25400 / number - 254, rel=1e-5
    )
    number = 80 + 0.15 * (98 - 80)  # clay is of group D
    retention = 25400 / number - 254
    assert one(np.asarray(soil.retention_mm), (225, 110, 295, 195)) == pytest.approx(retention, rel=1e-5)
    assert one(np.asarray(soil.initial_mm), (225, 110, 295, 195)) == pytest.approx(0.2 * retention, rel=1e-5)
    assert one(np.asarray(soil.retention_mm), RIVER) == 0.0
    assert float(np.max(domain.initial_loss)) == 0.0, "Ia is the initial loss"


def test_horton_and_no_soil(city: City) -> None:
    soil = city.ground(infiltration={"method": "horton"}).domain.horton
    assert isinstance(soil, Horton)
    assert one(np.asarray(soil.initial_mm_h), (5, 30, 55, 95)) == pytest.approx(0.35 * 76)
    bare = city.ground(infiltration={"method": "none"}).domain
    assert bare.green_ampt is bare.horton is bare.curve_number is None
    assert one(bare.infiltration, PARK) == pytest.approx(0.15 * 20)


def test_an_unknown_soil_is_named(city: City) -> None:
    with pytest.raises(TwinError, match="TWIN-528") as refused:
        city.ground(infiltration={"soil": "silt_lome"})
    assert "silt_loam" in refused.value.text.en


def test_buildings_blocked_raised_ignored(city: City) -> None:
    ground = city.ground()
    assert ground.domain.blocked is not None
    assert ground.domain.blocked.sum() == 36 + 16
    assert one(city.ground(buildings="raised").domain.z - BED, HOUSE) == pytest.approx(3.0, abs=1e-5)
    ignored = city.ground(buildings="ignored").domain
    assert ignored.blocked is None
    assert np.array_equal(ignored.z, BED)


def test_buildings_that_fill_keep_their_floor_and_pass_their_rain_on(city: City) -> None:
    ground = city.ground(buildings="storage")
    domain, rain = ground.domain, ground.rain
    assert domain.blocked is None
    assert one(domain.z, HOUSE) == pytest.approx(10.9)
    assert one(domain.z, SHED) == pytest.approx(BED[inside(*SHED)].mean() + 0.15, abs=1e-5)
    assert one(domain.manning, HOUSE) == pytest.approx(0.3)
    assert rain is not None
    assert rain.zones is not None
    assert one(rain.zones, HOUSE) == -1
    fallen = np.where(rain.zones >= 0, np.asarray(rain.intensity_mm_h)[0][np.maximum(rain.zones, 0)], 0.0)
    assert fallen.sum() == pytest.approx(60.0 * BED.size), "no rain is lost, none is made"
    assert fallen[~inside(40, 40, 240, 110)].max() == 60.0


def test_break_lines_hold_and_open(city: City) -> None:
    z = city.ground(break_lines=True).domain.z
    raised = z > BED + 0.5
    assert (z[raised] == 12.5).all()
    opening = z < BED - 0.5
    assert opening.any()
    columns = np.flatnonzero(~raised.any(axis=0))
    assert set(columns.tolist()) <= set(np.flatnonzero(opening.any(axis=0)).tolist()), (
        "the dike is whole but for its opening"
    )
    assert not raised[inside(0, 140, 300, 160)].any(), "a planned wall does not stand yet"


@pytest.mark.parametrize(
    ("edit", "box", "change"),
    [
        ({"kind": "terrain", "geometry": area(100, 100, 150, 150), "action": "raise_by", "value_m": 1.5}, (100, 100, 150, 150), 1.5),
        ({"kind": "terrain", "geometry": area(100, 100, 150, 150), "action": "lower_by", "value_m": 0.5}, (100, 100, 150, 150), -0.5),
        ({"kind": "pond", "geometry": area(150, 120, 180, 150), "depth_m": 2.0}, (150, 120, 180, 150), -2.0),
        ({"kind": "terrain", "road": "R1", "action": "raise_by", "value_m": 0.4}, (94, 20, 106, 190), 0.4),
    ],
    ids=["raise", "lower", "pond", "road"],
)  # fmt: skip
def test_edits_of_the_ground_change_what_they_name(
    city: City, edit: dict[str, Any], box: Any, change: float
) -> None:
    ground = city.ground(edits=[edit])
    moved = ground.domain.z - BED
    assert one(moved, box) == pytest.approx(change, abs=1e-5)
    assert np.abs(moved[~inside(box[0] - 5, box[1] - 5, box[2] + 5, box[3] + 5)]).max() == 0.0
    earth = ground.filled_m3 - ground.dug_m3
    assert earth == pytest.approx(moved.sum(dtype=np.float64) * CELL**2, rel=1e-5)
    assert np.array_equal(city.ground().domain.z, BED), "the city keeps its ground"


@pytest.mark.parametrize(
    ("action", "value", "expected"),
    [("raise_to", 10.3, "max"), ("lower_to", 10.3, "min"), ("set_to", 10.3, "set")],
)
def test_levels_are_reached_and_never_passed(city: City, action: str, value: float, expected: str) -> None:
    edit = {"kind": "terrain", "geometry": area(0, 100, 300, 200), "action": action, "value_m": value}
    z = city.ground(edits=[edit]).domain.z[inside(0, 100, 300, 200)]
    bed = BED[inside(0, 100, 300, 200)]
    wanted = {"max": np.maximum(bed, value), "min": np.minimum(bed, value), "set": np.full_like(bed, value)}
    assert z == pytest.approx(wanted[expected], abs=1e-5)


def test_walls_and_openings_of_a_run(city: City) -> None:
    wall = {"kind": "wall", "geometry": line((10, 110), (290, 130)), "height_m": 2.0}
    gap = {"kind": "opening", "geometry": line((150, 100), (150, 140)), "depth_m": 0.3}
    z = city.ground(edits=[wall]).domain.z - BED
    assert np.unique(np.round(z, 4)).tolist() == [0.0, 2.0]
    assert (z[:, 3:57] > 0).any(axis=0).all()
    both = city.ground(edits=[wall, gap]).domain.z - BED
    assert (both < -0.2).sum() >= 6
    through = {"kind": "opening", "geometry": line((50, 75), (100, 75)), "depth_m": 0.1}
    blocked = city.ground(edits=[through]).domain.blocked
    assert blocked is not None
    assert not blocked[inside(60, 75, 90, 80) | inside(60, 70, 90, 75)].all(), (
        "a passage leads through the house"
    )


def test_another_land_use_for_a_run(city: City) -> None:
    domain = city.ground(
        edits=[{"kind": "cover", "geometry": area(0, 100, 50, 200), "land_use": "14"}]
    ).domain
    assert one(domain.manning, (5, 105, 45, 195)) == pytest.approx(0.035)
    assert one(domain.manning, (5, 30, 45, 95)) == pytest.approx(0.030)


def test_edits_beside_the_ground_or_of_nothing_are_refused(city: City) -> None:
    away = {"kind": "pond", "geometry": area(9000, 9000, 9100, 9100), "depth_m": 1.0}
    with pytest.raises(TwinError, match="TWIN-527") as refused:
        city.ground(edits=[away])
    assert refused.value.where == "edits.0"
    with pytest.raises(TwinError, match="TWIN-526") as refused:
        city.ground(edits=[{"kind": "terrain", "road": "R9", "action": "raise_by", "value_m": 1.0}])
    assert refused.value.where == "edits.0.road"


@pytest.mark.parametrize(
    "edit",
    [
        {"kind": "pond", "geometry": area(0, 0, 10, 10)},
        {"kind": "pond", "geometry": area(0, 0, 10, 10), "depth_m": 1.0, "bottom_m": 3.0},
        {"kind": "wall", "geometry": line((0, 0), (0, 0)), "height_m": 1.0},
        {"kind": "pond", "geometry": ring((0, 0), (9, 9), (0, 9), (9, 0)), "depth_m": 1.0},
        {"kind": "pond", "geometry": ring((0, 0), (9, 9), (9, 0), (0, 9), (0, 0)), "depth_m": 1.0},
        {"kind": "terrain", "road": "R1", "action": "raise_by", "value_m": -1.0},
        {"kind": "pipe", "code": "X"},
        {"kind": "new_structure", "geometry": line((0, 0), (9, 9)), "structure": "pump"},
        {"kind": "volcano"},
    ],
    ids=["no depth", "two depths", "no line", "open ring", "bow tie", "negative", "nothing", "no capacity", "unknown"],
)  # fmt: skip
def test_impossible_edits_are_refused_before_the_run(city: City, edit: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="TWIN-501") as refused:
        city.context({"storm": {"kind": "series", "times_min": [0], "intensity_mm_h": [10]}, "edits": [edit]})
    assert (refused.value.where or "").startswith(("edits", "geometry"))


def test_gauges_give_their_own_rain_to_what_is_nearest(city: City) -> None:
    gauges = [
        {"sensor": "YL-0001", "times_min": [0, 30], "intensity_mm_h": [60, 10]},
        {"lon": at(280, 100)[0], "lat": at(280, 100)[1], "times_min": [0, 10, 20, 40], "intensity_mm_h": [0, 20, 40, 0]},
    ]  # fmt: skip
    rain = city.ground(storm={"kind": "gauges", "method": "thiessen", "gauges": gauges}).rain
    assert rain is not None
    assert rain.zones is not None
    assert rain.times_s.tolist() == [0, 600, 1200, 1800, 2400, 3600]
    west, east = one(rain.zones, (0, 0, 149, 200)), one(rain.zones, (151, 0, 300, 200))
    values = np.asarray(rain.intensity_mm_h)
    assert values[:, int(west)].tolist() == [60, 60, 60, 10, 10, 0]
    assert values[:, int(east)].tolist() == [0, 20, 40, 40, 0, 0]


def test_gauges_by_inverse_distance_lie_between_them(city: City) -> None:
    gauges = [{"sensor": f"YL-000{n}", "times_min": [0], "intensity_mm_h": [30.0 * n]} for n in (1, 2)]
    rain = city.ground(storm={"kind": "gauges", "gauges": gauges}).rain
    assert rain is not None
    assert rain.zones is not None
    field = np.asarray(rain.intensity_mm_h)[0][rain.zones]
    assert field.min() > 30.0
    assert field.max() < 60.0
    assert field[:, 2].mean() < 35.0 < 55.0 < field[:, -3].mean()
    assert field[:, 30].mean() == pytest.approx(45.0, abs=2.0)


def test_gauges_that_cannot_be(city: City) -> None:
    def ask(*gauges: dict[str, Any]) -> None:
        city.ground(storm={"kind": "gauges", "gauges": list(gauges)})

    with pytest.raises(TwinError, match="TWIN-529"):
        ask({"sensor": "YL-9999", "times_min": [0], "intensity_mm_h": [10]})
    with pytest.raises(Refused, match="TWIN-501"):
        ask({"times_min": [0], "intensity_mm_h": [10]})
    with pytest.raises(Refused, match="TWIN-501"):
        ask(
            {"sensor": "YL-0001", "times_min": [0, 5], "intensity_mm_h": [10, 10]},
            {"sensor": "YL-0002", "times_min": [0, 9], "intensity_mm_h": [10, 10]},
        )


def test_a_level_on_a_side_or_where_a_river_meets_it(city: City) -> None:
    tide = {"kind": "level", "side": "south", "times_min": [0, 60], "values": [10.0, 11.0]}
    ends = {"kind": "level", "geometry": area(280, -50, 350, 30), "times_min": [0], "values": [10.4]}
    edges = city.ground(boundaries=[tide, ends], edges={"west": "closed"}).boundary.edges
    assert {edge.side for edge in edges if edge.kind == "free"} == {"north", "east", "south", "outline"}
    south, *river = [edge for edge in edges if edge.kind == "level"]
    assert (south.side, south.start, south.stop) == ("south", 0, 60)
    assert south.times_s is not None
    assert south.times_s.tolist() == [0, 3600]
    assert {(edge.side, edge.start, edge.stop) for edge in river} == {("south", 56, 60), ("east", 34, 40)}


def test_a_discharge_on_a_side_and_along_a_line(city: City) -> None:
    series = {"kind": "discharge", "times_min": [0, 60], "values": [3.0, 3.0]}
    side = city.ground(boundaries=[series | {"side": "east"}]).boundary.edges[-1]
    assert side.kind == "discharge"
    assert side.values is not None
    assert side.values.tolist() == [3.0, 3.0]
    ground = city.ground(boundaries=[series | {"geometry": line((12, 12), (98, 12))}])
    assert len(ground.inflows) == 1
    assert ground.inflows[0].rows.size == 18
    with pytest.raises(TwinError, match="TWIN-527"):
        city.ground(boundaries=[series | {"geometry": line((-90, -90), (-80, -80))}])


def test_a_free_stretch_has_its_slope(city: City) -> None:
    edge = city.ground(boundaries=[{"kind": "free", "side": "north", "slope": 0.02}]).boundary.edges[-1]
    assert (edge.kind, edge.side, edge.slope) == ("free", "north", 0.02)


@pytest.mark.parametrize(
    "stretch",
    [
        {"kind": "level", "times_min": [0], "values": [1.0]},
        {"kind": "level", "side": "east"},
        {"kind": "level", "side": "east", "times_min": [5, 0], "values": [1.0, 2.0]},
        {"kind": "discharge", "side": "east", "times_min": [0, 5], "values": [1.0, -2.0]},
        {"kind": "discharge", "side": "east", "times_min": [0], "values": [1.0]},
        {"kind": "open_water", "side": "east", "times_min": [0], "values": [1.0]},
    ],
    ids=["nowhere", "no series", "backwards", "negative", "one time", "no polygon"],
)  # fmt: skip
def test_impossible_boundaries_are_refused(city: City, stretch: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="TWIN-501"):
        city.ground(boundaries=[stretch])


def test_standing_water(city: City) -> None:
    everywhere = city.ground(initial_water={"where": "everywhere", "level_m": 10.3}).domain.initial_depth
    assert everywhere is not None
    assert np.asarray(everywhere) == pytest.approx(np.maximum(10.3 - BED, 0.0), abs=1e-5)
    river = city.ground(initial_water={"where": "water_bodies", "level_m": 10.3}).domain.initial_depth
    assert river is not None
    assert np.asarray(river)[inside(0, 30, 300, 200)].max() == 0.0
    assert np.asarray(river)[inside(0, 0, 100, 20)].min() > 0.0
    with pytest.raises(Refused, match="initial_water"):
        city.ground(initial_water={"where": "everywhere"})


def test_double_precision_is_of_the_bed_too(city: City) -> None:
    assert city.ground(precision="float64").domain.z.dtype == np.float64


def test_structures_stand_on_cells_of_the_ground(city: City) -> None:
    found = {one.code: one for one in city.ground().structures}
    assert set(found) == {"H1", "H2"}, "one out of use has no effect"
    culvert, pump = found["H1"], found["H2"]
    assert (culvert.start, culvert.end) == ((31, 10), (37, 10))
    assert (culvert.start_invert, culvert.end_invert, culvert.one_way) == (9.8, 9.5, True)
    assert culvert.length == pytest.approx(30.0)
    assert culvert.roughness == 0.014
    assert pump.end is None, "it lifts out of the area"
    assert not inside(*HOUSE)[pump.start], "an end in a building stands outside it"
    assert (pump.capacity, pump.on, pump.off) == (2.0, 10.5, 10.2)
    assert city.ground(structures=False).structures == ()


def test_structures_closed_resized_and_added(city: City) -> None:
    edits = [
        {"kind": "structure", "code": "H1", "closed": True},
        {"kind": "structure", "code": "H2", "capacity_m3_s": 5.0},
        {
            "kind": "new_structure",
            "structure": "culvert",
            "geometry": line((252, 118), (282, 118)),
            "width_m": 0.8,
        },
    ]
    pump, new = city.ground(edits=edits).structures
    assert pump.capacity == 5.0
    assert (new.kind, new.start, new.end, new.width) == ("culvert", (16, 50), (16, 56), 0.8)
    assert new.start_invert == pytest.approx(BED[16, 50])


def test_structures_that_cannot_be(city: City) -> None:
    with pytest.raises(TwinError, match="TWIN-526"):
        city.ground(edits=[{"kind": "structure", "code": "H9", "closed": True}])
    with pytest.raises(TwinError, match="TWIN-527"):
        city.ground(edits=[{"kind": "new_structure", "geometry": line((900, 900), (990, 990))}])
    with pytest.raises(Refused, match="TWIN-501"):
        city.ground(edits=[{"kind": "pipe", "code": "P1", "diameter_mm": 900.0}])


def test_rain_rasters_give_each_cell_the_rain_above_it(city: City, tmp_path: Path) -> None:
    """Two frames of 100 m cells that leave the east uncovered, one cell without data."""
    grid = Affine(100.0, 0, EAST, 0, -100.0, NORTH + 200.0)
    frames = [np.array([[10.0, 20.0], [30.0, np.nan]]), np.array([[1.0, 2.0], [3.0, 4.0]])]
    start = datetime(2026, 7, 5, 6, 0, tzinfo=UTC)
    for number, frame in enumerate(frames):
        moment = start + timedelta(minutes=15 * number)
        put_raster(city.store, city.files, tmp_path, "rainfall", frame.astype(np.float32), grid, moment)
    storm = {"kind": "raster", "start": "2026-07-05T06:00:00Z", "end": "2026-07-05T07:00:00Z"}
    ground = city.ground(storm=storm)
    rain = ground.rain
    assert rain is not None
    assert rain.zones is not None
    assert rain.times_s.tolist() == [0.0, 900.0, 1800.0]
    assert ground.duration_s == 1800.0 + 3600.0
    values = np.asarray(rain.intensity_mm_h)
    first = np.where(rain.zones >= 0, values[0][np.maximum(rain.zones, 0)], 0.0)
    assert one(first, (0, 100, 100, 200)) == 10.0
    assert one(first, (100, 100, 200, 200)) == 20.0
    assert one(first, (0, 0, 100, 100)) == 30.0
    assert one(first, (100, 0, 200, 100)) == 0.0, "no data, no rain"
    assert one(first, (200, 0, 300, 200)) == 0.0, "beside the raster no rain"
    assert values[2].max() == 0.0
    with pytest.raises(TwinError, match="TWIN-523"):
        city.ground(storm={**storm, "start": "2020-07-05T06:00:00Z", "end": "2020-07-05T07:00:00Z"})


def test_rain_is_not_drawn_out_over_moments_without_a_raster(city: City, tmp_path: Path) -> None:
    """Rasters every 10 minutes, then none for two hours, then two more: between them it counts as dry, and is told."""
    grid = Affine(300.0, 0, EAST, 0, -300.0, NORTH + 300.0)
    start = datetime(2026, 8, 1, 6, 0, tzinfo=UTC)
    for minute in (0, 10, 20, 140, 150):
        frame = np.full((1, 1), 30.0, np.float32)
        put_raster(
            city.store, city.files, tmp_path, "rainfall", frame, grid, start + timedelta(minutes=minute)
        )
    storm = {"kind": "raster", "start": "2026-08-01T05:00:00Z", "end": "2026-08-01T12:00:00Z"}
    ground = city.ground(storm=storm)
    assert ground.rain is not None
    # time 0 is the storm's start, an hour before the first raster
    assert ground.rain.times_s.tolist() == [
        0.0,
        *(3600.0 + t for t in (0, 600, 1200, 1800, 8400, 9000, 9600)),
    ]
    values = np.asarray(ground.rain.intensity_mm_h)[:, 0]
    assert values.tolist() == [0.0, 30.0, 30.0, 30.0, 0.0, 30.0, 30.0, 0.0]
    told = " ".join(text.en for text in ground.remarks)
    assert "01 Aug 06:30 to 01 Aug 08:20" in told
    assert "01 Aug 05:00 to 01 Aug 06:00" in told
    assert "01 Aug 08:40 to 01 Aug 12:00" in told
    whole = city.ground(storm={**storm, "start": "2026-08-01T06:00:00Z", "end": "2026-08-01T06:30:00Z"})
    assert not any("no raster of rain" in text.en for text in whole.remarks)
    # a start on the way: what lies before it has fallen
    later = city.ground(storm=storm, start="2026-08-01T06:15:00Z")
    assert later.rain is not None
    assert later.rain.times_s.tolist() == [0.0, 300.0, 900.0, 7500.0, 8100.0, 8700.0]
    with pytest.raises(TwinError, match="TWIN-523"):
        city.ground(storm=storm, start="2026-08-02T06:15:00Z")


@pytest.mark.parametrize(
    "more",
    [
        {"edits": [{"kind": "cover", "geometry": area(0, 100, 50, 200), "land_use": "9999"}]},
        {"roughness": {"urban": 0.02}},
        {"tables": {"ground_cover": {"99": {"sealed": 0.5}}}},
    ],
)
def test_land_uses_that_no_list_has_are_refused(city: City, more: dict[str, Any]) -> None:
    """Taken as "everything else" they would give numbers of another ground."""
    with pytest.raises(TwinError, match="TWIN-683") as error:
        city.ground(**more)
    assert next(iter(more)) in str(error.value.where)


def test_the_tide_of_a_sea_inside_the_area_floods_the_land(city: City) -> None:
    """The sea is no computed ground; the land under its level fills to it, and the water came over its shore."""
    sea = {
        "kind": "open_water",
        "geometry": area(100, 60, 200, 140),
        "times_min": [0, 20],
        "values": [10.0, 10.4],
    }
    closed = dict.fromkeys(("north", "east", "south", "west"), "closed")
    tight = {
        "infiltration": {"method": "none"},
        "drainage_mm_h": 0.0,
        "initial_loss_mm": 0.0,
        "buildings": "ignored",
    }
    ground = city.ground(boundaries=[sea], edges=closed, storm=None, duration_min=240, **tight)
    z = ground.domain.z
    assert np.isnan(z[inside(100, 60, 200, 140)]).all()
    assert np.isfinite(z[~inside(94, 54, 206, 146)]).all()
    out = simulate(ground.domain, boundary=ground.boundary, duration_s=ground.duration_s, threads=1)
    low = np.isfinite(z) & (z < 10.35)
    assert out.level[low] == pytest.approx(10.4, abs=0.02)
    assert out.depth[np.isfinite(z) & (z > 10.45)].max() < 1e-3
    assert out.ledger.boundary_in > 0.0
    assert abs(out.ledger.relative_error) < 1e-6
    with pytest.raises(TwinError, match="TWIN-527"):
        city.ground(boundaries=[{**sea, "geometry": area(-50, -50, 400, 300)}])


def test_structures_pass_water_in_the_engine(city: City) -> None:
    """A pump drains what rain brings into a bowl behind a wall; closed, it drains nothing."""
    bowl = [
        {
            "kind": "wall",
            "geometry": line((202, 102), (298, 102), (298, 198), (202, 198), (202, 102)),
            "height_m": 3.0,
        }
    ]
    pump = {
        "kind": "new_structure",
        "structure": "pump",
        "geometry": line((252, 152), (252, -400)),
        "capacity_m3_s": 1.0,
    }
    left = []
    for edits in (bowl, [*bowl, pump]):
        ground = city.ground(edits=edits, structures=False, storm=RAIN)
        out = simulate(
            ground.domain,
            rain=ground.rain,
            boundary=ground.boundary,
            duration_s=3600.0,
            links=links(ground.structures),
            threads=1,
        )
        left.append(float(out.depth[inside(210, 110, 290, 190)].sum()) * CELL**2)
        assert abs(out.ledger.relative_error) < 1e-6
    assert left[1] < left[0] - 15.0


def test_the_factor_on_the_rain_scales_every_intensity(city: City) -> None:
    plain, half = city.ground().rain, city.ground(rain_factor=0.5).rain
    assert plain is not None
    assert half is not None
    assert np.allclose(half.intensity_mm_h, 0.5 * np.asarray(plain.intensity_mm_h))
    assert np.array_equal(half.times_s, plain.times_s)
