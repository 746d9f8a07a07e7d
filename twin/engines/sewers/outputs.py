"""What a sewer run tells: SWMM's own account and the greatest values of nodes and links. SI units."""

from __future__ import annotations

from dataclasses import dataclass, replace

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

    def then(self, after: SewerAccount) -> SewerAccount:
        """The account of two stages, the second of which began with what the first one ended with.

        What the hand-over itself changed (``after.initial`` is not ``final``: the file holds float32) shows as error.
        The error in percent is as SWMM has it: what came less what went or stays, over what came.
        """
        sums = {
            name: getattr(self, name) + getattr(after, name)
            for name in ("inflow", "dry_weather", "flooding", "outflow", "losses")
        }
        whole = replace(self, **sums, final=after.final, error_percent=0.0)
        came = whole.initial + whole.inflow + whole.dry_weather
        return replace(whole, error_percent=-100.0 * whole.error / came if came > 0.0 else 0.0)


@dataclass(frozen=True, slots=True)
class NodeTable:
    """Arrays are (nodes,)."""

    names: tuple[str, ...]
    max_head: Floats  # m
    max_depth: Floats  # m above the invert
    surcharged_s: Floats  # time above the crown of the highest pipe
    max_inflow: Floats  # m3/s

    def then(self, after: NodeTable) -> NodeTable:
        """Of two stages."""
        return NodeTable(
            self.names,
            np.maximum(self.max_head, after.max_head),
            np.maximum(self.max_depth, after.max_depth),
            self.surcharged_s + after.surcharged_s,
            np.maximum(self.max_inflow, after.max_inflow),
        )


@dataclass(frozen=True, slots=True)
class LinkTable:
    """Arrays are (links,)."""

    names: tuple[str, ...]
    max_flow: Floats  # m3/s
    max_speed: Floats  # m/s
    max_depth: Floats  # m
    full_s: Floats  # time full at both ends

    def then(self, after: LinkTable) -> LinkTable:
        """Of two stages."""
        return LinkTable(
            self.names,
            np.maximum(self.max_flow, after.max_flow),
            np.maximum(self.max_speed, after.max_speed),
            np.maximum(self.max_depth, after.max_depth),
            self.full_s + after.full_s,
        )
