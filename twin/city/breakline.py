"""Lines burnt into a terrain grid: walls that do not leak between diagonal cells, openings that do not clog.

Water crosses the four faces of a cell. A chain of cells each of which touches the next by a face or a corner therefore
holds it back; to let it through, each cell must share a face with the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from twin.city.surface import burn

if TYPE_CHECKING:
    from affine import Affine
    from numpy.typing import NDArray

    Cells = tuple[NDArray[np.intp], NDArray[np.intp]]


def crossed(line: Any, transform: Affine, shape: tuple[int, ...]) -> Cells:
    """Rows and columns of the cells that a line runs through, in order, each sharing a face with the next one.

    ``line`` in the CRS of ``transform``. Cells outside ``shape`` (rows, cols) are left out, so that a line that leaves
    the grid and comes back gives two chains one after the other.
    """
    x, y = ~transform @ tuple(shapely.get_coordinates(line).T)  # in cells: column, row
    rows: list[int] = []
    cols: list[int] = []
    for i in range(len(x) - 1):
        for row, col in _segment(float(x[i]), float(y[i]), float(x[i + 1]), float(y[i + 1])):
            if rows and (row, col) == (rows[-1], cols[-1]):
                continue
            if rows and row != rows[-1] and col != cols[-1]:  # through a corner: go round it
                rows.append(row)
                cols.append(cols[-1])
            rows.append(row)
            cols.append(col)
    r, c = np.array(rows, dtype=np.intp), np.array(cols, dtype=np.intp)
    inside = (r >= 0) & (r < shape[0]) & (c >= 0) & (c < shape[1])
    return r[inside], c[inside]


def _segment(x0: float, y0: float, x1: float, y1: float) -> list[tuple[int, int]]:
    """Cells of one straight piece, (row, col): those of the middles between its crossings of the grid's lines."""
    at = [np.array([0.0, 1.0])]
    for a, b in ((x0, x1), (y0, y1)):
        low, high = sorted((a, b))
        if high > low:
            lines = np.arange(np.ceil(low), np.floor(high) + 1.0)
            at.append((lines - a) / (b - a))
    t = np.unique(np.clip(np.concatenate(at), 0.0, 1.0))
    middle = 0.5 * (t[1:] + t[:-1])
    rows = np.floor(y0 + middle * (y1 - y0)).astype(int).tolist()
    cols = np.floor(x0 + middle * (x1 - x0)).astype(int).tolist()
    return list(zip(rows, cols, strict=True))


def thinned(rows: NDArray[np.intp], cols: NDArray[np.intp]) -> Cells:
    """A chain from ``crossed`` without the cells at its corners: still tight, and a cell wide where the line runs
    askew, so that a wall takes little room from a street."""
    keep: list[int] = []
    for i in range(len(rows)):
        corner = (
            keep
            and i + 1 < len(rows)
            and abs(int(rows[i + 1]) - int(rows[keep[-1]])) == 1
            and abs(int(cols[i + 1]) - int(cols[keep[-1]])) == 1
        )
        if not corner:
            keep.append(i)
    return rows[keep], cols[keep]


def band(
    line: Any, width: float, transform: Affine, shape: tuple[int, ...], *, tight: bool
) -> NDArray[np.bool_]:
    """The cells (rows, cols) of a line ``width`` m wide: the chain under it, and all cells whose centre it covers.

    ``tight`` for a wall (corners may touch), else for an opening (cells share faces).
    """
    out = np.zeros(shape, dtype=bool)
    for part in shapely.get_parts(line):
        rows, cols = crossed(part, transform, shape)
        if tight:
            rows, cols = thinned(rows, cols)
        out[rows, cols] = True
    if width > transform.a:
        wide = shapely.buffer(line, width / 2, cap_style="flat")
        out |= burn([wide], [1], transform, (shape[0], shape[1]), fill=0, dtype="uint8") > 0
    return out


def hold(
    z: NDArray[np.floating], cells: NDArray[np.bool_], crest: float | None, height: float | None
) -> NDArray[np.floating]:
    """The bed with ``cells`` raised to the level ``crest`` (m), or by ``height`` (m) where there is none; never lowered."""
    if crest is not None:
        top = np.full_like(z, crest)
    elif height is not None:
        top = z + height
    else:
        return z
    return np.where(cells, np.maximum(z, top), z)


def let(
    z: NDArray[np.floating], cells: NDArray[np.bool_], bottom: float | None, depth: float | None
) -> NDArray[np.floating]:
    """The bed with ``cells`` lowered to the level ``bottom`` (m), or by ``depth`` (m) where there is none; never raised."""
    if bottom is not None:
        floor = np.full_like(z, bottom)
    elif depth is not None:
        floor = z - depth
    else:
        return z
    return np.where(cells, np.minimum(z, floor), z)
