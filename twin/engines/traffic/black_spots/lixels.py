"""A network cut into short pieces (lixels) of nearly one length, and what meets at its nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]

SHORTEST_M = 0.1  # shorter links count as this long, so that a walk along them always gets somewhere


@dataclass(frozen=True, slots=True)
class Lixels:
    """An undirected network of edges cut into pieces.

    ``tail``, ``head``: (edges,) nodes; ``length``: (edges,) m. ``first``: (edges + 1,) number of the first piece of
    each edge; the pieces of one edge are equally long and stand in order from its tail. ``at``: (nodes + 1,) where a
    node's ends begin in ``end``; an end is 2 edge (the tail) or 2 edge + 1 (the head).
    """

    tail: Indices
    head: Indices
    length: Numbers
    first: Indices
    at: Indices
    end: Indices

    @property
    def edge(self) -> Indices:
        """(lixels,) the edge of each piece."""
        return np.repeat(np.arange(self.tail.size, dtype=np.int32), np.diff(self.first))

    @property
    def piece(self) -> Numbers:
        """(lixels,) m."""
        return np.repeat(self.length / np.diff(self.first), np.diff(self.first))

    def of(self, edge: Indices, position: Numbers) -> Indices:
        """(points,) the piece on which a point lies, ``position`` m from the edge's tail."""
        count = np.diff(self.first)[edge]
        step = np.floor(position / self.length[edge] * count).astype(np.int32)
        return np.asarray(self.first[edge] + np.clip(step, 0, count - 1), np.int32)


def cut(nodes: int, tail: Indices, head: Indices, length: Numbers, lixel: float) -> Lixels:
    """Cut edges of ``length`` m between ``nodes`` nodes into pieces of at most ``lixel`` m."""
    long = np.maximum(np.asarray(length, np.float64), SHORTEST_M)
    count = np.ceil(long / lixel - 1e-9).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
    node = np.column_stack([tail, head]).ravel()
    order = np.argsort(node, kind="stable").astype(np.int32)
    at = np.concatenate([[0], np.cumsum(np.bincount(node, minlength=nodes))]).astype(np.int32)
    return Lixels(np.asarray(tail, np.int32), np.asarray(head, np.int32), long, first, at, order)
