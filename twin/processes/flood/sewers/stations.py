"""Pump stations: the wet well, its pumps in steps, and where their water comes from when no pipe of the survey says so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.engines.sewers import Node, Outfall, Pump
from twin.processes.flood.sewers.survey import BELOW_M, CONCRETE_N, Pipe, Place, Station

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

JOIN_M = 100.0  # a station that no pipe names draws from a manhole this near
DEEPER_M = 2.0  # one that starts this far below that manhole's bottom drains its own place: an underpass
STEP_M = 0.15  # each further pump starts and stops this much higher
FEED_M_S = 1.5  # speed for which the pipe that is assumed between manhole and well is sized


def join(
    pipes: list[Pipe],
    places: dict[str, Place],
    inverts: dict[str, float],
    named: Iterable[str],
    report: Counter[str],
) -> None:
    """Give each station that no pipe names (``named``) a pipe from the nearest manhole, or let it drain its own place.

    Adds their inverts, and the pipes that are assumed.
    """
    from scipy.spatial import cKDTree  # not for the doors

    known = set(named)
    alone = [name for name in places if name not in known]
    manholes = [n for n in known if n in places and places[n].pump is None and not places[n].outfall]
    tree = cKDTree([(places[n].x, places[n].y) for n in manholes]) if manholes else None
    widest: dict[str, float] = {}
    for pipe in pipes:
        for end in pipe.ends:
            widest[end] = max(widest.get(end, 0.0), pipe.diameter or 0.0)
    for name in alone:
        place = places[name]
        pump = place.pump
        if pump is None:
            continue
        near, number = tree.query((place.x, place.y)) if tree is not None else (math.inf, 0)
        manhole = manholes[number] if near <= JOIN_M else None
        if manhole is None or pump.surface or pump.start < inverts[manhole] - DEEPER_M:
            place.own_sump = True
            report["pump_station_own_sump"] += 1
            continue
        inverts[name] = min(inverts[name], inverts[manhole])
        wide = max(widest.get(manhole, 0.0), math.sqrt(4.0 * pump.capacity / (math.pi * FEED_M_S)))
        spot = places[manhole]
        pipes.append(Pipe(
            f"{name} ~", (manhole, name), ((spot.x, spot.y), (place.x, place.y)), max(float(near), 5.0), wide, None,
            (inverts[manhole], inverts[manhole]), CONCRETE_N,
        ))  # fmt: skip
        report["pump_station_joined"] += 1


def build(name: str, pump: Station, invert: float, depth: float) -> tuple[Node, list[Outfall], list[Pump]]:
    """The wet well, and its pumps, each with an outfall of its own outside the network (SWMM's take one link each)."""
    low = min(invert, pump.stop - BELOW_M)
    well = Node(
        name, low, max(depth + invert - low, pump.start - low + STEP_M * pump.pumps + 0.5, 2.0), pump.area
    )
    each = pump.capacity / pump.pumps
    outfalls, pumps = [], []
    for number in range(pump.pumps):
        mouth = f"{name} ~{number + 1}"
        outfalls.append(Outfall(mouth, low + well.depth))
        up = STEP_M * number
        pumps.append(Pump(mouth, name, mouth, each, pump.start + up, pump.stop + up))
    return well, outfalls, pumps
