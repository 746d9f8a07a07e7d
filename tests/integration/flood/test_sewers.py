"""Sewers of a flood run through queue, worker and PostGIS: layers, what-if pipes, tides, imported files, refusals."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.flood.bowl import EAST, lonlat
from tests.integration.flood.street import MANHOLES, MIDDLE_Y
from tests.integration.web.city import OPERATOR

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


def test_manholes_and_pipes_tell_how_long_they_were_full(street: Street) -> None:
    """An hour of a locked outfall, told in minutes; an outfall has no rim to stand above."""
    row = street.ask(sewers=LEVELS)
    assert row.state == "successful", row.error
    with street.store.transaction(OPERATOR) as conn:
        pipes = conn.execute("SELECT full_min FROM city.flood_pipe WHERE run = %s", (row.id,)).fetchall()
        nodes = conn.execute(
            "SELECT node_code, surcharge_min, above_ground FROM city.flood_manhole WHERE run = %s", (row.id,)
        ).fetchall()
    assert max(full for (full,) in pipes) > 10.0
    assert max(minutes for _, minutes, _ in nodes) > 10.0
    above = {code: height for code, _, height in nodes}
    assert above["O1"] is None
    assert above["M1"] is not None


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


def low(**other: Any) -> dict[str, Any]:
    """The street's manholes drained the other way, to an outfall in the middle of the bowl, where its water stays."""
    chain = ["M4", "M3", "M2", "MID"]
    bottoms = {"M4": 10.3, "M3": 10.0, "M2": 9.9, "MID": 9.85}
    junctions = "\n".join(
        f"{c} {bottoms[c]} {top - bottoms[c]} 0 0 0" for c, _, top, _ in MANHOLES if c in bottoms
    )
    places = "\n".join(f"{c} {EAST + x} {MIDDLE_Y}" for c, x, _, _ in MANHOLES if c in bottoms)
    step = other.get("step", 0.0)
    pipes = "\n".join(
        f"P{k} {a} {b} 50 0.013 0 {step} 0 0" for k, (a, b) in enumerate(itertools.pairwise(chain))
    )
    shapes = "\n".join(f"P{k} CIRCULAR 0.4 0 0 0 1" for k in range(3))
    return {"source": "file", "gully_l_s": 100.0, "inp": (
        f"[OPTIONS]\nFLOW_UNITS CMS\nFLOW_ROUTING DYNWAVE\n[JUNCTIONS]\n{junctions}\n[OUTFALLS]\nMID 9.85 FREE NO\n"
        f"[CONDUITS]\n{pipes}\n[XSECTIONS]\n{shapes}\n[COORDINATES]\n{places}\nMID {EAST + 200} {MIDDLE_Y}\n"
    )} | ({"outfalls": other["outfalls"]} if "outfalls" in other else {})  # fmt: skip


def test_an_outfall_in_the_area_keeps_its_water_there(street: Street) -> None:
    away, here = street.good(sewers=low()), street.good(sewers=low(outfalls="surface"))
    assert away["to_surface_m3"] == 0.0
    assert away["outflow_m3"] > 10.0
    assert here["mended"]["outfall_on_the_surface"] == 1
    assert here["to_surface_m3"] > 5.0
    assert here["to_surface_m3"] <= here["outflow_m3"] + 0.1
    assert here["outflow_m3"] < away["outflow_m3"]  # the pond in the middle stands against it


def test_an_outfall_under_the_ground_lets_nothing_back_in(street: Street, plain: dict[str, Any]) -> None:
    told = street.good(sewers={"outfalls": "surface"})
    assert told["mended"]["outfall_below_the_ground"] == 1  # 4 m under the rim of the bowl
    assert told["to_surface_m3"] == pytest.approx(0.0, abs=0.1)
    assert told["outflow_m3"] == pytest.approx(told["pumped_m3"]["S1"], rel=0.02)
    error = street.refused(sewers=low(outfalls="surface") | {"outfall_levels": [], "inp": file()["inp"].replace(
        f"O1 {EAST + 395}", f"O1 {EAST + 3950}")})  # fmt: skip
    assert (error["code"], error["where"]) == ("TWIN-512", "sewers.outfalls")


def test_pipes_that_lead_out_of_a_part_of_the_city_end_at_its_rim(street: Street) -> None:
    west, south = lonlat(EAST + 180, MIDDLE_Y - 60)
    east, north = lonlat(EAST + 320, MIDDLE_Y + 60)
    told = street.good(bbox=[west, south, east, north], outcomes={}, gauges=[])
    assert told["mended"]["outfall_at_the_rim"] == 1  # P3 to M4, which lies outside
    assert told["outflow_m3"] > told["pumped_m3"]["S1"] + 10.0
    west, south = lonlat(EAST + 60, MIDDLE_Y - 60)
    error = street.refused(bbox=[west, south, *lonlat(EAST + 120, MIDDLE_Y + 60)], outcomes={}, gauges=[])
    assert (error["code"], error["where"]) == ("TWIN-512", "drain_pipe")


def test_low_steps_of_an_imported_network_are_levelled(street: Street) -> None:
    told = street.good(sewers=low(step=0.1))
    assert told["mended"]["step_levelled"] == 3
    assert "step_levelled" not in street.good(sewers=low(step=0.3))["mended"]
    assert abs(told["continuity_error_percent"]) <= 1.0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"outfalls": "O1 tief FREE NO"}, "is no number"),
        ({"outfalls": "O1 nan FREE NO"}, "is no number"),
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


def more(section: str, line: str, *, instead: str = "") -> dict[str, Any]:
    """The street's file with a line added to a section, in place of ``instead`` where that is given."""
    asked = file()
    text = asked["inp"].replace(instead, "", 1) if instead else asked["inp"]
    head = f"[{section}]\n"
    text = text.replace(head, head + line + "\n", 1) if head in text else text + head + line + "\n"
    return asked | {"inp": text}


@pytest.mark.parametrize(
    ("sewers", "said"),
    [
        (more("PUMPS", "PU1 M1 M4 NOCURVE ON 0 0"), "SWMM refuses"),
        (more("CONDUITS", "P9 M1 NOWHERE 50 0.013 0 0 0 0"), "SWMM refuses"),
        (
            more("CONDUITS", "P0 M1 M2 -50 0.013 0 0 0 0", instead="P0 M1 M2 50 0.013 0 0 0 0\n"),
            "SWMM refuses",
        ),
        (more("JUNCTIONS", "M1 8.6 1.4 0 0 0"), "SWMM refuses"),
        (more("CONDUITS", "P9 M1"), "words at least"),
        (more("JUNCTIONS", "ALONE 8.6 1.4 0 0 0"), "no outfall can be reached"),
    ],
)
def test_files_with_broken_parts_are_refused(street: Street, sewers: dict[str, Any], said: str) -> None:
    error = street.refused(sewers=sewers)
    assert error["code"] == "TWIN-512"
    assert said in error["en"]


def test_a_loop_and_a_pipe_uphill_are_computed(street: Street) -> None:
    """Neither is wrong: water takes the loop both ways, and the pipe uphill as far as it stands under pressure."""
    looped = more("CONDUITS", "P9 M4 M1 150 0.013 0 0 0 0")
    looped["inp"] = looped["inp"].replace("[XSECTIONS]\n", "[XSECTIONS]\nP9 CIRCULAR 0.4 0 0 0 1\n")
    told = street.good(sewers=looped)
    assert told["pipes"] == 5
    assert told["outflow_m3"] > 50.0
    assert abs(told["continuity_error_percent"]) <= 2.0
