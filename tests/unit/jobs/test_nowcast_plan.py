"""The plan of a standing now-cast: what it refuses, what it reads, what it asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from twin.errors import TwinError
from twin.jobs.nowcast import Plan
from twin.jobs.nowcast.cycle import inputs, slot_of
from twin.jobs.nowcast.heard import Heard
from twin.processes.registry import find

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 7, 5, 12, tzinfo=UTC)
GAUGE = '[[gauges]]\nlon = 114.1\nlat = 30.0\nfile = "rain.csv"\n'


def plan(folder: Path, text: str) -> Plan:
    folder.joinpath("plan.toml").write_text(text, encoding="utf-8")
    return Plan.read(folder / "plan.toml")


def test_intervals_begin_on_the_clock() -> None:
    assert slot_of(NOON + timedelta(minutes=17, seconds=3), 10.0) == NOON + timedelta(minutes=10)
    assert slot_of(NOON, 10.0) == NOON


@pytest.mark.parametrize(
    "text",
    [
        'name = "city"\n',  # no rain
        'name = "city"\nrain_layer = "rainfall"\n' + GAUGE,  # two
        'name = "City of Light"\nrain_layer = "rainfall"\n',
        'name = "city"\nrain_layer = "rainfall"\n[flood]\nduration_min = 60\n',  # the now-cast's own
        'name = "city"\nrain_layer = "rainfall"\nspeed = 3\n',
        "name = ",
    ],
)
def test_plans_that_cannot_be_used(tmp_path: Path, text: str) -> None:
    with pytest.raises(TwinError, match="TWIN-580"):
        plan(tmp_path, text)


def test_gauges_become_five_minute_means_and_levels_are_shown(tmp_path: Path) -> None:
    rows = [
        "time,mm/h",
        "2026-07-05T12:00:00Z,30",
        "2026-07-05T20:02:30+08:00,60",
        "2026-07-05T12:10:00Z,0",
        "2026-07",
    ]
    tmp_path.joinpath("rain.csv").write_text("\n".join(rows))
    tmp_path.joinpath("levels.csv").write_text("2026-07-05T11:00:00Z,9\n2026-07-05T12:05:00Z,0.25\n")
    level = '[[levels]]\nname = "桥下"\nlon = 114.1\nlat = 30.0\nfile = "levels.csv"\n'
    made = plan(tmp_path, 'name = "city"\n' + GAUGE + level + "[flood]\ncell_m = 20.0\n")
    series = made.series("rain.csv")
    assert series.until(NOON + timedelta(minutes=5)) == NOON + timedelta(minutes=2.5)
    assert series.until(NOON - timedelta(minutes=5)) is None
    gauge, bridge = made.gauges[0], made.levels[0]
    heard = Heard(
        (({"sensor": None, "lon": gauge.lon, "lat": gauge.lat}, series),),
        (({"name": bridge.name, "lon": bridge.lon, "lat": bridge.lat}, made.series("levels.csv")),),
    )
    asked = inputs(made, heard, NOON, NOON + timedelta(minutes=10), None)
    assert asked["storm"]["gauges"][0]["times_min"] == [0.0, 5.0]
    assert asked["storm"]["gauges"][0]["intensity_mm_h"] == pytest.approx([45.0, 60.0])
    assert asked["observed"][0]["times_min"] == [5.0]
    assert asked["hot_start"] == {"previous": None, "keep_at_min": 10.0}
    assert asked["duration_min"] == 70.0
    find("flood").validate(asked)


def test_observations_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="TWIN-581"):
        plan(tmp_path, 'name = "city"\n' + GAUGE).series("nowhere.csv")
