"""Taking up an equilibrium that an earlier run kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from twin.errors import TwinError
from twin.processes.traffic.network import read

if TYPE_CHECKING:
    from uuid import UUID

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.context import RunContext
    from twin.processes.traffic.asked import ZoneKind
    from twin.processes.traffic.state import Kept

DIGITS = {12: "community", 9: "town"}  # of a zone's code; others are grid cells


def earlier(of: UUID, run: RunContext, where: str) -> tuple[RoadNetwork, Equilibrium]:
    """The city's network with the zones of that run, and the run's equilibrium. Raises TWIN-720 where it kept none, TWIN-721
    where the network is another one by now."""
    kept = kept_by(of, run, where)
    size = len(str(kept.zone[0])) if kept.zone.size else 0
    network = read(run, zones=cast("ZoneKind", DIGITS.get(size, "grid_cell"))).network
    if not kept.fits(network):  # zones of road nodes may have codes of any length
        network = read(run, zones="node").network
    fitting(kept, network, of, where)
    return network, kept.equilibrium


def kept_by(of: UUID, run: RunContext, where: str) -> Kept:
    """What the run kept. Raises TWIN-720."""
    from twin.processes.traffic.state import load

    path = run.state_of(of)
    kept = None if path is None else load(path)
    if kept is None:
        raise TwinError(
            "TWIN-720",
            f"运行 {of} 没有可接续的分配：须为可见、成功的 traffic-assignment，状态保留 7 天。",
            f"Run {of} has no assignment to go on from: it must be a traffic-assignment that you may see and that succeeded "
            "within the last 7 days.",
            status=422,
            where=where,
        )
    return kept


def fitting(kept: Kept, network: RoadNetwork, of: UUID, where: str) -> None:
    """Raises TWIN-721 for a network of other links, turns or zones."""
    if not kept.fits(network):
        raise TwinError(
            "TWIN-721",
            f"运行 {of} 的路网或小区与现在不同（路段、转向或小区已变）；请重新分配。",
            f"Run {of} is of another network or other zones (roads, turns or zones have changed since); assign anew.",
            status=422,
            where=where,
        )
