"""The flood engine's door: `simulate`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check
from twin.engines.flood.exchange import Sewers
from twin.engines.flood.frames import Frames, View, regular
from twin.engines.flood.inputs import Boundary, Domain, Inflow, Rain, Solver
from twin.engines.flood.links import Link
from twin.engines.flood.outputs import Gauges, Result, Sections
from twin.engines.flood.problems import FloodInputError
from twin.engines.flood.sections import Section, SectionFaces, lay
from twin.engines.flood.snapshot import Snapshot
from twin.engines.flood.solver import Run
from twin.engines.flood.together import Together
from twin.engines.flood.watch import Asked, Progress, Watch


def simulate(
    domain: Domain,
    *,
    rain: Rain | None = None,
    inflows: Sequence[Inflow] = (),
    boundary: Boundary | None = None,
    duration_s: float,
    solver: Solver = "inertial",
    start: Snapshot | None = None,
    keep_end: bool = False,
    gauges: Iterable[tuple[int, int]] = (),
    sections: Sequence[Section] = (),
    gauge_interval_s: float = 60.0,
    frames: Frames | None = None,
    sewers: Sewers | None = None,
    links: Sequence[Link] = (),
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
    """Two-dimensional surface flow, rain falling on the grid.

    ``solver``: ``inertial`` for the local inertial equations (no advection of momentum; fast), ``shallow_water`` for
    the full ones (steep ground, jumps, dam breaks); `regime` says which the ground asks for.
    ``start`` goes on from a snapshot, whose clock goes on too: ``duration_s`` and all times count from the start of the
    first run; ``keep_end`` puts the end state into the result.
    ``gauges`` (row, col) and ``sections`` are recorded every ``gauge_interval_s``, ``frames`` at their own interval; a step
    ends at each of these times.
    ``theta`` weights a face's own discharge against its neighbours' (1 = Bates 2010; 0.9 steadier on smooth ground);
    ``alpha`` is the Courant number of gravity waves, cut to `stable_alpha`; ``film_m`` is the depth under which water does not move;
    maxima, arrival and hazard are taken every ``track_interval_s`` of simulated time, rain and losses applied at least
    every ``source_interval_s``. ``threads`` None takes the cores there are; results do not depend on it.
    ``progress`` gets the share done (0..1) about every ``progress_interval_s`` of wall time; ``cancelled`` is asked
    at least every half second or so, and a true answer raises `Cancelled`.

    ``sewers`` couples a SWMM network: water goes down at its openings and comes up there when it is full. ``links`` are
    culverts, weirs, gates and pumps between cells.

    Raises `FloodInputError` for an argument that cannot be computed with; `SewerInputError` for a network that SWMM refuses.
    """
    run = Run(domain, rain, inflows, boundary or Boundary.closed(), threads=threads, dtype=dtype, theta=theta,
              alpha=alpha, dt_max_s=dt_max_s, threshold_m=threshold_m, film_m=film_m,
              source_interval_s=source_interval_s, solver=solver, start=start)  # fmt: skip
    check.number("duration_s", duration_s, 0.0, 1e9)
    check.number("gauge_interval_s", gauge_interval_s, 0.0, 1e9)
    check.number("track_interval_s", track_interval_s, 0.0, 1e9)
    if frames is not None:
        check.number("frames.interval_s", frames.interval_s, 0.0, 1e9)
    if duration_s <= run.time:
        raise FloodInputError(
            "duration_s", f"快照已在第 {run.time:g} 秒；时长从最初开始计，应更长。",
            f"the snapshot stands at {run.time:g} s already; the duration counts from the first start.",
        )  # fmt: skip
    record = _Record(run, check.gauges(gauges, run.valid), sections, gauge_interval_s)
    watch = Watch(duration_s, progress, progress_interval_s, cancelled, run.time)
    view = View(run)
    began = time.perf_counter()
    if start is None:
        run.track()
    record.take()
    if frames is not None:
        frames.take(run.time, view)
    with Together(run, sewers, links, duration_s, start) as beside:
        while run.time < duration_s:
            due = record.next_after(run.time)
            frame = frames.next_after(run.time) if frames is not None else np.inf
            beside.advance(min(duration_s, due, frame), run.tracked_s + track_interval_s, watch)
            if run.time >= run.tracked_s + track_interval_s:
                run.track()
            if run.time >= due:
                record.take()
            if frames is not None and (run.time >= frame or run.time >= duration_s):
                frames.take(run.time, view)
        drained, passed, end = beside.finish(keep_end)
    run.track()
    watch.done()
    result = run.result(record.gauges(), record.sections(), time.perf_counter() - began, end)
    return replace(result, sewers=drained, links=passed)


class _Record:
    """The series at gauges and sections."""

    def __init__(
        self, run: Run, points: NDArray[np.int64], sections: Sequence[Section], interval_s: float
    ) -> None:
        self.run, self.points, self.interval_s = run, points, interval_s
        self.names = tuple(section.name for section in sections)
        self.faces: list[SectionFaces] = [lay(s, number, run.layout) for number, s in enumerate(sections)]
        self.times: list[float] = []
        self.depth: list[NDArray[np.float64]] = []
        self.flow: list[list[float]] = []

    def next_after(self, time_s: float) -> float:
        """When the next values are to be taken, s; never where nothing is asked for."""
        return regular(time_s, self.interval_s) if self.points.size or self.faces else np.inf

    def take(self) -> None:
        """The values now."""
        self.times.append(self.run.time)
        self.depth.append(self.run.depths(self.points))
        self.flow.append([self.run.discharge(faces) for faces in self.faces])

    def gauges(self) -> Gauges:
        depth = np.asarray(self.depth, np.float64).reshape(len(self.times), -1)
        return Gauges(np.asarray(self.times), depth, depth + self.run.beds(self.points))

    def sections(self) -> Sections:
        flow = np.asarray(self.flow, np.float64).reshape(len(self.times), -1)
        return Sections(self.names, np.asarray(self.times), flow)
