"""Values by time, as an observation file or a sensor tells them."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Series:
    """Values by time, oldest first."""

    def __init__(self, rows: tuple[tuple[datetime, float], ...]) -> None:
        self.times = [at for at, _ in rows]
        self.values = [value for _, value in rows]

    def until(self, end: datetime) -> datetime | None:
        """The time of the newest value not after ``end``."""
        place = bisect_left(self.times, end)
        if place < len(self.times) and self.times[place] == end:
            return end
        return self.times[place - 1] if place else None

    def between(self, start: datetime, end: datetime) -> list[tuple[float, float]]:
        """Minutes since ``start`` and values, up to ``end``."""
        return [
            ((at - start).total_seconds() / 60.0, value)
            for at, value in zip(self.times, self.values, strict=True)
            if start <= at <= end
        ]

    def mean(self, start: datetime, end: datetime) -> float:
        """Time mean over a period; each value holds until the next one, none before the first."""
        edges = [start, *(at for at in self.times if start < at < end), end]
        total = 0.0
        for one, other in itertools.pairwise(edges):
            place = bisect_left(self.times, one)
            if not (place < len(self.times) and self.times[place] == one):
                place -= 1
            if place >= 0:
                total += self.values[place] * (other - one).total_seconds()
        return total / (end - start).total_seconds()
