"""Readings and crashes with faults on a street of three blocks: refused by code, or named in the answer, never used in silence."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import numpy as np
import pandas as pd
import pytest

from tests.integration.traffic.sample import OPERATOR, SampleCity
from tests.integration.web.city import EAST, NORTH, insert, square
from twin.actions.import_layer import import_file
from twin.errors import Refused, TwinError
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog

NODES = {"A": 0, "B": 300, "C": 600, "D": 900}
ROADS = ("AB", "BC", "CD")
DETECTORS = [(f"{road}{1 if way else 2}", road, way) for road in ROADS for way in (True, False)]
STEP = timedelta(minutes=15)
LEAST = {"background": "free_flow", "history_days": 4}


def at(name: str) -> str:
    return f"{EAST + NODES[name]} {NORTH}"


@pytest.fixture(scope="module")
def street(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleCity]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("street")
    with Store.open(database.url, catalog) as store:
        insert(store, OPERATOR, "road_node", [{"code": n, "geom": f"POINT({at(n)})"} for n in NODES])
        roads = [
            {"code": r, "from_node": r[0], "to_node": r[1], "class": "arterial", "direction": "both",
             "free_speed": 60.0, "geom": f"LINESTRING({at(r[0])}, {at(r[1])})"} for r in ROADS
        ]  # fmt: skip
        insert(store, OPERATOR, "road_link", roads)
        whole = square(EAST - 100, NORTH - 100, 1200).replace("POLYGON(", "MULTIPOLYGON((") + ")"
        insert(
            store,
            OPERATOR,
            "admin_area",
            [{"code": "341502001001", "name": "社区", "level": 4, "geom": whole}],
        )
        for n, x in enumerate((0, 800)):
            cell = {"code": f"34150200100100{n + 1}", "community_code": "341502001001", "status": "valid", "population": 300,
                    "geom": square(EAST + x, NORTH + 10, 90)}  # fmt: skip
            insert(store, OPERATOR, "grid_cell", [cell])
        told = [
            {"code": code, "road_code": road, "forward": way, "geom": f"POINT({at(road[0])})"}
            for code, road, way in DETECTORS
        ]
        insert(store, OPERATOR, "traffic_detector", told)
        yield SampleCity(store, ArtifactStore(str(folder)))


def readings(end: datetime, days: float = 3.0, step: timedelta = STEP, **given: Any) -> list[dict[str, Any]]:
    """Of all detectors up to ``end``; ``given`` replaces columns, by a value or by a function of (row, detector)."""
    draw = np.random.default_rng(0)
    rows = []
    for number in range(round(days * 86400 / step.total_seconds())):
        begin = end - (number + 1) * step
        dip = 10 * np.exp(-(((begin.hour + begin.minute / 60) - 10) ** 2))
        for code, _, _ in DETECTORS:
            row: dict[str, Any] = {"kind": "detector", "detector": code, "valid_from": begin, "valid_to": begin + step,
                   "speed": float(50 - dip + draw.normal()), "flow": float(400 + 30 * dip)}  # fmt: skip
            row |= {name: value(number, code) if callable(value) else value for name, value in given.items()}
            rows.append(row)
    return rows


def seen(city: SampleCity, rows: list[dict[str, Any]]) -> None:
    """Imported as an operator would."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{uuid4().hex}.parquet"
        pd.DataFrame(rows).to_parquet(path)
        import_file(city.store, OPERATOR, path, "traffic_observation", artifacts=city.files)


def state(city: SampleCity, end: datetime | None, **more: Any) -> Any:
    return city.run("traffic-state", LEAST | ({} if end is None else {"at": end.isoformat()}) | more).outputs


def forecast(city: SampleCity, end: datetime) -> Any:
    return city.run("traffic-forecast", {"at": end.isoformat(), "history_days": 4}).outputs


def refused(call: Callable[[], Any]) -> tuple[str, str | None]:
    with pytest.raises(TwinError) as caught:
        call()
    return caught.value.code, caught.value.where


def day(number: int) -> datetime:
    """A day of its own for each case, far from the others'."""
    return datetime(2021, 1, 4, tzinfo=UTC) + timedelta(days=20 * number)


def test_no_detectors_and_no_readings(street: SampleCity) -> None:
    assert refused(lambda: state(street, day(0))) == ("TWIN-649", "at")
    assert refused(lambda: forecast(street, day(0))) == ("TWIN-649", "at")


def test_readings_without_a_single_number(street: SampleCity) -> None:
    seen(street, readings(day(1), speed=None, flow=None))
    assert refused(lambda: forecast(street, day(1))) == ("TWIN-648", "observations")
    told = state(street, day(1))
    assert told.observed_links == 0
    assert told.incidents == 0


def test_too_short_a_history_to_forecast(street: SampleCity) -> None:
    seen(street, readings(day(2), days=0.3))
    assert refused(lambda: forecast(street, day(2)))[0] in {"TWIN-647", "TWIN-648"}


@pytest.mark.parametrize(("number", "minutes"), [(3, 7.0), (5, 0.5)])
def test_an_interval_that_does_not_divide_the_day(street: SampleCity, number: int, minutes: float) -> None:
    end = day(number)
    rows = readings(end, days=0.5)
    for row in rows:
        row["valid_to"] = row["valid_from"] + timedelta(minutes=minutes)
    seen(street, rows)
    for call in (state, forecast):
        assert refused(lambda ask=call: ask(street, end)) == ("TWIN-744", "traffic_observation")  # type: ignore[misc]


def test_repeated_and_shifted_readings_are_averaged_left_out_and_named(street: SampleCity) -> None:
    end = day(6)
    rows = readings(end)
    again = [row | {"speed": row["speed"] + 20} for row in rows[:12]]
    odd = [row | {"valid_from": row["valid_from"] + STEP / 2, "valid_to": row["valid_to"] + STEP / 2, "speed": 1.0}
           for row in rows[:6]]  # fmt: skip
    foreign = [row | {"detector": "NOBODY"} for row in rows[:3]]
    seen(street, [*rows, *again, *odd, *foreign])
    done = street.run("traffic-state", LEAST | {"at": (end + STEP).isoformat()})
    assert done.outputs.time == end
    notes = " ".join(done.outputs.notes_en)
    assert "12 observations repeat" in notes
    assert "6 observations have another interval" in notes
    assert "3 observations name detectors" in notes
    speeds = [row["speed"] for row in done.table("traffic_state") if "detector" in row["sources"]]
    assert all(50 < speed < 70 for speed in speeds), "the mean of both, the shifted ones left out"


def test_hours_without_readings_do_not_shift_the_others(street: SampleCity) -> None:
    end = day(7)
    rows = [row for row in readings(end) if not 4 <= row["valid_from"].hour < 9]
    seen(street, rows)
    told = forecast(street, end)
    assert told.learnt_from == 3 * 96
    assert told.now == end
    assert told.dead == ()


def test_readings_in_other_units_are_named(street: SampleCity) -> None:
    """Metres a second, and vehicles counted over an hour in a lane of a thousand times that."""
    end = day(8)
    seen(
        street,
        readings(
            end,
            speed=lambda n, code: 13.9 + 0.1 * (n % 3) if code == "AB1" else 48.0 + n % 5,
            flow=lambda n, code: 40_000.0 if code == "CD2" else 300.0,
        ),
    )
    notes = state(street, end).notes_en
    assert any("AB1" in note and "slower" in note for note in notes)
    assert any("CD2" in note and "capacity" in note for note in notes)
    assert not any("BC1" in note for note in notes)


def test_a_reading_that_never_changes_is_named(street: SampleCity) -> None:
    end = day(9)
    seen(street, readings(end, speed=lambda n, code: 42.0 if code == "BC2" else 45.0 + n % 7))
    assert any("BC2" in note and "did not change" in note for note in state(street, end).notes_en)
    assert any("BC2" in note for note in forecast(street, end).notes_en)


def test_negative_counts_and_text_are_refused_on_import(street: SampleCity, tmp_path: Path) -> None:
    path = tmp_path / "readings.csv"
    path.write_text(
        "kind,detector,flow,speed,valid_from,valid_to\n"
        "detector,AB1,-5,40,2022-01-01T00:00:00Z,2022-01-01T00:15:00Z\n"
        "detector,AB1,100,fast,2022-01-01T00:15:00Z,2022-01-01T00:30:00Z\n",
        encoding="utf-8",
    )
    with pytest.raises(Refused) as caught:
        import_file(street.store, OPERATOR, path, "traffic_observation")
    assert {(one.row, one.column) for one in caught.value.problems} >= {(1, "flow"), (2, "speed")}


def test_a_time_without_an_offset_is_local(street: SampleCity) -> None:
    end = day(6)
    local = (end + timedelta(hours=8)).replace(tzinfo=None)
    assert state(street, local).time == end


def test_without_trips_the_background_is_refused(street: SampleCity) -> None:
    code, _ = refused(lambda: state(street, day(6), background="estimated", zones="grid_cell"))
    assert code.startswith("TWIN-7")


def test_readings_from_the_future_are_left_out_and_named(street: SampleCity) -> None:
    """The last of the cases: without a time asked for, the newest reading that has happened counts."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    seen(street, [*readings(now, days=1), *readings(now + timedelta(days=4000), days=0.1, speed=3.0)])
    told = state(street, None)
    assert told.time == now
    assert any("future" in note for note in told.notes_en)
    assert told.mean_speed > 20


def test_crashes_off_the_network_and_in_the_future(street: SampleCity) -> None:
    def crash(code: str, when: str, x: float, y: float) -> dict[str, Any]:
        return {"code": code, "occurred_at": datetime.fromisoformat(when), "severity": "property", "deaths": 0, "injuries": 0,
                "road_code": "NOWHERE", "geom": f"POINT({EAST + x} {NORTH + y})"}  # fmt: skip

    insert(street.store, OPERATOR, "traffic_crash", [crash("F1", "2099-01-01T00:00:00Z", 100, 0)])
    assert refused(lambda: street.run("black-spots", {})) == ("TWIN-731", "traffic_crash")
    near = [
        crash(f"N{n}", f"2025-0{1 + n % 9}-01T00:00:00Z", 120 + 10 * n, 3)
        | {"severity": "injury", "injuries": 1}
        for n in range(12)
    ]
    insert(street.store, OPERATOR, "traffic_crash", [*near, crash("O1", "2025-03-01T00:00:00Z", 100, 5_000)])
    told = street.run("black-spots", {}).outputs
    assert (told.crashes, told.off_road, told.dated_ahead) == (12, 1, 1)
    assert told.end < "2026"
