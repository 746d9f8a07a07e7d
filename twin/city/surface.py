"""The ground as water meets it: roughness and losses by land use, and features burnt onto a raster grid.

Land-use codes are those of 国土空间调查、规划、用途管制用地用海分类指南 (2023-11); the longest known prefix of a code holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Cover:
    """One kind of ground: Manning's n (s m^-1/3) of sheet flow between buildings, and its sealed share (0..1)."""

    manning: float
    sealed: float


# n: Chow (1959) table 5-6 for channels and flood plains, and the land-cover table of the HEC-RAS 2D manual, lower
# half of each range because buildings stand in the grid as obstacles of their own. Sealed shares: the runoff
# coefficients of GB 50014-2021 table 4.1.8 (roofs and pavement 0.85-0.95, parks 0.10-0.20), rounded.
COVERS: dict[str, Cover] = {
    "01": Cover(0.040, 0.00),  # farmland
    "02": Cover(0.060, 0.00),  # orchards
    "03": Cover(0.100, 0.00),  # woodland
    "04": Cover(0.035, 0.00),  # grassland
    "05": Cover(0.060, 0.00),  # wetland
    "06": Cover(0.035, 0.20),  # farm facilities
    "07": Cover(0.030, 0.65),  # residential
    "0703": Cover(0.035, 0.40),  # rural homesteads
    "08": Cover(0.025, 0.65),  # public services
    "09": Cover(0.020, 0.85),  # commercial
    "10": Cover(0.020, 0.80),  # industry and mining
    "11": Cover(0.020, 0.80),  # storage
    "12": Cover(0.016, 0.90),  # transport
    "1201": Cover(0.030, 0.30),  # railway ballast
    "13": Cover(0.020, 0.70),  # utilities
    "14": Cover(0.035, 0.15),  # green space and squares
    "1403": Cover(0.016, 0.90),  # squares
    "15": Cover(0.030, 0.50),  # special use
    "16": Cover(0.035, 0.05),  # reserved
    "17": Cover(0.030, 1.00),  # inland water: takes up no rain
    "23": Cover(0.040, 0.00),  # other land
}
DEFAULT_COVER = Cover(0.035, 0.50)
# Saturated conductivity, mm/h, of a silt loam: Rawls, Brakensiek and Miller (1983), table 2 (0.65 cm/h)
SOIL_CAPACITY_MM_H = 6.5


def cover(code: str | None, covers: Mapping[str, Cover] = COVERS) -> Cover:
    """The cover of a land-use code: its longest known prefix, else ``DEFAULT_COVER``."""
    for length in range(len(code or ""), 1, -1):
        found = covers.get((code or "")[:length])
        if found is not None:
            return found
    return DEFAULT_COVER


def burn(
    geometries: Sequence[Any] | NDArray[Any],
    values: Sequence[float] | NDArray[Any],
    transform: Affine,
    shape: tuple[int, int],
    *,
    fill: float,
    dtype: str = "float32",
    touched: bool = False,
) -> NDArray[Any]:
    """An array of ``shape`` (rows, cols), row 0 north: ``values[i]`` where a cell centre lies in ``geometries[i]``
    (or the geometry touches the cell), later ones over earlier ones, ``fill`` elsewhere. Both in one metric CRS.
    """
    pairs = [
        (geometry, value)
        for geometry, value in zip(geometries, values, strict=True)
        if geometry is not None and not geometry.is_empty
    ]
    if not pairs:
        return np.full(shape, fill, dtype=dtype)
    return np.asarray(
        rasterize(pairs, out_shape=shape, fill=fill, transform=transform, dtype=dtype, all_touched=touched)
    )


def labels(geometries: NDArray[Any], transform: Affine, shape: tuple[int, int]) -> NDArray[np.int32]:
    """(rows, cols) int32: 1 + the index of the polygon over each cell centre, 0 where there is none."""
    return burn(geometries, np.arange(1, len(geometries) + 1), transform, shape, fill=0, dtype="int32")


def along(
    lines: NDArray[Any], transform: Affine, shape: tuple[int, int], spacing: float
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cells under lines: ``(line index, row, column)`` of points at most ``spacing`` (m) apart, inside the grid."""
    points, owner = shapely.get_coordinates(shapely.segmentize(lines, spacing), return_index=True)
    column, row = ~transform @ (points[:, 0], points[:, 1])
    rows = np.floor(row).astype(np.intp)
    columns = np.floor(column).astype(np.intp)
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return owner[inside], rows[inside], columns[inside]


def extent(transform: Affine, shape: tuple[int, ...]) -> tuple[float, float, float, float]:
    """(minx, miny, maxx, maxy) of a north-up grid of ``shape`` (rows, cols)."""
    west, north = transform.c, transform.f
    return west, north + transform.e * shape[0], west + transform.a * shape[1], north
