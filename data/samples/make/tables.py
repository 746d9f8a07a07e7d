"""Each layer as a table: columns in the order of its layer file, and geometries in local metres."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from . import plan
from .buildings import Building, buildings
from .components import components
from .devices import UNIT, cameras, corner, sensors
from .drains import network
from .frame import CITY_EN
from .graph import Key, links, nodes
from .land import parcels
from .mains import Main, gas, water
from .places import facilities, pumps, reaches
from .relief import height_at
from .units import areas, cells

LANES = {"expressway": 3, "arterial": 3, "collector": 2, "local": 1, "lane": 1, "rural": 1}
LANE_CAPACITY = {
    "expressway": 1800,
    "arterial": 1050,
    "collector": 850,
    "local": 600,
    "lane": 350,
    "rural": 400,
}
SPEED = {"expressway": 80, "arterial": 60, "collector": 40, "local": 30, "lane": 20, "rural": 40}
CLASS = {"collector": "secondary", "lane": "local"}
CARRIAGEWAY = {
    "expressway": 25.0,
    "arterial": 22.5,
    "collector": 15.0,
    "local": 8.0,
    "lane": 5.0,
    "rural": 5.0,
}
ROLES = ("grid_officer", "collector", "community_worker")


@dataclass
class Table:
    geometry: list[Any]
    columns: dict[str, list[Any]]


def _rows(geometry: list[Any], rows: list[dict[str, Any]]) -> Table:
    return Table(geometry, {name: [r[name] for r in rows] for name in rows[0]})


def _ground(x: float, y: float) -> float:
    return round(float(height_at(np.array([x]), np.array([y]))[0]), 2)


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
    return tuple(int(round(v)) for v in out)


def admin_area() -> Table:
    people = _cell_population()
    rows = []
    for a in areas():
        english = CITY_EN if a.level == 1 else a.name_en
        rows.append({
            "code": a.code, "name": a.name, "name_en": english, "level": a.level, "parent_code": a.parent or None,
            "population": sum(people[i] for i in a.cells),
        })  # fmt: skip
    return _rows(
        [MultiPolygon([g]) if isinstance(g, Polygon) else g for g in (a.shape for a in areas())], rows
    )


def grid_cell() -> Table:
    people, names = _cell_population(), {a.code: a.name for a in areas()}
    rows = []
    for n, c in enumerate(cells()):
        home = names[c.code[:12]]
        street = names[f"{c.code[:9]}000"]
        unit = f"{street}城市管理所" if street.endswith("街道") else f"{street}综合服务中心"
        rows.append({
            "code": c.code, "name": f"{home}{c.code[12:]}网格", "community_code": c.code[:12], "responsible_unit": unit,
            "responsible_role": ROLES[n % 3], "area_m2": round(c.shape.area, 1), "status": "valid", "population": people[n],
        })  # fmt: skip
    return _rows([c.shape for c in cells()], rows)


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
    return _rows([MultiPolygon([g]) if isinstance(g, Polygon) else g for g in geometry], rows)


def _soon(shape: Any) -> bool:
    at = shape.representative_point()
    return (560 < at.x < 4300 and at.y > 4440) or (2740 < at.x < 4500 and at.y < 900)


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
            "code": r.code, "name": r.name, "kind": r.kind, "width": r.width, "bed_elevation": r.bed, "bank_elevation": r.bank,
            "roughness": 0.028 if r.kind == "river" else 0.03, "downstream_code": r.downstream or None,
        }
        for r in reaches()
    ]  # fmt: skip
    return _rows([r.line for r in reaches()], rows)


@cache
def _node_code() -> dict[Key, str]:
    return {key: f"JD{n:05d}" for n, key in enumerate(nodes(), start=1)}


def _node_kind(key: Key, ids: tuple[int, ...]) -> str:
    kinds = [links()[i].kind for i in ids]
    edge = key[0] in (0.0, 6000.0) or key[1] in (0.0, 5000.0)
    if edge:
        return "boundary"
    if len(ids) == 1:
        return "end"
    if len(ids) == 2:
        return "shape"
    if "expressway" in kinds and "arterial" in kinds:
        return "interchange"
    main = sum(k in ("arterial", "collector") for k in kinds)
    return "signal" if main >= 3 or ("arterial" in kinds and len(ids) > 3) else "junction"


def road_node() -> Table:
    rows = []
    for key, ids in nodes().items():
        kind = _node_kind(key, ids)
        name = corner(key) if len(ids) > 2 and kind in ("signal", "interchange") else None
        rows.append({"code": _node_code()[key], "name": name, "kind": kind, "elevation": _ground(*key)})
    return _rows([Point(k) for k in nodes()], rows)


def road_link() -> Table:
    rows = []
    for n, k in enumerate(links(), start=1):
        a, b = k.ends
        one_way = k.kind == "lane" and k.line.length > 60 and n % 3 == 0
        lanes = LANES[k.kind]
        rows.append({
            "code": f"LD{n:05d}", "name": k.name or "乡道", "class": CLASS.get(k.kind, k.kind), "from_node": _node_code()[a], "to_node": _node_code()[b],
            "direction": ("forward" if n % 2 else "backward") if one_way else "both",
            "lanes": 0 if one_way and not n % 2 else lanes, "lanes_backward": 0 if one_way and n % 2 else lanes,
            "capacity": float(lanes * LANE_CAPACITY[k.kind]), "free_speed": float(SPEED[k.kind]), "width": CARRIAGEWAY[k.kind],
            "bridge": k.bridge, "tunnel": k.underpass,
        })  # fmt: skip
    return _rows([k.line for k in links()], rows)


def building() -> Table:
    rows = []
    counts: dict[int, int] = {}
    for b in buildings():
        counts[b.parcel] = counts.get(b.parcel, 0) + 1
        at = b.shape.representative_point()
        ground = _ground(at.x, at.y)
        step = 0.15 if b.structure in ("brick_wood", "wood", "masonry_concrete") else 0.3
        rows.append(_building(b, f"JZ{b.parcel + 1:05d}{counts[b.parcel]:03d}", ground, step))
    return _rows([b.shape for b in buildings()], rows)


def _building(b: Building, code: str, ground: float, step: float) -> dict[str, Any]:
    parcel = parcels()[b.parcel]
    cim = "CIM2"
    return {
        "code": code, "name": b.name or None, "height": b.height, "floors": b.floors, "floors_below": b.below, "use": b.use,
        "structure": b.structure, "year_built": b.year, "base_elevation": ground, "ground_floor_elevation": round(ground + step, 2),
        "land_use_code": parcel.use, "cim_level": cim,
    }  # fmt: skip


def facility() -> Table:
    rows = [
        {
            "code": f"SS{n:04d}", "name": f.name, "kind": f.kind, "capacity": f.capacity, "grade": f.grade or None,
            "address": f.address, "operator_unit": f.operator, "elevation": _ground(f.at.x, f.at.y),
        }
        for n, f in enumerate(facilities(), start=1)
    ]  # fmt: skip
    return _rows([f.at for f in facilities()], rows)


def manhole() -> Table:
    found = sorted((m for m in network().manholes if m.ground < 900), key=lambda m: m.code)
    rows = [
        {
            "code": m.code, "pipe_class": "201", "feature_code": "52012205", "kind": "junction" if m.ins > 1 else "inspection",
            "ground_elevation": round(m.ground, 2), "invert_elevation": m.invert, "depth": round(m.ground - m.invert, 3), "cover_material": "QM", "status": "0",
        }
        for m in found
    ]  # fmt: skip
    return _rows([Point(m.at) for m in found], rows)


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
    return _rows([Point(o.at) for o in network().outfalls], rows)


def drain_pipe() -> Table:
    net = network()
    found = sorted(net.pipes, key=lambda p: p.code)
    rows = []
    for p in found:
        at = p.line.interpolate(0.5, normalized=True)
        old = plan.zone_at(at.x, at.y) in ("old_town", "old_res")
        year = (1965 if old else 1994) + int(p.code[3:]) * 7919 % (34 if old else 30)
        rows.append({
            "code": p.code, "from_node": net.manholes[p.start].code, "to_node": net.manholes[p.end].code, "pipe_class": "201",
            "feature_code": "52011000", "material": "PE" if p.diameter <= 600 and year > 2004 else "T", "diameter": float(p.diameter),
            "start_invert": p.start_invert, "end_invert": p.end_invert, "roughness": 0.011 if p.diameter <= 600 and year > 2004 else 0.013,
            "burial": "ZM", "year_built": year, "status": "0", "owner_unit": "市排水管理中心",
        })  # fmt: skip
    return _rows([p.line for p in found], rows)


def pump_station() -> Table:
    rows = [
        {
            "code": p.code, "name": p.name, "kind": p.kind, "capacity_m3_s": p.capacity, "start_level": p.start, "stop_level": p.stop,
            "pumps": p.pumps, "status": "0",
        }
        for p in pumps()
    ]  # fmt: skip
    return _rows([p.at for p in pumps()], rows)


def _main(m: Main) -> dict[str, Any]:
    return {"code": m.code, "from_node": m.start, "to_node": m.end}


def water_pipe() -> Table:
    rows = [
        {
            **_main(m), "pipe_class": m.grade, "feature_code": "51021000" if m.grade == "102" else "51041000", "material": m.material,
            "diameter": float(m.diameter), "pressure_zone": m.zone, "roughness": {"ZT": 90.0, "QM": 120.0, "G": 110.0, "PE": 140.0}[m.material],
            "depth": m.depth, "burial": "ZM", "year_built": m.year, "status": "0", "owner_unit": "市水务集团",
        }
        for m in water()
    ]  # fmt: skip
    return _rows([m.line for m in water()], rows)


def gas_pipe() -> Table:
    rows = [
        {
            **_main(m), "pipe_class": "303", "pressure_class": m.grade, "material": m.material, "diameter": float(m.diameter),
            "depth": m.depth, "burial": "ZM", "year_built": m.year, "status": "0", "owner_unit": "市燃气公司",
        }
        for m in gas()
    ]  # fmt: skip
    return _rows([m.line for m in gas()], rows)


def sensor() -> Table:
    rows = [
        {
            "code": s.code, "name": s.name, "observed_property": s.prop, "unit": UNIT[s.prop], "manufacturer": s.maker, "model": s.model,
            "status": s.status, "install_date": s.installed, "mount_height": s.mount, "urn": s.urn,
        }
        for s in sensors()
    ]  # fmt: skip
    return _rows([s.at for s in sensors()], rows)


def camera() -> Table:
    rows = [
        {
            "code": c.code, "name": c.name, "kind": c.kind, "direction_deg": c.direction, "view_angle_deg": c.angle, "range_m": c.reach,
            "mount_height": c.mount, "status": c.status, "install_date": c.installed, "urn": c.urn,
        }
        for c in cameras()
    ]  # fmt: skip
    return _rows([c.at for c in cameras()], rows)


def component() -> Table:
    rows = [
        {
            "code": c.code, "component_class": c.kind, "name": c.name, "state": c.state, "grid_code": c.grid,
            "managing_department": "市城市管理局", "owner_department": c.owner, "maintaining_department": c.keeper,
            "recorded_date": c.recorded, "data_source": "simulated",
        }
        for c in components()
    ]  # fmt: skip
    return _rows([c.at for c in components()], rows)


# In the order of their references: what is named comes before what names it.
LAYERS: dict[str, Callable[[], Table]] = {
    "admin_area": admin_area, "grid_cell": grid_cell, "land_use": land_use, "river_reach": river_reach, "road_node": road_node,
    "road_link": road_link, "building": building, "facility": facility, "manhole": manhole, "outfall": outfall,
    "drain_pipe": drain_pipe, "pump_station": pump_station, "water_pipe": water_pipe, "gas_pipe": gas_pipe,
    "sensor": sensor, "camera": camera, "component": component,
}  # fmt: skip
