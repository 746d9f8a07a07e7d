"""How probable water is where many floods were computed: exceedance and quantiles over weighted members."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Grids = NDArray[np.float32]
Grid = NDArray[np.float32]
Weights = NDArray[np.float64]


def exceedance(values: Grids, weights: Weights, limit: float) -> Grid:
    """Share of the weight (0..1) of the members whose value reaches ``limit``, cell by cell.

    ``values`` is (members, rows, cols), ``weights`` (members,) > 0 with any sum; NaN where the first member has NaN.
    """
    share = np.asarray(weights, np.float64) / np.sum(weights)
    reached = np.tensordot(share, (values >= np.float32(limit)).astype(np.float64), axes=1)
    return _masked(reached, values)


def quantile(values: Grids, weights: Weights, share: float) -> Grid:
    """The smallest value that members with at least ``share`` (0..1] of the weight do not exceed, cell by cell.

    Arrays as in `exceedance`. It is always a value that some member had: depths of a flooded and a dry member are not
    mixed.
    """
    order = np.argsort(values, axis=0, kind="stable")
    summed = np.cumsum(np.asarray(weights, np.float64)[order] / np.sum(weights), axis=0)
    first = np.argmax(summed >= share * (1.0 - 1e-12), axis=0)
    chosen = np.take_along_axis(order, first[None], axis=0)
    return _masked(np.take_along_axis(values, chosen, axis=0)[0], values)


def _masked(found: NDArray[np.floating], values: Grids) -> Grid:
    return np.where(np.isnan(values[0]), np.nan, found).astype(values.dtype)
