"""Roads under the water of a flood run: the speed that is still driven on each directed link.

A process that calls this declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.city.passability import speed_in_water, vehicles
from twin.errors import TwinError, did_you_mean

if TYPE_CHECKING:
    from uuid import UUID

    from twin.city.passability import Vehicle
    from twin.city.road_network import Numbers, RoadNetwork
    from twin.processes.context import RunContext

LAYERS = ("flood_road", "flood_road_series", "flood_depth")


def link_speeds_under_flood(
    run: RunContext,
    network: RoadNetwork,
    flood_run: UUID,
    at_min: float | None = None,
    vehicle: str | Vehicle = "car",
) -> Numbers:
    """(links,) km/h: min(free speed, v(depth)) by Pregnolato et al. (2017), 0 where closed to the class of vehicle, the
    free speed to the bit where dry. ``at_min`` minutes after the start of the flood; None takes the worst of the whole flood.

    Raises TWIN-711 for no such flood run (or none that the actor may see), TWIN-712 for an unknown class.
    """
    kind = _vehicle(vehicle)
    depth, flow = depths(run, network, flood_run, at_min)
    return speed_in_water(depth, flow, network.links.free_speed, kind)


def depths(
    run: RunContext, network: RoadNetwork, flood_run: UUID, at_min: float | None
) -> tuple[Numbers, Numbers]:
    """(links,) depth in m and depth times speed in m2/s at that minute, or their greatest; raises TWIN-711."""
    rows = run.features("flood_road_series", run=flood_run).columns
    if not rows["road_code"] and not len(run.features("flood_road", columns=["road_code"], run=flood_run)):
        _known(run, flood_run)
    deep: dict[str, tuple[float, float]] = {}
    columns = (rows[name] for name in ("road_code", "from_min", "to_min", "depth", "flow"))
    for code, begin, end, depth, flow in zip(*columns, strict=True):
        if at_min is None or (begin <= at_min and (end is None or at_min < end)):
            old = deep.get(code, (0.0, 0.0))
            deep[code] = (max(old[0], float(depth)), max(old[1], float(flow or 0.0)))
    found = np.array([deep.get(code, (0.0, 0.0)) for code in network.links.code], np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _known(run: RunContext, flood_run: UUID) -> None:
    """A flood without a wet road leaves no rows; tell it from a run that is not there by its raster of depths."""
    if run.raster("flood_depth", run=flood_run) is None:
        raise TwinError(
            "TWIN-711",
            f"没有可见的内涝模拟 {flood_run}，或它没有成功；请核对运行编号。",
            f"There is no flood run {flood_run} that you may see, or it did not succeed; check the id.",
            status=422,
            where="flood.run",
        )


def _vehicle(vehicle: str | Vehicle) -> Vehicle:
    if not isinstance(vehicle, str):
        return vehicle
    known = vehicles()
    if vehicle not in known:
        near = did_you_mean(vehicle, known)
        raise TwinError(
            "TWIN-712",
            f"没有车辆类别“{vehicle}”；可用：{'、'.join(known)}。{near.zh}",
            f'There is no class of vehicle "{vehicle}"; use one of: {", ".join(known)}.{near.en}',
            status=422,
            where="vehicle",
        )
    return known[vehicle]
