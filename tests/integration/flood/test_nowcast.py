"""The standing now-cast on a real store, queue and worker."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine

from tests.integration.flood.bowl import EAST, MIDDLE, NORTH, SIDE, START, lonlat
from tests.integration.flood.ground_city import put_raster
from tests.integration.web.city import OPERATOR, insert
from twin.actions import runs
from twin.errors import TwinError
from twin.jobs.nowcast import Plan, cycle, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.flood.street import Street
    from twin.text import Text

GRID = Affine(100.0, 0, EAST, 0, -100.0, NORTH + SIDE)
PLAN = """
name = "{name}"
rain_layer = "rainfall"
interval_min = 10
forecast_min = 15
[flood]
cell_m = 20.0
soil_mm_h = 0.0
drainage_mm_h = 0.0
structures = false
[[levels]]
name = "中心"
lon = {lon}
lat = {lat}
file = "level.csv"
"""


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def rains(street: Street, minute: float, mm_h: float) -> None:
    """A rain raster arrives."""
    put_raster(
        street.store,
        street.files,
        street.folder,
        "rainfall",
        np.full((4, 4), mm_h, np.float32),
        GRID,
        at(minute),
    )


def planned(folder: Path, name: str) -> Plan:
    lon, lat = lonlat(*MIDDLE)
    folder.joinpath("plan.toml").write_text(PLAN.format(name=name, lon=lon, lat=lat), encoding="utf-8")
    folder.joinpath("level.csv").write_text(
        "".join(f"{at(5 * k).isoformat()},{0.02 * k}\n" for k in range(1, 5)), encoding="utf-8"
    )
    return Plan.read(folder / "plan.toml")


@pytest.fixture(scope="module")
def rained(street: Street) -> Street:
    for minute in (0, 10, 20):
        rains(street, minute, 60.0)
    return street


def test_cycle_after_cycle_from_state_to_state(rained: Street, tmp_path: Path) -> None:
    store, plan = rained.store, planned(tmp_path, "city")
    first = cycle(store, OPERATOR, plan, at(21))
    assert first.state == "asked"
    assert cycle(store, OPERATOR, plan, at(22)).state == "already"  # one run an interval, whoever asks
    assert first.run is not None
    row = rained.ended(runs.get(store, OPERATOR, first.run))
    assert (row.state, row.published) == ("successful", True), row.error
    assert row.outputs is not None
    [fit] = row.outputs["observed"]
    assert fit["name"] == "中心"
    assert fit["count"] == 4
    assert cycle(store, OPERATOR, plan, at(31)).state == "nothing_new"
    rains(rained, 30, 20.0)
    second = cycle(store, OPERATOR, plan, at(32))
    assert second.state == "asked"
    assert second.run is not None
    after = rained.ended(runs.get(store, OPERATOR, second.run))
    assert after.state == "successful", after.error
    assert after.inputs["hot_start"]["previous"] == str(first.run)
    assert after.inputs["start"] == row.inputs["start"]
    assert after.inputs["hot_start"]["keep_at_min"] == 30.0
    assert after.outputs is not None
    assert after.outputs["rain_m3"] > row.outputs["rain_m3"]  # the account goes on


def test_a_worker_that_is_late_makes_the_next_interval_skip(rained: Street, tmp_path: Path) -> None:
    store, plan = rained.store, planned(tmp_path, "late")
    rained.stop_worker()
    asked = cycle(store, OPERATOR, plan, at(21))
    assert asked.state == "asked"
    late = cycle(store, OPERATOR, plan, at(31))
    assert (late.state, late.run) == ("behind", asked.run)
    rained.worker = rained.start_worker()
    assert asked.run is not None
    assert rained.ended(runs.get(store, OPERATOR, asked.run)).state == "successful"


def test_the_loop_stops_when_told_and_counts_what_it_missed(rained: Street, tmp_path: Path) -> None:
    store, plan, stop = rained.store, planned(tmp_path, "loop"), Event()
    said: list[str] = []
    clock = iter([at(21), at(21), at(29.999), at(61), at(61)])
    last = [at(61)]

    def now() -> datetime:
        last[0] = next(clock, last[0])
        return last[0]

    def say(slot: datetime, text: Text) -> None:
        said.append(text.en)
        if "passed unseen" in text.en:
            stop.set()

    loop = Thread(target=serve, args=(store, OPERATOR, plan, stop, say, now))
    loop.start()
    loop.join(60.0)
    assert not loop.is_alive()
    assert said[0].startswith("asked for anew")
    assert any("3 intervals passed unseen" in one for one in said)
    for row in runs.list_runs(store, OPERATOR, process="flood", limit=3):
        rained.ended(row)


def test_no_rain_no_run(rained: Street, tmp_path: Path) -> None:
    told: Any = cycle(rained.store, OPERATOR, planned(tmp_path, "dry"), at(5))
    assert (told.state, told.run) == ("too_early", None)


SENSED = """
name = "sensed"
sensors = true
interval_min = 10
forecast_min = 15
[flood]
cell_m = 20.0
soil_mm_h = 0.0
drainage_mm_h = 0.0
structures = false
"""


@pytest.fixture(scope="module")
def sensed(street: Street) -> Street:
    """Two rain gauges (sums in 5 min, intensities), one that fell silent, a depth in cm and one inside the shop's walls."""
    east, north = MIDDLE
    kinds = (
        ("YL-1", "rainfall", "mm", (east - 150, north)), ("YL-2", "rain_intensity", "mm/h", (east + 150, north)),
        ("YL-3", "rainfall", "mm", (east, north + 150)), ("JS-1", "water_depth", "cm", (east, north)),
        ("JS-2", "water_depth", "m", (east - 33, north + 25)), ("QW-1", "water_depth", "psi", (east, north + 5)),
    )  # fmt: skip
    insert(street.store, OPERATOR, "sensor", [
        {"code": code, "name": "传感器", "observed_property": what, "unit": unit, "status": "online", "geom": f"POINT({x} {y})"}
        for code, what, unit, (x, y) in kinds
    ])  # fmt: skip
    for k in range(12):
        tell(street, "YL-1", 5.0, 5 * k, 5 * k + 5)
        tell(street, "YL-2", 60.0, 5 * k, 5 * k + 5)
        tell(street, "JS-1", 2.0 * k, 5 * k)
        tell(street, "JS-2", 0.02 * k, 5 * k)
    tell(street, "YL-3", 1.0, 0, 5)
    return street


def tell(street: Street, sensor: str, value: float, begin: float, end: float | None = None) -> None:
    """A sensor's value arrives."""
    with street.store.transaction(OPERATOR, write=True) as conn:
        conn.execute(
            "INSERT INTO city.sensor_observation (sensor, value, valid_from, valid_to) VALUES (%s, %s, %s, %s)",
            (sensor, value, at(begin), None if end is None else at(end)),
        )


def test_rain_and_levels_of_the_citys_own_sensors(sensed: Street, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(SENSED, encoding="utf-8")
    told = cycle(sensed.store, OPERATOR, Plan.read(plan), at(61))
    assert told.state == "asked", told.text
    assert told.run is not None
    row = sensed.ended(runs.get(sensed.store, OPERATOR, told.run))
    assert row.state == "successful", row.error
    assert row.outputs is not None
    gauges = row.inputs["storm"]["gauges"]
    assert [one["sensor"] for one in gauges] == ["YL-1", "YL-2"]  # the silent one is not waited for
    assert all(set(one["intensity_mm_h"]) == {60.0} for one in gauges)  # 5 mm in 5 min are 60 mm/h
    fits = {one["name"]: one for one in row.outputs["observed"]}
    assert set(fits) == {"传感器 JS-1", "传感器 JS-2"}  # nobody knows what psi of depth are
    assert fits["传感器 JS-1"]["count"] == 12
    assert max(row.inputs["observed"][0]["values_m"]) == pytest.approx(0.22)
    assert any("JS-2" in one["en"] and "nearest open cell" in one["en"] for one in row.outputs["remarks"])


def test_a_sensor_that_tells_no_rain_is_no_gauge(sensed: Street, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        SENSED.replace('"sensed"', '"deaf"').replace("sensors = true", 'gauges = [{ sensor = "JS-1" }]'),
        encoding="utf-8",
    )
    with pytest.raises(TwinError) as error:
        cycle(sensed.store, OPERATOR, Plan.read(plan), at(61))
    assert error.value.code == "TWIN-682"
    assert "JS-1" in error.value.text.en
