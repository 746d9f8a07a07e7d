"""Tables of the road graph."""

from __future__ import annotations

from functools import cache

from shapely.geometry import Point

from .graph import Key, links, nodes
from .spots import corner
from .table import Table, ground_at, rows_of

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


@cache
def node_code() -> dict[Key, str]:
    return {key: f"JD{n:05d}" for n, key in enumerate(nodes(), start=1)}


def node_kind(key: Key, ids: tuple[int, ...]) -> str:
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
        kind = node_kind(key, ids)
        name = corner(key) if len(ids) > 2 and kind in ("signal", "interchange") else None
        rows.append({"code": node_code()[key], "name": name, "kind": kind, "elevation": ground_at(*key)})
    return rows_of([Point(k) for k in nodes()], rows)


def road_link() -> Table:
    rows = []
    for n, k in enumerate(links(), start=1):
        a, b = k.ends
        one_way = k.kind == "lane" and k.line.length > 60 and n % 3 == 0
        lanes = LANES[k.kind]
        rows.append(
            {
                "code": f"LD{n:05d}",
                "name": k.name or "乡道",
                "class": CLASS.get(k.kind, k.kind),
                "from_node": node_code()[a],
                "to_node": node_code()[b],
                "direction": ("forward" if n % 2 else "backward") if one_way else "both",
                "lanes": 0 if one_way and not n % 2 else lanes,
                "lanes_backward": 0 if one_way and n % 2 else lanes,
                "capacity": float(lanes * LANE_CAPACITY[k.kind]),
                "free_speed": float(SPEED[k.kind]),
                "width": CARRIAGEWAY[k.kind],
                "bridge": k.bridge,
                "tunnel": k.underpass,
            }
        )
    return rows_of([k.line for k in links()], rows)
