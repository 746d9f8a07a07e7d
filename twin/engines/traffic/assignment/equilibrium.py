"""What an assignment gives: flows, times and how near it is to the equilibrium, with the bushes that hold the routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from twin.engines.traffic.assignment.demand import Demand
    from twin.engines.traffic.assignment.expansion import Expansion
    from twin.engines.traffic.assignment.ground import Matrix
    from twin.engines.traffic.network import Network
    from twin.errors import Problem

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

Aim = Literal["user", "system"]


@dataclass(frozen=True, slots=True)
class Iteration:
    """``gap``: (cost of travel - cost on shortest paths) / cost of travel; ``objective``; ``cpu_s`` of the process since the start."""

    gap: float
    objective: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class CutOff:
    """Trips without a way, (k,) each: position of the class among the demands, nodes, veh/h."""

    demand: Indices
    origin: Indices
    destination: Indices
    trips: Numbers

    @property
    def total(self) -> float:
        """veh/h."""
        return float(self.trips.sum())


@dataclass(frozen=True, slots=True)
class Forest:
    """The bushes as the kernels hold them: taken up by a warm start, never changed."""

    expansion: Expansion
    trips: Any
    bushes: Any
    fixed: Numbers
    matrix: Matrix | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Travel through some links: ``demand``, ``origin``, ``destination``, ``trips`` (k,) veh/h, and ``flow`` (links,) pcu/h."""

    demand: Indices
    origin: Indices
    destination: Indices
    trips: Numbers
    flow: Numbers


@dataclass(frozen=True, slots=True)
class Turns:
    """Flows from link to link, (k,) each: ``flow`` in pcu/h; sorted by the links. Turns without flow are left out."""

    from_link: Indices
    to_link: Indices
    flow: Numbers


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """Flows at which nobody gains by another route (``aim`` user) or that cost least in all (system).

    ``flow``: (links,) pcu/h; ``class_flow``: (demands, links) veh/h; ``time``: (links,) at that flow; ``gap`` as reached, and
    ``converged``: whether that is what was asked; ``objective``: Beckmann's, or the total cost of the system optimum, with
    the fixed costs of the classes; ``total_time``: veh times time per hour, turns included; ``cut_off``: demand
    without a way, in none of the other figures; ``intrazonal``: veh/h left out; ``problems``: what the check found and let pass.
    """

    network: Network
    demands: tuple[Demand, ...]
    aim: Aim
    closed: NDArray[np.bool_]
    flow: Numbers
    class_flow: Numbers
    time: Numbers
    gap: float
    converged: bool
    objective: float
    total_time: float
    iterations: tuple[Iteration, ...]
    cut_off: CutOff
    intrazonal: float
    problems: tuple[Problem, ...]
    forest: Forest

    def select_link(self, links: ArrayLike) -> Selection:
        """Who drives over at least one of some links, and the flows of those trips on all links.

        Within a bush the shares of the routes are those of each node's flow, the likeliest ones (entropy).
        """
        from twin.engines.traffic.assignment.analysis import select_link

        return select_link(self, np.asarray(links))

    def turns(self, node: int | None = None) -> Turns:
        """Turning flows at one node, or at all; trips that begin or end at a node make no turn there."""
        from twin.engines.traffic.assignment.analysis import turns

        return turns(self, node)
