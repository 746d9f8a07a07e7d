"""Danger to people: Defra/EA FD2321 (2006) rating HR = d (v + 0.5) + DF, and its classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

CLASS_EDGES = (0.75, 1.25, 2.0)  # low | some | most | all


def rating(depth: NDArray[np.floating], speed: NDArray[np.floating]) -> NDArray[np.float32]:
    """HR of depth (m) and speed (m/s) at one moment, float32, same shape; 0 where dry, NaN where depth is.

    Debris factor DF: 1 where depth > 0.25 m or speed > 2 m/s, else 0 (the conservative choice of FD2321/TR1 table 3.1).
    """
    debris = ((depth > 0.25) | (speed > 2.0)).astype(np.float32)
    out = np.asarray(depth * (speed + 0.5) + debris, dtype=np.float32)
    return np.where(depth == 0, np.float32(0), out)


def classes(hazard: NDArray[np.floating]) -> NDArray[np.uint8]:
    """0 low (HR < 0.75), 1 danger for some (children, the elderly), 2 for most, 3 for all; 255 where NaN."""
    out: NDArray[np.uint8] = np.digitize(hazard, CLASS_EDGES).astype(np.uint8)
    out[np.isnan(hazard)] = 255
    return out
