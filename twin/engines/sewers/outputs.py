"""What a sewer run tells: SWMM's own account and the greatest values of nodes and links. SI units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SewerAccount:
    """SWMM's routing totals, m3. ``inflow`` is the net of all lateral flow set from outside and of what came back
    through outfalls; ``error_percent`` is SWMM's own continuity error."""

    inflow: float
    dry_weather: float
    flooding: float
    outflow: float
    losses: float
    initial: float
    final: float
    error_percent: float

    @property
    def error(self) -> float:
        """Water made (+) or lost (-) by SWMM, m3."""
        return (
            self.final
            + self.outflow
            + self.flooding
            + self.losses
            - (self.initial + self.inflow + self.dry_weather)
        )


@dataclass(frozen=True, slots=True)
class NodeTable:
    """Arrays are (nodes,)."""

    names: tuple[str, ...]
    max_head: Floats  # m
    max_depth: Floats  # m above the invert
    surcharged_s: Floats  # time above the crown of the highest pipe
    max_inflow: Floats  # m3/s


@dataclass(frozen=True, slots=True)
class LinkTable:
    """Arrays are (links,)."""

    names: tuple[str, ...]
    max_flow: Floats  # m3/s
    max_speed: Floats  # m/s
    max_depth: Floats  # m
    full_s: Floats  # time full at both ends
