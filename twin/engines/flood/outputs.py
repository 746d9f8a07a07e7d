"""What comes out: maxima, final state, gauges and the water account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.engines.flood.links import LinkSeries
    from twin.engines.flood.sewer_result import SewerResult
    from twin.engines.flood.snapshot import Snapshot

Grid = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where the water came from and went, m3 (float64); every volume is positive."""

    rain: float
    inflow: float  # point inflows and discharge edges
    boundary_in: float  # through level edges
    infiltration: float  # all losses: constant, initial, Green-Ampt
    outflow: float  # through free and level edges
    initial: float
    final_storage: float
    gained: float  # final storage less the initial one, found before either was rounded
    exchange_in: float = 0.0  # given at points: manholes that overflow, outlets of culverts and pumps
    exchange_out: float = 0.0  # taken at points: inlets, intakes

    @property
    def error(self) -> float:
        """Water made (+) or lost (-) by the scheme, m3."""
        gone = self.infiltration + self.outflow + self.exchange_out
        return self.gained + gone - self._entered()

    @property
    def relative_error(self) -> float:
        """``error`` over all water that came; 0 when none did."""
        came = self.initial + self._entered()
        return self.error / came if came > 0 else 0.0

    def _entered(self) -> float:
        return self.rain + self.inflow + self.boundary_in + self.exchange_in


@dataclass(frozen=True, slots=True)
class Gauges:
    """Series at the asked cells."""

    times_s: NDArray[np.float64]  # (k,)
    depth: NDArray[np.float64]  # (k, gauges), m
    level: NDArray[np.float64]  # (k, gauges), m


@dataclass(frozen=True, slots=True)
class Sections:
    """Discharge through the asked lines, positive from left to right of the line as it was drawn."""

    names: tuple[str, ...]
    times_s: NDArray[np.float64]  # (k,), as the gauges'
    discharge_m3_s: NDArray[np.float64]  # (k, sections), at that moment


@dataclass(frozen=True, slots=True)
class Result:
    """Arrays are float32 (rows, cols) as the domain; NaN outside it, and nowhere else unless said."""

    max_depth: Grid  # m; 0 where it stayed dry and on blocked cells
    max_speed: Grid  # m/s; 0 where depth never reached 10 mm
    max_hazard: Grid  # Defra HR, greatest at any moment; 0 where depth never reached the threshold
    arrival_s: Grid  # first time depth was at least the threshold; NaN where never
    wet_duration_s: Grid  # time at or above the threshold
    depth: Grid  # final, m
    level: Grid  # final bed + depth, m; the bed's level where dry
    qx: Grid  # final unit discharge through each cell's east face, m2/s, positive east
    qy: Grid  # final unit discharge through each cell's south face, m2/s, positive south
    gauges: Gauges
    ledger: Ledger
    steps: int
    wall_s: float
    cell_updates: float  # cells times steps really computed
    limited_steps: int  # steps in which some cell's outflow had to be cut
    sections: Sections
    end: Snapshot | None = None  # the exact end state, when asked for
    sewers: SewerResult | None = None  # what the coupled network did
    links: LinkSeries | None = None  # what passed through links
