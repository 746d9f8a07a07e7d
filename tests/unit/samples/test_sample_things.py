"""Sensors, cameras, facilities and street furniture stand where they belong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable


def test_sensors_watch_what_a_city_watches(sample: Callable[[str], Any]) -> None:
    count = Counter(sample("sensor")["observed_property"])
    assert count.total() == 400
    assert {p for p, n in count.items() if n >= 20} >= {
        "water_level",
        "water_depth",
        "rainfall",
        "gas_concentration",
        "traffic_flow",
    }
    assert len(count) >= 12


def test_underpasses_have_depth_gauges(sample: Callable[[str], Any]) -> None:
    links, sensors = sample("road_link"), sample("sensor")
    gauges = sensors.geometry[np.array(sensors["observed_property"]) == "water_depth"]
    for line in links.geometry[np.array(links["tunnel"])]:
        assert (shapely.distance(gauges, line) < 1).sum() >= 2


def test_camera_codes_have_their_parts(sample: Callable[[str], Any]) -> None:
    assert {code[8:10] for code in sample("camera")["code"]} == {"02"}
    assert {code[10:13] for code in sample("camera")["code"]} <= {"131", "132"}


def test_components_lie_in_the_cell_they_name(sample: Callable[[str], Any]) -> None:
    table, cells = sample("component"), sample("grid_cell")
    shape = dict(zip(cells["code"], cells.geometry, strict=True))
    assert shapely.within(table.geometry, np.array([shape[c] for c in table["grid_code"]])).all()
    for code, kind, grid in zip(table["code"], table["component_class"], table["grid_code"], strict=True):
        assert code[:6] == grid[:6]
        assert code[6:10] == kind


def test_storm_covers_lie_on_manholes(sample: Callable[[str], Any]) -> None:
    table = sample("component")
    covers = table.geometry[np.array(table["component_class"]) == "0103"]
    manholes = {g.wkb for g in sample("manhole").geometry}
    assert len(covers) > 300
    assert all(g.wkb in manholes for g in covers)


def test_facilities_stand_on_land_of_their_kind(sample: Callable[[str], Any]) -> None:
    land, table = sample("land_use"), sample("facility")
    kinds, use = np.array(table["kind"]), np.array(land["land_use"])
    now = np.array(land["status"]) == "current"
    tree = shapely.STRtree(land.geometry[now])
    for kind, code in (
        ("school", "080403"),
        ("hospital", "0806"),
        ("fire_station", "1310"),
        ("kindergarten", "080404"),
    ):
        i, j = tree.query(table.geometry[kinds == kind], predicate="within")
        assert len(i) == (kinds == kind).sum() > 0
        assert all(c.startswith(code) for c in use[now][j]), kind


def test_every_community_has_its_outlet(sample: Callable[[str], Any]) -> None:
    areas, table = sample("admin_area"), sample("facility")
    outlets = table.geometry[np.array(table["kind"]) == "service_outlet"]
    for level, shape in zip(areas["level"], areas.geometry, strict=True):
        if level == 4:
            assert shapely.contains(shape, outlets).any()


def test_names_are_chinese(sample: Callable[[str], Any]) -> None:
    for layer in ("admin_area", "road_link", "facility", "sensor", "camera", "pump_station", "river_reach"):
        assert all(any("\u4e00" <= c <= "\u9fff" for c in name) for name in sample(layer)["name"]), layer
    assert all(name and name.isascii() for name in sample("admin_area")["name_en"])
