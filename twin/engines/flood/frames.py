"""Pictures of the flow while it runs: what is handed to the caller at regular times."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.engines.flood.snapshot import Snapshot
    from twin.engines.flood.solver import Run

Grid = NDArray[np.float32]
THIN_M = 0.01  # speed is taken as 0 in shallower water, as for the maxima


class View:
    """The flow at one moment; grids are float32 copies (rows, cols), NaN outside the domain.

    It looks at the run itself: read it before ``take`` returns.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @property
    def time_s(self) -> float:
        """Simulated time, s."""
        return self._run.time

    def depth(self) -> Grid:
        """Depth, m; 0 where dry and on closed cells."""
        return np.maximum(self._run.grid(self._run.state.h), np.float32(0))

    def level(self) -> Grid:
        """Bed + depth, m above the datum of the terrain; NaN on closed cells too."""
        return self._run.level()

    def speed(self) -> Grid:
        """Speed, m/s, the mean of a cell's faces; 0 in water shallower than 10 mm."""
        qx, qy = self._run.discharges()
        half = np.float32(0.5)
        u, v = half * (qx[:, :-1] + qx[:, 1:]), half * (qy[:-1] + qy[1:])
        depth = self.depth()
        speed = np.hypot(u, v) / np.maximum(depth, np.float32(THIN_M))
        return np.where(depth >= THIN_M, speed, np.where(np.isnan(depth), depth, np.float32(0)))

    def snapshot(self) -> Snapshot:
        """The whole state, to go on from."""
        return self._run.snapshot()


@dataclass(frozen=True, slots=True)
class Frames:
    """``take(time_s, view)`` is called at the start, every ``interval_s`` after time 0, and at the end of a run."""

    interval_s: float
    take: Callable[[float, View], None]

    def next_after(self, time_s: float) -> float:
        """The first regular time after ``time_s``."""
        return regular(time_s, self.interval_s)


def regular(time_s: float, interval_s: float) -> float:
    """The first multiple of an interval after a time; a time within rounding of one counts as that one."""
    return (math.floor(time_s / interval_s * (1 + 1e-12)) + 1) * interval_s
