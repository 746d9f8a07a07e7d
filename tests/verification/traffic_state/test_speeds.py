"""Whether the stated uncertainty of speeds holds what is true: streets driven in SUMO, some of the loops read, the others hidden.

What is stated is the speed in the middle of a link, where loops are. Between signals, vehicles also wait: how far the mean speed
over the link lies below is a row of its own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.verification.report import Report
from tests.verification.traffic_state.driven import STEP_MIN, Day, Days, Town
from twin.engines.traffic.state.fusion import Observed, distances, fuse
from twin.processes.traffic_state.links import _off, reading_error

ERROR = 0.05
SUMO = "SUMO 1.28, loops hidden"
# free speed (km/h), share of the loops read; how far the share within 95 % intervals may be off: links read, hidden
CASES = [
    ("motorway", "none", 80.0, 0.5, 0.06, 0.06),
    ("motorway", "one lane of two", 80.0, 0.5, 0.06, 0.12),
    ("streets", "none", 50.0, 0.3, 0.06, 0.08),
    ("streets", "all lanes", 50.0, 0.3, 0.06, 0.12),
]


@pytest.mark.long
@pytest.mark.parametrize(("name", "kind", "free", "share", "on", "off"), CASES)
def test_stated_intervals(
    days: Callable[[str], Days],
    report: Report,
    name: str,
    kind: str,
    free: float,
    share: float,
    on: float,
    off: float,
) -> None:
    driven = days(name)
    draw = np.random.default_rng(1)
    rows = [
        _held(driven.town, day, free, share, draw)
        for day in (driven.calm if kind == "none" else driven.struck[kind])
    ]
    read, hidden, over = (np.concatenate(part) for part in zip(*rows, strict=True))
    blocked = "no crash" if kind == "none" else f"{kind} blocked"
    case = f"speeds, {name}, {blocked}, {len(rows)} days"
    report.hold(
        case,
        SUMO,
        "95 % intervals hold what the loops read should read, difference",
        float(read.mean()) - 0.95,
        on,
    )
    report.hold(
        case,
        SUMO,
        "95 % intervals hold what the hidden loops read, difference",
        float(hidden.mean()) - 0.95,
        off,
    )
    if kind == "none":
        far = 0.1 if name == "motorway" else 0.5
        report.hold(
            case, SUMO, "mean speed over the link against mid-link, logarithm, mean", float(over.mean()), far
        )


def _held(
    town: Town, day: Day, free: float, share: float, draw: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether the intervals hold: of links read, of hidden ones; and the logarithm of the links' mean speeds over the loops'."""
    nodes = {
        name: i for i, name in enumerate(sorted({end for edge in town.loops for end in town.ends[edge]}))
    }
    tail, head = (
        np.array([nodes[town.ends[edge][side]] for edge in town.loops], np.int32) for side in (0, 1)
    )
    length = np.array([town.length[edge] for edge in town.loops])
    chosen = np.sort(draw.permutation(length.size)[: max(int(share * length.size), 3)])
    read: list[np.ndarray] = []
    hidden: list[np.ndarray] = []
    for speed, flow in zip(day.speed, day.flow, strict=True):
        at = chosen[np.isfinite(speed[chosen])]
        told = speed[at] * (1 + ERROR * draw.normal(size=at.size))
        source = Observed("detector", at, told, reading_error(np.full(at.size, ERROR), flow[at], STEP_MIN))
        ground = np.full(length.size, free)
        apart = distances(tail, head, length, len(nodes), at)
        found = fuse(ground, np.full(length.size, _off([source], ground)), [source], apart, at)
        within = np.abs(np.log(speed / found.value)) <= 1.96 * found.sd
        known = np.isfinite(speed)
        on = np.isin(np.arange(length.size), at)
        read.append(within[known & on])
        hidden.append(within[known & ~on])
    over = np.log(np.stack([day.truth[edge] for edge in town.loops], axis=1) / day.speed).ravel()
    return np.concatenate(read), np.concatenate(hidden), over[np.isfinite(over)]
