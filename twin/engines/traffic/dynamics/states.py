"""States of links over time, from whichever simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class States:
    """Per interval and link: (intervals, links). ``begin`` (intervals,) s; ``flow`` veh/h leaving, ``speed`` km/h (mean of
    the vehicles there, the free speed where none is), ``density`` veh/km, ``queue`` veh beyond those that free flow would
    have there. ``vehicles``, ``arrived``: how many; ``time_h``: time of all vehicles under way or waiting to start (h)."""

    begin: Numbers
    interval: float
    flow: Numbers
    speed: Numbers
    density: Numbers
    queue: Numbers
    vehicles: int
    arrived: int
    time_h: float
