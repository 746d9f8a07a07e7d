"""A run beside others: sewers and links act at their own times, the surface goes on between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from twin.engines.flood.exchange import SewerCoupling, Sewers
from twin.engines.flood.links import KEPT, Link, LinkDriver, LinkSeries, set_down
from twin.engines.flood.sewer_result import SewerResult
from twin.engines.flood.snapshot import Snapshot
from twin.engines.flood.solver import Run
from twin.engines.flood.watch import Watch

if TYPE_CHECKING:
    from types import TracebackType

HOT = "sewer_hot"  # SWMM's hot start file among the arrays of a snapshot


class Driver(Protocol):
    """Gives and takes water at a run's points; ``due_s`` is when it wants to act next, on the run's clock."""

    due_s: float

    def act(self) -> None:
        """Act now, and set ``due_s`` later than now."""


class Together:
    """What drives a run's points; a context manager, since SWMM must be let go."""

    def __init__(
        self,
        run: Run,
        sewers: Sewers | None,
        links: Sequence[Link],
        duration_s: float,
        start: Snapshot | None,
    ) -> None:
        self.run = run
        self.drivers: list[Driver] = []
        self.sewers: SewerCoupling | None = None
        self.links = LinkDriver(run, links) if links else None
        if self.links is not None:
            self.drivers.append(self.links)
            run.beside = self.links.state
        kept = {} if start is None else start.arrays
        if f"{KEPT}names" in kept and (self.links is None or not self.links.go_on(kept)):
            set_down(run, kept)
        if sewers is not None:
            if sewers.hot is None and HOT in kept:
                sewers = replace(sewers, hot=kept[HOT].tobytes())
            self.sewers = SewerCoupling(run, sewers, duration_s)
            self.drivers.append(self.sewers)

    def advance(self, goal: float, look: float = np.inf, watch: Watch | None = None) -> None:
        """As `Run.advance`, each driver acting when it is due."""
        run = self.run
        while run.time < min(goal, look):
            for driver in self.drivers:
                if driver.due_s <= run.time:
                    driver.act()
            run.advance(min(goal, *(driver.due_s for driver in self.drivers), np.inf), look, watch)

    def finish(self, keep: bool) -> tuple[SewerResult | None, LinkSeries | None, Snapshot | None]:
        """Give back to the surface what is on its way; nothing can be advanced after that.

        To ``keep`` is to make a snapshot, with what is on its way through links and SWMM's own state beside the surface.
        """
        drained = None if self.sewers is None else self.sewers.finish()
        end = self.run.snapshot() if keep else None
        if end is not None and drained is not None:
            end.arrays[HOT] = np.frombuffer(drained.hot, np.uint8)
        return drained, None if self.links is None else self.links.finish(), end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.sewers is not None:
            self.sewers.close()
