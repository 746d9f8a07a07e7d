"""How many trips begin and end where, and how they spread: the gravity model that stands in for a table of trips.

Productions and attractions by the shipped rates (``trips.toml``); trips between zones by the doubly constrained model
T_ij = a_i O_i b_j D_j f(c_ij) (Wilson 1967, Transportation Research 1, 253-269, eq. 7), balanced as Furness (1965,
Traffic Engineering and Control 7, 458-460) does, by turns for rows and columns.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twin.city.road_network import Numbers

TOLERANCE = 1e-9
MAX_ROUNDS = 2000
STALLED = 0.999  # of the last error: no balance exists, or none in reach


@dataclass(frozen=True, slots=True)
class Period:
    """Share of the day's trips in the hour, and of these the share that goes from homes to activities."""

    share: float
    outward: float


@dataclass(frozen=True, slots=True)
class Deterrence:
    """f(t) = t^``power`` exp(-``beta`` t), t in minutes: exponential with power 0, else a gamma function."""

    beta: float = 0.10
    power: float = 0.0

    def __call__(self, minutes: NDArray[Any]) -> Numbers:
        """The weight of each time; 0 where it is infinite."""
        reached = np.isfinite(minutes)
        t = np.where(reached, np.maximum(minutes, 0.1), 1.0)
        return np.asarray(np.where(reached, t**self.power * np.exp(-self.beta * t), 0.0), np.float64)


@dataclass(frozen=True, slots=True)
class Balanced:
    """Trips (zones, zones), rounds taken, and the greatest departure of a row or column from its total, relative to all trips."""

    trips: Numbers
    rounds: int
    error: float


@cache
def rates() -> Mapping[str, Any]:
    """The shipped table as it stands."""
    table: dict[str, Any] = tomllib.loads(
        resources.files(__package__).joinpath("trips.toml").read_text(encoding="utf-8")
    )
    return table


def period(name: str) -> Period:
    """The hour of that name (vocabulary ``traffic_period``)."""
    row = rates()["period"][name]
    return Period(float(row["share"]), float(row["outward"]))


def cars_per_person(hour: Period) -> float:
    """Trips by car that a resident makes in the hour, veh/h."""
    person = rates()["person"]
    return float(person["trips_per_day"] * person["car_share"] / person["occupancy"] * hour.share)


def by_floor_area(uses: Sequence[str | None], floor_m2: NDArray[Any]) -> Numbers:
    """Relative attraction of buildings by use and floor area."""
    table = rates()["building"]
    rate = np.array([table.get(use or "other", 1.0) for use in uses], np.float64)
    return np.asarray(rate * floor_m2 / 1000.0, np.float64)


def by_land(codes: Sequence[str], area_m2: NDArray[Any]) -> Numbers:
    """Relative attraction of land by its code: the rate of the longest beginning that is in the table."""
    table = rates()["land_use"]

    def rate(code: str) -> float:
        found = (table[code[:size]] for size in (6, 4, 2) if code[:size] in table)
        return float(next(found, 0.0))

    return np.asarray(np.array([rate(code) for code in codes], np.float64) * area_m2 / 10_000.0, np.float64)


def by_place(kinds: Sequence[str]) -> Numbers:
    """Relative attraction of facilities on top of their buildings."""
    table = rates()["facility"]
    return np.array([table.get(kind, 0.0) for kind in kinds], np.float64)


def furness(weight: NDArray[Any], origin: NDArray[Any], destination: NDArray[Any]) -> Balanced:
    """Trips in proportion to ``weight`` (zones, zones; 0 where there are none) with these totals (zones,) of rows and columns.

    Totals of rows or columns whose weights are all 0 are left out, and those of the columns scaled to the sum of the rows'.
    The balance need not exist where many weights are 0: ``error`` says how near it came.
    """
    weight = np.asarray(weight, np.float64)
    rows = np.where(weight.sum(1) > 0, origin, 0.0)
    columns = np.where(weight.sum(0) > 0, destination, 0.0)
    total = rows.sum()
    if not total > 0 or not columns.sum() > 0:
        return Balanced(np.zeros(weight.shape), 0, 0.0)
    columns = columns * (total / columns.sum())
    b = np.ones(columns.size)
    error = np.inf
    for rounds in range(1, MAX_ROUNDS + 1):  # noqa: B007 - told in the result
        a = _share(rows, weight @ b)
        reached = (a @ weight) * b
        last, error = error, float(np.abs(reached - columns).max() / total)
        if error <= TOLERANCE or error > STALLED * last:
            break
        b = _share(columns, a @ weight)
    return Balanced(a[:, None] * weight * b[None, :], rounds, error)


def _share(total: Numbers, reached: Numbers) -> Numbers:
    return np.divide(total, reached, out=np.zeros_like(total), where=(total > 0) & (reached > 0))


def gravity(
    minutes: NDArray[Any], homes: NDArray[Any], activities: NDArray[Any], hour: Period, deterrence: Deterrence
) -> Balanced:
    """Trips of the hour (veh/h; zones, zones) without those inside a zone.

    ``minutes``: (zones, zones) from zone to zone, infinite without a way. ``homes``: (zones,) trips that residents make in
    the hour. ``activities``: (zones,) relative attraction. Homeward trips are the outward pattern turned round, over the
    ways home.
    """
    parts = []
    for share, back in ((hour.outward, False), (1.0 - hour.outward, True)):
        weight = deterrence(minutes.T if back else minutes)
        np.fill_diagonal(weight, 0.0)
        made = furness(weight, homes * share, activities)
        parts.append((made.trips.T if back else made.trips, made))
    return Balanced(
        parts[0][0] + parts[1][0],
        max(made.rounds for _, made in parts),
        max(made.error for _, made in parts),
    )
