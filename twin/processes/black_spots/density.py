"""Density along the roads and in the plane, and how well earlier crashes foretell later ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from affine import Affine
from shapely.ops import substring

from twin.processes.context import Features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.black_spots.lixels import Lixels
    from twin.engines.traffic.black_spots.network_kernel import Density
    from twin.processes.black_spots.case import Crashes, Period, Streets
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]

MOST_ROWS = 60_000
SURFACE_CELLS = 4_000_000
LEAST_CELL_M = 25.0


@dataclass(frozen=True, slots=True)
class Foretold:
    """Share of the later crashes on the densest 1 % and 5 % of the network, and over how many."""

    at_1: float
    at_5: float
    crashes: int


def of(
    streets: Streets, crashes: Crashes, weight: Numbers, lixel_m: float, bandwidth_m: float | None
) -> tuple[Lixels, Density]:
    """Pieces of the network and the density on them."""
    from twin.engines.traffic.black_spots import lixels, network_kernel

    pieces = lixels.cut(streets.node.size, streets.tail, streets.head, streets.length, lixel_m)
    if bandwidth_m is None:
        return pieces, network_kernel.mixed(pieces, crashes.edge, crashes.position, weight)
    return pieces, network_kernel.density(pieces, crashes.edge, crashes.position, weight, bandwidth_m)


def shares(pieces: Lixels, density: Numbers) -> Numbers:
    """(lixels,) share of the network's length that is at least as dense."""
    order = np.argsort(-density, kind="stable")
    summed = np.cumsum(pieces.piece[order]) / pieces.piece.sum()
    out = np.empty(density.size)
    out[order] = summed
    return out


def rows(streets: Streets, pieces: Lixels, found: Density, years: float) -> Features:
    """The pieces that any crash reaches, the densest first."""
    long = pieces.piece
    density = found.mass / long * 1000.0 / years
    share = shares(pieces, density)
    kept = np.flatnonzero(density > 1e-6)
    kept = kept[np.argsort(-density[kept], kind="stable")][:MOST_ROWS]
    edge = pieces.edge[kept]
    start = (kept - pieces.first[edge]) * long[kept]
    lines = [
        substring(streets.shape[e], a, min(a + size, streets.length[e]))
        for e, a, size in zip(edge.tolist(), start.tolist(), long[kept].tolist(), strict=True)
    ]
    real = [i for i, line in enumerate(lines) if line.geom_type == "LineString" and line.length > 0]
    shapes = np.empty(len(real), object)
    shapes[:] = [lines[i] for i in real]
    columns = {
        "road_code": [streets.code[edge[i]] for i in real],
        "from_m": [round(float(start[i]), 1) for i in real],
        "density": [round(float(density[kept[i]]), 4) for i in real],
        "length_share": [round(min(float(share[kept[i]]), 1.0), 5) for i in real],
    }
    return Features(columns, shapes)


def write_surface(run: RunContext, streets: Streets, crashes: Crashes, weight: Numbers, years: float) -> None:
    """The heat map over the extent of the roads."""
    import shapely

    from twin.engines.traffic.black_spots import plane_kernel

    west, south, east, north = shapely.total_bounds(streets.shape).tolist()
    cell = max(LEAST_CELL_M, float(np.sqrt((east - west) * (north - south) / SURFACE_CELLS)))
    west, south = west - 2 * cell, south - 2 * cell
    box = (west, south, east + 2 * cell, north + 2 * cell)
    made = plane_kernel.surface(crashes.x, crashes.y, weight, box, cell)
    array = (made.array[::-1] * np.float32(1e6 / years)).astype(np.float32)
    run.write_raster(
        "black_spot_surface", array, Affine(cell, 0, west, 0, -cell, south + array.shape[0] * cell)
    )


def foretell(
    streets: Streets, every: Crashes, period: Period, lixel_m: float, bandwidth_m: float | None
) -> Foretold | None:
    """The last year of the period foretold by the days before it (None where either has fewer than 20 crashes)."""
    turn = max(period.end - 365.25, (period.start + period.end) / 2)
    found = period.of(every)
    before, after = found.only(found.day < turn), found.only(found.day >= turn)
    if min(len(before), len(after)) < 20:
        return None
    pieces, density = of(streets, before, np.ones(len(before)), lixel_m, bandwidth_m)
    share = shares(pieces, density.mass / pieces.piece)[pieces.of(after.edge, after.position)]
    return Foretold(float((share <= 0.01).mean()), float((share <= 0.05).mean()), len(after))
