"""What rain gauges and sensors of water told during the storm: no flood is computed here.

Gauges measure the storm of `rain` by a tipping bucket. Water on the ground follows a plain rule, so that a model is held
against something that it did not make: what neither soaks in nor drains away gathers, level, in the lowest ground within a
reach: that of an underpass, or of the street beside a manhole and, where deeper, of the hollow around it.
Rivers rise with the rain of the last two hours.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import shapely

from . import plan, rain
from .devices import sensors
from .frame import CELL, HEIGHT, rng
from .land import parcels
from .relief import SHAPE, height_at, mask, terrain
from .waters import level_at

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray
    from shapely.geometry import Point

    from .devices import Device

    Series = NDArray[np.float64]

STEP_MIN = 5
BEFORE = 6  # steps before the first rain
STEPS = BEFORE + rain.STEPS * 3 + 12  # and an hour after it
SEALED = 0.75  # of the ground sheds its rain
DRAINED = 16.0  # mm/h that the sewers take
TIP = 0.2  # mm, the bucket of a gauge
UNDERPASS, NEAR, HOLLOW = 110.0, 40.0, 450.0  # m, from how far water gathers


def when(step: int) -> datetime:
    """Start of a step, UTC."""
    return rain.START + timedelta(minutes=STEP_MIN * (step - BEFORE))


@cache
def _storm() -> Series:
    """(steps, rows, columns) of rain in mm/h, as the rasters have it, none before and after."""
    cells = rain.intensity(0).shape
    out = np.zeros((STEPS, *cells))
    for step in range(rain.STEPS * 3):
        out[BEFORE + step] = rain.intensity(step // 3)
    return out


def rain_at(at: Point) -> Series:
    """(steps,) mm/h at a place."""
    row = min(int((HEIGHT - at.y) / rain.CELL), _storm().shape[1] - 1)
    column = min(int(at.x / rain.CELL), _storm().shape[2] - 1)
    return _storm()[:, row, column]


def bucket(at: Point, catch: float) -> Series:
    """(steps,) mm in each step: whole tips only, the rest waits in the bucket; ``catch`` is the gauge's own error."""
    total = np.cumsum(rain_at(at) * catch * STEP_MIN / 60.0)
    return np.round(np.diff(np.floor(total / TIP + 1e-9) * TIP, prepend=0.0), 1)


@cache
def _dry() -> NDArray[np.bool_]:
    """Cells of ground that gather water: none of rivers with their berms, of lakes and ponds."""
    ponds = [p.shape for p in parcels() if p.use.startswith("17")]
    return ~mask(
        [plan.river().buffer(60.0), plan.brooks().buffer(25.0), plan.lake(), shapely.union_all(ponds)]
    )


def pool(at: Point, far: float) -> Series:
    """(steps,) depth (m) at the end of each step where all water within ``far`` metres stands level in its lowest ground."""
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    x, y = (columns + 0.5) * CELL, HEIGHT - (rows + 0.5) * CELL
    ground = np.sort(terrain()[(np.hypot(x - at.x, y - at.y) <= far) & _dry()])
    here, water, out = float(height_at(np.array(at.x), np.array(at.y))), 0.0, np.zeros(STEPS)
    for step, mm_h in enumerate(rain_at(at)):
        water = max(water + (SEALED * mm_h - DRAINED) * STEP_MIN / 6e4 * ground.size, 0.0)
        out[step] = max(level(ground, water) - here, 0.0) if water > 0 else 0.0
    return out


def level(ground: Series, water: float) -> float:
    """Level (m) of ``water`` (m on one cell) over cells whose heights rise."""
    below = np.cumsum(ground)
    stored = np.arange(1, ground.size + 1) * ground - below  # when the level reaches each cell in turn
    under = int(np.searchsorted(stored, water, side="right"))
    return float((water + below[under - 1]) / under)


def stage(device: Device) -> Series:
    """(steps,) level (m) of a river, creek or canal at a gauge: 3 mm for each mm of the last two hours' rain, the Ze 1 mm."""
    name = next(water for water in ("泽江", "玉带河", "港渠") if device.name.startswith(water))
    fallen = np.cumsum(rain_at(device.at)) * STEP_MIN / 60.0
    recent = fallen - np.concatenate([np.zeros(24), fallen[:-24]])
    return level_at(name, device.at) + (0.001 if name == "泽江" else 0.003) * recent


def _watches_river(device: Device) -> bool:
    return device.prop == "water_level" and device.name.endswith("水位站")


@cache
def told() -> tuple[tuple[Device, Series], ...]:
    """What each sensor of rain or water told, NaN where nothing came; sensors that are not online have been silent."""
    draw, out = rng("water readings"), []
    for device in sensors():
        catch, noise, lost = draw.normal(1.0, 0.04), draw.normal(0.0, 0.006, STEPS), draw.random(STEPS) < 0.01
        if device.status != "online":
            continue
        if device.prop == "rainfall":
            out.append((device, bucket(device.at, catch)))  # a lost sum would be a gap in the rain
            continue
        if device.prop == "water_depth":
            under = "下穿通道" in device.name
            reaches = (UNDERPASS,) if under else (NEAR, HOLLOW)
            values = np.max([pool(device.at, far) for far in reaches], axis=0)
            values = np.where(values > 0, np.maximum(values + noise, 0.0), 0.0)
        elif _watches_river(device):
            values = stage(device) + noise
        else:
            continue
        out.append((device, np.where(lost, np.nan, np.round(values, 2))))
    return tuple(out)
