"""Both processes on the sample city, as their examples ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from twin.errors import TwinError
from twin.processes.registry import find

if TYPE_CHECKING:
    from tests.integration.traffic.sample import SampleCity

END = datetime(2026, 7, 6, 10, 0, tzinfo=UTC)  # 18:00 in China


def test_the_forecast_on_the_sample_city(watched: SampleCity) -> None:
    done = watched.run("traffic-forecast", dict(find("traffic-forecast").example))
    told, rows = done.outputs, done.table("traffic_forecast")
    assert told.now == END
    assert told.detectors == 81
    assert told.step_min == 15
    assert told.dead
    assert {row["minutes"] for row in rows} == {15, 30, 45, 60}
    assert len(rows) == 4 * (told.detectors - told.not_forecast)
    assert all(row["lower"] <= row["expected"] <= row["upper"] for row in rows)
    dead = [row for row in rows if row["detector"] in told.dead]
    assert dead
    assert not any(row["alive"] for row in dead)
    first = next(row for row in rows if row["minutes"] == 15)
    assert (first["valid_from"], first["valid_to"]) == (END, END + timedelta(minutes=15))
    assert [row.minutes for row in told.backtest] == [15, 30, 45, 60]
    assert len(done.table("traffic_forecast_backtest")) == 4
    assert all(row.rmse <= 1.1 * row.rmse_last for row in told.backtest)


def test_the_state_of_the_sample_city(watched: SampleCity) -> None:
    done = watched.run("traffic-state", dict(find("traffic-state").example))
    told, rows = done.outputs, done.table("traffic_state")
    assert told.links == len(rows) == 2 * 1158 + 42
    assert 0 <= told.index <= 10
    assert {row.formula for row in told.indices} == {"severe_mileage", "travel_time", "speed_ratio"}
    assert told.fit is not None
    assert told.fit.counts > 40
    assert told.fit.geh_after > 0.7 > told.fit.geh_before
    seen = [row for row in rows if "detector" in row["sources"]]
    unseen = [row for row in rows if row["sources"] == "model"]
    assert len(seen) > 60
    assert np.mean([row["speed_sd"] / row["speed"] for row in seen]) < 0.6 * np.mean(
        [row["speed_sd"] / row["speed"] for row in unseen]
    )
    assert np.mean([row["information"] for row in seen]) > 0.6
    assert {row["place_kind"] for row in done.table("traffic_index")} == {"city", "district", "class"}
    assert sum(row.km for row in told.levels) == pytest.approx(
        sum(g.length for g in done.rows["traffic_state"].shapes) / 1000, rel=1e-3
    )


def test_the_crash_of_the_last_evening_is_found(watched: SampleCity) -> None:
    done = watched.run("traffic-state", {"background": "free_flow"})
    found = [row for row in done.table("traffic_incident") if row["going_on"]]
    assert done.outputs.incidents_going_on == len(found) >= 1
    worst = max(found, key=lambda row: row["deviate"])
    assert worst["speed"] < 0.5 * worst["usual_speed"]
    assert worst["valid_from"] == END - timedelta(hours=1)
    assert done.outputs.fit is None


def test_a_time_without_observations_is_refused(watched: SampleCity) -> None:
    for name in ("traffic-forecast", "traffic-state"):
        with pytest.raises(TwinError) as refused:
            watched.run(name, {"at": "2020-01-01T00:00:00Z"})
        assert refused.value.code == "TWIN-649"
