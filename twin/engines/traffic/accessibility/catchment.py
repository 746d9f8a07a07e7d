"""Supply over demand within reach, and shares of people within times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

# Luo and Qi (2009): three zones of 10, 20 and 30 minutes with the weights of a Gaussian
RINGS_MIN = (10.0, 20.0, 30.0)
WEIGHTS = (1.0, 0.68, 0.22)


def floating_catchment(
    time_s: Numbers, supply: Numbers, demand: Numbers, rings_min: Sequence[float], weights: Sequence[float]
) -> tuple[Numbers, Numbers]:
    """Enhanced two-step floating catchment areas (Luo and Qi 2009, Health & Place 15:1100-1107, eqs. 2 and 3).

    ``time_s``: (facilities, places) seconds; ``supply``: (facilities,); ``demand``: (places,) people. Returns the ratio
    of each facility (0 where nobody is in reach) and the accessibility of each place, in supply per person. What
    the facilities with anybody in reach supply is shared out whole: demand @ accessibility = their supply.
    """
    weight = np.zeros_like(time_s)
    for ring, value in sorted(zip(rings_min, weights, strict=True), reverse=True):
        weight[time_s <= 60.0 * ring] = value
    served = weight @ demand
    ratio = np.divide(supply, served, out=np.zeros(supply.size), where=served > 0)
    return ratio, weight.T @ ratio


def share_within(time_s: Numbers, people: Numbers, limits_min: Sequence[float]) -> Numbers:
    """(limits,) share of the people whose time is at most that many minutes."""
    total = float(people.sum())
    within = [float(people[time_s <= 60.0 * limit].sum()) for limit in limits_min]
    return np.array(within) / total if total > 0 else np.zeros(len(within))


def quantile(time_s: Numbers, people: Numbers, share: float) -> float:
    """The time within which ``share`` of the people are reached, seconds; infinite where fewer can be."""
    total = float(people.sum())
    if total <= 0:
        return float("inf")
    order = np.argsort(time_s, kind="stable")
    place = int(np.searchsorted(np.cumsum(people[order]), share * total * (1 - 1e-12)))
    return float(time_s[order[min(place, order.size - 1)]])
