"""The flood engine's door: `simulate`."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check, prepare, stepping
from twin.engines.flood.inputs import Boundary, Domain, Inflow, Rain
from twin.engines.flood.outputs import Gauges, Ledger, Result
from twin.engines.flood.points import Points
from twin.engines.flood.problems import Cancelled
from twin.engines.flood.state import Layout
from twin.engines.flood.tracking import NEVER

Progress = Callable[[float], None]
Asked = Callable[[], bool]

_together = threading.Lock()  # numba's plain threading layer takes one parallel region at a time
_SMALL = 20_000  # cells under which a second thread costs more than it brings


def simulate(
    domain: Domain,
    *,
    rain: Rain | None = None,
    inflows: Sequence[Inflow] = (),
    boundary: Boundary | None = None,
    duration_s: float,
    gauges: Iterable[tuple[int, int]] = (),
    gauge_interval_s: float = 60.0,
    theta: float = 0.9,
    alpha: float = 0.7,
    dt_max_s: float = 10.0,
    threshold_m: float = 0.05,
    film_m: float = 1e-5,
    track_interval_s: float = 10.0,
    source_interval_s: float = 2.0,
    threads: int | None = None,
    dtype: Any = np.float32,
    progress: Progress | None = None,
    progress_interval_s: float = 1.0,
    cancelled: Asked | None = None,
) -> Result:
    """Two-dimensional surface flow by the local inertial equations, rain falling on the grid.

    ``theta`` weights a face's own discharge against its neighbours' (1 = Bates 2010; 0.9 steadier on smooth ground);
    ``alpha`` is the Courant number of gravity waves, cut to `stable_alpha`; ``film_m`` is the depth under which water does not move;
    maxima, arrival and hazard are taken every ``track_interval_s`` of simulated time, rain and losses applied at least
    every ``source_interval_s``. ``threads`` None takes the cores there are; results do not depend on it.
    ``progress`` gets the share done (0..1) about every ``progress_interval_s`` of wall time; ``cancelled`` is asked
    at least every half second or so, and a true answer raises `Cancelled`.
    """
    run = Run(domain, rain, inflows, boundary or Boundary.closed(), threads=threads, dtype=dtype, theta=theta,
              alpha=alpha, dt_max_s=dt_max_s, threshold_m=threshold_m, film_m=film_m,
              source_interval_s=source_interval_s)  # fmt: skip
    check.number("duration_s", duration_s, 0.0, 1e9)
    check.number("gauge_interval_s", gauge_interval_s, 0.0, 1e9)
    check.number("track_interval_s", track_interval_s, 0.0, 1e9)
    points = check.gauges(gauges, run.valid)
    watch = _Watch(duration_s, progress, progress_interval_s, cancelled)
    started = time.perf_counter()
    series = [run.depths(points)]
    times = [0.0]
    run.track(0.0, threshold_m)
    last_track = 0.0
    while run.time < duration_s:
        next_gauge = len(times) * gauge_interval_s if points.size else np.inf
        run.advance(min(duration_s, next_gauge), last_track + track_interval_s, watch)
        if run.time >= min(last_track + track_interval_s, duration_s):
            run.track(run.time - last_track, threshold_m)
            last_track = run.time
        if run.time >= next_gauge:
            times.append(run.time)
            series.append(run.depths(points))
    watch.done()
    return run.result(Gauges(*_gauge_arrays(times, series, run.beds(points))), time.perf_counter() - started)


def _gauge_arrays(
    times: list[float], series: list[NDArray[Any]], bed: NDArray[Any]
) -> tuple[NDArray[Any], ...]:
    depth = np.asarray(series, np.float64).reshape(len(times), -1)
    return np.asarray(times), depth, depth + bed


class _Watch:
    """Tells progress, asks for cancellation, and sizes the portions of work between two looks."""

    def __init__(
        self, duration_s: float, progress: Progress | None, every: float, cancelled: Asked | None
    ) -> None:
        self.duration_s, self.progress, self.every, self.cancelled = duration_s, progress, every, cancelled
        self.told = self.looked = time.perf_counter()
        self.steps = 16

    def look(self, at: float, steps: int) -> None:
        now = time.perf_counter()
        took, self.looked = now - self.looked, now
        if steps >= self.steps:
            self.steps = int(np.clip(steps * 0.25 / max(took, 1e-6), 1, 4 * self.steps))
        if self.cancelled is not None and self.cancelled():
            raise Cancelled(at, self.duration_s)
        if self.progress is not None and now - self.told >= self.every:
            self.told = now
            self.progress(min(at / self.duration_s, 1.0))

    def done(self) -> None:
        if self.progress is not None:
            self.progress(1.0)


class Run:
    """One simulation that can be advanced piece by piece; `simulate` drives it, so may a coupling."""

    def __init__(
        self, domain: Domain, rain: Rain | None, inflows: Sequence[Inflow], boundary: Boundary, *, threads: int | None,
        dtype: Any, theta: float, alpha: float, dt_max_s: float, threshold_m: float, film_m: float,
        source_interval_s: float,
    ) -> None:  # fmt: skip
        self.valid = check.domain(domain)
        blocked = np.zeros_like(self.valid) if domain.blocked is None else np.asarray(domain.blocked, bool)
        self.open_cells = self.valid & ~blocked
        check.boundary(boundary)
        if rain is not None:
            check.rain(rain, self.valid.shape)
        for number, inflow in enumerate(inflows):
            check.inflow(inflow, number, self.open_cells)
        for name, value, low, high in (
            ("theta", theta, 0.5, 1.0), ("alpha", alpha, 0.0, 1.0), ("dt_max_s", dt_max_s, 0.0, 600.0),
            ("threshold_m", threshold_m, 0.0, 100.0), ("film_m", film_m, 1e-8, 0.1),
            ("source_interval_s", source_interval_s, -1e-9, 600.0),
        ):  # fmt: skip
            check.number(name, value, low, high)
        self.layout = Layout(*self.valid.shape)
        self.cell = float(domain.cell)
        self.datum = float(np.floor(np.asarray(domain.z, np.float64)[self.open_cells].min()))
        self.threads = _threads(threads, self.valid.size)
        self.state = prepare.build_state(domain, self.open_cells, self.datum, np.dtype(dtype), self.threads)
        sources = [*inflows, *prepare.discharge_inflows(boundary, self.open_cells)]
        self.inflows = prepare.build_inflows(sources, self.layout)
        self.faces = prepare.build_faces(boundary, self.open_cells, self.valid, self.datum)
        prepare.force_tiles(self.state, self.layout, self.inflows.cell)
        prepare.force_tiles(self.state, self.layout, self.faces.inner[self.faces.series >= 0])
        self.field = prepare.RainField(rain, self.valid, self.open_cells)
        self.settings = (theta, min(alpha, stable_alpha(theta)), dt_max_s, film_m, source_interval_s)
        self.film_m = film_m
        self.clock = np.zeros(14)
        self.clock[stepping.AGE] = 1e9
        self.clock[stepping.TOP] = float(self.state.h.max())
        self.add = np.zeros(self.inflows.cell.size)
        self.initial = self._stored()
        self.rain_m3 = 0.0
        self._forced = self.state.forced.copy()
        self.points = Points(self)
        self._step = -2
        self._rain_sum = self._rain_top = 0.0

    @property
    def time(self) -> float:
        """Simulated seconds so far."""
        return float(self.clock[stepping.TIME])

    def advance(self, goal: float, look: float = np.inf, watch: _Watch | None = None) -> None:
        """March to ``goal`` (s) exactly, or stop at the first step that ends at or after ``look``."""
        while self.time < min(goal, look):
            step = self.field.step_at(self.time)
            if step != self._step:
                self._step = step
                self._rain_sum, self._rain_top = self.field.write(step, self.layout, self.state.rate)
            stop = min(goal, self.field.next_change(self.time))
            before = self.clock[stepping.STEPS]
            self._march(stop, look, watch.steps if watch else 1 << 30)
            if watch is not None:
                watch.look(self.time, int(self.clock[stepping.STEPS] - before))

    def _march(self, stop: float, look: float, most: int) -> None:
        theta, alpha, dt_max, film, source_s = self.settings
        s = self.state
        losing = s.capacity.size > 1 or s.left.size > 1 or s.conductivity.size > 1
        sourced = self.clock[stepping.SOURCED]
        self._call(
            stepping.advance_alone, stepping.advance_together, s, self.inflows, self.faces, self.clock, self.add,
            self.layout.padded[1], self.layout.rows, self.cell, float(stop), float(look), most, float(theta), float(alpha),
            float(dt_max), float(film), float(source_s), self._rain_sum > 0.0, self._rain_top, losing,
        )  # fmt: skip
        seconds = self.clock[stepping.SOURCED] - sourced
        self.rain_m3 += seconds * self._rain_sum * self.cell**2

    def _call(self, alone: Any, together: Any, *arguments: Any) -> None:
        if self.threads == 1:
            alone(*arguments)
            return
        with _together:
            before = numba.get_num_threads()
            numba.set_num_threads(self.threads)
            try:
                together(*arguments)
            finally:
                numba.set_num_threads(before)

    def wake(self, spots: NDArray[np.int64]) -> None:
        """Keep the tiles of these cells (flat) awake, beside those that always are, until told otherwise."""
        s = self.state
        before = s.forced.copy()
        s.forced[:] = self._forced
        prepare.force_tiles(s, self.layout, spots)
        if (s.forced > np.maximum(before, s.active)).any():
            self.clock[stepping.AGE] = 1e9  # regroup before the next step

    def track(self, since: float, threshold: float) -> None:
        """Take maxima, arrival and hazard now; ``since`` is the time since the last look (s)."""
        if self.clock[stepping.STEPS] == 0:
            self._still(threshold)
            return
        self._call(
            stepping.track_alone, stepping.track_together, self.state, self.clock, self.layout.padded[1],
            float(since), float(threshold), 0.01,
        )  # fmt: skip

    def _still(self, threshold: float) -> None:
        """Maxima of the initial, motionless water."""
        s = self.state
        s.depth_max[:] = s.h
        wet = s.h >= threshold
        s.arrival[wet] = 0.0
        s.hazard_max[wet] = 0.5 * s.h[wet] + (s.h[wet] > 0.25)

    def depths(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        """Depth (m) at (n, 2) row, col."""
        out: NDArray[np.float64] = self.layout.view(self.state.h)[points[:, 0], points[:, 1]].astype(
            np.float64
        )
        return np.maximum(out, 0.0)

    def beds(self, points: NDArray[np.int64]) -> NDArray[np.float64]:
        """Bed level (m) at (n, 2) row, col."""
        out: NDArray[np.float64] = self.layout.view(self.state.z)[points[:, 0], points[:, 1]].astype(
            np.float64
        )
        return out + self.datum

    def _stored(self) -> float:
        s = self.state
        return float((s.h.sum(dtype=np.float64) + s.e.sum(dtype=np.float64)) * self.cell**2)

    def ledger(self) -> Ledger:
        """The water account up to now."""
        c = self.clock
        return Ledger(
            rain=self.rain_m3, inflow=float(c[stepping.INFLOW_M3]), boundary_in=float(c[stepping.IN_M3]),
            infiltration=float(self.state.row_taken.sum() * self.cell**2), outflow=float(c[stepping.OUT_M3]),
            initial=self.initial, final_storage=self._stored(),
            exchange_in=float(self.points.given().sum()), exchange_out=float(self.points.taken().sum()),
        )  # fmt: skip

    def _grid(self, flat: NDArray[Any]) -> NDArray[np.float32]:
        """A (rows, cols) float32 copy: 0 on blocked cells, NaN outside."""
        out = np.where(self.open_cells, self.layout.view(flat), 0.0).astype(np.float32)
        out[~self.valid] = np.nan
        return out

    def result(self, gauges: Gauges, wall_s: float) -> Result:
        """Everything the caller gets."""
        s = self.state
        cur = int(self.clock[stepping.CURRENT])
        depth = np.maximum(self._grid(s.h), np.float32(0))
        arrival = self._grid(s.arrival)
        arrival[(arrival >= NEVER) | ~self.open_cells] = np.nan
        bed = self.layout.view(s.z).astype(np.float64) + self.datum
        level = np.where(self.open_cells, bed + depth, np.nan).astype(np.float32)
        return Result(
            max_depth=np.maximum(self._grid(s.depth_max), depth), max_speed=self._grid(s.speed_max),
            max_hazard=self._grid(s.hazard_max), arrival_s=arrival, wet_duration_s=self._grid(s.wet_s), depth=depth,
            level=level, qx=self._grid(s.q[cur]), qy=self._grid(s.q[2 + cur]), gauges=gauges, ledger=self.ledger(),
            steps=int(self.clock[stepping.STEPS]), wall_s=wall_s, cell_updates=float(self.clock[stepping.CELLS]),
            limited_steps=int(self.clock[stepping.LIMITED]),
        )  # fmt: skip


def stable_alpha(theta: float) -> float:
    """The largest Courant number that keeps deep, calm water calm in two dimensions, with a margin of 5 %.

    For the checkerboard mode the scheme's amplification solves L^2 - (1 + a - 8 C^2) L + a = 0 with a = 2 theta - 1,
    so C^2 <= (1 + a) / 4 = theta / 2. The customary 0.7 lies beyond it for theta below 0.98, and ponds ring.
    """
    return 0.95 * math.sqrt(0.5 * theta)


def _threads(asked: int | None, cells: int) -> int:
    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    if asked is None:
        return 1 if cells < _SMALL else most
    check.number("threads", asked, 1, 1024, open_low=False)
    return min(int(asked), most)
