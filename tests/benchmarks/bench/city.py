"""A synthetic city that looks like one to a database: blocks along streets, dense in its centres, seeded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

Array = NDArray[Any]

SRID = 4547
SEED = 20260501
PLOT_M = 36.0
_WEST_SOUTH = (560_000.0, 3_290_000.0)  # of the sample city, so that both lie in one layer without meeting
_USES = ("residential", "commercial", "office", "industrial", "education", "warehouse", "mixed", "other")
_LIKELY = (0.62, 0.09, 0.06, 0.08, 0.04, 0.04, 0.04, 0.03)
_STREETS = ("滨河路", "文昌街", "解放路", "云泽大道", "青石巷", "学府路", "东湖路", "丰收街")


def write_city(path: Path, count: int) -> None:
    """``count`` footprints of 5 to 9 vertices with the attributes of a building survey, as FlatGeobuf in EPSG:4547."""
    draw = np.random.default_rng(SEED)
    centre = _places(draw, count)
    shapes = _footprints(draw, centre)
    number = np.arange(count)
    floors = np.clip(draw.gamma(2.0, 3.0, count).astype(np.int32), 1, 60)
    ground = np.round(12.0 + 6.0 * np.sin(centre[:, 0] / 9000.0) + draw.normal(0, 0.3, count), 2)
    streets, lane = np.array(_STREETS, object), draw.integers(1, 400, count)
    address = streets[number // 97 % len(_STREETS)] + np.char.mod("%d号", lane).astype(object)
    columns: dict[str, Array] = {
        "code": np.char.mod("BENCH%08d", number).astype(object),
        "name": _or_nothing(draw.random(count) < 0.05, address + "大厦"),
        "height": np.round(floors * 3.1 + draw.uniform(0.2, 1.5, count), 1),
        "floors": floors,
        "floors_below": (floors > 9).astype(np.int32),
        "use": draw.choice(np.array(_USES, object), count, p=_LIKELY),
        "structure": draw.choice(np.array(["masonry_concrete", "concrete"], object), count),
        "year_built": draw.integers(1965, 2026, count).astype(np.int32),
        "address": _or_nothing(draw.random(count) < 0.7, address),
        "base_elevation": ground,
        "ground_floor_elevation": np.round(ground + 0.15, 2),
    }
    shuffled = draw.permutation(count)  # files come in the order of a registry, not of place
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes)[shuffled],
        [values[shuffled] for values in columns.values()],
        list(columns),
        driver="FlatGeobuf",
        geometry_type="Polygon",
        crs=f"EPSG:{SRID}",
        SPATIAL_INDEX="NO",
    )


def _or_nothing(filled: Array, values: Array) -> Array:
    out = values.copy()
    out[~filled] = None
    return out


def _places(draw: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(count, 2) centres in metres: plots of blocks of four by four, taken likelier near one of nine centres."""
    side = int(np.sqrt(count * 16.0)) + 1  # plots in each direction: 230 buildings/km2 on average
    x, y = (axis.ravel() * PLOT_M for axis in np.meshgrid(np.arange(side), np.arange(side)))
    width = side * PLOT_M
    centres = draw.uniform(0.1, 0.9, (9, 2)) * width
    centres[0] = width / 2
    reach = np.array([0.13, *draw.uniform(0.02, 0.05, 8)]) * width
    density = np.full(x.size, 0.02)
    for (cx, cy), spread in zip(centres, reach, strict=True):
        density += np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * spread**2))
    density *= 0.15 + draw.gamma(0.8, 1.0, (side // 4 + 1) ** 2)[_block(side)]
    chance = np.minimum(density, 1.2)
    kept = np.sort(draw.choice(x.size, count, replace=False, p=chance / chance.sum()))
    street = 18.0  # metres of street beside every fourth plot
    at = np.stack(
        [x[kept] + street * (x[kept] // (4 * PLOT_M)), y[kept] + street * (y[kept] // (4 * PLOT_M))]
    )
    jitter: NDArray[np.float64] = draw.uniform(-2.0, 2.0, (count, 2))
    places: NDArray[np.float64] = at.T + np.array(_WEST_SOUTH) + jitter
    return places


def _block(side: int) -> NDArray[np.int64]:
    """The number of each plot's block: some blocks are parks and fields, others full."""
    line = np.arange(side) // 4
    return (line[:, None] * (side // 4 + 1) + line[None, :]).ravel()


def _footprints(draw: np.random.Generator, centre: NDArray[np.float64]) -> NDArray[np.object_]:
    """A third each: slabs, plans with a corner cut out, towers with a notch; turned a little with the district."""
    unit: dict[int, list[tuple[float, float]]] = {
        0: [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        1: [(-1, -1), (1, -1), (1, 0.2), (0.1, 0.2), (0.1, 1), (-1, 1)],
        2: [(-1, -1), (-0.2, -1), (-0.2, -0.6), (0.2, -0.6), (0.2, -1), (1, -1), (1, 1), (-1, 1)],
    }
    count = len(centre)
    half = np.stack([draw.uniform(5.0, 16.0, count), draw.uniform(4.5, 9.0, count)], axis=1)
    turn = 0.25 * np.sin(centre[:, 0] / 2500.0) + 0.1 * np.cos(centre[:, 1] / 1800.0)
    kind = draw.integers(0, 3, count)
    shapes = np.empty(count, object)
    for number, corners in unit.items():
        mine = kind == number
        ring = np.array([*corners, corners[0]])[None] * half[mine][:, None]
        cos, sin = np.cos(turn[mine])[:, None], np.sin(turn[mine])[:, None]
        turned = np.stack(
            [ring[..., 0] * cos - ring[..., 1] * sin, ring[..., 0] * sin + ring[..., 1] * cos], -1
        )
        shapes[mine] = shapely.polygons(turned + centre[mine][:, None])
    return shapes
