"""The structures of a run as the engine's links."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.engines.flood import Culvert, Link, Pump, Rule, Weir, patch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.engines.flood import Domain
    from twin.processes.flood.structures import Structure

LEAST_REACH_M = 2.5


def as_links(structures: Iterable[Structure], domain: Domain) -> tuple[Link, ...]:
    """Culverts, bridge openings, weirs, gates and pumps, each over the open cells that its width reaches."""
    open_cells = np.isfinite(domain.z)
    if domain.blocked is not None:
        open_cells &= ~np.asarray(domain.blocked, bool)
    return tuple(_link(structure, domain.cell, open_cells) for structure in structures)


def _link(s: Structure, cell: float, open_cells: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Link:
    reach = max(0.5 * s.width * s.barrels, LEAST_REACH_M)
    up = patch(*s.start, cell, open_cells, reach)
    down = None if s.end is None else patch(*s.end, cell, open_cells, reach)
    levels = s.on is not None and s.off is not None
    rule = Rule(start=s.on, stop=s.off) if levels and s.kind in ("pump", "gate") else Rule()
    if s.kind == "pump":
        return Pump(s.code, up, down, rule=rule, capacity=s.capacity or 0.0)
    if s.kind == "culvert":
        return Culvert(
            s.code, up, down, s.one_way, width=s.width, height=s.height, barrels=s.barrels, length=max(s.length, 1.0),
            up_invert=s.start_invert, down_invert=s.end_invert, manning=s.roughness,
        )  # fmt: skip
    return Weir(
        s.code, up, down, s.one_way, rule, crest=s.crest, width=s.width * s.barrels, height=s.height,
    )  # fmt: skip
