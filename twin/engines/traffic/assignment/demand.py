"""Who travels: trips between nodes, by class of user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.engines.traffic.network import Network

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Demand:
    """Trips of one class of users.

    ``origin``, ``destination``: (k,) nodes, 0-based; ``trips``: (k,) veh/h. A pair may stand more than once; pairs within
    one node are left out and counted. ``pce``: passenger cars that one vehicle stands for. ``toll_weight``: time per unit
    of money; ``distance_weight``: time per metre; both add to the time by which the class chooses. ``closed``: (links,)
    True where the class may not drive.
    """

    name: str
    origin: Indices
    destination: Indices
    trips: Numbers
    pce: float = 1.0
    toll_weight: float = 0.0
    distance_weight: float = 0.0
    closed: NDArray[np.bool_] | None = None

    def fixed_cost(self, network: Network) -> Numbers:
        """(links,) what the class adds to the time of each link; infinite where it may not drive."""
        cost = np.zeros(network.links)
        if self.toll_weight:
            cost += self.toll_weight * network.toll
        if self.distance_weight:
            cost += self.distance_weight * network.length
        return cost if self.closed is None else np.where(self.closed, np.inf, cost)
