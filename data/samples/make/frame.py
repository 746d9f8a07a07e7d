"""Where the sample city lies, and the one seed that everything random is drawn from.

All modules work in local metres (x east 0..6000, y north 0..5000); ``output`` adds the origin. Coordinates are
multiples of 1/64 m: exact in binary, so that neighbours share vertices to the bit and the files compress well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import shapely
from shapely.geometry import box

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SEED = 20260501
EPSG = 4547
ORIGIN = (512_000.0, 3_320_000.0)
WIDTH, HEIGHT = 6000.0, 5000.0
GRID = 1.0 / 64.0
CELL = 5.0
EXTENT = box(0.0, 0.0, WIDTH, HEIGHT)
CITY, CITY_EN = "云泽市", "Yunze City"


def rng(topic: str) -> np.random.Generator:
    """A generator of its own for each topic: a change in one layer leaves the draws of the others alone."""
    return np.random.default_rng([SEED, crc32(topic.encode())])


def lay[G: BaseGeometry](geometry: G) -> G:
    """The geometry on the 1/64 m lattice, made valid there."""
    made: G = shapely.set_precision(geometry, GRID)
    return made
