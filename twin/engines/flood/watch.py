"""Progress, cancellation, and how much work to do between two looks."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from twin.engines.flood.problems import Cancelled

Progress = Callable[[float], None]
Asked = Callable[[], bool]


class Watch:
    """Tells progress, asks for cancellation, and sizes the portions of work between two looks.

    The size of a portion has no say in the result: a step's length and the times of rain do not depend on it.
    """

    def __init__(
        self,
        duration_s: float,
        progress: Progress | None,
        every: float,
        cancelled: Asked | None,
        begin_s: float = 0.0,
    ) -> None:
        self.duration_s, self.progress, self.every, self.cancelled = duration_s, progress, every, cancelled
        self.begin_s = begin_s
        self.told = self.looked = time.perf_counter()
        self.steps = 16

    def look(self, at: float, steps: int) -> None:
        """After ``steps`` that ended at ``at`` (s); raises `Cancelled` when asked to stop."""
        now = time.perf_counter()
        took, self.looked = now - self.looked, now
        if steps >= self.steps:
            self.steps = int(np.clip(steps * 0.25 / max(took, 1e-6), 1, 4 * self.steps))
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(at, self.duration_s)
        if self.progress is not None and now - self.told >= self.every:
            self.told = now
            span = max(self.duration_s - self.begin_s, 1e-9)
            self.progress(float(np.clip((at - self.begin_s) / span, 0.0, 1.0)))

    def done(self) -> None:
        """All is computed."""
        if self.progress is not None:
            self.progress(1.0)
