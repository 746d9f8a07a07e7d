"""Lanes blocked in SUMO at known places and times: how many the service finds, how soon, and how often it cries in vain.

No open data set says where and when a lane was blocked. Days are driven with and without the crash on the same random numbers,
so that it is known what the crash alone did. A crash is felt when it takes a quarter off the mean speed of its own street for
ten minutes; it is found when a loop at most 1 km upstream raises the alarm before ten minutes after its end.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.verification.report import Report
from tests.verification.traffic_state.driven import BUSY_S, STEP_MIN, TOWNS, Crash, Day, Days, Town
from twin.engines.traffic.state.incidents import LASTING, Incident, detect

REACH_M = 1000.0
LATE_S = 600.0
DAY = 1440 // STEP_MIN
FIRST = 7 * 60 // STEP_MIN  # the busy time begins at seven
SUMO = "SUMO 1.28, place and time known"
# of the crashes found at least, felt at least, mean minutes to the alarm at most. Where a street is blocked before the loop in its
# middle, the loop sees an empty street, which raises no alarm
CASES = [("motorway", "one lane of two", 0.9, 0.9, 15.0), ("streets", "all lanes", 0.3, 0.9, 20.0)]


@pytest.mark.long
@pytest.mark.parametrize(("name", "kind", "found", "felt", "minutes"), CASES)
def test_blocked_lanes(
    days: Callable[[str], Days],
    report: Report,
    name: str,
    kind: str,
    found: float,
    felt: float,
    minutes: float,
) -> None:
    driven = days(name)
    hits, was_felt, delays = _judged(driven, kind)
    case = f"incidents, {name}, {kind} blocked, {len(hits)} days"
    report.hold(case, SUMO, "crashes not found, share", 1 - float(np.mean(hits)), 1 - found)
    report.hold(
        case, SUMO, "crashes that drivers did not feel, share", 1 - float(np.mean(was_felt)), 1 - felt
    )
    report.hold(case, SUMO, "time to the alarm, mean, min", float(np.mean(delays)), minutes)


@pytest.mark.long
@pytest.mark.parametrize("name", TOWNS)
def test_calm_days(days: Callable[[str], Days], report: Report, name: str) -> None:
    driven = days(name)
    hours = len(driven.calm) * BUSY_S / 3600 * len(driven.town.loops)
    case = f"incidents, {name}, days without a crash, {hours:.0f} h of loops"
    false = len(_alarms(driven.town, driven.calm))
    report.hold(case, SUMO, "false alarms in an hour of a loop", false / hours, 0.01)


@pytest.mark.long
def test_a_lane_of_a_street_is_hardly_felt(days: Callable[[str], Days], report: Report) -> None:
    """Signals let through less than one lane does: no queue comes to the loop in mid-street, and nothing is to be seen there."""
    hits, _, _ = _judged(days("streets"), "one lane of two")
    case = f"incidents, streets, one lane of two blocked, {len(hits)} days"
    report.hold(case, SUMO, "crashes found, share", float(np.mean(hits)), 0.5)


@pytest.mark.long
def test_a_week_of_real_traffic(los_loop: Path, report: Report) -> None:
    """Nobody knows which of these alarms were incidents: an upper bound of the false ones."""
    speed = 1.609344 * np.genfromtxt(los_loop / "los_speed.csv", delimiter=",", skip_header=1)
    alarms = len(detect(speed, None, STEP_MIN, first_min=3 * 1440))
    case = "incidents, Los-loop, one week of 207 detectors"
    report.hold(
        case,
        "real traffic, incidents unknown",
        "alarms in an hour of a detector",
        alarms / speed.size * 12,
        0.015,
    )


def _judged(driven: Days, kind: str) -> tuple[list[bool], list[bool], list[float]]:
    """Of each crash whether it was found and felt; minutes to the alarm of those found."""
    hits, felt, delays = [], [], []
    for number, (crash, struck) in enumerate(zip(driven.crash, driven.struck[kind], strict=True)):
        others = driven.calm[:number] + driven.calm[number + 1 :]
        near = upstream(driven.town, crash)
        told = _alarms(driven.town, [*others, struck], last_only=True)
        times = [_time(alarm) for alarm in told if alarm.detector in near]
        times = [at for at in times if crash.first < at <= crash.last + LATE_S]
        hits.append(bool(times))
        felt.append(_felt(crash, driven.calm[number], struck))
        if times:
            delays.append((min(times) - crash.first) / 60)
    return hits, felt, delays


def _alarms(town: Town, days: list[Day], *, last_only: bool = False) -> list[Incident]:
    """What the engine says of the days in a row, each judged by the others; or of the last one alone."""
    speed, occupancy = (np.full((len(days) * DAY, len(town.loops)), np.nan) for _ in range(2))
    for number, day in enumerate(days):
        rows = slice(number * DAY + FIRST, number * DAY + FIRST + len(day.speed))
        speed[rows], occupancy[rows] = day.speed, day.occupancy
    found = detect(speed, occupancy, STEP_MIN)
    return [one for one in found if not last_only or one.first >= (len(days) - 1) * DAY]


def _time(alarm: Incident) -> float:
    """Seconds of the busy time at which the alarm is raised: the end of the last reading that it takes."""
    return 60.0 * STEP_MIN * (alarm.first % DAY - FIRST + LASTING)


def _felt(crash: Crash, calm: Day, struck: Day) -> bool:
    """A street where nobody moves has no mean speed: that is felt as well."""
    slower = np.nan_to_num(struck.truth[crash.edge], nan=0.0) / calm.truth[crash.edge]
    start = 60.0 * STEP_MIN * np.arange(slower.size)
    during = (start + 60.0 * STEP_MIN > crash.first) & (start < crash.last)
    return bool((slower[during] < 0.75).sum() >= 2)


def upstream(town: Town, crash: Crash) -> set[int]:
    """Loops before the crash, at most ``REACH_M`` by road."""
    metres = {crash.edge: crash.position}
    todo = [crash.edge]
    while todo:
        edge = todo.pop()
        for before, (tail, head) in town.ends.items():
            way = metres[edge] + town.length[before]
            back = tail == town.ends[edge][1]
            if head == town.ends[edge][0] and not back and way < min(metres.get(before, np.inf), 2 * REACH_M):
                metres[before] = way
                todo.append(before)
    to_loop = {
        at: metres[edge] - town.length[edge] / 2 for at, edge in enumerate(town.loops) if edge in metres
    }
    return {at for at, way in to_loop.items() if 0 <= way <= REACH_M}
