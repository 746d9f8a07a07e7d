"""What a request for a run may be checked against before it is queued: the city's CRS and the rasters it has."""

from __future__ import annotations

from dataclasses import dataclass, field

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Ground:
    """The city as far as a check at submission needs it.

    ``coverages`` maps each coverage layer that the run would read to the bounds (minx, miny, maxx, maxy in
    storage CRS, metres) of its current raster, or None while it has none.
    """

    srid: int
    coverages: dict[str, Bounds | None] = field(default_factory=dict)
