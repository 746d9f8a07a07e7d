"""Compile ahead of the first question: on a new machine that takes the better part of a minute, once."""

from __future__ import annotations

import numpy as np

from twin.engines.flood.inputs import SOLVERS, Boundary, Domain, Rain
from twin.engines.flood.simulation import simulate


def compile_ahead() -> None:
    """Fill numba's cache with what single precision takes, the customary solver first, on one thread and on several;
    a second where that is done already."""
    ground = Domain(np.zeros((8, 32)), 5.0, 0.03, infiltration=1.0)
    rain = Rain(np.array([0.0]), np.array([36.0]))
    for solver in SOLVERS:
        for threads in (1, 2):
            simulate(
                ground, rain=rain, boundary=Boundary.free(), duration_s=2.0, solver=solver, threads=threads
            )
