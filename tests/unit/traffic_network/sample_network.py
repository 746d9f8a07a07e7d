"""The network of the sample city, from its files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely

from twin.city.road_network import RoadNodes
from twin.city.road_network_links import Roads, directed, turns
from twin.city.road_network_zones import joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork

FOLDER = Path(__file__).resolve().parents[3] / "data" / "samples"


def _read(name: str) -> tuple[dict[str, list[Any]], NDArray[np.object_]]:
    meta, table = pyogrio.read_arrow(FOLDER / f"{name}.fgb")
    column = meta["geometry_name"] or "wkb_geometry"
    shapes = shapely.from_wkb(table[column].to_numpy(zero_copy_only=False))
    return {n: table[n].to_pylist() for n in table.column_names if n != column}, shapes


def _objects(values: list[Any]) -> NDArray[np.object_]:
    found = np.empty(len(values), object)
    found[:] = values
    return found


@cache
def sample_network() -> RoadNetwork:
    rows, places = _read("road_node")
    nodes = RoadNodes(
        _objects(rows["code"]), shapely.get_x(places), shapely.get_y(places), _objects(rows["kind"])
    )
    rows, shapes = _read("road_link")
    same = (
        "code",
        "from_node",
        "to_node",
        "direction",
        "lanes",
        "lanes_backward",
        "capacity",
        "free_speed",
        "name",
    )
    links, _ = directed(nodes, Roads(**{n: rows[n] for n in same}, road_class=rows["class"], shape=shapes))
    rows, _ = _read("turn_restriction")
    *banned, _ = turns(
        links, nodes, list(zip(*(rows[n] for n in ("from_link", "via_node", "to_link", "kind")), strict=True))
    )
    rows, cells = _read("grid_cell")
    middle = shapely.centroid(cells)
    people = np.array(rows["population"], np.float64)
    zones = (_objects(rows["code"]), shapely.get_x(middle), shapely.get_y(middle), people)
    return joined(nodes, links, (banned[0], banned[1]), zones, 4547)
