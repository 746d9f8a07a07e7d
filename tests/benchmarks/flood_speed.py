"""Speed of the flood kernel, beside the memory's own speed in the same minute: run it, read the ratios.

python tests/benchmarks/flood_speed.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from twin.engines.flood import Boundary, Domain, Inflow, Rain, Run, simulate

ROWS = COLS = 1120


@njit(fastmath=True)
def triad(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    for i in range(a.size):
        a[i] = b[i] + np.float32(2.0) * c[i]


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def bandwidth() -> float:
    """Triad, GB per CPU second, float32 arrays of 256 MB, one thread."""
    a, b, c = (np.ones(64 << 20, np.float32) for _ in range(3))
    triad(a, b, c)
    cpu, _ = clocked(lambda: [triad(a, b, c) for _ in range(4)])
    return 4 * 3 * a.nbytes / cpu / 1e9


def all_wet(threads: int, dtype: type, steps: int) -> tuple[float, float]:
    """Million cell updates per CPU second and per wall second on waves over uneven ground."""
    rng = np.random.default_rng(0)
    z = 0.3 * rng.random((ROWS, COLS))
    run = Run(Domain(z, 5.0, 0.03, initial_depth=0.5 + 0.2 * rng.random((ROWS, COLS))), None, [], Boundary.closed(),
              threads=threads, dtype=dtype, theta=0.9, alpha=0.7, dt_max_s=10.0, threshold_m=0.05, film_m=1e-5,
              source_interval_s=2.0)  # fmt: skip
    run._march(1e9, np.inf, 20)
    cpu, wall = clocked(lambda: run._march(1e9, np.inf, steps))
    work = ROWS * COLS * steps / 1e6
    return work / cpu, work / wall


def two_threads(seconds: float = 20.0) -> float:
    """Wall time of a step on one thread to that on two, all wet: the fastest of many short turns of each, taken by turns,
    so that other work on the machine matters little."""
    depth = 0.5 + 0.2 * np.random.default_rng(0).random((ROWS, COLS))
    runs = {threads: _run(depth, threads) for threads in (1, 2)}
    best = dict.fromkeys(runs, np.inf)
    for run in runs.values():
        run._march(1e9, np.inf, 20)
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for threads, run in runs.items():
            began = time.perf_counter()
            run._march(1e9, np.inf, 8)
            best[threads] = min(best[threads], time.perf_counter() - began)
    return float(best[1] / best[2])


def test_4() -> tuple[float, float]:
    """CPU seconds and million updates of EA test 4 at 5 m, 5 h, all outputs, one thread."""
    inflow = Inflow(
        np.arange(198, 202),
        np.zeros(4, int),
        np.array([0, 300, 3600, 14400, 18000.0]),
        np.array([0, 0, 20, 20, 0.0]),
    )

    def once(seconds: float) -> float:
        ground = Domain(np.zeros((400, 200)), 5.0, 0.05)
        out = simulate(
            ground,
            inflows=[inflow],
            boundary=Boundary.free(),
            duration_s=seconds,
            threads=1,
            gauges=[(199, 10)],
        )
        return out.cell_updates

    once(10.0)
    cpu = time.process_time()
    updates = once(18000.0)
    return time.process_time() - cpu, updates / 1e6


def _run(depth: np.ndarray, threads: int) -> Run:
    """Uneven ground of 1120 x 1120 cells of 5 m under a depth (m)."""
    z = 0.3 * np.random.default_rng(0).random(depth.shape)
    return Run(Domain(z, 5.0, 0.03, initial_depth=depth, infiltration=1.0), None, [], Boundary.closed(), threads=threads,
               dtype=np.float32, theta=0.9, alpha=0.7, dt_max_s=10.0, threshold_m=0.05, film_m=1e-5,
               source_interval_s=600.0)  # fmt: skip


def sparse(steps: int) -> float:
    """How much less CPU a step takes with a twentieth of the ground under water than with all of it."""
    took = []
    for wet in (ROWS, ROWS // 20):
        depth = np.zeros((ROWS, COLS))
        depth[:wet] = 0.5
        run = _run(depth, 1)
        run._march(1e9, np.inf, 20)
        took.append(clocked(lambda run=run: run._march(1e9, np.inf, steps))[0])  # type: ignore[misc]
    return took[0] / took[1]


def bytes_a_cell() -> float:
    """Memory of a run's state with a drainage loss, float32."""
    state = _run(np.zeros((ROWS, COLS)), 1).state
    return sum(part.nbytes for part in state) / (ROWS * COLS)


def storm(cell: float, hours: float) -> tuple[float, float, int]:
    """CPU and wall seconds of a storm of an hour on 25 km2 of uneven ground with hollows, all cores, and the steps."""
    n = round(5000.0 / cell)
    y, x = (np.mgrid[0:n, 0:n] + 0.5) * cell
    z = (
        20.0
        - x / 1000.0
        + 0.8 * np.sin(x / 90.0) * np.sin(y / 110.0)
        + 0.1 * np.random.default_rng(1).random((n, n))
    )
    rain = Rain(np.array([0.0, 3600.0]), np.array([60.0, 0.0]))
    ground = Domain(z, cell, 0.03, infiltration=5.0)
    found: list[int] = []

    def work(seconds: float) -> None:
        found.append(simulate(ground, rain=rain, boundary=Boundary.free(), duration_s=seconds).steps)

    work(10.0)
    cpu, wall = clocked(lambda: work(3600.0 * hours))
    return cpu, wall, found[-1]


def main() -> None:
    speed = bandwidth()
    print(f"triad, 1 thread, f32              {speed:8.1f} GB/CPU-s")
    one, _ = all_wet(1, np.float32, 150)
    print(
        f"all wet, f32, 1 thread            {one:8.0f} Mcell/CPU-s   {one * 28e-3 / speed:.0%} of triad at 28 B a cell"
    )
    double, _ = all_wet(1, np.float64, 60)
    print(f"all wet, f64, 1 thread            {double:8.0f} Mcell/CPU-s")
    print(f"all wet, f32, 2 threads to 1      {two_threads():8.2f} (wall, fastest turns)")
    cpu, updates = test_4()
    print(f"a twentieth wet: CPU of a step less    {sparse(100):8.1f} times")
    print(f"memory of the state               {bytes_a_cell():8.0f} bytes a cell")
    print(f"EA test 4, 5 m, 5 h, 1 thread     {cpu:8.2f} CPU-s       {updates:.0f} M cell updates")


if __name__ == "__main__":
    main()
