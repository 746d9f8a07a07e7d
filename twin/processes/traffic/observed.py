"""What detectors and floating cars observed, as even series up to a moment.

A process that reads them declares that it reads ``LAYERS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from twin.errors import TwinError
from twin.text import Text

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
DAY_MIN = 1440
ERROR = 0.05  # relative, of a detector that does not state its own
OFF_BEAT = 0.1  # of the interval: readings that begin farther from the common beat fit no interval
AHEAD = timedelta(hours=1)  # clocks may differ by so much; what is dated later has not happened yet


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
    twice: int
    future: datetime | None

    @property
    def start_of_last(self) -> datetime:
        """Start of the last interval."""
        return self.end - timedelta(minutes=self.step_min)


def observed(run: RunContext, at: datetime | None, days: float, utc_offset_h: float) -> Observed:
    """Observations of the ``days`` up to ``at`` (None: the newest there are, none from the future).

    A time without an offset is local (``utc_offset_h``). Raises TWIN-649 where there are no detectors or no observations at the time,
    TWIN-744 where their interval cannot be worked with.
    """
    detectors = _detectors(run)
    future = None
    if at is not None and at.tzinfo is None:
        at = (at - timedelta(hours=utc_offset_h)).replace(tzinfo=UTC)
    newest = run.latest("traffic_observation") if at is None else at - timedelta(seconds=1)
    if newest is None or not len(detectors):
        raise _nothing(at)
    if at is None and newest > datetime.now(UTC) + AHEAD:
        future, newest = newest, datetime.now(UTC)
    period = (newest - timedelta(days=days), newest)
    rows = run.features("traffic_observation", columns=list(COLUMNS), period=period).columns
    fixed = np.array([kind == "detector" for kind in rows["kind"]], bool)
    if not fixed.any():
        raise _nothing(at)
    return _series(detectors, rows, fixed, utc_offset_h, future)


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


def _step(width: Numbers) -> int:
    """The interval that most readings have, minutes; a quarter of an hour where none says. Raises TWIN-744."""
    widths, counts = np.unique(width[np.isfinite(width)], return_counts=True)
    step = float(widths[np.argmax(counts)]) if widths.size else 15.0
    if step < 1 or step != int(step) or DAY_MIN % int(step):
        raise TwinError(
            "TWIN-744",
            f"多数交通观测的统计时段为 {step:g} 分钟，须为整分钟且整除一天；请核对 valid_from 与 valid_to，或先汇总到 5、15 分钟。",
            f"Most traffic observations have an interval of {step:g} min; whole minutes that divide a day are needed: check "
            "valid_from and valid_to, or aggregate them to 5 or 15 min.",
            status=422,
            where="traffic_observation",
        )
    return int(step)


def _series(
    detectors: Detectors,
    rows: dict[str, list[Any]],
    fixed: NDArray[np.bool_],
    utc_offset_h: float,
    future: datetime | None,
) -> Observed:
    start = np.array([t.timestamp() / 60.0 for t in rows["valid_from"]])
    width = np.array(
        [
            (b - a).total_seconds() / 60.0 if b else np.nan
            for a, b in zip(rows["valid_from"], rows["valid_to"], strict=True)
        ]
    )
    step = _step(width[fixed])
    beats, counts = np.unique(np.round(start[fixed] % step, 3), return_counts=True)
    off = np.abs((start - beats[np.argmax(counts)] + step / 2) % step - step / 2)
    even = (~np.isfinite(width) | (width == step)) & (off <= OFF_BEAT * step)
    end = start[fixed & even].max() + step
    times = round((end - start[fixed & even].min()) / step)
    place = {code: i for i, code in enumerate(detectors.code)}
    who = np.array([place.get(code, -1) for code in rows["detector"]])
    slot = times - np.round((end - start) / step).astype(int)
    used = fixed & even & (who >= 0)
    cell = slot[used] * len(detectors) + who[used]
    series = {}
    for name in ("flow", "speed", "occupancy"):
        values = np.array([np.nan if v is None else v for v in rows[name]], float)[used]
        series[name] = _averaged(cell, values, (times, len(detectors)))
    since = datetime.fromtimestamp(60.0 * (end - times * step), UTC) - MONDAY + timedelta(hours=utc_offset_h)
    return Observed(
        detectors,
        step,
        datetime.fromtimestamp(60.0 * end, UTC),
        int(since.total_seconds() // 60) % (7 * DAY_MIN),
        floating=_floating(rows, ~fixed & (np.abs(start - end + step) <= OFF_BEAT * step)),
        strangers=int((fixed & (who < 0)).sum()),
        uneven=int((fixed & ~even).sum()),
        twice=int(cell.size - np.unique(cell).size),
        future=future,
        **series,
    )


def _averaged(cell: NDArray[np.intp], values: Numbers, shape: tuple[int, int]) -> Numbers:
    """Mean of the readings of each cell of a table, NaN where there are none."""
    read = np.isfinite(values)
    total = np.bincount(cell[read], weights=values[read], minlength=shape[0] * shape[1])
    count = np.bincount(cell[read], minlength=shape[0] * shape[1])
    mean = np.divide(total, count, out=np.full(total.size, np.nan), where=count > 0)
    return np.asarray(mean, np.float64).reshape(shape)


def notes(seen: Observed) -> tuple[Text, ...]:
    """What was left out of the observations, and what looks odd in them."""
    out = []
    if seen.future is not None:
        out.append(
            Text(
                zh=f"有观测的时间在将来（最晚 {seen.future:%Y-%m-%d %H:%M} UTC），未使用；请核对时钟与时区。",
                en=f"Some observations are dated in the future (up to {seen.future:%Y-%m-%d %H:%M} UTC); they are not used. "
                "Check clocks and time zones.",
            )
        )
    if seen.strangers:
        out.append(
            Text(
                zh=f"{seen.strangers} 条观测的检测器不在 traffic_detector 中，未使用。",
                en=f"{seen.strangers} observations name detectors that traffic_detector does not list; they are not used.",
            )
        )
    if seen.uneven:
        out.append(
            Text(
                zh=f"{seen.uneven} 条观测的统计时段或起点与多数不同，未使用。",
                en=f"{seen.uneven} observations have another interval, or begin at another beat, than most; they are not used.",
            )
        )
    if seen.twice:
        out.append(
            Text(
                zh=f"{seen.twice} 条观测与同一检测器同一时段的其他观测重复，已取平均。",
                en=f"{seen.twice} observations repeat the detector and interval of others; they were averaged.",
            )
        )
    stuck = _stuck(seen)
    if stuck:
        out.append(
            Text(
                zh=f"检测器 {'、'.join(stuck)} 的读数整天不变，疑似故障。",
                en=f"The readings of {', '.join(stuck)} did not change for a day; they may be broken.",
            )
        )
    return tuple(out)


def _stuck(seen: Observed) -> list[str]:
    """Detectors (20 at most) with the same speed, other than none at all, throughout the last day of readings."""
    day = seen.speed[-(DAY_MIN // seen.step_min) :]
    enough = np.isfinite(day).sum(0) >= len(day) // 2
    low, high = (np.where(np.isfinite(day), day, end) for end in (np.inf, -np.inf))
    same = enough & (low.min(0) == high.max(0)) & (len(day) >= 8)
    return [seen.detectors.code[i] for i in np.flatnonzero(same).tolist()[:20]]


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
