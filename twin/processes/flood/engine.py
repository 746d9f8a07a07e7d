"""What every simulation on a ground hands to the engine, whichever process asks for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from twin.processes.flood.structures import links

if TYPE_CHECKING:
    from twin.processes.context import RunContext
    from twin.processes.flood.ground import Ground
    from twin.processes.flood.inputs import FloodInputs

CROWDED = 1.5  # load per core; what ran a moment ago still counts in it


def settings(inputs: FloodInputs, ground: Ground, run: RunContext) -> dict[str, Any]:
    """Arguments of ``simulate`` beside the domain, the time and what the asker wants recorded."""
    return {
        "rain": ground.rain,
        "inflows": ground.inflows,
        "boundary": ground.boundary,
        "solver": ground.solver,
        "links": links(ground.structures),
        "dtype": ground.domain.z.dtype,
        "gauges": ground.gauges,
        "threads": _threads(),
        "cancelled": run.cancelled,
    }


def _threads() -> int | None:
    """One thread where others keep the cores busy already (threads that wait for each other lose more than they
    gain, and the result is the same), else as many as there are cores."""
    return 1 if os.getloadavg()[0] > CROWDED * len(os.sched_getaffinity(0)) else None
