"""Tables of the networks under the streets."""

from __future__ import annotations

from typing import Any

from shapely.geometry import Point

from . import plan
from .drains import network
from .mains import Main, gas, water
from .stations import pumps
from .table import Table, rows_of


def manhole() -> Table:
    found = sorted((m for m in network().manholes if m.ground < 900), key=lambda m: m.code)
    rows = [
        {
            "code": m.code,
            "pipe_class": "201",
            "feature_code": "52012205",
            "kind": "junction" if m.ins > 1 else "inspection",
            "ground_elevation": round(m.ground, 2),
            "invert_elevation": m.invert,
            "depth": round(m.ground - m.invert, 3),
            "cover_material": "QM",
            "status": "0",
        }
        for m in found
    ]
    return rows_of([Point(m.at) for m in found], rows)


def outfall() -> Table:
    rows = [
        {
            "code": o.code,
            "pipe_class": "201",
            "invert_elevation": o.invert,
            "receiving": o.receiving,
            "tide_gate": o.gate,
        }
        for o in network().outfalls
    ]
    return rows_of([Point(o.at) for o in network().outfalls], rows)


def drain_pipe() -> Table:
    net = network()
    found = sorted(net.pipes, key=lambda p: p.code)
    rows = []
    for p in found:
        at = p.line.interpolate(0.5, normalized=True)
        old = plan.zone_at(at.x, at.y) in ("old_town", "old_res")
        year = (1965 if old else 1994) + int(p.code[3:]) * 7919 % (34 if old else 30)
        rows.append(
            {
                "code": p.code,
                "from_node": net.manholes[p.start].code,
                "to_node": net.manholes[p.end].code,
                "pipe_class": "201",
                "feature_code": "52011000",
                "material": "PE" if p.diameter <= 600 and year > 2004 else "T",
                "diameter": float(p.diameter),
                "start_invert": p.start_invert,
                "end_invert": p.end_invert,
                "roughness": 0.011 if p.diameter <= 600 and year > 2004 else 0.013,
                "burial": "ZM",
                "year_built": year,
                "status": "0",
                "owner_unit": "市排水管理中心",
            }
        )
    return rows_of([p.line for p in found], rows)


def pump_station() -> Table:
    rows = [
        {
            "code": p.code,
            "name": p.name,
            "kind": p.kind,
            "capacity_m3_s": p.capacity,
            "start_level": p.start,
            "stop_level": p.stop,
            "pumps": p.pumps,
            "status": "0",
        }
        for p in pumps()
    ]
    return rows_of([p.at for p in pumps()], rows)


def _main(m: Main) -> dict[str, Any]:
    return {"code": m.code, "from_node": m.start, "to_node": m.end}


def water_pipe() -> Table:
    rows = [
        {
            **_main(m),
            "pipe_class": m.grade,
            "feature_code": "51021000" if m.grade == "102" else "51041000",
            "material": m.material,
            "diameter": float(m.diameter),
            "pressure_zone": m.zone,
            "roughness": {"ZT": 90.0, "QM": 120.0, "G": 110.0, "PE": 140.0}[m.material],
            "depth": m.depth,
            "burial": "ZM",
            "year_built": m.year,
            "status": "0",
            "owner_unit": "市水务集团",
        }
        for m in water()
    ]
    return rows_of([m.line for m in water()], rows)


def gas_pipe() -> Table:
    rows = [
        {
            **_main(m),
            "pipe_class": "303",
            "pressure_class": m.grade,
            "material": m.material,
            "diameter": float(m.diameter),
            "depth": m.depth,
            "burial": "ZM",
            "year_built": m.year,
            "status": "0",
            "owner_unit": "市燃气公司",
        }
        for m in gas()
    ]
    return rows_of([m.line for m in gas()], rows)
