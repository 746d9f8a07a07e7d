"""SUMO, asked from outside: a scenario's files and a control in, times lost by vehicles and on edges out."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

MEASURES = (
    "entered",
    "left",
    "departed",
    "arrived",
    "time_loss",
    "travel_time",
    "speed",
    "density",
    "waiting",
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Files of a SUMO scenario: network, demand (routes, trips, flows), begin and end of the demand (s)."""

    net: Path
    demand: tuple[Path, ...]
    begin: float
    end: float
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of the measures on edges: seconds, and per edge the values named in ``MEASURES`` (SUMO's units)."""

    begin: float
    end: float
    edges: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Drive:
    """The outcome of one simulation: vehicles asked for, arrived, never let in; sums in vehicle-seconds."""

    vehicles: int
    arrived: int
    waiting: int
    teleports: int
    time_loss: float
    depart_delay: float
    travel_time: float
    ended: float
    intervals: tuple[Interval, ...]
    routes: tuple[tuple[str, int], ...] = ()

    @property
    def unserved(self) -> int:
        """Vehicles that did not reach their end by driving there: still under way, never let in, or lifted over a jam."""
        return self.vehicles - self.arrived + self.teleports

    @property
    def mean_loss(self) -> float:
        """Time lost under way, s per vehicle."""
        return self.time_loss / max(self.vehicles, 1)

    @property
    def mean_delay(self) -> float:
        """Time lost under way and waiting to be let in, s per vehicle."""
        return (self.time_loss + self.depart_delay) / max(self.vehicles, 1)


@dataclass(frozen=True, slots=True)
class Control:
    """How the signals are run: ``kind`` names a controller of ``sumo_control``, ``settings`` are its numbers."""

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)


@cache
def available() -> bool:
    """Whether SUMO is installed (the extra ``simulation``)."""
    return find_spec("libsumo") is not None and find_spec("sumo") is not None


def require() -> None:
    """Raises ``TwinError`` TWIN-750 where SUMO is not installed."""
    if not available():
        raise TwinError(
            "TWIN-750",
            "未安装 SUMO，无法进行微观交通仿真；请运行 pip install 'city-twin[simulation]'。",
            "SUMO is not installed, so vehicles cannot be simulated; run pip install 'city-twin[simulation]'.",
            status=501,
        )


def drive(
    scenario: Scenario,
    seed: int,
    *,
    additional: Sequence[Path] = (),
    control: Control | None = None,
    grace: float = 3600.0,
    period: float | None = None,
    routes: bool = False,
    teleport: float = -1,
    cancelled: Callable[[], None] | None = None,
) -> Drive:
    """Simulate until the last vehicle has arrived, at most ``grace`` seconds past the end of the demand.

    ``additional``: further files (signal programs). ``period``: length of the intervals of the measures on edges (s).
    ``cancelled`` is called twice a second and may raise. Raises ``TwinError`` TWIN-750 and TWIN-751.
    """
    require()
    order = {
        "net": str(scenario.net),
        "demand": [str(path) for path in scenario.demand],
        "begin": scenario.begin,
        "limit": scenario.end + grace,
        "seed": seed,
        "additional": [str(path) for path in additional],
        "options": list(scenario.options),
        "period": period,
        "routes": routes,
        "teleport": teleport,
        "control": None if control is None else {"kind": control.kind, **control.settings},
    }
    answer = _ask(json.dumps(order), cancelled)
    intervals = tuple(Interval(one["begin"], one["end"], one["edges"]) for one in answer.pop("edges"))
    driven = tuple((edges, int(count)) for edges, count in answer.pop("routes", ()))
    return Drive(**answer, intervals=intervals, routes=driven)


def _ask(order: str, cancelled: Callable[[], None] | None) -> dict[str, Any]:
    child = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.sumo_child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    sent: str | None = order
    try:
        while True:
            try:
                said, complaint = child.communicate(sent, timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                sent = None
                if cancelled is not None:
                    cancelled()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if child.returncode != 0:
        reason = next((line for line in reversed(complaint.splitlines()) if line.strip()), "")[:300]
        raise TwinError(
            "TWIN-751",
            f"SUMO 未能完成仿真：{reason}；请检查路网与需求文件。",
            f"SUMO did not finish the simulation: {reason}; check the network and the demand.",
            status=422,
        )
    answer: dict[str, Any] = json.loads(said[said.index("{") :])
    return answer
