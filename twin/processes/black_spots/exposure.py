"""How much traffic the roads carry: from an assignment, from the links' own column, or not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from twin.errors import TwinError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.black_spots.case import Streets
    from twin.processes.black_spots.inputs import BlackSpotsInputs
    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]

type Source = Literal["assignment", "aadt", "length"]
LAYER = "traffic_link"


def daily_flow(run: RunContext, inputs: BlackSpotsInputs, streets: Streets) -> tuple[Numbers | None, Source]:
    """(edges,) average daily traffic of both directions (pcu/d) and where it comes from; None: by length only.

    A link without a figure takes the median of its class. Raises TWIN-732 for an assignment that the actor cannot read.
    """
    found = run.features(LAYER, columns=["road_code", "flow"], run=inputs.assignment)
    if len(found):
        total: dict[str, float] = {}
        for code, flow in zip(found.columns["road_code"], found.columns["flow"], strict=True):
            if code is not None and flow is not None:
                total[code] = total.get(code, 0.0) + float(flow)
        hourly = np.array([total.get(code, np.nan) for code in streets.code])
        return _filled(hourly / inputs.peak_share, streets), "assignment"
    if inputs.assignment is not None:
        raise TwinError(
            "TWIN-732",
            f"没有可见的交通分配 {inputs.assignment}，或它没有成功；请核对运行编号。",
            f"There is no traffic assignment {inputs.assignment} that you may see, or it did not succeed; check the id.",
            status=422,
            where="assignment",
        )
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
