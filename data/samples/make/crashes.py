"""Five years of crashes: more on main roads and at junctions, most at a few, fewer at some that were rebuilt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import numpy as np
from shapely.geometry import Point

from .frame import lay, rng
from .graph import Key, links, nodes

FIRST, LAST = datetime(2021, 1, 1), datetime(2026, 1, 1)
YEARS = 5.0
REBUILT_ON = datetime(2023, 7, 1)
REBUILT = 20  # junctions
MANY = 7  # crashes before the rebuilding at a bad junction
EFFECT = 0.55  # of the rebuilding on the number of crashes
PER_KM = {"expressway": 1.0, "arterial": 0.7, "collector": 0.35, "local": 0.12, "lane": 0.05, "rural": 0.12}
PER_ARM = {
    "expressway": 0.22,
    "arterial": 0.24,
    "collector": 0.09,
    "local": 0.036,
    "lane": 0.014,
    "rural": 0.03,
}
SPREAD = 1.2  # dispersion of the sites' own risk
AROUND_M = 28.0  # a junction's crashes happen this near to it
KINDS = {
    "junction": (("side", 0.46), ("rear_end", 0.2), ("pedestrian", 0.16), ("head_on", 0.08), ("scrape", 0.07), ("other", 0.03)),
    "section": (("rear_end", 0.38), ("scrape", 0.17), ("fixed_object", 0.14), ("side", 0.12), ("pedestrian", 0.1),
                ("head_on", 0.05), ("overturning", 0.04)),
}  # fmt: skip
CAUSES = {
    "side": (("no_yield", 0.6), ("red_light", 0.25), ("speeding", 0.15)),
    "rear_end": (("following", 0.75), ("speeding", 0.15), ("fatigue", 0.1)),
    "pedestrian": (("no_yield", 0.55), ("pedestrian", 0.35), ("drink_driving", 0.1)),
    "head_on": (("wrong_way", 0.55), ("speeding", 0.25), ("fatigue", 0.2)),
    "scrape": (("lane_change", 0.85), ("other", 0.15)),
    "fixed_object": (("speeding", 0.5), ("drink_driving", 0.25), ("fatigue", 0.25)),
    "overturning": (("speeding", 0.7), ("fatigue", 0.3)),
    "other": (("other", 1.0),),
}
GRAVE = {"pedestrian": 0.09, "head_on": 0.1, "overturning": 0.08, "fixed_object": 0.05, "side": 0.025}


@dataclass(frozen=True)
class Crash:
    at: Point
    when: datetime
    link: int
    kind: str
    cause: str
    deaths: int
    injuries: int
    general: bool
    defect: bool


def _pick(draw: np.random.Generator, shares: tuple[tuple[str, float], ...]) -> str:
    return str(
        draw.choice(
            [name for name, _ in shares], p=np.array([p for _, p in shares]) / sum(p for _, p in shares)
        )
    )


def _junctions() -> dict[Key, float]:
    """Crashes a year that the arms of each junction bring."""
    made = links()
    arms = {key: [PER_ARM[made[i].kind] for i in ids] for key, ids in nodes().items() if len(ids) > 2}
    return {key: sum(rates) for key, rates in arms.items()}


def _moments(draw: np.random.Generator, rate: float) -> list[datetime]:
    """A Poisson process of ``rate`` a year, in the daytime mostly."""
    out = []
    for _ in range(int(draw.poisson(rate * YEARS))):
        day = FIRST + timedelta(days=int(draw.integers((LAST - FIRST).days)))
        hour = (
            float(draw.choice([8.0, 12.5, 17.8, 22.0], p=[0.32, 0.2, 0.34, 0.14]) + draw.normal(0, 1.6)) % 24
        )
        out.append((day + timedelta(hours=hour)).replace(second=0, microsecond=0))
    return out


@cache
def _at_junctions() -> dict[Key, list[datetime]]:
    """When crashes happen at each junction, had none been rebuilt."""
    draw, rates = rng("crashes at junctions"), _junctions()
    own = draw.gamma(1 / SPREAD, SPREAD, len(rates))
    return {key: _moments(draw, rate * risk) for (key, rate), risk in zip(rates.items(), own, strict=True)}


@cache
def rebuilt() -> tuple[Key, ...]:
    """Every second of the junctions with the most crashes before the summer of 2023, as authorities choose them."""
    before = {key: sum(when < REBUILT_ON for when in moments) for key, moments in _at_junctions().items()}
    worst = sorted(before, key=lambda key: (-before[key], key))
    return tuple(worst[: 2 * REBUILT : 2])


def _crash(
    draw: np.random.Generator, at: Point, when: datetime, link: int, place: str, *, bad: bool
) -> Crash:
    kind = _pick(draw, KINDS[place])
    grave = draw.random() < GRAVE.get(kind, 0.01)
    deaths = 1 + int(draw.random() < 0.08) + 2 * int(draw.random() < 0.03) if grave else 0
    hurt = deaths > 0 or draw.random() < 0.45
    injuries = int(draw.poisson(0.9)) + int(deaths == 0) if hurt else 0
    general = deaths > 0 or injuries > 1 or draw.random() < 0.25
    return Crash(
        at,
        when,
        link,
        kind,
        _pick(draw, CAUSES[kind]),
        deaths,
        injuries,
        general,
        draw.random() < (0.25 if bad else 0.04),
    )


@cache
def crashes() -> tuple[Crash, ...]:
    """All of them, in the order of time."""
    draw, made = rng("crashes"), links()
    out = []
    for key, moments in _at_junctions().items():
        arms = [i for i in nodes()[key] if made[i].line.length > 1]
        bad = sum(when < REBUILT_ON for when in moments) >= MANY
        for when in moments:
            spared = key in rebuilt() and when >= REBUILT_ON and draw.random() >= EFFECT
            link = arms[int(draw.integers(len(arms)))]
            near = min(float(draw.exponential(9.0)), AROUND_M, made[link].line.length / 2)
            at = _beside(draw, link, near, from_end=made[link].ends[0] != key)
            if not spared:
                out.append(_crash(draw, at, when, link, "junction", bad=bad))
    for link, one in enumerate(made):
        risk = float(draw.gamma(1 / SPREAD, SPREAD))
        for when in _moments(draw, PER_KM[one.kind] * one.line.length / 1000 * risk):
            at = _beside(draw, link, float(draw.random()) * one.line.length, from_end=False)
            out.append(_crash(draw, at, when, link, "section", bad=False))
    return tuple(sorted(out, key=lambda one: (one.when, one.at.x, one.at.y)))


def _beside(draw: np.random.Generator, link: int, along: float, *, from_end: bool) -> Point:
    """A point on the carriageway, where the police measured it."""
    line = links()[link].line
    at = line.interpolate(line.length - along if from_end else along)
    dx, dy = draw.normal(0.0, 2.5, 2)
    return lay(Point(float(np.clip(at.x + dx, 1, 5999)), float(np.clip(at.y + dy, 1, 4999))))
