"""Hot start: a run that goes on from another one's exact state, and one that leaves its own.

So the now-cast works: every few minutes a run takes the state that the last one kept at the time of its newest
observation, computes up to the new one, keeps that state, and goes on into the forecast.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
from pydantic import ConfigDict

from twin.engines.flood import FloodInputError, Frames, Snapshot
from twin.errors import TwinError
from twin.processes.models import Value, field, titled
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.engines.flood import Result
    from twin.processes.context import RunContext

UUID_PATTERN = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


class HotStart(Value):
    """Where to begin, and what to leave for the next run."""

    model_config = ConfigDict(json_schema_extra=titled("热启动", "Hot start"))

    previous: str | None = field(
        "接续的运行",
        "Run to go on from",
        None,
        description=Text(
            zh="保存了状态的一次运行的编号；地形、网格、求解器与精度须与之相同，时刻仍从最初那次运行的起点计。",
            en="Id of a run that kept its state; ground, cells, solver and precision must be its own, and times still "
            "count from the start of the very first run.",
        ),
        pattern=UUID_PATTERN,
    )
    keep_at_min: float | None = field(
        "保存状态的时刻",
        "Keep the state at",
        None,
        unit="min",
        description=Text(
            zh="如最新观测的时刻；下一次运行由此接续。状态保留 7 天。",
            en="For example the time of the newest observation; the next run goes on from there. Kept for 7 days.",
        ),
        gt=0,
        le=2880,
    )


def beginning(hot: HotStart, run: RunContext) -> Snapshot | None:
    """The state to go on from; raises TWIN-542 where there is none that the actor may use."""
    if hot.previous is None:
        return None
    found = run.state_of(UUID(hot.previous))
    if found is None:
        raise TwinError(
            "TWIN-542",
            f"运行 {hot.previous} 没有可用的状态：须为可见、成功且保存了状态（keep_at_min）的运行，状态保留 7 天。",
            f"Run {hot.previous} has no state to go on from: it must be visible to you, successful, and have kept one "
            "(keep_at_min) within the last 7 days.",
            status=422,
            where="hot_start.previous",
        )
    return Snapshot.load(found)


def same_run(hot: HotStart, begins: datetime, sewers: str, run: RunContext) -> None:
    """Raises ``TwinError`` TWIN-543 where the run to go on from counts from another time or had other sewers: its clock
    would shift the rain, and water in its sewers would be lost unseen."""
    if hot.previous is None:
        return
    start, had = run.state_made(UUID(hot.previous))
    if start is not None and datetime.fromisoformat(start) != begins:
        raise _other(
            hot, f"它自 {start} 起计时，本次自 {begins.isoformat()}；请给出同样的 start，降雨须自那时给全。",
            f"counts from {start}, this one from {begins.isoformat()}: give the same start, and the rain whole from then.",
        )  # fmt: skip
    if had is not None and had != sewers:
        raise _other(
            hot, f"它的管网来源为 {had}，本次为 {sewers}；请用同样的 sewers.source。",
            f"has sewers from {had}, this one from {sewers}: give the same sewers.source.",
        )  # fmt: skip


def _other(hot: HotStart, zh: str, en: str) -> TwinError:
    return TwinError(
        "TWIN-543",
        f"不能从运行 {hot.previous} 接续：{zh}",
        f"Cannot go on from run {hot.previous}: it {en}",
        status=422,
        where="hot_start.previous",
    )


def march(
    hot: HotStart,
    run: RunContext,
    frames: Frames,
    duration_s: float,
    domain: Any,
    settings: Mapping[str, Any],
) -> Result:
    """The engine from the beginning to ``duration_s``; the state asked for is kept on the way.

    Raises TWIN-543 for a state of other ground or settings, TWIN-544 for a time that the run does not pass.
    """
    from twin.engines.flood import simulate  # with the compiler, which declarations go without

    start = beginning(hot, run)
    begun_s = 0.0 if start is None else start.time_s
    keep_s = None if hot.keep_at_min is None else 60.0 * hot.keep_at_min
    if duration_s <= begun_s or (keep_s is not None and not begun_s < keep_s <= duration_s):
        raise _not_passed(begun_s, duration_s)
    try:
        if keep_s is None:
            return simulate(domain, duration_s=duration_s, start=start, frames=frames, **settings)
        first = simulate(domain, duration_s=keep_s, start=start, frames=frames, keep_end=True, **settings)
        _keep(first, run, keep_s)
        if keep_s == duration_s:
            return first
        rest = Frames(frames.interval_s, lambda at, view: frames.take(at, view) if at > keep_s else None)
        second = simulate(domain, duration_s=duration_s, start=first.end, frames=rest, **settings)
    except FloodInputError as error:
        if error.where != "start":
            raise
        raise _other(hot, error.text.zh, error.text.en) from error
    return joined(first, second)


def joined(first: Result, second: Result) -> Result:
    """Two stages as one: the second's state and account (which go on), the series, links and sewers of both."""
    gauges, sections = second.gauges, second.sections
    sewers = second.sewers
    if first.sewers is not None and sewers is not None:
        sewers = first.sewers.then(sewers)
    links = second.links
    if first.links is not None and links is not None:
        links = replace(
            links,
            times_s=np.concatenate([first.links.times_s, links.times_s]),
            flow_m3_s=np.concatenate([first.links.flow_m3_s, links.flow_m3_s]),
            volume_m3=first.links.volume_m3 + links.volume_m3,
        )
    return replace(
        second,
        gauges=replace(
            gauges,
            times_s=np.concatenate([first.gauges.times_s, gauges.times_s[1:]]),
            depth=np.concatenate([first.gauges.depth, gauges.depth[1:]]),
            level=np.concatenate([first.gauges.level, gauges.level[1:]]),
        ),
        sections=replace(
            sections,
            times_s=np.concatenate([first.sections.times_s, sections.times_s[1:]]),
            discharge_m3_s=np.concatenate([first.sections.discharge_m3_s, sections.discharge_m3_s[1:]]),
        ),
        sewers=sewers,
        links=links,
        wall_s=first.wall_s + second.wall_s,
    )


def _keep(result: Result, run: RunContext, at_s: float) -> None:
    if result.end is None:
        raise TypeError("the engine kept no state")
    with tempfile.TemporaryDirectory(prefix="twin-state-") as folder:
        run.keep_state(result.end.save(Path(folder) / "state.npz"), at_s / 60.0)


def _not_passed(begun_s: float, duration_s: float) -> TwinError:
    begun, end = begun_s / 60.0, duration_s / 60.0
    return TwinError(
        "TWIN-544",
        f"本次运行从第 {begun:g} 分钟算到第 {end:g} 分钟：时长须超过起点，保存状态的时刻须在其间。",
        f"This run goes from minute {begun:g} to minute {end:g}: it must end after it begins, and keep its state in between.",
        status=422,
        where="hot_start.keep_at_min",
    )
