"""Link costs at a flow: time, slope and integral of the volume-delay functions, and their marginal costs.

Formulas and sources: ``twin.engines.traffic.network.Delay``. The marginal cost of BPR is again a BPR with a (1 + b) for a.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from twin.engines.traffic.jit import compiled, merged

Array = Any
CONSTANT, QUARTIC, POWER, CONICAL, AKCELIK = 0, 1, 2, 3, 4
_LEAST = 1e-9  # share of the capacity below which the slope of a power under 1 is held finite


class Curves(NamedTuple):
    """(links,) each: ``kind``, ``free`` time, ``capacity``, ``inverse`` capacity, numbers ``a`` and ``b``, and ``unit``.

    ``marginal`` (1,): 1 where the cost is that of one more vehicle to all (system optimum), 0 where it is its own time.
    """

    kind: Array
    free: Array
    capacity: Array
    inverse: Array
    a: Array
    b: Array
    marginal: Array


@merged
def cost(curves: Curves, link: int, flow: float) -> Any:
    """Cost of a link at a flow, and its slope."""
    kind, free = curves.kind[link], curves.free[link]
    if kind == CONSTANT:
        return free, 0.0
    x = max(flow, 0.0) * curves.inverse[link]
    a, b = curves.a[link], curves.b[link]
    if kind == QUARTIC:
        cubic = free * a * x * x * x
        return free + cubic * x, 4.0 * cubic * curves.inverse[link]
    if kind == POWER:
        return free + free * a * x**b, free * a * b * max(x, _LEAST) ** (b - 1.0) * curves.inverse[link]
    if kind == CONICAL:
        time, slope, bend = _conical(free, b, x)
    else:
        time, slope, bend = _akcelik(free, a, curves.capacity[link], x)
    if curves.marginal[0] > 0.0:
        return time + x * slope, (2.0 * slope + x * bend) * curves.inverse[link]
    return time, slope * curves.inverse[link]


@merged
def _conical(free: float, b: float, x: float) -> Any:
    """Time and its first two derivatives by the saturation x (Spiess 1990, eq. 6)."""
    e = (2.0 * b - 1.0) / (2.0 * b - 2.0)
    y = 1.0 - x
    root = np.sqrt(b * b * y * y + e * e)
    slope = b - b * b * y / root
    return free * (2.0 + root - b * y - e), free * slope, free * b * b * e * e / (root * root * root)


@merged
def _akcelik(free: float, delay: float, capacity: float, x: float) -> Any:
    """Time in s and its first two derivatives by the saturation x, over one hour (Akcelik 1991, eq. 9)."""
    m = 8.0 * delay / capacity
    z = x - 1.0
    root = np.sqrt(z * z + m * x)
    if root == 0.0:
        return free, 900.0, 0.0
    turn = z + 0.5 * m
    bend = (1.0 - turn * turn / (root * root)) / root
    return free + 900.0 * (z + root), 900.0 * (1.0 + turn / root), 900.0 * bend


@compiled
def integral(curves: Curves, link: int, flow: float) -> Any:
    """Integral of the cost from 0 to a flow."""
    kind, free = curves.kind[link], curves.free[link]
    if kind == CONSTANT:
        return free * flow
    x = flow * curves.inverse[link]
    a, b = curves.a[link], curves.b[link]
    if kind in (QUARTIC, POWER):
        return free * flow * (1.0 + a * x**b / (b + 1.0))
    if curves.marginal[0] > 0.0:
        if kind == CONICAL:
            return flow * _conical(free, b, x)[0]
        return flow * _akcelik(free, a, curves.capacity[link], x)[0]
    if kind == CONICAL:
        e = (2.0 * b - 1.0) / (2.0 * b - 2.0)
        top, bottom = b, b * (1.0 - x)
        curved = (_hyperbola(top, e * e) - _hyperbola(bottom, e * e)) / b
        return free * curves.capacity[link] * ((2.0 - b - e) * x + 0.5 * b * x * x + curved)
    half = 4.0 * a / curves.capacity[link]
    # z^2 + 2 half (z + 1) = (z + half)^2 + rest
    rest = 2.0 * half - half * half
    curved = _hyperbola(x - 1.0 + half, rest) - _hyperbola(half - 1.0, rest)
    return curves.capacity[link] * (free * x + 900.0 * (0.5 * x * x - x + curved))


@compiled
def _hyperbola(y: float, rest: float) -> Any:
    """Integral of sqrt(y^2 + rest) from where it is convenient to y."""
    inside = max(y * y + rest, 0.0)
    root = np.sqrt(inside)
    if rest == 0.0:
        return 0.5 * y * abs(y)
    if rest > 0.0:
        return 0.5 * (y * root + rest * np.arcsinh(y / np.sqrt(rest)))
    # rest < 0: |y| >= sqrt(-rest), and y keeps its sign
    return 0.5 * (y * root + rest * np.sign(y) * np.log(abs(y) + root))


@compiled
def refresh(curves: Curves, flow: Array, time: Array, slope: Array) -> None:
    """Costs and slopes of all links at their flows."""
    for link in range(flow.size):
        time[link], slope[link] = cost(curves, link, flow[link])


@compiled
def beckmann(curves: Curves, flow: Array) -> Any:
    """Sum over the links of the integral of the cost (Beckmann et al. 1956, eq. 3.13), compensated."""
    total, lost = 0.0, 0.0
    for link in range(flow.size):
        if flow[link] > 0.0:
            part = integral(curves, link, flow[link]) - lost
            new = total + part
            lost = (new - total) - part
            total = new
    return total
