"""The ground as water meets it: the tables of roughness and losses, and features burnt onto a raster grid.

The tables are vocabularies with numbers (``ground_cover``, ``soil_texture``), with their sources; land-use codes are those of
国土空间调查、规划、用途管制用地用海分类指南 (2023-11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twin.catalog.spec import Vocabulary

SEALED_NUMBER = 98.0  # curve number of roofs and pavement


ANY = "*"  # the row of every code that has none of its own
GROUPS = ("cn_a", "cn_b", "cn_c", "cn_d")


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by code, from a vocabulary's ``values``: each number is that of the longest known beginning of a code
    that has it, else that of the row "*"."""

    name: str
    rows: Mapping[str, Mapping[str, float]]

    def value(self, code: str | None, number: str) -> float:
        """Raises ``TwinError`` TWIN-525 when not even "*" has the number."""
        for length in range(len(code or ""), 0, -1):
            row = self.rows.get((code or "")[:length])
            if row is not None and number in row:
                return row[number]
        return self._whole(number)

    def exact(self, code: str, number: str) -> float:
        """The number of this very code (soil textures do not nest), else that of "*"."""
        row = self.rows.get(code, {})
        return row[number] if number in row else self._whole(number, code)

    def _whole(self, number: str, code: str = ANY) -> float:
        row = self.rows.get(ANY, {})
        if number not in row:
            raise TwinError(
                "TWIN-525",
                f"参数表“{self.name}”中“{code}”缺少 {number}；请在该词表的 values 中补上。",
                f'The table "{self.name}" has no {number} for "{code}"; add it to the values of the vocabulary.',
                status=422,
                where=self.name,
            )
        return row[number]


def table(vocabulary: Vocabulary | None, changes: Mapping[str, Mapping[str, float]] | None = None) -> Table:
    """The numbers of a vocabulary (the city's own, where it has changed some), with a run's ``changes`` over them."""
    rows = {code: dict(term.values) for code, term in (vocabulary.terms if vocabulary else {}).items()}
    for code, values in (changes or {}).items():
        rows[code] = rows.get(code, {}) | dict(values)
    return Table(vocabulary.name if vocabulary else "", rows)


def curve_number(pervious: float, sealed: float, moisture: float = 0.0) -> float:
    """Curve number of a place with a sealed share (0..1): TR-55 (1986) figure 2-3, CN = CNp + Pimp (98 - CNp).

    ``moisture`` -1 dry, 0 average, 1 wet soil: the pervious number by Chow, Maidment and Mays (1988) eq. 5.5.8-9,
    4.2 CN / (10 - 0.058 CN) and 23 CN / (10 + 0.13 CN).
    """
    if moisture < 0:
        pervious = 4.2 * pervious / (10.0 - 0.058 * pervious)
    elif moisture > 0:
        pervious = 23.0 * pervious / (10.0 + 0.13 * pervious)
    return pervious + sealed * max(SEALED_NUMBER - pervious, 0.0)


def retention_mm[N: (float, NDArray[np.float64])](number: N) -> N:
    """Potential maximum retention S of a curve number (mm): 25400 / CN - 254."""
    return 25400.0 / number - 254.0


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
