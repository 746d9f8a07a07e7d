"""The most critical links: each closed alone, the traffic brought to a new equilibrium from the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.processes.context import Features
from twin.processes.traffic.rows import named, roads, rounded
from twin.processes.traffic.solving import known_roads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import RoadNetwork
    from twin.engines.traffic.assignment import Equilibrium
    from twin.processes.context import RunContext


def candidates(network: RoadNetwork, base: Equilibrium, codes: Sequence[str], most: int) -> NDArray[np.intp]:
    """The busiest directed links, of the roads named or of all. Raises TWIN-716 for unknown roads."""
    known_roads(network, codes, "candidates")
    index = roads(network)
    if codes:
        index = index[np.isin(network.links.code[index].astype(str), list(codes))]
    index = index[~base.closed[index]]
    return index[np.argsort(-base.flow[index], kind="stable")[:most]]


def rank(
    run: RunContext, network: RoadNetwork, base: Equilibrium, chosen: NDArray[np.intp], gap: float
) -> Features:
    """Rows by falling harm: first by the trips cut off, then by the time lost in all (of the trips that still have a way)."""
    from twin.engines.traffic.assignment import Cancelled
    from twin.engines.traffic.assignment import rank as by_harm

    def progress(done: float) -> None:
        run.progress(0.76 + 0.23 * done, "逐一封闭路段", "closing links one by one")

    try:
        harm = by_harm(base, chosen, gap=gap, progress=progress, cancelled=run.cancelled)
    except Cancelled:
        run.check()
        raise
    index = harm.link
    return Features(
        {
            **named(network, index),
            "class": network.links.road_class[index].tolist(),
            "rank": list(range(1, index.size + 1)),
            "flow": rounded(base.flow[index]),
            "time_lost": rounded(harm.delay / 3600.0, 4),
            "cut_off": rounded(harm.cut_off, 4),
        },
        network.links.shape[index],
    )
