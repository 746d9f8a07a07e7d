"""Seconds between the facilities and places in both states, and what became of each place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.accessibility.ways import Places, Reach, Ways

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

_SAME_S = 1.0  # smaller changes count as none


@dataclass(frozen=True, slots=True)
class Spread:
    """One state: the ways in the direction of search, the reach of the facilities in them."""

    ways: Ways
    found: Reach
    sources: Places
    start_s: float

    def at(self, places: Places) -> tuple[Numbers, Indices]:
        """(places,) seconds with the turnout, infinite where not to be reached, and the nearest facility."""
        from twin.engines.traffic.accessibility.ways import at

        time, owner = at(self.ways, self.sources, self.found, places)
        return time + self.start_s, owner


def spread(ways: Ways, sources: Places, direction: str, start_s: float) -> Spread:
    """Search from the facilities, or against the traffic where people go to them."""
    from twin.engines.traffic.accessibility.ways import reach

    way = ways if direction == "from" else ways.turned()
    return Spread(way, reach(way, sources), sources, start_s)


def effects(before: Numbers, after: Numbers | None) -> list[str | None]:
    """(places,) term of ``access_effect``; None without a variant."""
    if after is None:
        return [None] * before.size
    there, then = np.isfinite(before), np.isfinite(after)
    change = np.where(there & then, np.where(then, after, 0.0) - np.where(there, before, 0.0), 0.0)
    choices = [~there & ~then, there & ~then, ~there & then, change >= _SAME_S, change <= -_SAME_S]
    return [
        str(one)
        for one in np.select(choices, ["never", "cut_off", "gained", "slower", "faster"], "unchanged")
    ]


def minutes(seconds: Numbers | None, size: int) -> list[float | None]:
    """Minutes for a column, None where infinite or not asked for."""
    if seconds is None:
        return [None] * size
    return [round(value / 60.0, 3) if np.isfinite(value) else None for value in seconds.tolist()]


def changes(before: Numbers, after: Numbers | None) -> list[float | None]:
    """Minutes of change where both are reached."""
    if after is None:
        return [None] * before.size
    both = np.isfinite(before) & np.isfinite(after)
    return [
        round((b - a) / 60.0, 3) if ok else None
        for a, b, ok in zip(before.tolist(), after.tolist(), both.tolist(), strict=True)
    ]


def gini(values: Numbers, people: Numbers) -> float:
    """Gini coefficient of ``values`` over ``people``: 0 when everyone has the same."""
    order = np.argsort(values, kind="stable")
    share = np.concatenate([[0.0], np.cumsum(people[order])])
    held = np.concatenate([[0.0], np.cumsum((people * values)[order])])
    if share[-1] <= 0 or held[-1] <= 0:
        return 0.0
    share, held = share / share[-1], held / held[-1]
    return float(1.0 - np.sum((held[1:] + held[:-1]) * np.diff(share)))
