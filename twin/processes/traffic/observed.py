"""What detectors and floating cars observed, as even series up to a moment.

A process that reads them declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import TwinError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twin.processes.context import RunContext

    type Numbers = NDArray[np.float64]

LAYERS = ("traffic_detector", "traffic_observation")
COLUMNS = (
    "kind",
    "detector",
    "road_code",
    "forward",
    "flow",
    "speed",
    "occupancy",
    "samples",
    "valid_from",
    "valid_to",
)
MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
ERROR = 0.05  # relative, of a detector that does not state its own


@dataclass(frozen=True, slots=True)
class Detectors:
    """Detectors as columns, sorted by code; ``point`` in the storage CRS."""

    code: list[str]
    name: list[str | None]
    road_code: list[str]
    forward: NDArray[np.bool_]
    flow_error: Numbers
    speed_error: Numbers
    point: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True, slots=True)
class Floating:
    """Floating cars in the last interval, as columns: km/h and passages by road link and direction."""

    road_code: list[str]
    forward: list[bool]
    speed: Numbers
    samples: Numbers


@dataclass(frozen=True, slots=True)
class Observed:
    """``flow`` veh/h, ``speed`` km/h, ``occupancy`` %: (times, detectors), NaN where nothing came. ``end``: end of the last
    interval; ``first_min``: local minutes of the first since a Monday's midnight; ``strangers``: rows of unknown detectors;
    ``uneven``: rows of another interval than most."""

    detectors: Detectors
    step_min: int
    end: datetime
    first_min: int
    flow: Numbers
    speed: Numbers
    occupancy: Numbers
    floating: Floating
    strangers: int
    uneven: int

    @property
    def start_of_last(self) -> datetime:
        """Start of the last interval."""
        return self.end - timedelta(minutes=self.step_min)


def observed(run: RunContext, at: datetime | None, days: float, utc_offset_h: float) -> Observed:
    """Observations of the ``days`` up to ``at`` (None: the newest there are).

    Raises TWIN-649 where there are no detectors or no observations at the time.
    """
    detectors = _detectors(run)
    newest = run.latest("traffic_observation") if at is None else at - timedelta(seconds=1)
    if newest is None or not len(detectors):
        raise _nothing(at)
    period = (newest - timedelta(days=days), newest)
    rows = run.features("traffic_observation", columns=list(COLUMNS), period=period).columns
    fixed = np.array([kind == "detector" for kind in rows["kind"]], bool)
    if not fixed.any():
        raise _nothing(at)
    return _series(detectors, rows, fixed, utc_offset_h)


def _nothing(at: datetime | None) -> TwinError:
    when = "" if at is None else f" {at:%Y-%m-%d %H:%M}"
    return TwinError(
        "TWIN-649",
        f"没有{when}可用的交通观测；请先导入 traffic_detector 与 traffic_observation，或改用有观测的时刻。",
        f"There are no traffic observations{when}; import traffic_detector and traffic_observation, or ask for a time that has some.",
        status=422,
        where="at",
    )


def _detectors(run: RunContext) -> Detectors:
    names = ["code", "name", "road_code", "forward", "flow_error", "speed_error"]
    found = run.features("traffic_detector", columns=names)
    order = sorted(range(len(found)), key=lambda i: found.columns["code"][i])
    pick: dict[str, list[Any]] = {name: [found.columns[name][i] for i in order] for name in names}
    error = {name: np.array([ERROR if v is None else v for v in pick[name]], float) for name in names[4:]}
    return Detectors(
        pick["code"],
        pick["name"],
        pick["road_code"],
        np.array(pick["forward"], bool),
        error["flow_error"],
        error["speed_error"],
        found.shapes[order] if order else found.shapes,
    )


def _series(
    detectors: Detectors, rows: dict[str, list[Any]], fixed: NDArray[np.bool_], utc_offset_h: float
) -> Observed:
    start = np.array([t.timestamp() / 60.0 for t in rows["valid_from"]])
    width = np.array(
        [
            (b - a).total_seconds() / 60.0 if b else np.nan
            for a, b in zip(rows["valid_from"], rows["valid_to"], strict=True)
        ]
    )
    widths, counts = np.unique(width[fixed & np.isfinite(width)], return_counts=True)
    step = int(widths[np.argmax(counts)]) if widths.size else 15
    end = start[fixed].max() + step
    times = int((end - start[fixed].min()) // step)
    place = {code: i for i, code in enumerate(detectors.code)}
    who = np.array([place.get(code, -1) for code in rows["detector"]])
    even = ~np.isfinite(width) | (width == step)
    slot = times - np.round((end - start) / step).astype(int)
    used = fixed & even & (who >= 0) & (slot >= 0)
    series = {}
    for name in ("flow", "speed", "occupancy"):
        table = np.full((times, len(detectors)), np.nan)
        values = np.array([np.nan if v is None else v for v in rows[name]], float)
        table[slot[used], who[used]] = values[used]
        series[name] = table
    since = datetime.fromtimestamp(60.0 * (end - times * step), UTC) - MONDAY + timedelta(hours=utc_offset_h)
    return Observed(
        detectors,
        step,
        datetime.fromtimestamp(60.0 * end, UTC),
        int(since.total_seconds() // 60) % (7 * 1440),
        floating=_floating(rows, ~fixed & (start == end - step)),
        strangers=int((fixed & (who < 0)).sum()),
        uneven=int((fixed & ~even).sum()),
        **series,
    )


def _floating(rows: dict[str, list[Any]], which: NDArray[np.bool_]) -> Floating:
    kept = [
        i for i in np.flatnonzero(which).tolist() if rows["speed"][i] and rows["road_code"][i] is not None
    ]
    return Floating(
        [rows["road_code"][i] for i in kept],
        [bool(rows["forward"][i]) for i in kept],
        np.array([rows["speed"][i] for i in kept], float),
        np.array([max(rows["samples"][i] or 1, 1) for i in kept], float),
    )
