"""The ground: size, lattice, levees, and places where water must stand."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CELL_M2 = 25.0


def filled(z: np.ndarray) -> np.ndarray:
    """The ground with every hollow filled to its spill level (priority flood, Barnes 2014); the rim is open."""
    rows, columns = z.shape
    out = np.full(z.shape, np.inf)
    heap = [
        (z[r, c], r, c)
        for r in range(rows)
        for c in range(columns)
        if r in (0, rows - 1) or c in (0, columns - 1)
    ]
    for level, r, c in heap:
        out[r, c] = level
    heapq.heapify(heap)
    while heap:
        level, r, c = heapq.heappop(heap)
        for i, j in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
            if 0 <= i < rows and 0 <= j < columns and out[i, j] == np.inf:
                out[i, j] = max(z[i, j], level)
                heapq.heappush(heap, (out[i, j], i, j))
    return out


def window(terrain: Any, west: float, south: float, east: float, north: float) -> np.ndarray:
    values, t = terrain
    rows = slice(int((t.f - north) / 5), int((t.f - south) / 5))
    return np.asarray(values[rows, int((west - t.c) / 5) : int((east - t.c) / 5)])


def test_the_file(folder: Path) -> None:
    with rasterio.open(folder / "terrain.tif") as source:
        assert source.shape == (1000, 1200)
        assert source.dtypes == ("float32",)
        assert source.crs.to_epsg() == 4547
        assert source.bounds == (512000, 3320000, 518000, 3325000)
        assert source.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"


def test_heights_are_quantised_and_those_of_a_plain(terrain: Any) -> None:
    values, _ = terrain
    assert np.abs(values * 100 - np.round(values * 100)).max() < 1e-3
    assert values.min() > 13
    assert values.max() < 32


def test_the_old_town_ponds(terrain: Any) -> None:
    """Closed below its spill level: more than the 116 mm that fall on the hollow's own 0.9 km2 in a 50-year storm."""
    z = window(terrain, 513850, 3320700, 514850, 3321750)
    depth = filled(z) - z
    assert depth.sum() * CELL_M2 > 200_000
    assert 1.2 < depth.max() < 2.2
    assert (depth > 0.3).sum() * CELL_M2 > 200_000


def test_every_underpass_is_a_sump(terrain: Any, sample: Callable[[str], Any]) -> None:
    links = sample("road_link")
    for line in links.geometry[np.array(links["tunnel"])]:
        west, south, east, north = shapely.buffer(line, 140).bounds
        z = window(terrain, west, south, east, north)
        assert (filled(z) - z).max() > 2.5


def test_levees_stand_above_the_plain(sample: Callable[[str], Any], elevation: Callable[[Any], Any]) -> None:
    land = sample("land_use")
    river = [
        g for g, use in zip(land.geometry, land["land_use"], strict=True) if use == "1701" and g.area > 2e5
    ]
    crest = shapely.union_all(river).buffer(36).exterior
    points = shapely.line_interpolate_point(crest, np.arange(0, crest.length, 25.0))
    inside = shapely.within(points, shapely.box(512100, 3320100, 517900, 3324900))
    assert np.percentile(elevation(points[inside]), 6) > 23.5


def test_streets_lie_below_the_blocks(sample: Callable[[str], Any], elevation: Callable[[Any], Any]) -> None:
    """Streets carry the water: the middle of a local street is lower than the buildings beside it."""
    links = sample("road_link")
    local = links.geometry[np.array(links["class"]) == "local"]
    middle = shapely.line_interpolate_point(local, 0.5, normalized=True)
    buildings = sample("building")
    near = shapely.STRtree(buildings.geometry).nearest(middle)
    beside = shapely.distance(buildings.geometry[near], middle) < 25
    drop = np.array(buildings["base_elevation"])[near] - elevation(middle)
    assert np.median(drop[beside]) > 0.1
    assert (drop[beside] > 0).mean() > 0.9
