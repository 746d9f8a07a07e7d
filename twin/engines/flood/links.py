"""Culverts, bridge openings, weirs, gates and pumps: water passed from one place on the grid to another, volume for volume.

Levels are looked at again before they have moved by `STIR_M`, at the pace that they showed since the last look, and before
a quarter of the water at the upper end has passed; between ``interval_s`` and `LONGEST_S`. What the law gives for that time is drawn
at one end, no more than stands there, and given at the other over the same time, so that nothing is made or lost.

Sources: weirs Q = m b sqrt(2g) h^1.5 with Villemonte (1947, Eng. News-Record 139) drowning; culverts the lesser of inlet
control (orifice and weir at the entrance, FHWA HDS-5, 2012, in its simple form) and outlet control (full barrel: entrance,
friction by Manning and exit losses).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from twin.engines.flood import check
from twin.engines.flood.layout import FIRST_COL, FIRST_ROW, GRAVITY

if TYPE_CHECKING:
    from twin.engines.flood.solver import Run

Floats = NDArray[np.float64]
Cells = tuple[Any, Any]  # rows, columns; the first cell's level counts
NEAR_M = 0.2  # m between two levels that nearly meet
EASE = 0.5  # share of the way to the new flow taken at one look
STIR_M = 0.01  # m that a level at an end may move from one look to the next
PART = 0.25  # of the water at the upper end that may pass between two looks
FILM_M = 0.05  # of less at the upper end a link takes what comes, however often it is looked at
LONGEST_S = 5.0
KEPT = "link_"  # before the names of its arrays in a snapshot
STATE = ("names", "spot", "sizes", "given", "rate", "flow", "share", "owed", "seen", "level", "clock")
ROOT_2G = (2.0 * GRAVITY) ** 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """When a pump runs or a gate stands open: between levels, or by a table in time.

    ``start``/``stop``: on when the level at the upstream end rises to ``start``, off when it falls to ``stop`` (``start``
    above ``stop``); ``times_s``/``opening``: the share of the opening or capacity (0..1), held from each time to the next.
    Without either it is always fully on.
    """

    start: float | None = None
    stop: float | None = None
    times_s: Floats | None = None
    opening: Floats | None = None

    def share(self, time_s: float, level: float, was: float) -> float:
        """The share that holds now."""
        share = 1.0
        if self.times_s is not None and self.opening is not None:
            i = int(np.searchsorted(self.times_s, time_s, side="right")) - 1
            share = float(self.opening[i]) if i >= 0 else 0.0
        if self.start is not None and self.stop is not None:
            running = level >= self.start or (was > 0.0 and level > self.stop)
            share = share if running else 0.0
        return share


@dataclass(frozen=True, slots=True)
class Link:
    """``up`` and ``down``: the cells at the two ends; ``down`` None leads out of the domain."""

    name: str
    up: Cells
    down: Cells | None
    one_way: bool = False  # a flap: only from up to down
    rule: Rule = Rule()

    def flow(self, high: float, low: float, share: float) -> float:
        """Flow (m3/s) from level ``high`` to level ``low`` (m)."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Weir(Link):
    """A weir, a gate or a bridge opening: free over its crest, an orifice where water stands above ``height``."""

    crest: float = 0.0  # m
    width: float = 1.0  # m
    height: float | None = None  # m of opening above the crest; None for an open weir
    coefficient: float = 0.385  # m in m b sqrt(2g) h^1.5: broad-crested and openings 0.32-0.385, sharp 0.42
    orifice: float = 0.6

    def flow(self, high: float, low: float, share: float) -> float:
        """Villemonte's drowned weir, or an orifice under the soffit; ``share`` is how far a gate is raised."""
        up, down = high - self.crest, low - self.crest
        if up <= 0.0:
            return 0.0
        drowned = (1.0 - (max(down, 0.0) / up) ** 1.5) ** 0.385 if down < up else 0.0
        free = self.coefficient * self.width * ROOT_2G * up**1.5 * drowned
        if self.height is None:
            return float(free * share)
        raised = self.height * share
        drop = up - max(down, min(0.5 * raised, up))
        through = self.orifice * self.width * raised * ROOT_2G * max(drop, 0.0) ** 0.5
        return float(min(free, through))


@dataclass(frozen=True, slots=True)
class Culvert(Link):
    """Barrels of a round (``height`` None) or box section under a road or bank."""

    width: float = 1.0  # m, or the diameter
    height: float | None = None
    barrels: int = 1
    length: float = 10.0  # m
    up_invert: float = 0.0  # m
    down_invert: float = 0.0
    manning: float = 0.013
    entrance: float = 0.5  # loss coefficient; square edge
    orifice: float = 0.6

    def flow(self, high: float, low: float, share: float) -> float:
        """The lesser of inlet and outlet control."""
        tall = self.height or self.width
        full = self.width * tall if self.height else 0.25 * np.pi * self.width**2
        bottom = max(self.up_invert, self.down_invert)
        head = high - bottom
        if head <= 0.0 or high <= low:
            return 0.0
        inlet = 0.385 * self.width * ROOT_2G * head**1.5
        if head > tall:
            inlet = min(inlet, float(self.orifice * full * ROOT_2G * (head - 0.5 * tall) ** 0.5))
        wet = min(head / tall, 1.0) * full
        radius = wet / (2.0 * (self.width + tall) if self.height else np.pi * self.width)
        losses = 1.0 + self.entrance + 2.0 * GRAVITY * self.manning**2 * self.length / radius ** (4.0 / 3.0)
        outlet = wet * ROOT_2G * (max(high - max(low, bottom), 0.0) / losses) ** 0.5
        return float(min(inlet, outlet) * self.barrels * share)


@dataclass(frozen=True, slots=True)
class Pump(Link):
    """Lifts ``capacity`` (m3/s) whatever the levels, as its rule tells."""

    capacity: float = 1.0

    def flow(self, high: float, low: float, share: float) -> float:
        """Its capacity."""
        return self.capacity * share


@dataclass(frozen=True, slots=True)
class LinkSeries:
    """What passed, (times, links); positive from up to down."""

    names: tuple[str, ...]
    times_s: Floats
    flow_m3_s: Floats
    volume_m3: Floats  # (links,) net over the run


class LinkDriver:
    """Drives a run's links; ``due_s`` is when they are next looked at."""

    def __init__(self, run: Run, links: Sequence[Link], interval_s: float = 1.0) -> None:
        check.number("link_interval_s", interval_s, 0.0, 600.0)
        self.run, self.links, self.interval_s = run, tuple(links), interval_s
        self.span_s = interval_s  # until the next look
        self.level: Floats | None = None  # at the last look
        self.looked_s = run.time
        given = [link.rule.times_s for link in links if link.rule.times_s is not None]
        self.ruled = np.unique(np.concatenate(given)) if given else np.zeros(0)
        self.due_s = run.time
        self.names = tuple(link.name for link in links)
        ends = [link.up for link in links] + [link.up if link.down is None else link.down for link in links]
        self.places = run.points.add(ends)
        self.bed = run.points.bed()[self.places]
        self.steady = np.array([isinstance(link, Pump) or link.down is None for link in links], bool)
        self.sizes = sizes = np.diff(run.points.start)[self.places] * run.cell**2
        self.answer = 1.0 / (1.0 / sizes[: len(links)] + 1.0 / sizes[len(links) :])  # m2
        self.flow = np.zeros(len(links))
        self.share = np.zeros(len(links))
        self.owed = np.zeros(2 * len(links))  # m3 on its way to each end
        self.seen = run.points.given()[self.places]
        self.times: list[float] = []
        self.flows: list[Floats] = []
        self.volume = np.zeros(len(links))

    def act(self) -> None:
        """Look at the levels, draw at one end and give at the other until the next look."""
        points, count = self.run.points, len(self.links)
        self._settle()
        level = self.bed + points.depth()[self.places]
        dt = self._pace(level)
        wanted = np.array([self._wanted(i, level) for i in range(count)])
        drop = np.abs(level[:count] - level[count:])
        wanted = self._calmed(wanted, drop)
        eased = self.flow + EASE * np.clip(drop / NEAR_M, 0.1, 1.0) * (wanted - self.flow)
        eased[(eased * self.flow < 0.0) | (wanted == 0.0)] = 0.0
        flow = np.where(self.steady, wanted, eased)
        want = np.zeros(len(points))
        want[self.places] = np.concatenate([np.maximum(flow, 0.0), np.maximum(-flow, 0.0)]) * dt
        moved = points.draw(want)[self.places]
        net = moved[:count] - moved[count:]
        self.flow = net / dt
        self.volume += net
        outside = np.array([link.down is None for link in self.links], bool)
        self.owed += np.concatenate([moved[count:], np.where(outside, 0.0, moved[:count])])
        rate = np.zeros(len(points))
        rate[self.places] = np.maximum(self.owed, 0.0) / dt
        points.give(rate, self.places)
        self.times.append(self.run.time)
        self.flows.append(self.flow.copy())
        self.due_s = self.run.time + dt

    def _pace(self, level: Floats) -> float:
        """Seconds until the next look; a rule's times are met."""
        now, least = self.run.time, self.interval_s
        span = least
        if self.level is not None:
            pace = np.abs(level - self.level).max() / max(now - self.looked_s, 1e-9)
            held = self.run.points.stored()[self.places]
            upper = np.where(self.flow >= 0.0, 0, len(self.links)) + np.arange(len(self.links))
            counts = (self.flow != 0.0) & (held[upper] > FILM_M * self.sizes[upper])
            lasts = np.where(counts, PART * held[upper] / np.maximum(np.abs(self.flow), 1e-9), LONGEST_S)
            span = max(min(STIR_M / max(pace, 1e-9), float(lasts.min()), 2.0 * self.span_s, LONGEST_S), least)
        due = self.ruled[np.searchsorted(self.ruled, now, side="right") :]
        self.level, self.looked_s = level, now
        self.span_s = min(span, float(due[0]) - now) if due.size else span
        return self.span_s

    def _calmed(self, wanted: Floats, drop: Floats) -> Floats:
        """Where levels nearly meet, less than the law gives: what passes in one interval would turn them round."""
        stiff = np.abs(wanted) * self.span_s / (np.maximum(drop, 1e-6) * self.answer)
        return wanted / (1.0 + np.where(self.steady, 0.0, stiff * np.maximum(1.0 - drop / NEAR_M, 0.0)))

    def _wanted(self, i: int, level: Floats) -> float:
        link, up = self.links[i], float(level[i])
        down = -np.inf if link.down is None else float(level[len(self.links) + i])
        self.share[i] = share = link.rule.share(self.run.time, up, self.share[i])
        if isinstance(link, Pump) or up >= down:
            return link.flow(up, max(down, -1e9), share)
        return 0.0 if link.one_way or link.down is None else -link.flow(down, up, share)

    def _settle(self) -> None:
        given = self.run.points.given()[self.places]
        self.owed -= given - self.seen
        self.seen = given

    @property
    def _cells(self) -> slice:
        """Those of the places among the spots of the run."""
        start = self.run.points.start
        return slice(int(start[self.places.start]), int(start[self.places.stop]))

    def state(self) -> dict[str, NDArray[Any]]:
        """What they need to go on as if the run had never stopped, water on its way among it: arrays of a snapshot."""
        s, cells, start = self.run.state, self._cells, self.run.points.start
        own = {
            "names": np.array(self.names),
            "spot": s.spot[cells],
            "sizes": np.diff(start)[self.places],
            "given": s.spot_given[cells],
            "rate": s.spot_rate[cells],
            "flow": self.flow,
            "share": self.share,
            "owed": self.owed,
            "seen": self.seen,
            "level": np.zeros(0) if self.level is None else self.level,
            "clock": np.array([self.due_s, self.looked_s, self.span_s]),
        }
        return {KEPT + name: values.copy() for name, values in own.items()}

    def go_on(self, kept: Mapping[str, NDArray[Any]]) -> bool:
        """Take over such a state; False where it is that of other links or places, and nothing is taken over."""
        state = {name: kept[KEPT + name] for name in STATE}
        run, s, cells = self.run, self.run.state, self._cells
        same = (
            tuple(state["names"].tolist()) == self.names
            and np.array_equal(state["sizes"], np.diff(run.points.start)[self.places])
            and np.array_equal(state["spot"], s.spot[cells])
        )
        if not same:
            return False
        s.spot_given[cells] = state["given"]
        s.spot_rate[cells] = state["rate"]
        run.wake(s.spot[s.spot_rate > 0.0])
        given, taken = run.exchanged  # the spots count from the first run on
        run.exchanged = (given - float(run.points.given()[self.places].sum()), taken)
        self.flow, self.share, self.owed, self.seen = (
            state[name].copy() for name in ("flow", "share", "owed", "seen")
        )
        self.level = state["level"].copy() if state["level"].size else None
        self.due_s, self.looked_s, self.span_s = (float(value) for value in state["clock"])
        return True

    def finish(self) -> LinkSeries:
        """Give what is on its way, and tell."""
        points = self.run.points
        self._settle()
        points.give(np.zeros(len(points)), self.places)
        lump = np.zeros(len(points))
        lump[self.places] = np.maximum(self.owed, 0.0)
        points.put(lump, self.places)
        flows = np.array(self.flows).reshape(len(self.times), -1)
        return LinkSeries(self.names, np.array(self.times), flows, self.volume)


def set_down(run: Run, kept: Mapping[str, NDArray[Any]]) -> None:
    """Give what was on its way through the links of a snapshot to the cells where it was bound, for a run without these links."""
    state = {name: kept[KEPT + name] for name in STATE}
    ends = np.append(0, np.cumsum(state["sizes"]))
    given = np.add.reduceat(state["given"], ends[:-1]) * run.cell**2
    row, col = np.divmod(state["spot"], run.layout.padded[1])
    cells = [(row[a:b] - FIRST_ROW, col[a:b] - FIRST_COL) for a, b in pairwise(ends)]
    places = run.points.add(cells)
    lump = np.zeros(len(run.points))
    lump[places] = np.maximum(state["owed"] - (given - state["seen"]), 0.0)
    run.points.put(lump, places)
