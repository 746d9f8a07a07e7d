"""The soil laws' parameters, as the solver keeps them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.inputs import Domain
from twin.engines.flood.losses import CURVE_NUMBER, GREEN_AMPT, HORTON

MM_H = 1.0e-3 / 3600.0  # mm/h in m/s
LEAST_DECAY = 1e-9  # 1/s; a smaller one never shows within a run


class SoilLaw(NamedTuple):
    """``first`` and ``second`` are scalars or (rows, cols) arrays in SI, None without a law; see ``State``."""

    law: float = 0.0
    first: NDArray[Any] | None = None
    second: NDArray[Any] | None = None
    decay: float = 0.0  # 1/s


def soil_law(d: Domain) -> SoilLaw:
    """The law of a checked domain."""
    if d.green_ampt is not None:
        soil = d.green_ampt
        suction = np.asarray(soil.suction_mm) * np.asarray(soil.deficit) * 1e-3
        return SoilLaw(GREEN_AMPT, np.asarray(soil.conductivity_mm_h) * MM_H, suction)
    if d.curve_number is not None:
        cn = d.curve_number
        return SoilLaw(CURVE_NUMBER, np.asarray(cn.initial_mm) * 1e-3, np.asarray(cn.retention_mm) * 1e-3)
    if d.horton is not None:
        dry, wet = np.asarray(d.horton.initial_mm_h), np.asarray(d.horton.final_mm_h)
        decay = max(d.horton.decay_h / 3600.0, LEAST_DECAY)
        return SoilLaw(HORTON, wet * MM_H, np.maximum(dry, wet) * MM_H, decay)
    return SoilLaw()
