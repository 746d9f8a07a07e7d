"""Leaps: where sweeps creep, as far on in their direction as lowers the objective most.

Where costs rise steeply, bushes can change places on a link only together; one after the other they creep, each sweep a small
step in about the same direction. A leap looks for the least of the objective in the space of the last sweep's step and of the
last leaps (sequential subspace optimization, Narkiss and Zibulevsky 2005; on a quadratic with one earlier step that is the
method of conjugate gradients). Flows that would turn negative end at zero; a leap that does not lower the objective is
shortened, at last to the first flow that reaches zero, or taken back.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.engines.traffic.assignment import newton
from twin.engines.traffic.assignment.arrays import Array, Bushes, Desk, Graph, Links, Trips
from twin.engines.traffic.assignment.bush import load_all, settle
from twin.engines.traffic.assignment.delay import Curves, refresh
from twin.engines.traffic.assignment.shift import Bench
from twin.engines.traffic.jit import compiled

EARLIER = 2  # leaps remembered
_LENGTHS = (1.0, 0.3, 0.1)
_NEWTON = 20
_HALVINGS = 30


class Leaps:
    """The memory of one iteration's leaps; the bushes keep their links as long."""

    def __init__(
        self, graph: Graph, trips: Trips, curves: Curves, links: Links, bushes: Bushes, desk: Desk
    ) -> None:
        self._graph, self._trips, self._curves = graph, trips, curves
        self._links, self._bushes, self._desk = links, bushes, desk
        size = bushes.flow.size
        self._old, self._now = np.empty(size), np.empty(size)
        self._steps = np.zeros((EARLIER + 1, size))
        self._loads = np.zeros((EARLIER + 1, links.flow.size))
        self._own = np.zeros(EARLIER + 1)
        self._known = 0

    def begin(self) -> None:
        """Remember the flows before a sweep."""
        _copy(self._bushes, self._bushes.flow, self._old)

    def leap(self) -> bool:
        """After the sweep: leap, and say whether that was any good; flows and costs of the links are brought up to date."""
        self._measure(0)
        _copy(self._bushes, self._bushes.flow, self._now)
        size = self._known + 1
        lengths = self._least(self._loads[:size], self._own[:size])
        direction = lengths @ self._steps[:size]
        done = np.isfinite(lengths).all() and self._go(direction)
        if not done:
            _copy(self._bushes, self._now, self._bushes.flow)
            load_all(self._curves, self._links, self._bushes)
        self._steps[1:], self._loads[1:] = self._steps[:-1].copy(), self._loads[:-1].copy()
        self._own[1:] = self._own[:-1].copy()
        self._known = min(self._known + 1, EARLIER)
        self._measure(1)
        return bool(done)

    def jump(self, bench: Bench) -> bool:
        """Newton's step for all bushes at once, as far as it lowers the objective; False where it does not, or was not sought."""
        _copy(self._bushes, self._bushes.flow, self._now)
        change = newton.direction(self._graph, self._trips, self._links, self._bushes, bench)
        if change is None:
            return False
        load = np.zeros((1, self._links.flow.size))
        own = _weigh(self._trips, self._links, self._bushes, change, load[0])
        length = self._least(load, np.array([own]))[0]
        done = np.isfinite(length) and self._go(length * change)
        if not done:
            _copy(self._bushes, self._now, self._bushes.flow)
            load_all(self._curves, self._links, self._bushes)
        return bool(done)

    def _measure(self, row: int) -> None:
        """The way from the flows before to those now, as one of the directions."""
        self._loads[row] = 0.0
        self._own[row] = _between(
            self._trips, self._links, self._bushes, self._old, self._steps[row], self._loads[row]
        )

    def _go(self, direction: Array) -> bool:
        room = _room(self._bushes, self._now, direction)
        load, step = np.zeros(self._links.flow.size), np.zeros(direction.size)
        for length in (*_LENGTHS, room) if room < 1.0 else _LENGTHS:
            _move(self._graph, self._trips, self._bushes, self._desk, self._now, direction, length)
            load_all(self._curves, self._links, self._bushes)
            load[:] = 0.0
            own = _between(self._trips, self._links, self._bushes, self._now, step, load)
            # convex: where the costs at the end still fall in this direction, the objective is lower there
            if load @ self._links.time + own < 0.0:
                return True
        return False

    def _least(self, loads: Array, own: Array) -> Any:
        """How far to go in each direction: Newton's method for the least objective, damped by its slope."""
        flow, lengths = self._links.flow.copy(), np.zeros(own.size)
        for _ in range(_NEWTON):
            time, slope = self._costs(flow + lengths @ loads)
            fall = loads @ time + own
            bend = (loads * slope) @ loads.T
            scale = 1.0 / np.sqrt(np.maximum(np.diag(bend), 1e-300))
            scaled = bend * scale[:, None] * scale + 1e-12 * np.eye(own.size)
            step = -scale * np.linalg.solve(scaled, scale * fall)
            if not np.isfinite(step).all():
                return lengths
            part = 1.0
            for _ in range(_HALVINGS):
                there, _ = self._costs(flow + (lengths + part * step) @ loads)
                if (loads @ there + own) @ step <= 0.5 * abs(float(fall @ step)):
                    break
                part *= 0.5
            lengths = lengths + part * step
            if abs(float(fall @ step)) <= 1e-14 * abs(float(flow @ time)):
                break
        return lengths

    def _costs(self, flow: Array) -> Any:
        time, slope = np.zeros(flow.size), np.zeros(flow.size)
        refresh(self._curves, np.maximum(flow, 0.0), time, slope)
        return time, slope


@compiled
def _copy(bushes: Bushes, source: Array, target: Array) -> None:
    """The flows of the bushes; what lies between their slots is nobody's."""
    for b in range(bushes.at.size):
        for k in range(bushes.flow_at[b], bushes.flow_at[b] + bushes.core[b]):
            target[k] = source[k]


@compiled
def _between(trips: Trips, links: Links, bushes: Bushes, old: Array, step: Array, load: Array) -> Any:
    """The change of flows since ``old``, by bush and by link, and of what they cost in fixed costs."""
    own = 0.0
    for b in range(trips.origin.size):
        at, flow_at = bushes.at[b], bushes.flow_at[b]
        fixed = links.fixed[trips.user[b]]
        for k in range(bushes.core[b]):
            change = bushes.flow[flow_at + k] - old[flow_at + k]
            step[flow_at + k] = change
            if change != 0.0:
                link = bushes.link[at + k]
                load[link] += change
                own += change * fixed[link]
    return own


@compiled
def _weigh(trips: Trips, links: Links, bushes: Bushes, step: Array, load: Array) -> Any:
    """A change of flows by bush as one by link, and what it costs in fixed costs."""
    own = 0.0
    for b in range(trips.origin.size):
        at, flow_at = bushes.at[b], bushes.flow_at[b]
        fixed = links.fixed[trips.user[b]]
        for k in range(bushes.core[b]):
            change = step[flow_at + k]
            if change != 0.0:
                link = bushes.link[at + k]
                load[link] += change
                own += change * fixed[link]
    return own


@compiled
def _room(bushes: Bushes, now: Array, direction: Array) -> Any:
    """How far the direction can be followed until the first flow is zero."""
    room = np.inf
    for b in range(bushes.at.size):
        for k in range(bushes.flow_at[b], bushes.flow_at[b] + bushes.core[b]):
            if direction[k] < 0.0:
                room = min(room, -now[k] / direction[k])
    return room


@compiled
def _move(
    graph: Graph, trips: Trips, bushes: Bushes, d: Desk, now: Array, direction: Array, length: float
) -> None:  # fmt: skip
    """Flows so far along the direction, none below zero, and in balance at every node."""
    for b in range(trips.origin.size):
        at, flow_at, core = bushes.at[b], bushes.flow_at[b], bushes.core[b]
        for k in range(flow_at, flow_at + core):
            bushes.flow[k] = max(now[k] + length * direction[k], 0.0)
        d.through_flow[:] = 0.0
        for k in range(trips.start[b], trips.start[b + 1]):
            d.through_flow[trips.node[k]] = trips.pcu[k]
        settle(graph, bushes.link[at : at + core], bushes.flow[flow_at : flow_at + core], d)
