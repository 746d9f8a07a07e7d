"""Tables of break lines, hydraulic structures and soils."""

from __future__ import annotations

from .hydraulics import dikes, soils, structures
from .table import Table, rows_of


def break_line() -> Table:
    rows = [
        {"code": code, "name": name, "kind": "dike", "crest_elevation": crest, "status": "current"}
        for code, name, _, crest in dikes()
    ]
    return rows_of([line for _, _, line, _ in dikes()], rows)


def hydraulic_structure() -> Table:
    rows = [
        {
            "code": s.code,
            "name": s.name,
            "kind": s.kind,
            "width": s.width,
            "height": s.height,
            "barrels": 2 if s.height else 1,
            "start_invert": s.start,
            "end_invert": s.end,
            "roughness": 0.014,
            "one_way": s.one_way,
            "capacity_m3_s": s.capacity,
            "start_level": s.on,
            "stop_level": s.off,
            "status": "0",
        }
        for s in structures()
    ]
    return rows_of([s.line for s in structures()], rows)


def soil() -> Table:
    rows = [{"code": code, "texture": texture} for code, texture, _ in soils()]
    return rows_of([shape for _, _, shape in soils()], rows)
