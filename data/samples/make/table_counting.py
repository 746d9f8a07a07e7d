"""Tables of traffic detectors and what they and floating cars observed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .counting import STEPS, passages, readings, stations, when
from .table import Table, rows_of


def traffic_detector() -> Table:
    rows = [
        {
            "code": s.device.code,
            "name": s.device.name,
            "kind": "loop" if s.counts else "radar",
            "road_code": f"LD{s.link + 1:05d}",
            "forward": s.forward,
            "flow_error": 0.05 if s.counts else None,
            "speed_error": 0.05,
            "status": s.device.status,
        }
        for s in stations()
    ]
    return rows_of([s.device.at for s in stations()], rows)


def traffic_observation() -> Table:
    """Detector after detector, then the floating cars by time: like with like compresses best."""
    read, columns = readings(), _empty()
    for number, station in enumerate(stations()):
        for step in np.flatnonzero(read.came[:, number]).tolist():
            counts = station.counts
            row = ("detector", step, station.device.code, None, None)
            flow = float(read.flow[step, number]) if counts else None
            occupancy = float(read.occupancy[step, number]) if counts else None
            _add(columns, row, flow, float(read.speed[step, number]), occupancy, None)
    for one in sorted(passages(), key=lambda p: (p.step, p.link, not p.forward)):
        row = ("floating_car", one.step, None, f"LD{one.link + 1:05d}", one.forward)
        _add(columns, row, None, one.speed, None, one.samples)
    return Table([], columns)


_NAMES = (
    "kind",
    "valid_from",
    "valid_to",
    "detector",
    "road_code",
    "forward",
    "flow",
    "speed",
    "occupancy",
    "samples",
)


def _empty() -> dict[str, list[Any]]:
    return {name: [] for name in _NAMES}


def _add(columns: dict[str, list[Any]], row: tuple[Any, ...], *read: Any) -> None:
    kind, step, detector, road, forward = row
    times = [_TIMES[step], _TIMES[step + 1]]
    for name, value in zip(_NAMES, (kind, *times, detector, road, forward, *read), strict=True):
        columns[name].append(value)


_TIMES = [when(step) for step in range(STEPS + 1)]
