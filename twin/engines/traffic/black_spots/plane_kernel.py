"""Density of points in the plane as a mixture of scales, for a heat map and for places without a road network.

Gaussian kernels of doubling widths on grids of doubling cells; their shares are found by expectation maximisation on
the leave-one-out likelihood of the points themselves: nothing is tuned on data that is to be foretold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.engines.traffic.black_spots.mixture import learn
from twin.engines.traffic.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

Array = Any

_REACH = 4  # standard deviations


@dataclass(frozen=True, slots=True)
class Surface:
    """``array``: (rows, columns) float32, points per m2, first row southernmost; ``widths`` (scales,) m and ``shares``
    (scales + 1,): the last is the uniform background's."""

    array: NDArray[np.float32]
    west: float
    south: float
    cell: float
    widths: Numbers
    shares: Numbers


def surface(
    x: Numbers,
    y: Numbers,
    weight: Numbers,
    box: tuple[float, float, float, float],
    cell: float,
    widest: float = 2000.0,
) -> Surface:
    """The density of (points,) at ``x``, ``y`` (m) within ``box`` (west, south, east, north) in cells of ``cell`` m.

    The scales are 0.5, 1, 2, 4 ... cells up to ``widest`` m.
    """
    west, south, east, north = box
    cols, rows = (max(int(np.ceil((b - a) / cell - 1e-9)), 1) for a, b in ((west, east), (south, north)))
    px, py = (np.asarray(x, np.float64) - west) / cell, (np.asarray(y, np.float64) - south) / cell
    levels = max(int(np.floor(np.log2(max(widest / cell, 1.0)))) + 1, 1)
    sigmas = np.array([0.5] + [2.0**k for k in range(levels)])  # in finest cells
    total = float(weight.sum())
    maps, seen = [], []
    for sigma in sigmas:
        coarse = max(1, int(2 ** np.floor(np.log2(max(sigma, 1.0)))) // 2) if sigma >= 2 else 1
        shape = (-(-rows // coarse) + 2, -(-cols // coarse) + 2)
        grid = np.zeros(shape, np.float32)
        own = np.zeros(px.size, np.float32)
        _stamp(px, py, weight, sigma / coarse, coarse, grid, own)
        maps.append((grid, coarse))
        left = np.maximum(_sample(grid, coarse, px, py) - own, 0.0)
        seen.append(left / np.maximum(total - weight, 1e-12) / coarse**2)
    uniform = np.full(px.size, 1.0 / (rows * cols))
    shares = learn(np.column_stack([*seen, uniform]), weight)
    array = np.full((rows, cols), shares[-1] * total / (rows * cols), np.float32)
    for share, (grid, coarse) in zip(shares[:-1], maps, strict=True):
        if share > 1e-6:
            _add(grid, coarse, np.float32(share / coarse**2), array)
    return Surface(array / np.float32(cell**2), west, south, cell, sigmas * cell, shares)


@compiled
def _stamp(
    x: Array, y: Array, weight: Array, sigma: float, coarse: int, grid: Array, own: Array
) -> None:  # fmt: skip
    """Add a Gaussian (sum 1) per point on a grid of ``coarse`` cells with one cell of margin; ``own``: its own value
    where it lies, sampled as ``_sample`` does."""
    reach = int(np.ceil(_REACH * sigma))
    row_part, col_part = np.empty(2 * reach + 1), np.empty(2 * reach + 1)
    for p in range(x.size):
        cx, cy = (
            x[p] / coarse + 0.5,
            y[p] / coarse + 0.5,
        )  # position in cells, centres at whole numbers, margin of 1
        c0, r0 = int(np.round(cx)), int(np.round(cy))
        row_sum = col_sum = 0.0
        for k in range(-reach, reach + 1):
            row_part[k + reach] = np.exp(-0.5 * ((r0 + k - cy) / sigma) ** 2)
            col_part[k + reach] = np.exp(-0.5 * ((c0 + k - cx) / sigma) ** 2)
            row_sum += row_part[k + reach]
            col_sum += col_part[k + reach]
        scale = weight[p] / (row_sum * col_sum)
        for k in range(max(-reach, -r0), min(reach, grid.shape[0] - 1 - r0) + 1):
            for m in range(max(-reach, -c0), min(reach, grid.shape[1] - 1 - c0) + 1):
                grid[r0 + k, c0 + m] += scale * row_part[k + reach] * col_part[m + reach]
        fx, fy = _centre(x[p], coarse), _centre(y[p], coarse)
        for k in range(2):
            for m in range(2):
                r, c = int(fy) + k - r0, int(fx) + m - c0
                if -reach <= r <= reach and -reach <= c <= reach:
                    near = (1 - abs(fy - int(fy) - k)) * (1 - abs(fx - int(fx) - m))
                    own[p] += near * scale * row_part[r + reach] * col_part[c + reach]


@compiled
def _centre(value: float, coarse: int) -> Any:
    """Where the middle of a point's finest cell lies on a coarse grid with its margin."""
    return max((np.floor(value) + 0.5) / coarse + 0.5, 0.0)


@compiled
def _sample(grid: Array, coarse: int, x: Array, y: Array) -> Any:
    """Bilinear value at the middle of each point's finest cell."""
    out = np.zeros(x.size)
    for p in range(x.size):
        fx, fy = _centre(x[p], coarse), _centre(y[p], coarse)
        r, c = min(int(fy), grid.shape[0] - 2), min(int(fx), grid.shape[1] - 2)
        u, v = fy - r, fx - c
        out[p] = (1 - u) * ((1 - v) * grid[r, c] + v * grid[r, c + 1]) + u * (
            (1 - v) * grid[r + 1, c] + v * grid[r + 1, c + 1]
        )
    return out


@compiled
def _add(grid: Array, coarse: int, share: Any, array: Array) -> None:
    """Add a coarse grid to the finest, bilinear."""
    for i in range(array.shape[0]):
        fy = (i + 0.5) / coarse + 0.5
        r = min(int(fy), grid.shape[0] - 2)
        u = np.float32(fy - r)
        for j in range(array.shape[1]):
            fx = (j + 0.5) / coarse + 0.5
            c = min(int(fx), grid.shape[1] - 2)
            v = np.float32(fx - c)
            low = grid[r, c] + v * (grid[r, c + 1] - grid[r, c])
            high = grid[r + 1, c] + v * (grid[r + 1, c + 1] - grid[r + 1, c])
            array[i, j] += share * (low + u * (high - low))
