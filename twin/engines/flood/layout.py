"""Where cells stand in the solver's padded arrays; numpy only, so that declarations need not wait for the compiler."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

GRAVITY = 9.80665
WALL = 1.0e5  # m above datum: the bed of closed cells
FIRST_ROW = 1
FIRST_COL = 16  # 64 bytes of float32, so that rows of cells start on a cache line

TILE_ROWS = 8
TILE_COLS = 32
RUN_TILES = 32  # longest run, in tiles


def aligned(shape: tuple[int, ...], dtype: Any, fill: float = 0.0) -> NDArray[Any]:
    """An array whose first byte stands on a 64-byte line."""
    kind = np.dtype(dtype)
    count = int(np.prod(shape))
    raw = np.empty(count + 64 // kind.itemsize, dtype=kind)
    offset = (-raw.ctypes.data % 64) // kind.itemsize
    out = raw[offset : offset + count].reshape(shape)
    out.fill(fill)
    return out


class Layout(NamedTuple):
    """Where cells stand in the padded grid."""

    rows: int
    cols: int

    @property
    def tile_rows(self) -> int:
        return -(-self.rows // TILE_ROWS)

    @property
    def tile_cols(self) -> int:
        return -(-self.cols // TILE_COLS)

    @property
    def padded(self) -> tuple[int, int]:
        """Padded rows and columns; columns fill whole tiles and a closed margin on both sides."""
        return self.rows + 2, FIRST_COL + self.tile_cols * TILE_COLS + 16

    @property
    def most_runs(self) -> int:
        return self.tile_rows * (-(-self.tile_cols // RUN_TILES) + self.tile_cols // 2 + 1)

    def flat(self, row: Any, col: Any) -> Any:
        """Flat index of a cell."""
        return (np.asarray(row, dtype=np.int64) + FIRST_ROW) * self.padded[1] + FIRST_COL + col

    def pad(self, values: Any, dtype: Any, fill: float) -> NDArray[Any]:
        """A (rows, cols) array or scalar as a flat padded one."""
        out = aligned(self.padded, dtype, fill)
        out[FIRST_ROW : FIRST_ROW + self.rows, FIRST_COL : FIRST_COL + self.cols] = values
        return out.reshape(-1)

    def view(self, flat: NDArray[Any]) -> NDArray[Any]:
        """The (rows, cols) window on a flat padded array."""
        grid = flat.reshape(self.padded)
        return grid[FIRST_ROW : FIRST_ROW + self.rows, FIRST_COL : FIRST_COL + self.cols]
