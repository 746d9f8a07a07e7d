"""Links between nodes as places see them: a place lies part of the way along a link, not at a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twin.engines.traffic.paths import fan_out, many, nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Numbers = NDArray[np.float64]
    type Indices = NDArray[np.int32]
    type Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ways:
    """Directed links, and which of them run along and against each line as drawn.

    ``tail``, ``head``: (links,) nodes; ``time``: (links,) seconds, infinite where closed. ``along``, ``against``:
    (lines,) the link in that direction, -1 where there is none. ``through``: (nodes,) whether paths pass a node.
    """

    nodes: int
    tail: Indices
    head: Indices
    time: Numbers
    along: Indices
    against: Indices
    through: Marks

    def timed(self, time: Numbers) -> Ways:
        """The same links with other times."""
        return Ways(self.nodes, self.tail, self.head, time, self.along, self.against, self.through)

    def turned(self) -> Ways:
        """Every link the other way: times *to* a place are times *from* it here."""
        return Ways(self.nodes, self.head, self.tail, self.time, self.against, self.along, self.through)


@dataclass(frozen=True, slots=True)
class Places:
    """(places,) the line that each lies on (-1: on none), the share of the line before it (0..1), and seconds between the
    place and the line."""

    line: Indices
    share: Numbers
    away: Numbers

    def __len__(self) -> int:
        return self.line.size


@dataclass(frozen=True, slots=True)
class Reach:
    """From several places: ``time`` (nodes,) seconds from the nearest, ``owner`` (nodes,) which one (-1: none)."""

    time: Numbers
    owner: Indices


def _roads(ways: Ways, places: Places) -> tuple[tuple[Indices, Numbers], tuple[Indices, Numbers]]:
    """Per direction: the link of each place (-1: none) and the share of that link before the place."""
    held = np.maximum(places.line, 0)
    on = places.line >= 0
    ahead = np.where(on, ways.along[held], -1) if ways.along.size else np.full(len(places), -1)
    back = np.where(on, ways.against[held], -1) if ways.against.size else np.full(len(places), -1)
    return (ahead.astype(np.int32), places.share), (back.astype(np.int32), 1.0 - places.share)


def _joined(ways: Ways, sources: Places) -> tuple[Indices, Indices, Numbers, Marks]:
    """The links and one more node a source, from which a link leads on to the end of each link that it lies on."""
    tails, heads, times = [ways.tail], [ways.head], [ways.time]
    for link, share in _roads(ways, sources):
        here = np.flatnonzero(link >= 0)
        tails.append((ways.nodes + here).astype(np.int32))
        heads.append(ways.head[link[here]])
        rest = 1.0 - share[here]
        whole = ways.time[link[here]]
        times.append(
            sources.away[here]
            + np.where(np.isfinite(whole), rest * np.where(np.isfinite(whole), whole, 0.0), np.inf)
        )
    through = np.concatenate([ways.through, np.ones(len(sources), bool)])
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(times), through


def reach(ways: Ways, sources: Places, limit: float = np.inf) -> Reach:
    """Seconds from the nearest of ``sources`` to each node, one Dijkstra for all of them."""
    tail, head, time, through = _joined(ways, sources)
    fan = fan_out(tail, head, ways.nodes + len(sources))
    starts = np.arange(ways.nodes, ways.nodes + len(sources), dtype=np.int32)
    found, owner = nearest(fan, time, starts, limit=limit, passable=through)
    return Reach(found[: ways.nodes], owner[: ways.nodes])


def at(ways: Ways, sources: Places, found: Reach, places: Places) -> tuple[Numbers, Indices]:
    """(places,) seconds from the nearest source and which one it is (-1: not to be reached, time infinite).

    A place is reached from the beginning of a link, or from a source that lies before it on the same link.
    """
    best = np.full(len(places), np.inf)
    owner = np.full(len(places), -1, np.int32)
    starts = _roads(ways, sources)
    for (link, share), (source_link, source_share) in zip(_roads(ways, places), starts, strict=True):
        on = link >= 0
        held = np.maximum(link, 0)
        whole = np.where(on, ways.time[held], np.inf)
        open_ = np.isfinite(whole)
        part = np.where(open_, share * np.where(open_, whole, 0.0), np.inf)
        node = ways.tail[held]
        _better(best, owner, np.where(ways.through[node], found.time[node], np.inf) + part, found.owner[node])
        _better(best, owner, *_same_link(link, share, whole, source_link, source_share, sources.away))
    reached = np.isfinite(best)
    return np.where(reached, best + places.away, np.inf), np.where(reached, owner, -1).astype(np.int32)


def _better(best: Numbers, owner: Indices, time: Numbers, who: Indices) -> None:
    less = time < best
    best[less] = time[less]
    owner[less] = who[less]


def _same_link(
    link: Indices, share: Numbers, whole: Numbers, source_link: Indices, source_share: Numbers, away: Numbers
) -> tuple[Numbers, Indices]:
    """From the sources on the same link that lie before the place: time and source; (places,)."""
    time, who = np.full(link.size, np.inf), np.full(link.size, -1, np.int32)
    lists: dict[int, list[int]] = {}
    for number in np.flatnonzero(source_link >= 0).tolist():
        lists.setdefault(int(source_link[number]), []).append(number)
    for number in np.flatnonzero(np.isin(link, list(lists))).tolist():
        if not np.isfinite(whole[number]):
            continue
        for source in lists[int(link[number])]:
            if source_share[source] <= share[number]:
                took = away[source] + (share[number] - source_share[source]) * whole[number]
                if took < time[number]:
                    time[number], who[number] = took, source
    return time, who


def times(ways: Ways, sources: Places, places: Places, limit: float = np.inf) -> Numbers:
    """(sources, places) seconds from each source by itself; infinite beyond ``limit`` or where there is no way."""
    tail, head, time, through = _joined(ways, sources)
    fan = fan_out(tail, head, ways.nodes + len(sources))
    starts = np.arange(ways.nodes, ways.nodes + len(sources), dtype=np.int32)
    found = many(fan, time, starts, limit=limit, passable=through)
    out = np.empty((len(sources), len(places)))
    for number in range(len(sources)):
        one = slice(number, number + 1)
        alone = Places(sources.line[one], sources.share[one], sources.away[one])
        own = np.where(np.isfinite(found[number, : ways.nodes]), 0, -1).astype(np.int32)
        out[number] = at(ways, alone, Reach(found[number, : ways.nodes], own), places)[0]
    return np.where(out <= limit, out, np.inf)


@dataclass(frozen=True, slots=True)
class Stretches:
    """Parts of links reached in time: the link and the shares of it from and to."""

    link: Indices
    start: Numbers
    end: Numbers


def stretches(ways: Ways, sources: Places, found: Reach, limit: float) -> Stretches:
    """What of the links is reached within ``limit`` seconds, from their beginnings and from the sources on them."""
    left = limit - np.where(ways.through[ways.tail], found.time[ways.tail], np.inf)
    long = np.where(np.isfinite(ways.time), ways.time, np.inf)
    can = np.flatnonzero((left > 0) & np.isfinite(ways.time))
    share = np.where(long[can] > 0, np.minimum(left[can] / np.maximum(long[can], 1e-12), 1.0), 1.0)
    links, starts, ends = [can.astype(np.int32)], [np.zeros(can.size)], [share]
    for link, before in _roads(ways, sources):
        here = np.flatnonzero((link >= 0) & (sources.away < limit))
        here = here[np.isfinite(ways.time[link[here]])]
        whole = np.maximum(ways.time[link[here]], 1e-12)
        links.append(link[here])
        starts.append(before[here])
        ends.append(np.minimum(before[here] + (limit - sources.away[here]) / whole, 1.0))
    return Stretches(np.concatenate(links), np.concatenate(starts), np.concatenate(ends))
