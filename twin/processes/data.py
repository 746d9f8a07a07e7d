"""What a process reads and writes beside features: rasters in the city's storage CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np
    from affine import Affine
    from numpy.typing import NDArray

    from twin.files.cells import Grid


@dataclass(frozen=True, slots=True)
class Raster:
    """One raster: ``array`` float32 (rows, columns) with NaN where there is no data, first row northernmost;
    ``transform`` maps (column, row) to x, y in metres of EPSG ``srid``."""

    array: NDArray[np.float32]
    transform: Affine
    srid: int

    @property
    def cell(self) -> float:
        """Width of a cell in metres."""
        return float(self.transform.a)


@dataclass(frozen=True, slots=True)
class Kept:
    """A model's state in the artifact store, ``minute`` minutes after its time 0; ``size`` in bytes."""

    name: str
    size: int
    minute: float


@dataclass(frozen=True, slots=True)
class Written:
    """A raster that a run has put into the artifact store; it exists for others once its row is committed."""

    layer: str
    name: str
    grid: Grid
    size: int
    valid_time: datetime | None = None
