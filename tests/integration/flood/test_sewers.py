"""Sewers of a flood run through queue, worker and PostGIS: layers, what-if pipes, tides, imported files, refusals."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.flood.bowl import EAST
from tests.integration.flood.street import MANHOLES, MIDDLE_Y

if TYPE_CHECKING:
    from tests.integration.flood.street import Street

LEVELS = {"outfall_levels": [{"code": "O1", "times_min": [0, 20, 35, 60], "level_m": [8.0, 11.5, 11.5, 8.0]}]}


@pytest.fixture(scope="module")
def plain(street: Street) -> dict[str, Any]:
    """The sewers' outputs of the street as it is."""
    return street.good()


def test_the_network_of_the_layers_and_its_accounts(plain: dict[str, Any]) -> None:
    assert plain["nodes"] == 8  # manholes, outfall, wet well, an outfall for each pump
    assert plain["openings"] == 4
    assert plain["inflow_m3"] > 100.0
    assert plain["mended"]["pump_station_joined"] == 1
    assert plain["pumped_m3"]["S1"] > 10.0
    assert plain["outflow_m3"] > plain["pumped_m3"]["S1"]
    assert abs(plain["continuity_error_percent"]) <= 1.0
    left = plain["inflow_m3"] - plain["overflow_m3"] - plain["outflow_m3"] - plain["stored_m3"]
    assert abs(left) <= 0.01 * plain["inflow_m3"]


def test_a_narrow_pipe_takes_less_and_a_blocked_one_leaves_the_pumps(
    street: Street, plain: dict[str, Any]
) -> None:
    narrow = [{"kind": "pipe", "code": f"P{k}", "diameter_mm": 150.0} for k in (1, 2, 3, 4)]
    assert street.good(edits=narrow)["outflow_m3"] < 0.9 * plain["outflow_m3"]
    blocked = street.good(edits=[{"kind": "pipe", "code": "P4", "closed": True}])
    assert blocked["outflow_m3"] < 0.8 * plain["outflow_m3"]
    assert blocked["outflow_m3"] == pytest.approx(blocked["pumped_m3"]["S1"], rel=0.01)
    wrong = street.refused(edits=[{"kind": "pipe", "code": "P99", "closed": True}])
    assert (wrong["code"], wrong["where"]) == ("TWIN-512", "P99")


def test_a_tide_locks_the_outfall_comes_up_in_the_street_and_runs_back(
    street: Street, plain: dict[str, Any]
) -> None:
    locked = street.good(sewers=LEVELS)
    assert locked["overflow_m3"] > 5.0 + plain["overflow_m3"]  # surcharge: out of the manholes
    assert locked["inflow_m3"] > 10.0  # and back when the tide falls
    same = street.good(
        sewers={"outfall_times_min": [0, 20, 35, 60], "outfall_level_m": [8.0, 11.5, 11.5, 8.0]}
    )
    assert same["overflow_m3"] == pytest.approx(locked["overflow_m3"])
    nobody = {"outfall_levels": [{"code": "O9", "level_m": [9.0]}]}
    assert street.refused(sewers=nobody)["where"] == "O9"


def test_two_stages_of_a_run_tell_the_sewers_of_both(street: Street, plain: dict[str, Any]) -> None:
    parts = street.good(hot_start={"keep_at_min": 25.0})
    for name in ("inflow_m3", "outflow_m3", "stored_m3"):
        assert parts[name] == pytest.approx(plain[name], rel=0.02, abs=1.0), name
    assert parts["pumped_m3"]["S1"] == pytest.approx(plain["pumped_m3"]["S1"], rel=0.1)


def file(**other: Any) -> dict[str, Any]:
    """The street's network as a SWMM file; ``options``, ``outfalls``, ``lift`` and ``east`` replace parts."""
    lift, east = other.get("lift", 0.0), other.get("east", EAST)
    junctions = "\n".join(f"{code} {low + lift} {top - low} 0 0 0" for code, _, top, low in MANHOLES)
    places = "\n".join(f"{code} {east + x} {MIDDLE_Y}" for code, x, _, _ in MANHOLES)
    chain = [*(m[0] for m in MANHOLES), "O1"]
    pipes = "\n".join(f"P{k} {a} {b} 50 0.013 0 0 0 0" for k, (a, b) in enumerate(itertools.pairwise(chain)))
    shapes = "\n".join(f"P{k} CIRCULAR 0.4 0 0 0 1" for k in range(4))
    outfalls = other.get("outfalls", f"O1 {7.8 + lift} FREE NO")
    options = other.get("options", "FLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE")
    return {"source": "file", "inp": (
        f"[OPTIONS]\n{options}\n[RAINGAGES]\nG1 INTENSITY 1:00 1.0 TIMESERIES T1\n[JUNCTIONS]\n{junctions}\n"
        f"[OUTFALLS]\n{outfalls}\n[CONDUITS]\n{pipes}\n[XSECTIONS]\n{shapes}\n[COORDINATES]\n{places}\nO1 {east + 395} {MIDDLE_Y}\n"
    )}  # fmt: skip


def test_an_imported_network(street: Street) -> None:
    told = street.good(sewers=file())
    assert (told["nodes"], told["pipes"], told["openings"]) == (5, 4, 4)
    assert told["inflow_m3"] > 100.0
    assert told["outflow_m3"] > 50.0
    assert abs(told["continuity_error_percent"]) <= 1.0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outfalls": ""}, "no outfall"),
        ({"options": "FLOW_UNITS CMS\nFLOW_ROUTING KINWAVE"}, "DYNWAVE"),
        ({"lift": 30.0}, "check units"),
        ({"east": EAST + 90_000.0}, "check coordinates"),
        ({"options": "FLOW_UNITS FURLONGS\nFLOW_ROUTING DYNWAVE"}, "SWMM refuses"),
    ],
)
def test_networks_that_cannot_be_computed_are_refused_with_the_reason(
    street: Street, changed: dict[str, Any], said: str
) -> None:
    error = street.refused(sewers=file(**changed))
    assert error["code"] == "TWIN-512"
    assert said in error["en"]
