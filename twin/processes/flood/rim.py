"""The rim of the computed area: free sides, rivers and tide as the engine's edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.city.breakline import band
from twin.city.surface import burn
from twin.engines.flood import Boundary, Edge, Inflow
from twin.errors import TwinError
from twin.processes.flood.geometry import Area, in_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from affine import Affine
    from numpy.typing import NDArray
    from pyproj import Transformer

    from twin.processes.flood.boundary import Stretch
    from twin.processes.flood.inputs import FloodInputs

    Mask = NDArray[np.bool_]

SIDES = ("north", "east", "south", "west")


def boundary(
    inputs: FloodInputs, transform: Affine, valid: Mask, to_city: Transformer, holes: Mask
) -> Boundary:
    """The four sides as asked, and the stretches over them; later ones hold. Water leaves over the outline of the terrain
    too, but not into its ``holes``.

    Raises ``TwinError`` TWIN-527 for a stretch that meets no cell at the rim.
    """
    asked = inputs.edges
    sides = {"north": asked.north, "east": asked.east, "south": asked.south, "west": asked.west}
    free: list[Edge] = [Edge(side, "free") for side, kind in sides.items() if kind == "free"]  # type: ignore[arg-type]
    if free:
        free.append(Edge("outline", "free", within=~valid & ~holes if holes.any() else None))
    for number, stretch in enumerate(inputs.boundaries):
        if _is_drawn_inflow(stretch):
            continue
        if stretch.kind == "open_water":
            water = under(stretch, transform, (valid.shape[0], valid.shape[1]), to_city)
            free.append(_edge(stretch, "outline", 0, None, within=water))
            continue
        found = list(edges_of(stretch, transform, valid, to_city))
        if not found:
            raise _beside(number)
        free.extend(found)
    return Boundary(tuple(free))


def open_water(inputs: FloodInputs, transform: Affine, valid: Mask, to_city: Transformer) -> Mask:
    """Cells of seas, rivers and lakes whose level is given: they are no computed ground.

    Raises ``TwinError`` TWIN-527 for one that meets no cell, or leaves none.
    """
    out = np.zeros_like(valid)
    for number, stretch in enumerate(inputs.boundaries):
        if stretch.kind == "open_water":
            cells = under(stretch, transform, (valid.shape[0], valid.shape[1]), to_city) & valid
            out |= cells
            if not cells.any() or out[valid].all():
                raise _beside(number)
    return out


def drawn_inflows(
    inputs: FloodInputs, transform: Affine, open_cells: Mask, to_city: Transformer
) -> Iterator[Inflow]:
    """Discharges along a line or over a polygon, shared by the open cells under it.

    Raises ``TwinError`` TWIN-527 for one that meets no open cell.
    """
    for number, stretch in enumerate(inputs.boundaries):
        if _is_drawn_inflow(stretch):
            shape = (open_cells.shape[0], open_cells.shape[1])
            rows, cols = np.nonzero(under(stretch, transform, shape, to_city) & open_cells)
            if rows.size == 0:
                raise _beside(number)
            yield Inflow(
                rows, cols, 60.0 * np.asarray(stretch.times_min), np.asarray(stretch.values, dtype=np.float64)
            )


def _is_drawn_inflow(stretch: Stretch) -> bool:
    return stretch.kind == "discharge" and stretch.side is None


def _beside(number: int) -> TwinError:
    return TwinError(
        "TWIN-527",
        "所绘边界没有落在计算范围的边缘（流量：范围内的开放单元）上；请核对位置，把线或面画过边缘。",
        "The boundary drawn does not meet the rim of the area (a discharge: an open cell in it); check the place and "
        "draw the line or polygon across the rim.",
        status=422,
        where=f"boundaries.{number}.geometry",
    )


def under(stretch: Stretch, transform: Affine, shape: tuple[int, int], to_city: Transformer) -> Mask:
    """Cells under the stretch's line or polygon; all of them where it has none."""
    if stretch.geometry is None:
        return np.ones(shape, dtype=bool)
    drawn = in_city(stretch.geometry, to_city)
    cells = (
        band(drawn, 0.0, transform, shape, tight=False) if not isinstance(stretch.geometry, Area) else None
    )
    if cells is None:
        cells = burn([drawn], [1], transform, shape, fill=0, dtype="uint8", touched=True) > 0
    return cells


def edges_of(stretch: Stretch, transform: Affine, valid: Mask, to_city: Transformer) -> Iterator[Edge]:
    """The parts of the rim that a stretch lies over."""
    cells = under(stretch, transform, (valid.shape[0], valid.shape[1]), to_city) & valid
    for side in SIDES if stretch.side is None else (stretch.side,):
        along = {"north": cells[0], "south": cells[-1], "west": cells[:, 0], "east": cells[:, -1]}[side]
        runs = np.flatnonzero(np.diff(np.concatenate([[False], along, [False]]).astype(np.int8)))
        for start, stop in runs.reshape(-1, 2).tolist():
            yield _edge(stretch, side, start, stop, share=(stop - start) / max(int(along.sum()), 1))


def _edge(
    stretch: Stretch, side: Any, start: int, stop: int | None, share: float = 1.0, within: Mask | None = None
) -> Edge:
    if stretch.kind == "free":
        return Edge(side, "free", start, stop, slope=stretch.slope)
    values = np.asarray(stretch.values, dtype=np.float64)
    if stretch.kind == "discharge":
        values = values * share
    kind: Literal["level", "discharge"] = "discharge" if stretch.kind == "discharge" else "level"
    return Edge(
        side, kind, start, stop, times_s=60.0 * np.asarray(stretch.times_min), values=values, within=within
    )
