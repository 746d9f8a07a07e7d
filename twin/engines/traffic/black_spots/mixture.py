"""Shares of several densities in a mixture, learnt from the points without holding any out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

_ROUNDS = 100
_LEARN = 10_000  # points that are enough


def learn(seen: Numbers, weight: Numbers) -> Numbers:
    """Maximum likelihood shares (densities,) of a mixture, by expectation maximisation.

    ``seen``: (points, densities) what each density, made from the other points, says where a point lies; likelihood
    cross-validation as in van der Laan, Dudoit and Keles (2004). ``weight``: (points,).
    """
    step = max(1, seen.shape[0] // _LEARN)
    few, counts = seen[::step], weight[::step] / weight[::step].sum()
    shares = np.full(seen.shape[1], 1.0 / seen.shape[1])
    for _ in range(_ROUNDS):
        part = few * shares
        shares = counts @ (part / part.sum(1, keepdims=True))
    return np.asarray(shares, np.float64)
