"""What a process reads and writes: rows with geometry, and rasters, both in the city's storage CRS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import numpy as np
    from affine import Affine
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Features:
    """Rows of a feature layer: equally long columns and an array of shapely geometries (n,)."""

    columns: Mapping[str, Sequence[Any]]
    geometry: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.geometry)


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
class Written:
    """A raster that a run has put into the artifact store; it exists for others once its row is committed."""

    layer: str
    name: str
    facts: Mapping[str, Any]
    valid_time: datetime | None = None
