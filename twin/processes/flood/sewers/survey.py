"""The survey's pipes, manholes, outfalls and pump stations as records, in m; None where the survey does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from collections import Counter

    from twin.store.features import Features

STORM = ("201", "203")  # storm water and combined; sewage has pipes of its own
OUT_OF_USE = ("1", "2")  # abandoned pipes and empty ducts
SHORT_M = 5.0  # shorter pipes are computed as if this long: SWMM steps no longer than their waves take
SMOOTH = {"PE": 0.011, "PVC": 0.011, "BLG": 0.011, "G": 0.012, "ZT": 0.013, "QM": 0.013}
CONCRETE_N = 0.013
WELL_M2 = 50.0  # least wet well of a pump station
BELOW_M = 0.5  # its bottom below the level at which the pumps stop
FILL_S = 30.0  # GB 50014: a storm sump holds 30 s of its largest pump
MOST_PUMPS = 6  # more are taken together
PUMPED = ("storm", "combined", "drainage")  # kinds of station that lift storm water


@dataclass(slots=True)
class Pipe:
    """A pipe."""

    code: str
    ends: tuple[str, str]
    places: tuple[tuple[float, float], tuple[float, float]]
    length: float
    diameter: float | None
    height: float | None
    inverts: tuple[float | None, float | None]
    manning: float
    gate: bool = False


@dataclass(frozen=True, slots=True)
class Station:
    """A pump station: m3/s of all its pumps together, levels in m."""

    capacity: float
    start: float
    stop: float
    pumps: int = 1
    surface: bool = False  # it drains what stands on the ground around it (rivers, canals)

    @property
    def area(self) -> float:
        """Of the wet well, m2."""
        return max(WELL_M2, FILL_S * self.capacity / self.pumps / max(self.start - self.stop, 0.1))


@dataclass(slots=True)
class Place:
    """A node."""

    x: float
    y: float
    ground: float | None = None
    invert: float | None = None
    outfall: bool = False
    gate: bool = False
    pump: Station | None = None
    own_sump: bool = False  # a station that drains its own place
    gully: bool = False  # a gully of the survey


def read_pipes(rows: Features, report: Counter[str]) -> list[Pipe]:
    """Storm and combined pipes in use, with two ends and a length."""
    out, c = [], rows.columns
    for i, shape in enumerate(rows.shapes):
        if str(c["pipe_class"][i]) not in STORM:
            continue
        ends = (str(c["from_node"][i]), str(c["to_node"][i]))
        useless = shape is None or shape.is_empty or ends[0] == ends[1]
        if useless or c["status"][i] in OUT_OF_USE:
            report["pipe_left_out"] += 1
            continue
        if shape.length < SHORT_M:
            report["pipe_lengthened"] += 1
        xy = shapely.get_coordinates(shape)
        out.append(Pipe(
            str(c["code"][i]), ends, ((xy[0, 0], xy[0, 1]), (xy[-1, 0], xy[-1, 1])), max(float(shape.length), SHORT_M),
            _scaled(c["diameter"][i]), _scaled(c["height"][i]), (c["start_invert"][i], c["end_invert"][i]),
            c["roughness"][i] or SMOOTH.get(c["material"][i] or "", CONCRETE_N),
        ))  # fmt: skip
    return out


def _scaled(millimetres: float | None) -> float | None:
    return None if not millimetres or millimetres <= 0 else float(millimetres) / 1000.0


def read_places(
    manholes: Features, outfalls: Features, stations: Features, report: Counter[str]
) -> dict[str, Place]:
    """Manholes, outfalls and storm pump stations by code."""
    out: dict[str, Place] = {}
    for rows, add in ((manholes, _manhole), (outfalls, _outfall), (stations, _pump)):
        for i, shape in enumerate(rows.shapes):
            if shape is None or shape.is_empty:
                continue
            place = add(rows.columns, i, Place(shape.x, shape.y), report)
            if place is not None:
                out[str(rows.columns["code"][i])] = place
    return out


def _manhole(c: dict[str, Any], i: int, place: Place, report: Counter[str]) -> Place:
    place.ground, place.invert, place.gully = (
        c["ground_elevation"][i],
        c["invert_elevation"][i],
        c["kind"][i] == "gully",
    )
    if place.invert is None and place.ground is not None and c["depth"][i]:
        place.invert = place.ground - c["depth"][i]
    return place


def _outfall(c: dict[str, Any], i: int, place: Place, report: Counter[str]) -> Place:
    place.invert, place.outfall, place.gate = c["invert_elevation"][i], True, bool(c["tide_gate"][i])
    return place


def _pump(c: dict[str, Any], i: int, place: Place, report: Counter[str]) -> Place | None:
    """A storm station in use; one without capacity or levels is counted and left out."""
    if c["kind"][i] not in PUMPED or c["status"][i] in OUT_OF_USE:
        return None
    told = (c["capacity_m3_s"][i], c["start_level"][i], c["stop_level"][i])
    if None in told or told[0] <= 0.0:
        report["pump_station_untold"] += 1
        return None
    low, high = sorted(told[1:])
    number = min(max(int(c["pumps"][i] or 1), 1), MOST_PUMPS)
    place.invert = low - BELOW_M
    place.pump = Station(told[0], high, low, number, c["kind"][i] == "drainage")
    return place
