"""The terrain: a river plain falling gently to the river, with levees, channels, streets below the blocks, underpasses
below the railway and a low old town. Metres above the 1985 datum on a 5 m grid, rows from north to south."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt, gaussian_filter

from . import plan
from .frame import CELL, HEIGHT, WIDTH, rng
from .graph import links
from .land import parcels, road_surface
from .plan import WIDTHS
from .waters import AT, LEVELS, river_level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Grid = NDArray[np.float64]
    Mask = NDArray[np.bool_]

SHAPE = (int(HEIGHT / CELL), int(WIDTH / CELL))
TRANSFORM = from_origin(0.0, HEIGHT, CELL, CELL)
NODATA = -9999.0
OLD_TOWN = (2330.0, 1180.0)  # the middle of the hollow
CREST = 24.9


def axes() -> tuple[Grid, Grid]:
    """Eastings and northings of the cell centres."""
    x = (np.arange(SHAPE[1]) + 0.5) * CELL
    y = HEIGHT - (np.arange(SHAPE[0]) + 0.5) * CELL
    gx, gy = np.meshgrid(x, y)
    return gx, gy


def mask(shapes: Iterable[BaseGeometry], *, touched: bool = False) -> Mask:
    """Cells whose centre (or any part) lies in one of the shapes."""
    found = [(g, 1) for g in shapes if not g.is_empty]
    if not found:
        return np.zeros(SHAPE, bool)
    made = rasterize(found, out_shape=SHAPE, transform=TRANSFORM, fill=0, all_touched=touched, dtype="uint8")
    return np.asarray(made, bool)


def away(inside: Mask) -> Grid:
    """Distance in metres to a set of cells."""
    return np.asarray(distance_transform_edt(~inside)) * CELL


def _noise(topic: str, scale: float, height: float) -> Grid:
    """Smooth random relief: ``scale`` metres wide, standard deviation ``height`` metres."""
    field = gaussian_filter(rng(topic).standard_normal(SHAPE), scale / CELL, mode="reflect")
    return np.asarray(field / field.std() * height)


def _step(t: Grid) -> Grid:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _shore(x: Grid, y: Grid) -> Grid:
    """Distance to the river (m), 0 on it: to the metre near the levees, to a cell beyond."""
    far = away(mask([plan.river()]))
    near = (far > 0) & (far < 120)
    far[near] = np.maximum(shapely.distance(plan.river(), shapely.points(x[near], y[near])), 0.01)
    return far


def _plain(x: Grid, y: Grid, shore: Grid) -> Grid:
    """Natural ground: a levee of old floods along the banks, then a rise of 1.6 m/km, and the hollow of the old town."""
    north = y > np.interp(x[0], *np.asarray(plan.river_axis().coords).T)[None, :]
    rise = np.where(north, 0.00165, 0.0011) * shore
    ridge = np.where(north, 0.75, 0.12) * np.exp(-((shore / 190.0) ** 2))
    ground = 21.1 + rise + ridge - 0.00012 * x + _noise("hills", 420.0, 0.22) + _noise("swells", 120.0, 0.06)
    angle = np.arctan2(y - OLD_TOWN[1], x - OLD_TOWN[0])
    reach = 470.0 * (1.0 + 0.13 * np.sin(2 * angle + 0.7) + 0.08 * np.sin(3 * angle - 0.4))
    away_from = np.hypot(x - OLD_TOWN[0], y - OLD_TOWN[1])
    hollow = 1.8 * (1.0 - _step((away_from - 90.0) / (reach - 90.0)))
    dip = 0.8 * (1.0 - _step((np.hypot(x - 3050.0, y - 1800.0) - 60.0) / 220.0))
    return np.asarray(ground - hollow - dip)


def _channel(ground: Grid, line: BaseGeometry, half: float, name: str, x: Grid, y: Grid) -> Grid:
    """A channel with the levels of its water along its line, and banks of 1:2."""
    near = away(mask([line.buffer(half)], touched=False))
    band = near < 30.0
    along = shapely.line_locate_point(line, shapely.points(x[band], y[band]), normalized=True)
    water = np.full(SHAPE, np.inf)
    water[band] = np.interp(along, AT, LEVELS[name])
    return np.minimum(ground, water + np.maximum(near, 0.0) / 2.0)


def _river(ground: Grid, shore: Grid, x: Grid) -> Grid:
    """Water surface, berm, and the levee 34 m behind the bank with slopes of 1:2.5."""
    water = river_level(x)
    crest = CREST - 0.0001 * x - np.maximum(np.abs(shore - 36.0) - 5.0, 0.0) / 2.5
    berm = water + 1.4 + np.minimum(shore, 40.0) * 0.09
    land = np.where(shore < 36.0, np.maximum(np.minimum(berm, ground), crest), np.maximum(ground, crest))
    return np.where(shore <= 0.0, water, land)


def _surface(ground: Grid) -> Grid:
    """Built parcels stand 0.16 m above the plain, streets 0.06 m below it with a crown of 0.05 m; ponds are hollow."""
    out = ground.copy()
    built = [p.shape for p in parcels() if p.use[:2] in ("07", "08", "09", "10", "11", "13", "16")]
    out += 0.16 * mask(built)
    out -= 0.55 * mask([p.shape for p in parcels() if p.use == "1704"])
    street = mask([road_surface()])
    middle = away(mask([k.line for k in links() if not k.bridge], touched=True))
    out[street] = (ground - 0.06 + 0.05 * np.exp(-((middle / 4.0) ** 2)))[street]
    high = mask(
        [k.line.buffer(WIDTHS[k.kind] / 2) for k in links() if k.kind == "expressway" and not k.bridge]
    )
    return np.asarray(out + 0.3 * gaussian_filter(high.astype(float), 1.5))


def _railway(out: Grid, ground: Grid, x: Grid, y: Grid) -> Grid:
    """The embankment (2 m), opened by underpasses that dive 3.0 m between low sills at both ends."""
    rail = away(mask([plan.rail_axis()], touched=True))
    bank = ground + np.clip(2.0 - np.maximum(rail - 6.0, 0.0) / 1.5, -1.0, 2.0)
    out = np.where((rail < 10.0) & (bank > out), bank, out)
    for link in links():
        if not link.underpass:
            continue
        deck = mask([link.line.buffer(WIDTHS[link.kind] / 2 - 3.0, cap_style="flat")])
        middle = shapely.shortest_line(link.line, plan.rail_axis()).centroid
        reach = np.hypot(x - middle.x, y - middle.y)
        level = float(ground[deck].mean())
        profile = level - 3.0 * (1.0 - _step(reach / 84.0)) + 0.22 * np.exp(-(((reach - 88.0) / 9.0) ** 2))
        out = np.where(deck, np.where(reach < 84.0, profile, np.maximum(out, profile)), out)
    return out


@cache
def terrain() -> Grid:
    """Elevation of the ground, m, to 0.01 m."""
    x, y = axes()
    shore = _shore(x, y)
    ground = _plain(x, y, shore)
    out = _railway(_surface(ground), ground, x, y)
    lake = mask([plan.lake()])
    lake_level = float(ground[lake].mean()) - 1.1
    out = np.where(lake, lake_level, out)
    out = np.where(
        lake, out, np.minimum(out, np.where(away(lake) < 15, lake_level + 0.5 + away(lake) / 12, np.inf))
    )
    out = np.where(shore < 60.0, _river(out, shore, x), out)
    out = _channel(out, plan.creek_axis(), 12.0, "玉带河", x, y)
    out = _channel(out, plan.canal_axis(), 9.0, "港渠", x, y)
    return np.asarray(np.round(out + _noise("grain", 9.0, 0.012) * (shore > 0), 2))


def height_at(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Elevation of the cell that holds each point (m)."""
    row = np.clip(((HEIGHT - np.asarray(y)) / CELL).astype(int), 0, SHAPE[0] - 1)
    column = np.clip((np.asarray(x) / CELL).astype(int), 0, SHAPE[1] - 1)
    return np.asarray(terrain()[row, column])
