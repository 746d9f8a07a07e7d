"""Pumps and gates by their rules, asked for as a user does: levels of the layer, and schedules of one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.flood.bowl import EAST, NORTH, SIDE, lonlat
from tests.integration.flood.street import MIDDLE_Y
from tests.integration.web.city import OPERATOR, insert

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.flood.street import Street

MIDDLE_X = EAST + SIDE / 2


@pytest.fixture(scope="module")
def ruled(street: Street) -> Iterator[Street]:
    """A pump from the middle of the bowl out of the city, and a gate that leads into the middle from the east."""
    common = {"status": "0"}
    insert(street.store, OPERATOR, "hydraulic_structure", [
        common | {"code": "PUMP", "kind": "pump", "capacity_m3_s": 0.3, "start_level": 10.25, "stop_level": 10.1,
                  "geom": f"LINESTRING({MIDDLE_X + 5} {MIDDLE_Y + 5}, {MIDDLE_X + 5} {NORTH + SIDE + 300})"},
        common | {"code": "GATE", "kind": "gate", "width": 4.0, "crest_elevation": 10.2,
                  "geom": f"LINESTRING({MIDDLE_X + 75} {MIDDLE_Y + 5}, {MIDDLE_X + 35} {MIDDLE_Y + 5})"},
    ])  # fmt: skip
    yield street
    with street.store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.hydraulic_structure WHERE code IN ('PUMP', 'GATE')")


WALL = {
    "kind": "wall",
    "geometry": {
        "type": "LineString",
        "coordinates": [lonlat(MIDDLE_X + 55, NORTH - 5), lonlat(MIDDLE_X + 55, NORTH + SIDE + 5)],
    },
    "height_m": 4.0,
}


def passed(ruled: Street, *edits: dict[str, Any], rain_mm_h: float = 100.0) -> dict[str, float]:
    """What went through each structure in the hour, m3."""
    storm = {"kind": "series", "times_min": [0.0, 30.0], "intensity_mm_h": [rain_mm_h, 0.0]}
    row = ruled.ask(sewers={"source": "none"}, edits=list(edits), storm=storm)
    assert row.state == "successful", row.error
    assert row.outputs is not None
    assert abs(row.outputs["mass_error"]) < 1e-6
    told: dict[str, float] = row.outputs["structures_m3"]
    return told


def test_a_pump_starts_at_its_level_and_by_a_schedule(ruled: Street) -> None:
    by_level = passed(ruled)["PUMP"]
    assert 100.0 < by_level < 0.3 * 3600.0  # not from the first minute on
    assert passed(ruled, rain_mm_h=2.0)["PUMP"] == 0.0  # the level is never reached
    late = {"kind": "structure", "code": "PUMP", "times_min": [40.0], "opening": [0.5]}
    assert passed(ruled, late)["PUMP"] == pytest.approx(0.5 * 0.3 * 1200.0, rel=0.02)
    stopped = {"kind": "structure", "code": "PUMP", "closed": True}
    assert "PUMP" not in passed(ruled, stopped)


def test_a_gate_opens_when_its_schedule_says(ruled: Street) -> None:
    always = passed(ruled, WALL)["GATE"]
    late = {"kind": "structure", "code": "GATE", "times_min": [0.0, 45.0], "opening": [0.0, 1.0]}
    half = {"kind": "structure", "code": "GATE", "times_min": [0.0], "opening": [0.1]}
    shut = {"kind": "structure", "code": "GATE", "times_min": [0.0], "opening": [0.0]}
    assert always > 100.0
    assert 10.0 < passed(ruled, WALL, late)["GATE"] < always
    assert 10.0 < passed(ruled, WALL, half)["GATE"] < always
    assert passed(ruled, WALL, shut)["GATE"] == 0.0
