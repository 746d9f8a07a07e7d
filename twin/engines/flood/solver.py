"""One run: the state, the account, and marching through time; `simulation` drives it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check, prepare, shallow_stepping, snapshot, stepping, tiles
from twin.engines.flood.inputs import SOLVERS, Boundary, Domain, Inflow, Rain, Solver
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY, Layout
from twin.engines.flood.outputs import Gauges, Ledger, Result, Sections
from twin.engines.flood.points import Points
from twin.engines.flood.problems import FloodInputError
from twin.engines.flood.sections import SectionFaces, discharge
from twin.engines.flood.snapshot import Snapshot
from twin.engines.flood.tracking import NEVER, SPEED_UNIT
from twin.engines.flood.watch import Watch

_together = threading.Lock()  # numba's plain threading layer takes one parallel region at a time
_SMALL = 20_000  # cells under which a second thread costs more than it brings


class Run:
    """One simulation that can be advanced piece by piece; `simulate` drives it, so may a coupling."""

    def __init__(
        self, domain: Domain, rain: Rain | None, inflows: Sequence[Inflow], boundary: Boundary, *, threads: int | None,
        dtype: Any, theta: float, alpha: float, dt_max_s: float, threshold_m: float, film_m: float,
        source_interval_s: float, solver: Solver = "inertial", start: Snapshot | None = None,
    ) -> None:  # fmt: skip
        if solver not in SOLVERS:
            raise FloodInputError(
                "solver",
                f"应为 {' 或 '.join(SOLVERS)}，实为 {solver!r}。",
                f"must be {' or '.join(SOLVERS)}, got {solver!r}.",
            )
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
        self.solver = solver
        self.threshold_m = threshold_m
        self.layout = Layout(*self.valid.shape)
        self.cell = float(domain.cell)
        self.datum = float(np.floor(np.asarray(domain.z, np.float64)[self.open_cells].min()))
        self.threads = _threads(threads, self.valid.size)
        self.state = prepare.build_state(domain, self.open_cells, self.datum, np.dtype(dtype), self.threads)
        width = self.cell if solver == "shallow_water" else None  # its discharge edges bring momentum along
        poured = [] if width else prepare.discharge_inflows(boundary, self.open_cells)
        self.inflows = prepare.build_inflows([*inflows, *poured], self.layout)
        self.faces = prepare.build_faces(boundary, self.open_cells, self.valid, self.datum, width, dtype)
        prepare.force_tiles(self.state, self.layout, self.inflows.cell)
        prepare.force_tiles(self.state, self.layout, self.faces.inner[self.faces.series >= 0])
        self.field = prepare.RainField(rain, self.valid, self.open_cells)
        self.settings = (theta, alpha, dt_max_s, film_m, source_interval_s)
        self.film_m = film_m
        self.clock = np.zeros(16)
        self.clock[stepping.AGE] = 1e9
        self.clock[stepping.TOP] = float(self.state.h.max())
        self.momenta = None
        if solver == "shallow_water":
            self.clock[stepping.TOP] = 2.0 * math.sqrt(GRAVITY * self.clock[stepping.TOP])
            self.momenta = prepare.build_momenta(self.state, self.faces, self.threads)
        self.add = np.zeros(self.inflows.cell.size)
        self.initial, self.clock[stepping.INITIAL_LOW] = _two(self._stored())
        self.rain_m3 = 0.0
        self._forced = self.state.forced.copy()
        self.points = Points(self)
        self._step = -2
        self._rain_sum = self._rain_top = 0.0
        self.exchanged = (0.0, 0.0)  # at points before the snapshot, m3
        self.beside: Callable[[], Mapping[str, NDArray[Any]]] = dict  # what drives points adds to a snapshot
        if start is not None:
            self._go_on(start)

    def _go_on(self, start: Snapshot) -> None:
        """Take over a snapshot; its awake tiles are kept as they were, unless new inflows lie in others."""
        snapshot.restore(self, start)
        s = self.state
        runs = tiles.join_runs(s.active, s.runs, self.layout.rows, FIRST_ROW, FIRST_COL)
        tiles.share_out(s.runs, runs, s.bounds)
        if (s.forced > s.active).any():
            self.clock[stepping.AGE] = 1e9

    def snapshot(self) -> Snapshot:
        """The exact state now, to start another run from."""
        return snapshot.take(self)

    @property
    def time(self) -> float:
        """Simulated seconds so far."""
        return float(self.clock[stepping.TIME])

    def advance(self, goal: float, look: float = np.inf, watch: Watch | None = None) -> None:
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
        common = (self.inflows, self.faces, self.clock, self.add, self.layout.padded[1], self.layout.rows, self.cell,
                  float(stop), float(look), most)  # fmt: skip
        rest = (float(dt_max), float(film), float(source_s), self._rain_sum > 0.0, self._rain_top, losing)
        if self.momenta is None:
            courant = min(alpha, stable_alpha(theta))
            self._call(
                stepping.advance_alone, stepping.advance_together, s, *common, float(theta), courant, *rest
            )
        else:
            self._call(
                shallow_stepping.advance_alone, shallow_stepping.advance_together, s, self.momenta, *common, float(alpha),
                *rest,
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

    @property
    def tracked_s(self) -> float:
        """When maxima were last taken, s."""
        return float(self.clock[stepping.TRACKED])

    def track(self) -> None:
        """Take maxima, arrival and hazard now."""
        since = self.time - self.tracked_s
        self.clock[stepping.TRACKED] = self.time
        if self.clock[stepping.STEPS] == 0:
            self._still(self.threshold_m)
            return
        self._call(
            stepping.track_alone, stepping.track_together, self.state, self.clock, self.layout.padded[1],
            since, float(self.threshold_m), 0.01,
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

    def _stored(self) -> np.longdouble:
        """Water on the grid, m3, in extended precision: little rain on a deep lake is a small difference of large sums."""
        s = self.state
        area = np.longdouble(self.cell) ** 2
        return np.longdouble((s.h.sum(dtype=np.longdouble) + s.e.sum(dtype=np.longdouble)) * area)

    def ledger(self) -> Ledger:
        """The water account up to now."""
        c, stored = self.clock, self._stored()
        gained = stored - np.longdouble(self.initial) - np.longdouble(c[stepping.INITIAL_LOW])
        return Ledger(
            rain=self.rain_m3, inflow=float(c[stepping.INFLOW_M3]), boundary_in=float(c[stepping.IN_M3]),
            infiltration=float(self.state.row_taken.sum() * self.cell**2), outflow=float(c[stepping.OUT_M3]),
            initial=self.initial, final_storage=float(stored), gained=float(gained),
            exchange_in=self.exchanged[0] + float(self.points.given().sum()),
            exchange_out=self.exchanged[1] + float(self.points.taken().sum()),
        )  # fmt: skip

    def grid(self, flat: NDArray[Any]) -> NDArray[np.float32]:
        """A (rows, cols) float32 copy: 0 on blocked cells, NaN outside."""
        out = np.where(self.open_cells, self.layout.view(flat), 0.0).astype(np.float32)
        out[~self.valid] = np.nan
        return out

    def discharges(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Unit discharges (m2/s) through all faces: (rows, cols + 1) eastward, (rows + 1, cols) southward."""
        cur, width = int(self.clock[stepping.CURRENT]), self.layout.padded
        rows, cols = self.layout.rows, self.layout.cols
        qx = self.state.q[cur].reshape(width)[FIRST_ROW : FIRST_ROW + rows, FIRST_COL - 1 : FIRST_COL + cols]
        qy = self.state.q[2 + cur].reshape(width)[
            FIRST_ROW - 1 : FIRST_ROW + rows, FIRST_COL : FIRST_COL + cols
        ]
        return qx.astype(np.float32), qy.astype(np.float32)

    def discharge(self, faces: SectionFaces) -> float:
        """Discharge (m3/s) through a section now."""
        cur = int(self.clock[stepping.CURRENT])
        return discharge(faces, self.state.q[cur], self.state.q[2 + cur], self.cell)

    def level(self) -> NDArray[np.float32]:
        """Bed + depth, m; NaN outside the domain and on closed cells."""
        bed = self.layout.view(self.state.z).astype(np.float64) + self.datum
        depth = np.maximum(self.grid(self.state.h), np.float32(0))
        return np.where(self.open_cells, bed + depth, np.nan).astype(np.float32)

    def result(
        self, gauges: Gauges, sections: Sections, wall_s: float, end: Snapshot | None = None
    ) -> Result:
        """Everything the caller gets."""
        s = self.state
        depth = np.maximum(self.grid(s.h), np.float32(0))
        arrival = self.grid(s.arrival)
        arrival[(arrival >= NEVER) | ~self.open_cells] = np.nan
        cur = int(self.clock[stepping.CURRENT])
        return Result(
            max_depth=np.maximum(self.grid(s.depth_max), depth), max_speed=self.grid(s.speed_max) * np.float32(SPEED_UNIT),
            max_hazard=self.grid(s.hazard_max), arrival_s=arrival, wet_duration_s=self.grid(s.wet_s), depth=depth,
            level=self.level(), qx=self.grid(s.q[cur]), qy=self.grid(s.q[2 + cur]), gauges=gauges, ledger=self.ledger(),
            steps=int(self.clock[stepping.STEPS]), wall_s=wall_s, cell_updates=float(self.clock[stepping.CELLS]),
            limited_steps=int(self.clock[stepping.LIMITED]), sections=sections, end=end,
        )  # fmt: skip


def stable_alpha(theta: float) -> float:
    """The largest Courant number that keeps deep, calm water calm in two dimensions, with a margin of 5 %.

    For the checkerboard mode the scheme's amplification solves L^2 - (1 + a - 8 C^2) L + a = 0 with a = 2 theta - 1,
    so C^2 <= (1 + a) / 4 = theta / 2. The customary 0.7 lies beyond it for theta below 0.98, and ponds ring.
    """
    return 0.95 * math.sqrt(0.5 * theta)


def _two(value: np.longdouble) -> tuple[float, float]:
    """A number in extended precision as the sum of two."""
    high = float(value)
    return high, float(value - np.longdouble(high))


def _threads(asked: int | None, cells: int) -> int:
    most = int(numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    if asked is None:
        return 1 if cells < _SMALL else most
    check.number("threads", asked, 1, 1024, open_low=False)
    return min(int(asked), most)
