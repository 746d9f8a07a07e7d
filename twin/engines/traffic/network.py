"""The road network as arrays: directed links between numbered nodes, with their delay functions and turns."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]


class Delay(IntEnum):
    """Volume-delay functions, t the time at flow v, with t0 the free time, c the capacity, a and b two numbers of the link.

    BPR (Bureau of Public Roads 1964): t = t0 (1 + a (v/c)^b); a = 0 gives a constant time.
    CONICAL (Spiess 1990, eq. 6): t = t0 (2 + sqrt(b^2 (1 - v/c)^2 + e^2) - b (1 - v/c) - e), e = (2 b - 1) / (2 b - 2), b > 1.
    AKCELIK (Akcelik 1991, eq. 9): t = t0 + 900 T (z + sqrt(z^2 + 8 J x / (c T))), x = v/c, z = x - 1, in seconds, with
    T = 1 h, J = a, and c in veh/h.
    """

    BPR = 0
    CONICAL = 1
    AKCELIK = 2


@dataclass(frozen=True, slots=True)
class Network:
    """Directed links. Times are in one unit throughout (s from the city's layers), flows and capacities in pcu/h.

    ``tail``, ``head``: (links,) nodes, 0-based. Nodes below ``zones`` are the zones' centroids; paths begin and end at any
    node but do not pass through those below ``first_through``.
    ``length``: (links,) m. ``free_time``: (links,) at zero flow; 0 is allowed (connectors). ``capacity``: (links,), may be
    infinite. ``alpha``, ``power``: (links,) the numbers a and b of ``function`` (links,), a code of ``Delay``.
    ``toll``: (links,) money, weighted by the classes of users.
    ``turn_from``, ``turn_to``: (turns,) pairs of links, ``turn_time``: (turns,) the time that the turn costs, infinite for
    a ban; a turn not named costs nothing.
    """

    nodes: int
    zones: int
    first_through: int
    tail: Indices
    head: Indices
    length: Numbers
    free_time: Numbers
    capacity: Numbers
    alpha: Numbers
    power: Numbers
    function: NDArray[np.int8]
    toll: Numbers
    turn_from: Indices
    turn_to: Indices
    turn_time: Numbers

    @property
    def links(self) -> int:
        """How many directed links there are."""
        return self.tail.size
