"""What is looked at before an assignment: problems named by link or node, the fatal ones refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.assignment.problems import AssignmentInputError, named
from twin.engines.traffic.network import Delay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twin.engines.traffic.assignment.demand import Demand
    from twin.engines.traffic.network import Network
    from twin.errors import Problem

_PER_LINK = ("tail", "head", "length", "free_time", "capacity", "alpha", "power", "function", "toll")


def network(net: Network) -> list[Problem]:
    """Problems of a network; the fatal ones leave no equilibrium."""
    for name in _PER_LINK:
        if getattr(net, name).shape != (net.links,):
            raise AssignmentInputError(
                name, f"应每路段一个值（{net.links}）。", f"must have one value per link ({net.links})."
            )
    found = [*_ends(net), *_numbers(net), *_turns(net)]
    if not any(problem.fatal for problem in found):
        found += _functions(net)
    return found


def demands(net: Network, classes: Sequence[Demand]) -> list[Problem]:
    """Problems of the demand: numbers that no trips can have, costs that would pay for driving."""
    if not classes:
        raise AssignmentInputError("demands", "至少要有一类出行。", "needs at least one class of users.")
    found: list[Problem] = []
    for number, demand in enumerate(classes):
        found += _trips(net, demand, number)
    return found


def _ends(net: Network) -> list[Problem]:
    ends = (net.tail, net.head)
    outside = np.zeros(net.links, dtype=np.bool_)
    for side in ends:
        outside |= (side < 0) | (side >= net.nodes)
    found = _named("TWIN-703", outside)
    loops = ~outside & (net.tail == net.head)
    return found + _named("TWIN-704", loops, fatal=False)


def _numbers(net: Network) -> list[Problem]:
    time, capacity = net.free_time, net.capacity
    constant = (net.function == Delay.BPR) & ((net.alpha == 0) | (net.power == 0))
    bad_capacity = (np.isnan(capacity) | (capacity <= 0)) & ~(constant | (time == 0) | np.isposinf(time))
    bad_length = ~np.isfinite(net.length) | (net.length < 0)
    return [
        *_named("TWIN-705", np.isnan(time) | (time < 0), "free_time"),
        *_named("TWIN-705", bad_capacity, "capacity"),
        *_named("TWIN-705", bad_length, "length"),
        *_named("TWIN-705", ~np.isfinite(net.toll), "toll"),
    ]  # fmt: skip


def _functions(net: Network) -> list[Problem]:
    """Functions that fall anywhere, or are not defined by their numbers."""
    bpr, conical, akcelik = (net.function == kind for kind in (Delay.BPR, Delay.CONICAL, Delay.AKCELIK))
    a, b = net.alpha, net.power
    falls = (bpr | akcelik) & ~(a >= 0)
    falls |= bpr & ~(b >= 0)
    falls |= conical & ~(b > 1)
    falls |= ~(bpr | conical | akcelik)
    falls |= (bpr & ~np.isfinite(a)) | ((bpr | conical) & ~np.isfinite(b)) | (akcelik & ~np.isfinite(a))
    falls |= (conical | akcelik) & ~np.isfinite(net.capacity) & (net.free_time > 0)
    return _named("TWIN-706", falls)


def _turns(net: Network) -> list[Problem]:
    size = net.turn_from.size
    if net.turn_to.size != size or net.turn_time.size != size:
        raise AssignmentInputError(
            "turn_time",
            "转向的三个数组应等长。",
            "turn_from, turn_to and turn_time must be equally long.",
        )
    if size == 0:
        return []
    came, went = net.turn_from, net.turn_to
    known = (came >= 0) & (came < net.links) & (went >= 0) & (went < net.links)
    bad = ~known | np.isnan(net.turn_time) | (net.turn_time < 0)
    inside = np.flatnonzero(known)
    bad[inside] |= net.head[came[inside]] != net.tail[went[inside]]
    return _named("TWIN-707", bad, column="turn")


def _trips(net: Network, demand: Demand, number: int) -> list[Problem]:
    name = f"demands[{number}]"
    size = demand.trips.size
    if demand.origin.size != size or demand.destination.size != size:
        raise AssignmentInputError(
            name,
            "origin、destination、trips 应等长。",
            "origin, destination and trips must be equally long.",
        )
    if not (np.isfinite(demand.pce) and demand.pce > 0):
        raise AssignmentInputError(
            f"{name}.pce", f"应大于 0，实为 {demand.pce}。", f"must be above 0, got {demand.pce}."
        )
    ends = (demand.origin, demand.destination)
    outside = np.zeros(size, dtype=np.bool_)
    for side in ends:
        outside |= (side < 0) | (side >= net.nodes)
    bad = ~np.isfinite(demand.trips) | (demand.trips < 0)
    found = [
        *_named("TWIN-708", outside, name, column="pair"),
        *_named("TWIN-708", bad, name, column="pair"),
    ]  # fmt: skip
    if demand.closed is not None and demand.closed.shape != (net.links,):
        raise AssignmentInputError(f"{name}.closed", "应每路段一个值。", "must have one value per link.")
    own = net.free_time + demand.fixed_cost(net)
    return found + _named("TWIN-705", ~(own >= 0), f"{name} generalised cost")


def _named(
    code: str, bad: NDArray[np.bool_], what: str = "", *, column: str = "link", fatal: bool = True
) -> list[Problem]:
    if not bad.any():
        return []
    return [named(code, np.flatnonzero(bad).tolist(), what=what, column=column, fatal=fatal)]
