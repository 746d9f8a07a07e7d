"""Links closed or slowed: a new equilibrium from the routes of the old one, and which links matter most."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.assignment.problems import AssignmentInputError
from twin.engines.traffic.assignment.solve import assign

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from twin.engines.traffic.assignment.equilibrium import Equilibrium, Iteration

    type Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranked:
    """Links by what their closure costs, the worst first, (k,) each.

    ``delay``: total time with the link closed less that before, of the trips that still have a way, per hour; ``cut_off``:
    veh/h that have none then, beyond those before; ``gap``: as reached. ``breaks`` where ``cut_off`` is above 0.
    The order is by trips cut off, then by delay.
    """

    link: NDArray[np.int64]
    delay: Numbers
    cut_off: Numbers
    gap: Numbers

    @property
    def breaks(self) -> NDArray[np.bool_]:
        """Whether closing the link leaves trips without a way."""
        return self.cut_off > 0


def close(
    equilibrium: Equilibrium,
    closed: ArrayLike = (),
    free_time: Numbers | None = None,
    *,
    gap: float = 1e-4,
    max_iterations: int = 5000,
    progress: Callable[[Iteration], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Equilibrium:
    """The equilibrium with links closed (numbers, or a mask) or slowed (``free_time`` of all links; infinite closes too).

    Trips keep their routes where these still hold and find others where not; those without a way are in ``cut_off``. With
    nothing closed and no time changed the answer is ``equilibrium`` itself, unless a smaller ``gap`` is wanted.

    Raises AssignmentInputError, NetworkRefused, Cancelled.
    """
    net = equilibrium.network
    shut = equilibrium.closed | _mask(closed, net.links)
    times = net.free_time if free_time is None else np.asarray(free_time, dtype=np.float64)
    if times.shape != (net.links,):
        raise AssignmentInputError(
            "free_time", f"应每路段一个值（{net.links}）。", f"must have one value per link ({net.links})."
        )
    same = np.array_equal(shut, equilibrium.closed) and np.array_equal(times, net.free_time)
    if same and equilibrium.gap <= gap:
        return equilibrium
    slowed = net if np.array_equal(times, net.free_time) else replace(net, free_time=times)
    return assign(slowed, equilibrium.demands, gap=gap, aim=equilibrium.aim, start=equilibrium, closed=shut,
                  max_iterations=max_iterations, progress=progress, cancelled=cancelled)  # fmt: skip


def rank(
    equilibrium: Equilibrium,
    candidates: Sequence[int] | NDArray[np.integer],
    *,
    gap: float = 1e-4,
    progress: Callable[[float], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Ranked:
    """Close each candidate link by itself, and rank them by trips cut off and delay.

    Delay counts the trips that still have a way, against what the same trips took before. ``progress`` gets the share done.
    """
    links = np.asarray(candidates, dtype=np.int64).ravel()
    _mask(links, equilibrium.network.links)
    delay, cut, reached = np.zeros(links.size), np.zeros(links.size), np.zeros(links.size)
    for number, link in enumerate(links):
        if equilibrium.flow[link] > 0:
            after = close(equilibrium, [link], gap=gap, cancelled=cancelled)
            delay[number] = added_time(equilibrium, after)
            cut[number] = after.cut_off.total - equilibrium.cut_off.total
            reached[number] = after.gap
        else:
            reached[number] = equilibrium.gap
        if progress is not None:
            progress((number + 1) / links.size)
    order = np.lexsort((links, -delay, -np.round(cut, 6)))  # sums of trips are not exact
    return Ranked(links[order], delay[order], cut[order], reached[order])


def added_time(before: Equilibrium, after: Equilibrium) -> float:
    """Total time after less that before, of the trips that have a way in both.

    What the trips cut off took before is found along the routes of their bushes: each trip at the mean time of its pair.
    """
    base = before.total_time
    if after.cut_off.trips.size > before.cut_off.trips.size:
        base -= _time_of(before, after)
    return after.total_time - base


def _time_of(before: Equilibrium, after: Equilibrium) -> float:
    """Time per hour that the trips cut off in ``after`` took before."""
    from twin.engines.traffic.assignment.analysis import mean_times

    lost = after.cut_off
    pairs = zip(lost.demand.tolist(), lost.origin.tolist(), lost.destination.tolist(), strict=True)
    known = mean_times(before)
    means = np.array([known.get(pair, 0.0) for pair in pairs])
    return float(means @ lost.trips)


def _mask(closed: ArrayLike, links: int) -> NDArray[np.bool_]:
    given = np.asarray(closed)
    if given.dtype == np.bool_ and given.shape == (links,):
        return given
    numbers = given.astype(np.int64).ravel()
    if (numbers < 0).any() or (numbers >= links).any():
        raise AssignmentInputError(
            "closed", f"应为 0 至 {links - 1} 的路段编号。", f"must be link numbers from 0 to {links - 1}."
        )
    mask = np.zeros(links, dtype=np.bool_)
    mask[numbers] = True
    return mask
