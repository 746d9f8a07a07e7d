"""Buildings stand on their land: clear of streets, rails and water, clear of each other, whole within a grid cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable


def _current(sample: Callable[[str], Any]) -> tuple[np.ndarray, np.ndarray]:
    land = sample("land_use")
    now = np.array(land["status"]) == "current"
    return land.geometry[now], np.array(land["land_use"])[now]


def test_no_two_overlap(sample: Callable[[str], Any]) -> None:
    shapes = sample("building").geometry
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[i[i < j]], shapes[j[i < j]]))
    assert shared.size == 0 or shared.max() < 1e-3


def test_each_stands_on_one_parcel_of_its_code(sample: Callable[[str], Any]) -> None:
    parcels, use = _current(sample)
    buildings = sample("building")
    i, j = shapely.STRtree(parcels).query(buildings.geometry, predicate="covered_by")
    assert i.tolist() == list(range(len(buildings)))
    assert use[j].tolist() == buildings["land_use_code"]
    assert not {"1207", "1201", "1701", "1702", "1704"} & set(use[j])


def test_none_is_split_between_cells(sample: Callable[[str], Any]) -> None:
    cells = sample("grid_cell").geometry
    i, _ = shapely.STRtree(cells).query(sample("building").geometry, predicate="covered_by")
    assert len(np.unique(i)) == len(sample("building"))


def test_heights_follow_floors_and_fall_from_the_centre(sample: Callable[[str], Any]) -> None:
    table = sample("building")
    height, floors = np.array(table["height"]), np.array(table["floors"])
    assert ((height / floors > 2.5) & (height / floors < 12.5)).all()
    at = shapely.centroid(table.geometry)
    away = np.hypot(shapely.get_x(at) - 515300, shapely.get_y(at) - 3322650)
    assert height.max() > 120
    assert height[away < 500].mean() > 2 * height[away > 2500].mean()


def test_old_houses_are_low_and_dense(sample: Callable[[str], Any]) -> None:
    table = sample("building")
    old = np.array(table["land_use_code"]) == "070103"
    assert 2000 < old.sum() < 5000
    assert np.array(table["floors"])[old].max() <= 4


def test_elevations_are_the_terrain(sample: Callable[[str], Any], elevation: Callable[[Any], Any]) -> None:
    table = sample("building")
    ground = elevation(shapely.point_on_surface(table.geometry))
    assert np.abs(ground - np.array(table["base_elevation"])).max() < 0.5
    assert (np.array(table["ground_floor_elevation"]) > np.array(table["base_elevation"])).all()
