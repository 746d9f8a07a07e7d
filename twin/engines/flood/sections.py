"""Discharge through lines drawn over the grid."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood.layout import Layout
from twin.engines.flood.problems import FloodInputError


@dataclass(frozen=True, slots=True)
class Section:
    """A line through which discharge is recorded, as vertices ``(row, col)`` in cell coordinates.

    Cell (i, j) covers rows i to i + 1 and columns j to j + 1, so (0, 0) is the grid's north-west corner. The line is
    laid on cell faces, never further than about half a cell from the drawn one, and the volume through it is exact.
    Water that crosses from the left to the right of one who walks along the line counts as positive: a line drawn
    from south to north counts flow to the east.
    """

    name: str
    points: Sequence[tuple[float, float]]


class SectionFaces(NamedTuple):
    """The faces of one section."""

    axis: NDArray[np.int64]  # (n,) 0 east-west flow, 1 north-south
    face: NDArray[np.int64]  # (n,) flat index into qx or qy
    sign: NDArray[np.float64]  # (n,)


def lay(section: Section, number: int, layout: Layout) -> SectionFaces:
    """The faces nearest to a section's line; refuses one outside the grid or without length."""
    name = f"sections[{number}].points"
    points = np.asarray(section.points, np.float64)
    if points.ndim != 2 or points.shape[0] < 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise FloodInputError(
            name,
            "应为至少两个 (行, 列) 顶点。",
            "must be at least two (row, col) vertices.",
        )
    if (points < 0).any() or (points > [layout.rows, layout.cols]).any():
        raise FloodInputError(
            name,
            f"超出格网 {layout.rows} x {layout.cols}；请裁剪到计算范围。",
            f"leave the grid of {layout.rows} x {layout.cols} cells; clip the line to it.",
        )
    nodes = [(round(float(r)), round(float(c))) for r, c in points]
    found: list[tuple[int, int, float]] = []
    for a, b in itertools.pairwise(nodes):
        found += _stairs(a, b, layout)
    if not found:
        raise FloodInputError(
            name,
            "断面短于一个单元；请画长一些。",
            "cross no cell face: the line is shorter than a cell; draw it longer.",
        )
    axis, face, sign = zip(*found, strict=True)
    return SectionFaces(np.array(axis, np.int64), np.array(face, np.int64), np.array(sign, np.float64))


def _stairs(a: tuple[int, int], b: tuple[int, int], layout: Layout) -> list[tuple[int, int, float]]:
    """Faces of the four-connected path of grid nodes closest to the straight line from ``a`` to ``b``."""
    (r, c), (dr, dc) = a, (b[0] - a[0], b[1] - a[1])
    step_r, step_c = int(np.sign(dr)), int(np.sign(dc))
    out = []
    for _ in range(abs(dr) + abs(dc)):
        # the candidate whose distance to the line is smaller: compare cross products
        down = abs((r + step_r - a[0]) * dc - (c - a[1]) * dr) if r != b[0] else np.inf
        along = abs((r - a[0]) * dc - (c + step_c - a[1]) * dr) if c != b[1] else np.inf
        if down <= along:
            out.append((0, int(layout.flat(min(r, r + step_r), c - 1)), float(-step_r)))
            r += step_r
        else:
            out.append((1, int(layout.flat(r - 1, min(c, c + step_c))), float(step_c)))
            c += step_c
    return out


def discharge(faces: SectionFaces, qx: NDArray[np.floating], qy: NDArray[np.floating], cell: float) -> float:
    """Discharge (m3/s) through a section now."""
    flow = np.where(faces.axis == 0, qx[faces.face], qy[faces.face]).astype(np.float64)
    return float((flow * faces.sign).sum() * cell)
