"""What goes in: the ground, the rain, the inflows and the edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Grid = NDArray[np.float32]
Side = Literal["west", "east", "north", "south", "outline"]
Solver = Literal["inertial", "shallow_water"]
SOLVERS: tuple[Solver, ...] = ("inertial", "shallow_water")


@dataclass(frozen=True, slots=True)
class GreenAmpt:
    """Green-Ampt soil, each a scalar or a (rows, cols) array."""

    conductivity_mm_h: NDArray[np.floating] | float  # saturated hydraulic conductivity
    suction_mm: NDArray[np.floating] | float  # capillary suction head at the wetting front
    deficit: NDArray[np.floating] | float  # moisture deficit, 0..1


@dataclass(frozen=True, slots=True)
class CurveNumber:
    """SCS curve-number soil, each a scalar or a (rows, cols) array. Only the rain on a cell counts for it."""

    retention_mm: NDArray[np.floating] | float  # potential maximum retention S = 25400/CN - 254
    initial_mm: NDArray[np.floating] | float  # initial abstraction Ia, 0.2 S by custom


@dataclass(frozen=True, slots=True)
class Horton:
    """Horton soil in its capacity form, each a scalar or a (rows, cols) array."""

    initial_mm_h: NDArray[np.floating] | float  # f0, infiltration capacity of the dry soil
    final_mm_h: NDArray[np.floating] | float  # fc, capacity of the wet soil
    decay_h: float = 4.14  # k, 1/h


@dataclass(frozen=True, slots=True)
class Domain:
    """The ground. Arrays are (rows, cols), north-up: row 0 is the northernmost, column 0 the westernmost."""

    z: NDArray[np.floating]  # bed elevation, m; NaN = outside the domain
    cell: float  # side of a cell, m
    manning: NDArray[np.floating] | float  # Manning's n, s m^-1/3
    blocked: NDArray[np.bool_] | None = (
        None  # closed to flow (buildings); their rain goes to the nearest open cell
    )
    infiltration: NDArray[np.floating] | float | None = None  # constant capacity (soil, drains), mm/h
    initial_loss: NDArray[np.floating] | float | None = None  # filled before anything runs off, mm
    green_ampt: GreenAmpt | None = None  # of the three soil laws at most one
    curve_number: CurveNumber | None = None
    horton: Horton | None = None
    initial_depth: NDArray[np.floating] | float | None = None  # m


@dataclass(frozen=True, slots=True)
class Rain:
    """A step series: ``intensity[i]`` (mm/h) holds in ``[times[i], times[i+1])``, the last one for as long as the step
    before it lasted (a single one for ever); nothing falls before the first time.

    ``intensity_mm_h``: (steps,) uniform; (steps, rows, cols) gridded; or (steps, zones) with ``zones`` (rows, cols) of
    zone numbers from 0, -1 where no rain falls.
    """

    times_s: Floats
    intensity_mm_h: NDArray[np.floating]
    zones: NDArray[np.integer] | None = None


@dataclass(frozen=True, slots=True)
class Inflow:
    """A discharge shared evenly by some cells: linear between its times, none outside them."""

    rows: NDArray[np.integer]  # (n,)
    cols: NDArray[np.integer]  # (n,)
    times_s: Floats  # (k,) increasing
    discharge_m3_s: Floats  # (k,) >= 0


@dataclass(frozen=True, slots=True)
class Edge:
    """A stretch of one side of the grid: cells ``start`` to ``stop`` (exclusive) from the north or west end.

    ``free``: normal-depth outflow with ``slope``, or with that of the water surface when it is None. ``level``: a held
    level (m, same datum as z) linear between its times. ``discharge``: an inflow (m3/s) shared by the stretch's open
    cells. Side ``outline`` is the border between cells of the domain and NaN cells inside the grid (no discharge), of
    those NaN cells alone that are ``within`` where it is given: so a sea cut out of the grid holds its level.
    """

    side: Side
    kind: Literal["free", "level", "discharge"]
    start: int = 0
    stop: int | None = None
    slope: float | None = None
    times_s: Floats | None = None
    values: Floats | None = None
    within: NDArray[np.bool_] | None = None  # (rows, cols), for an outline


@dataclass(frozen=True, slots=True)
class Boundary:
    """The edges that are open; all the rest is closed. Where two stretches overlap, the later one counts."""

    edges: tuple[Edge, ...] = ()

    @classmethod
    def closed(cls) -> Boundary:
        """No water leaves."""
        return cls()

    @classmethod
    def free(cls, slope: float | None = None) -> Boundary:
        """Water leaves on all four sides and along the domain's outline."""
        sides: tuple[Side, ...] = ("west", "east", "north", "south", "outline")
        return cls(tuple(Edge(side, "free", slope=slope) for side in sides))
