"""How much traffic the roads carry: from the links' own column, or not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.black_spots.case import Streets

    type Numbers = NDArray[np.float64]

type Source = Literal["aadt", "length"]


def daily_flow(streets: Streets) -> tuple[Numbers | None, Source]:
    """(edges,) average daily traffic of both directions (pcu/d) and where it comes from; None: by length only.

    A link without a figure takes the median of its class.
    """
    if np.isfinite(streets.aadt).any():
        return _filled(streets.aadt, streets), "aadt"
    return None, "length"


def _filled(flow: Numbers, streets: Streets) -> Numbers:
    """Gaps filled with the median of the class, else of all."""
    filled = flow.copy()
    gap = ~np.isfinite(flow)
    for kind in set(streets.road_class[gap].tolist()):
        same = streets.road_class == kind
        known = flow[same & ~gap]
        filled[same & gap] = np.median(known) if known.size else np.nanmedian(flow)
    return filled
