"""Cells that give and take water at a caller's word while a run goes on: manholes, inlets, pumps, culvert ends.

A *place* is a small patch of open cells. Water is taken from it at once and never more than stands there (`draw`);
water is given to it at a rate that holds until the next word (`give`), poured before each flow step of either
solver. What is taken or given is booked as it changed the stored depths, in float64, so that the run's ledger
closes whatever is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check
from twin.engines.flood.jit import jit

if TYPE_CHECKING:
    from twin.engines.flood.solver import Run

Array = Any
Floats = NDArray[np.float64]


@jit()
def pour(s: Any, dt: float) -> None:
    """Give each spot its rate over ``dt`` (s), compensated, and book the depth it really got."""
    for i in range(s.spot.size):
        if s.spot_rate[i] > 0.0:
            k = s.spot[i]
            more = s.h.dtype.type(s.spot_rate[i] * dt)
            s.spot_given[i] += np.float64(more)
            before = s.h[k]
            step = more + s.e[k]
            after = before + step
            s.e[k] = step - (after - before)
            s.h[k] = after


@jit()
def highest_with(s: Any, dt: float) -> float:
    """Greatest depth (m) of the spots once they have their water of ``dt`` seconds; 0 where none is given any."""
    top = 0.0
    for i in range(s.spot.size):
        if s.spot_rate[i] > 0.0:
            top = max(top, np.float64(s.h[s.spot[i]]) + s.spot_rate[i] * dt)
    return top


@jit()
def _stored(h: Array, spot: Array, start: Array, area: float, out: Array) -> None:
    """Water (m3) standing in each place."""
    for p in range(out.size):
        depth = 0.0
        for i in range(start[p], start[p + 1]):
            depth += max(np.float64(h[spot[i]]), 0.0)
        out[p] = depth * area


@jit()
def _draw(h: Array, spot: Array, start: Array, area: float, want: Array, moved: Array) -> None:
    """Take up to ``want`` (m3) from each place, from every cell in proportion to its water."""
    for p in range(want.size):
        moved[p] = 0.0
        if not want[p] > 0.0:
            continue
        depth = 0.0
        for i in range(start[p], start[p + 1]):
            depth += max(np.float64(h[spot[i]]), 0.0)
        if depth <= 0.0:
            continue
        keep = max(1.0 - want[p] / (depth * area), 0.0)
        taken = 0.0
        for i in range(start[p], start[p + 1]):
            before = h[spot[i]]
            if before > 0.0:
                after = h.dtype.type(np.float64(before) * keep)
                taken += np.float64(before) - np.float64(after)
                h[spot[i]] = after
        moved[p] = taken * area


class Points:
    """The places of one run; numbers are given out by `add` in order from 0. Arrays are (places,) float64."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self.start = np.zeros(1, np.int64)
        self.centre = np.zeros(0, np.int64)
        self._taken = np.zeros(0)
        self._area = run.cell**2

    def __len__(self) -> int:
        return self.start.size - 1

    def add(self, places: Sequence[tuple[Any, Any]]) -> slice:
        """New places, each the ``(rows, cols)`` of its open cells, the one whose level counts first.

        Raises `FloodInputError` where a cell lies outside the domain or on a closed cell.
        """
        run, s = self._run, self._run.state
        first = len(self)
        cells, sizes = [s.spot], []
        for number, (rows, cols) in enumerate(places):
            r, c = np.atleast_1d(rows).astype(np.int64), np.atleast_1d(cols).astype(np.int64)
            check.cells(f"places[{number}]", r, c, run.open_cells)
            cells.append(np.asarray(run.layout.flat(r, c), np.int64))
            sizes.append(r.size)
        spot = np.concatenate(cells)
        self.start = np.append(self.start, self.start[-1] + np.cumsum(sizes, dtype=np.int64))
        self.centre = spot[self.start[:-1]]
        grown = spot.size - s.spot.size
        run.state = s._replace(
            spot=spot,
            spot_rate=np.append(s.spot_rate, np.zeros(grown)),
            spot_given=np.append(s.spot_given, np.zeros(grown)),
        )
        self._taken = np.append(self._taken, np.zeros(len(places)))
        return slice(first, len(self))

    def depth(self) -> Floats:
        """Depth of each place's first cell, m."""
        out: Floats = np.maximum(self._run.state.h[self.centre].astype(np.float64), 0.0)
        return out

    def bed(self) -> Floats:
        """Bed level of each place's first cell, m."""
        out: Floats = self._run.state.z[self.centre].astype(np.float64) + self._run.datum
        return out

    def stored(self) -> Floats:
        """Water standing in each place, m3."""
        out = np.zeros(len(self))
        _stored(self._run.state.h, self._run.state.spot, self.start, self._area, out)
        return out

    def draw(self, want: Floats) -> Floats:
        """Take ``want`` (m3) now, no more than is there; returns what was taken."""
        moved = np.zeros(len(self))
        wanted = np.ascontiguousarray(want, np.float64)
        _draw(self._run.state.h, self._run.state.spot, self.start, self._area, wanted, moved)
        self._taken += moved
        return moved

    def give(self, rate: Floats, places: slice | None = None) -> None:
        """Give ``rate`` (m3/s, not negative; one for every place) from now on, spread evenly over each place's cells.

        With ``places`` the rates of all others stay as they are.
        """
        run, rates = self._run, self._run.state.spot_rate
        which = places or slice(0, len(self))
        sizes = np.diff(self.start)
        new = np.repeat(np.maximum(rate, 0.0) / (sizes * self._area), sizes)
        cells = slice(self.start[which.start], self.start[which.stop])
        rates[cells] = new[cells]
        run.wake(run.state.spot[rates > 0.0])

    def put(self, volume: Floats, places: slice) -> None:
        """Give ``volume`` (m3) at once."""
        s = self._run.state
        held = s.spot_rate.copy()
        s.spot_rate[:] = 0.0
        self.give(volume, places)
        pour(s, 1.0)
        s.spot_rate[:] = held

    def given(self) -> Floats:
        """Water given to each place so far, m3."""
        if not len(self):
            return np.zeros(0)
        return np.asarray(np.add.reduceat(self._run.state.spot_given, self.start[:-1]) * self._area)

    def taken(self) -> Floats:
        """Water taken from each place so far, m3."""
        return self._taken.copy()
