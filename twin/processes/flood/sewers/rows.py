"""Rows of manholes and pipes of a run with sewers, and their sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from twin.engines.sewers import Network
from twin.processes.flood.sewers.outputs import SewerOutputs
from twin.store.features import Features

if TYPE_CHECKING:
    from twin.engines.flood import SewerResult
    from twin.processes.context import RunContext
    from twin.processes.flood.sewers import Plan

WRITES = ("flood_manhole", "flood_pipe")


def record(made: Plan, result: SewerResult, run: RunContext) -> SewerOutputs:
    """Hand over manholes and pipes, and sum up."""
    nodes, links = result.nodes, result.links
    kept = [i for i, name in enumerate(nodes.names) if name in made.places]
    at = [made.places[nodes.names[i]] for i in kept]
    ground = [
        None if one.outfall else one.ground for one in at
    ]  # an outfall has no rim that its head could pass
    run.write_features("flood_manhole", Features(
        {
            "node_code": [nodes.names[i] for i in kept],
            "max_head": [round(float(nodes.max_head[i]), 3) for i in kept],
            "above_ground": [None if g is None else round(float(nodes.max_head[i] - g), 3) for i, g in zip(kept, ground, strict=True)],
            "surcharge_min": [round(float(nodes.surcharged_s[i]) / 60.0, 1) for i in kept],
            "overflow_m3": [round(float(result.overflow[i]), 2) for i in kept],
            "overflow_min": [round(float(result.overflow_s[i]) / 60.0, 1) for i in kept],
            "max_overflow": [round(float(result.max_overflow[i]), 4) for i in kept],
            "inflow_m3": [round(float(result.inflow[i]), 2) for i in kept],
        },
        np.array([shapely.Point(one.x, one.y) for one in at]),
    ))  # fmt: skip
    drawn = [i for i, name in enumerate(links.names) if name in made.shapes]
    full = [_fullness(made.sizes.get(links.names[i]), float(links.max_depth[i])) for i in drawn]
    run.write_features("flood_pipe", Features(
        {
            "pipe_code": [links.names[i] for i in drawn],
            "max_flow": [round(float(links.max_flow[i]), 4) for i in drawn],
            "max_speed": [round(float(links.max_speed[i]), 3) for i in drawn],
            "max_fullness": full,
            "full_min": [round(float(links.full_s[i]) / 60.0, 1) for i in drawn],
        },
        np.array([made.shapes[links.names[i]] for i in drawn]),
    ))  # fmt: skip
    return SewerOutputs(
        nodes=len(nodes.names), pipes=len(links.names), openings=len(made.sewers.openings),
        inflow_m3=float(result.inflow.sum()), overflow_m3=float(result.overflow.sum()),
        outflow_m3=result.account.outflow, to_surface_m3=result.outlet_m3, stored_m3=result.account.final,
        overflowing_manholes=int((result.overflow > 0.1).sum()), full_pipes=int((links.full_s > 0).sum()),
        pumped_m3=_pumped(made, result),
        booking_error=result.relative_booking_error, continuity_error_percent=result.account.error_percent,
        mended={name: count for name, count in made.mended.items() if count},
    )  # fmt: skip


def _pumped(made: Plan, result: SewerResult) -> dict[str, float]:
    """Lifted by each station of the layers, m3."""
    if not isinstance(made.sewers.network, Network):
        return {}
    lifted = dict(zip(result.links.names, result.passed.tolist(), strict=True))
    out: dict[str, float] = {}
    for pump in made.sewers.network.pumps:
        out[pump.start] = round(out.get(pump.start, 0.0) + lifted[pump.name], 1)
    return out


def _fullness(size: float | None, depth: float) -> float | None:
    return None if not size else round(min(depth / size, 1.0), 3)
