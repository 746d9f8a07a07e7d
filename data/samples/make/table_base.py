"""Tables of areas, land, waters, buildings and facilities."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from .buildings import buildings
from .frame import CITY_EN
from .homes import Building
from .land import parcels
from .places import address, facilities
from .table import Table, ground_at, rows_of
from .units import areas, cells
from .waters import reaches

ROLES = ("grid_officer", "collector", "community_worker")


@cache
def _cell_population() -> tuple[int, ...]:
    """People of each cell: 36 m2 of dwelling a head, 90 % of it lived in; country houses hold fewer."""
    tree = shapely.STRtree([c.shape for c in cells()])
    out = np.zeros(len(cells()))
    for b in buildings():
        if b.use in ("residential", "apartment", "mixed", "dormitory"):
            heads = b.shape.area * b.floors * (0.5 if b.use == "mixed" else 1.0) * 0.78 * 0.9 / 36.0
            heads = min(heads, 5.0) if parcels()[b.parcel].zone == "village" else heads
            out[tree.query(b.shape.representative_point(), predicate="within")] += heads
    return tuple(round(float(v)) for v in out)


def admin_area() -> Table:
    people = _cell_population()
    rows = []
    for a in areas():
        english = CITY_EN if a.level == 1 else a.name_en
        rows.append(
            {
                "code": a.code,
                "name": a.name,
                "name_en": english,
                "level": a.level,
                "parent_code": a.parent or None,
                "population": sum(people[i] for i in a.cells),
            }
        )
    return rows_of(
        [MultiPolygon([g]) if isinstance(g, Polygon) else g for g in (a.shape for a in areas())], rows
    )


def grid_cell() -> Table:
    people, names = _cell_population(), {a.code: a.name for a in areas()}
    rows = []
    for n, c in enumerate(cells()):
        home = names[c.code[:12]]
        street = names[f"{c.code[:9]}000"]
        unit = f"{street}城市管理所" if street.endswith("街道") else f"{street}综合服务中心"
        rows.append(
            {
                "code": c.code,
                "name": f"{home}{c.code[12:]}网格",
                "community_code": c.code[:12],
                "responsible_unit": unit,
                "responsible_role": ROLES[n % 3],
                "area_m2": round(c.shape.area, 1),
                "status": "valid",
                "population": people[n],
            }
        )
    return rows_of([c.shape for c in cells()], rows)


def _floor_area() -> dict[int, float]:
    out: dict[int, float] = {}
    for b in buildings():
        out[b.parcel] = out.get(b.parcel, 0.0) + b.shape.area * b.floors
    return out


def land_use() -> Table:
    """Existing parcels, and planned ones over land that waits for building."""
    floor, geometry, rows = _floor_area(), [], []
    for n, p in enumerate(parcels()):
        ratio = round(floor[n] / p.shape.area, 2) if n in floor else None
        rows.append(_parcel(f"XZ{n + 1:06d}", p.name, p.use, "current", p.shape.area, ratio))
        geometry.append(p.shape)
    waiting = [
        p
        for p in parcels()
        if p.use in ("16", "2301")
        or (p.zone == "farm" and p.use in ("0101", "0102", "0103") and _soon(p.shape))
    ]
    for n, p in enumerate(waiting, start=1):
        use = "100101" if p.use == "16" else "070102" if n % 4 else "1401"
        rows.append(_parcel(f"GH{n:06d}", "", use, "planned", p.shape.area, 2.2 if use == "070102" else None))
        geometry.append(p.shape)
    return rows_of([MultiPolygon([g]) if isinstance(g, Polygon) else g for g in geometry], rows)


def _soon(shape: Any) -> bool:
    at = shape.representative_point()
    return bool((560 < at.x < 4300 and at.y > 4440) or (2740 < at.x < 4500 and at.y < 900))


def _parcel(code: str, name: str, use: str, status: str, area: float, ratio: float | None) -> dict[str, Any]:
    return {
        "code": code,
        "name": name or None,
        "land_use": use,
        "status": status,
        "area_m2": round(area, 1),
        "plot_ratio": ratio,
    }


def river_reach() -> Table:
    rows = [
        {
            "code": r.code,
            "name": r.name,
            "kind": r.kind,
            "width": r.width,
            "bed_elevation": r.bed,
            "bank_elevation": r.bank,
            "roughness": 0.028 if r.kind == "river" else 0.03,
            "downstream_code": r.downstream or None,
        }
        for r in reaches()
    ]
    return rows_of([r.line for r in reaches()], rows)


def building() -> Table:
    rows = []
    counts: dict[int, int] = {}
    for b in buildings():
        counts[b.parcel] = counts.get(b.parcel, 0) + 1
        at = b.shape.representative_point()
        ground = ground_at(at.x, at.y)
        step = 0.15 if b.structure in ("brick_wood", "wood", "masonry_concrete") else 0.3
        rows.append(_building(b, f"JZ{b.parcel + 1:05d}{counts[b.parcel]:03d}", ground, step))
    return rows_of([b.shape for b in buildings()], rows)


def _building(b: Building, code: str, ground: float, step: float) -> dict[str, Any]:
    parcel = parcels()[b.parcel]
    at = b.shape.representative_point()
    addressed = bool(b.name) or parcel.zone not in ("village", "old_town")
    return {
        "code": code,
        "name": b.name or None,
        "height": b.height,
        "floors": b.floors,
        "floors_below": b.below,
        "use": b.use,
        "structure": b.structure,
        "year_built": b.year,
        "address": address(at.x, at.y) if addressed else None,
        "base_elevation": ground,
        "ground_floor_elevation": round(ground + step, 2),
        "land_use_code": parcel.use,
        "cim_level": "CIM2",
    }


def facility() -> Table:
    rows = [
        {
            "code": f"SS{n:04d}",
            "name": f.name,
            "kind": f.kind,
            "capacity": f.capacity,
            "grade": f.grade or None,
            "address": f.address,
            "operator_unit": f.operator,
            "elevation": ground_at(f.at.x, f.at.y),
        }
        for n, f in enumerate(facilities(), start=1)
    ]
    return rows_of([f.at for f in facilities()], rows)
