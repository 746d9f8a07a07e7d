"""How congested: levels of links and indices of areas, by rules kept as data (``traffic_index.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]

Level = Literal["clear", "mostly_clear", "light", "moderate", "severe"]
LEVELS: tuple[Level, ...] = ("clear", "mostly_clear", "light", "moderate", "severe")
SEVERE = LEVELS.index("severe")


@dataclass(frozen=True, slots=True)
class Index:
    """One formula: ``points`` (measure, index) joined by straight lines, the index held at the ends."""

    name: str
    title: Text
    measure: str
    source: str
    verified: bool
    points: tuple[tuple[float, float], ...]

    def value(self, measure: float) -> float:
        """0 (clear) .. 10 (severe)."""
        x, y = (np.array(axis) for axis in zip(*sorted(self.points), strict=True))
        return float(np.interp(measure, x, y))


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules of congestion; ``speeds`` by road class in km/h, falling; ``ratios`` of the free-flow speed, falling."""

    level_bounds: tuple[float, ...]
    speeds: Mapping[str, tuple[float, ...]]
    ratios: tuple[float, ...]
    indices: Mapping[str, Index]

    def level(self, index: float) -> Level:
        """Of an index; a bound belongs to the better level."""
        return LEVELS[int(np.searchsorted(self.level_bounds, index, side="left"))]

    def link_levels(self, speed: Numbers, free_speed: Numbers, road_class: Sequence[str]) -> NDArray[np.intp]:
        """(links,) positions in ``LEVELS``; by the class's speeds, by the ratio where the class has none; a bound belongs
        to the worse level. A link whose free-flow speed is below its class's first bound is judged by the ratio too:
        it cannot be congested by being slow by nature."""
        by_ratio = _worse(np.asarray(speed / np.maximum(free_speed, 1e-9))[:, None], np.array(self.ratios))
        table = np.array([self.speeds.get(name, (np.nan,) * 4) for name in road_class]).reshape(-1, 4)
        known = np.isfinite(table[:, 0]) & (free_speed > table[:, 0])
        by_speed = _worse(speed[:, None], np.where(known[:, None], table, 0.0))
        return np.where(known, by_speed, by_ratio)


@dataclass(frozen=True, slots=True)
class Area:
    """What an area's links amount to: ``severe_share`` of the travelled (or plain) mileage that is severely congested,
    ``extra_time`` over free flow, ``speed_ratio`` of mean speed to mean free-flow speed, mean ``speed`` in km/h."""

    severe_share: float
    extra_time: float
    speed_ratio: float
    speed: float
    mileage_km: float


def area(
    length: Numbers, speed: Numbers, free_speed: Numbers, level: NDArray[np.intp], weight: Numbers
) -> Area:
    """Of links (m, km/h, km/h, position in LEVELS); ``weight`` is the traffic (pcu/h) that counts a link's mileage, or ones.

    Mean speeds are distance over time of that traffic (harmonic). The severe share weighs lengths by ``weight`` too.
    """
    travelled = length * weight
    total = max(float(travelled.sum()), 1e-9)
    time = float((travelled / np.maximum(speed, 0.1)).sum())
    free = float((travelled / np.maximum(free_speed, 0.1)).sum())
    extra = max(time / max(free, 1e-12) - 1.0, 0.0)
    return Area(
        severe_share=float(travelled[level == SEVERE].sum()) / total,
        extra_time=extra,
        speed_ratio=min(free / max(time, 1e-12), 1.0),
        speed=total / max(time, 1e-12),
        mileage_km=float(length.sum()) / 1000.0,
    )


@cache
def rules() -> Rules:
    """The built-in rules."""
    text = resources.files("twin.city").joinpath("traffic_index.toml").read_text(encoding="utf-8")
    return read(tomllib.loads(text))


def read(told: Mapping[str, Any]) -> Rules:
    """Rules from the tables of a TOML file of the same form."""
    given = told["link_speeds"]
    speeds = {name: tuple(map(float, row)) for name, row in given.items() if isinstance(row, list)}
    speeds |= {name: speeds[other] for name, other in given.get("like", {}).items()}
    indices = {
        name: Index(
            name,
            Text(**one["title"]),
            one["measure"],
            one["source"],
            bool(one.get("verified", True)),
            tuple((float(x), float(y)) for x, y in one["points"]),
        )
        for name, one in told["indices"].items()
    }
    return Rules(tuple(told["levels"]["index"]), speeds, tuple(told["link_ratios"]["bounds"]), indices)


def _worse(value: Numbers, bounds: Numbers) -> NDArray[np.intp]:
    return np.asarray((value <= bounds).sum(axis=1), np.intp)
