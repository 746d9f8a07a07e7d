"""Where surface and sewer touch, and the law of the flow between them.

By heads, as Chen, Djordjevic, Leandro & Savic (2007) and Rubinato, Martins, Kesserwani, Leandro, Djordjevic & Shucksmith
(2017, J. Hydrol. 552, 421-432): an orifice drives water out of a manhole whose head stands above the surface's level;
water falls in over the rim as over a free weir, as over a drowned weir where the sewer's head stands above the rim, and
through an orifice where the opening is covered deeper than it is wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check
from twin.engines.flood.layout import GRAVITY

Floats = NDArray[np.float64]
_ROOT_2G = (2.0 * GRAVITY) ** 0.5
_STIFF = 1e-3  # s/m2: keeps the orifice's law smooth where the heads meet


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Discharge coefficients.

    ``orifice``: handbooks give 0.4-0.7, the lower the more a cover or grate stands in the way; Rubinato et al. (2017)
    measured 0.167 on a scaled manhole, where the shaft's own losses are in it. ``weir`` 0.54 and ``drowned`` 0.056 are
    theirs. On EA test 8B (stand-in surface) the orifice decides alone: Nash-Sutcliffe 0.78 at 0.167, 0.96 at 0.3, 0.976
    at 0.4, 0.970 at 0.5, 0.96 at 0.6.
    """

    orifice: float = 0.45
    weir: float = 0.54
    drowned: float = 0.056

    def check(self) -> None:
        """Refuse what no opening has."""
        for name in ("orifice", "weir", "drowned"):
            check.number(f"coefficients.{name}", getattr(self, name), 0.0, 2.0)


@dataclass(frozen=True, slots=True)
class Opening:
    """A manhole's mouth or a group of gullies that lead to one node of the sewers.

    ``rows, cols``: the cells it drains and floods, the one whose level counts first. A node may have several openings.
    """

    node: str
    rows: NDArray[np.integer] | int
    cols: NDArray[np.integer] | int
    area: float = 0.5  # m2 open
    width: float = 2.5  # m of rim that water falls over
    capacity: float = (
        np.inf
    )  # m3/s that it swallows at most (grates; GB 50014 gives 20-35 L/s a double gully)


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outfall that ends on the surface: the level there stands against it, its water arrives there."""

    node: str
    rows: NDArray[np.integer] | int
    cols: NDArray[np.integer] | int


@dataclass(frozen=True, slots=True)
class Mouths:
    """The openings' sizes as arrays, and the law of their flow."""

    area: Floats
    width: Floats
    capacity: Floats
    coefficients: Coefficients

    @classmethod
    def of(cls, openings: Sequence[Opening], coefficients: Coefficients) -> Mouths:
        """Raises `FloodInputError` for sizes that no opening has."""
        coefficients.check()
        for number, opening in enumerate(openings):
            check.number(f"openings[{number}].area", opening.area, 0.0, 1e4)
            check.number(f"openings[{number}].width", opening.width, 0.0, 1e4)

        def field(name: str) -> Floats:
            return np.array([getattr(opening, name) for opening in openings], np.float64)

        return cls(field("area"), field("width"), field("capacity"), coefficients)

    def flow(self, crest: Floats, depth: Floats, head: Floats, give: Floats) -> Floats:
        """Flow (m3/s) from surface to sewer, negative out of it.

        ``crest`` (m), ``depth`` above it (m), ``head`` of the sewer with no flow here (m), and ``give``: by how much that
        head rises for each m3/s that enters here (s/m2). A surcharged manhole's head answers within one step, so the
        flow is found together with the head that it leaves: q = k sqrt(drop - give q), a quadratic in q.
        """
        c = self.coefficients
        level = crest + depth
        drop = level - np.maximum(head, crest)
        k2 = (c.orifice * self.area * _ROOT_2G) ** 2
        orifice = np.sign(drop) * _root(k2, k2 * (give + _STIFF), np.abs(drop))
        free = (2.0 / 3.0) * c.weir * self.width * _ROOT_2G * depth**1.5
        wide = (c.drowned * self.width * _ROOT_2G * depth) ** 2
        drowned = _root(wide, wide * give, np.maximum(drop, 0.0))
        shallow = depth < self.area / self.width
        inward = np.where(head <= crest, np.where(shallow, free, np.minimum(free, orifice)),
                          np.where(shallow, np.minimum(drowned, orifice), orifice))  # fmt: skip
        return np.where(drop >= 0.0, np.minimum(inward, self.capacity), orifice)


def _root(k2: Floats, linear: Floats, drop: Floats) -> Floats:
    """The positive q of q^2 + linear q = k2 drop."""
    half = 0.5 * linear
    return np.asarray(k2 * drop / (half + np.sqrt(half * half + k2 * drop) + 1e-30))


def patch(
    row: int, col: int, cell: float, open_cells: NDArray[np.bool_], reach: float = 2.5
) -> tuple[Any, Any]:
    """The open cells within ``reach`` (m) of a cell, that cell first; coarse cells stand alone."""
    n = int(reach / cell)
    rows, cols = np.mgrid[row - n : row + n + 1, col - n : col + n + 1].reshape(2, -1)
    inside = (rows >= 0) & (rows < open_cells.shape[0]) & (cols >= 0) & (cols < open_cells.shape[1])
    rows, cols = rows[inside], cols[inside]
    keep = open_cells[rows, cols]
    rows, cols = rows[keep], cols[keep]
    order = np.argsort(np.hypot(rows - row, cols - col), kind="stable")
    return rows[order], cols[order]
