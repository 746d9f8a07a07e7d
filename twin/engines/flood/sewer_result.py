"""What became of a coupled network."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twin.engines.sewers import LinkTable, NodeTable, SewerAccount

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SewerSeries:
    """Recorded nodes, (times, nodes)."""

    names: tuple[str, ...]
    times_s: Floats
    head: Floats  # m
    exchange: Floats  # m3/s, positive into the sewer: the mean since the time before


@dataclass(frozen=True, slots=True)
class SewerResult:
    """The coupled network's outcome; volumes in m3, arrays (nodes,) or (links,) as the tables' names."""

    nodes: NodeTable
    links: LinkTable
    overflow: Floats  # m3 given to the surface by each node
    inflow: Floats  # m3 taken from the surface by each node
    overflow_s: Floats  # time in which each node spilled
    max_overflow: Floats  # m3/s
    passed: Floats  # m3 net along each link
    outlet_m3: float  # net water brought to the surface by outlets
    account: SewerAccount  # SWMM's own
    exchanged: float  # m3 moved either way at openings, booked once
    booking_error: float  # m3: net exchange booked by the surface less SWMM's own counters of it
    steps: int
    series: SewerSeries
    left_out: tuple[str, ...]  # sections of an imported file that were not computed
    hot: bytes  # SWMM's hot start file at the end

    @property
    def relative_booking_error(self) -> float:
        """``booking_error`` over all water exchanged; 0 when none was."""
        return self.booking_error / self.exchanged if self.exchanged > 0 else 0.0

    def then(self, after: SewerResult) -> SewerResult:
        """This stage and the one that went on from its hot start file, as one."""
        later = after.series.times_s > self.series.times_s[-1]  # SWMM ends up to a step after the surface
        series = SewerSeries(
            after.series.names,
            np.concatenate([self.series.times_s, after.series.times_s[later]]),
            np.concatenate([self.series.head, after.series.head[later]]),
            np.concatenate([self.series.exchange, after.series.exchange[later]]),
        )
        return replace(
            after,
            nodes=self.nodes.then(after.nodes),
            links=self.links.then(after.links),
            overflow=self.overflow + after.overflow,
            inflow=self.inflow + after.inflow,
            overflow_s=self.overflow_s + after.overflow_s,
            max_overflow=np.maximum(self.max_overflow, after.max_overflow),
            passed=self.passed + after.passed,
            outlet_m3=self.outlet_m3 + after.outlet_m3,
            account=self.account.then(after.account),
            exchanged=self.exchanged + after.exchanged,
            booking_error=self.booking_error + after.booking_error,
            steps=self.steps + after.steps,
            series=series,
        )
