"""The network as the bushes see it: links sorted by tail, and nodes where turns cost time opened up into their turns.

At a node where turns are listed, each link that has a listed turn into or out of the node gets an end of its own, and each turn
becomes a link of constant time between two ends; the other links share one end. The node itself stays as a place where paths
begin and end, but do not pass through. Nothing of this is seen outside: link numbers below ``links`` are the caller's.
"""

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
class Expansion:
    """Links sorted by tail: ``start`` (nodes + 1,), ``tail``, ``head`` (arcs,), ``through`` (nodes,).

    ``link`` (arcs,): number of the caller's link, or ``links`` + the number of the inner turn; ``arc``: the inverse.
    ``turn_time``, ``turn_from``, ``turn_to`` (turns,): time and caller's links of the inner turns; -1 stands for the links
    that share an end, and for the node itself. ``opened`` (nodes of the network,): whether a node was opened up.
    """

    links: int
    start: Indices
    tail: Indices
    head: Indices
    through: NDArray[np.bool_]
    link: Indices
    arc: Indices
    turn_time: Numbers
    turn_from: Indices
    turn_to: Indices
    opened: NDArray[np.bool_]

    def arcs(self, values: Numbers, at_turns: Numbers | float = 0.0) -> Numbers:
        """(arcs,) values of links in the order of the arcs, with those of the turns."""
        turns = np.broadcast_to(np.asarray(at_turns, dtype=np.float64), self.turn_time.shape)
        whole = np.concatenate([np.asarray(values, dtype=np.float64), turns])
        return np.ascontiguousarray(whole[self.link])


def expand(network: Network) -> Expansion:
    """Sort the links, and open up the nodes at which turns are listed."""
    tail, head = network.tail.astype(np.int32), network.head.astype(np.int32)
    through = np.arange(network.nodes) >= network.first_through
    ends = _Ends(network, tail.copy(), head.copy())
    at = head[network.turn_from] if network.turn_from.size else np.zeros(0, np.int32)
    opened = np.zeros(network.nodes, dtype=np.bool_)
    opened[at] = True
    opened &= through
    for node in np.flatnonzero(opened):
        ends.open(int(node), np.flatnonzero(at == node))
    tail = np.concatenate([ends.tail, np.array(ends.turn_tail, np.int32)])
    head = np.concatenate([ends.head, np.array(ends.turn_head, np.int32)])
    link = np.argsort(tail, kind="stable").astype(np.int32)
    arc = np.empty_like(link)
    arc[link] = np.arange(link.size, dtype=np.int32)
    start = np.zeros(ends.nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=ends.nodes), out=start[1:])
    inner = np.ones(ends.nodes - network.nodes, dtype=np.bool_)
    return Expansion(
        network.links, start, tail[link], head[link], np.concatenate([through & ~opened, inner]), link, arc,
        np.array(ends.turn_time, np.float64), np.array(ends.turn_from, np.int32), np.array(ends.turn_to, np.int32),
        opened,
    )  # fmt: skip


class _Ends:
    """New ends of links, and the turns between them, as the nodes are opened one by one."""

    def __init__(self, network: Network, tail: Indices, head: Indices) -> None:
        self.network, self.tail, self.head, self.nodes = network, tail, head, network.nodes
        self.entering = _by(network.head, network.nodes)
        self.leaving = _by(network.tail, network.nodes)
        self.turn_tail: list[int] = []
        self.turn_head: list[int] = []
        self.turn_time: list[float] = []
        self.turn_from: list[int] = []
        self.turn_to: list[int] = []

    def open(self, node: int, listed: NDArray[np.intp]) -> None:
        """Open one node; ``listed`` are the numbers of its turns."""
        network = self.network
        times = {
            (int(network.turn_from[t]), int(network.turn_to[t])): float(network.turn_time[t]) for t in listed
        }
        arrive = self._ends(self.head, self.entering, node, {came for came, _ in times})
        leave = self._ends(self.tail, self.leaving, node, {went for _, went in times})
        for came, into in arrive.items():
            self._turn(into, node, 0.0, came, -1)
            for went, out in leave.items():
                time = times.get((came, went), 0.0)
                if np.isfinite(time):
                    self._turn(into, out, time, came, went)
        for went, out in leave.items():
            self._turn(node, out, 0.0, -1, went)

    def _ends(
        self, side: Indices, links: tuple[Indices, Indices], node: int, own: set[int]
    ) -> dict[int, int]:
        """Give the links of ``own`` an end each and the others one together (-1); the ends by link."""
        order, start = links
        found: dict[int, int] = {}
        for number in order[start[node] : start[node + 1]]:
            key = int(number) if int(number) in own else -1
            if key not in found:
                found[key] = self.nodes
                self.nodes += 1
            side[number] = found[key]
        return found

    def _turn(self, tail: int, head: int, time: float, came: int, went: int) -> None:
        self.turn_tail.append(tail)
        self.turn_head.append(head)
        self.turn_time.append(time)
        self.turn_from.append(came)
        self.turn_to.append(went)


def _by(side: Indices, nodes: int) -> tuple[Indices, Indices]:
    """Links sorted by one of their ends, and where each node's begin."""
    start = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(side, minlength=nodes), out=start[1:])
    return np.argsort(side, kind="stable").astype(np.int32), start
