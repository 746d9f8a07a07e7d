"""One cycle of a now-cast. All it knows stands in the database: any number of loops may run, and any of them may die."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from twin.actions import runs
from twin.actions.run_row import ENDED, RunRow
from twin.actions.steps import drive
from twin.jobs.nowcast.heard import Heard, hear
from twin.processes.registry import find
from twin.store.queryfile import query
from twin.text import Text

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.jobs.nowcast.plan import Plan
    from twin.store.database import Store

BIN_MIN = 5.0  # of rain at gauges
type State = Literal["asked", "already", "behind", "nothing_new", "too_early"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a cycle did; ``run`` is the one it asked for, or that it waits for."""

    slot: datetime
    state: State
    text: Text
    run: UUID | None = None


def cycle(store: Store, actor: Actor, plan: Plan, now: datetime) -> Told:
    """Ask for the flood of this interval, once whoever asks: the interval is the run's idempotency key.

    Nothing is asked for while the last run is not done (the interval is skipped), nor before newer rain has arrived.
    A run goes on from the state of the last one that ended well; it begins anew from ``spin_up_min`` of rain when there
    is none, when the last run failed, and when the chain has grown longer than ``longest_min``.
    Raises what `twin.actions.runs.submit` refuses, TWIN-581 and TWIN-682 for observations that cannot be read.
    """
    slot = slot_of(now, plan.interval_min)
    key = plan.prefix() + f"{slot:%Y%m%dT%H%M%SZ}"
    past = _past(store, actor, plan)
    if any(run.idempotency_key == key for run in past):
        return _told(slot, "already", "本时段已请求", "this interval was asked for already", past[0].id)
    if past and past[0].state not in ENDED:
        last = str(past[0].idempotency_key).removeprefix(plan.prefix())
        return _told(
            slot, "behind", f"时段 {last} 的运行尚未结束，跳过本时段",
            f"the run of {last} is not done: this interval is skipped", past[0].id,
        )  # fmt: skip
    heard = hear(store, actor, plan, now)
    newest, first = _rain(store, plan, heard, now)
    if newest is None or first is None or newest <= first:
        return _told(slot, "too_early", "尚无足够的降雨数据", "there is not enough rain data yet")
    previous = _previous(past)
    if previous is not None and newest <= _stands_at(previous):
        return _told(slot, "nothing_new", "没有更新的降雨数据", "no newer rain has arrived", previous.id)
    begins = first
    if previous is not None:
        old = datetime.fromisoformat(previous.inputs["start"])
        if _minutes(old, newest) + plan.forecast_min <= plan.longest_min:
            begins = old
        else:
            previous = None
    asked = inputs(plan, heard, begins, newest, None if previous is None else previous.id)
    row, _ = runs.submit(store, actor, find("flood"), asked, idempotency_key=key)
    way = ("接续上一次状态", "from the last state") if previous is not None else ("从头开始", "anew")
    return _told(
        slot,
        "asked",
        f"已请求，{way[0]}，雨情至 {newest:%H:%M}Z",
        f"asked for {way[1]}, rain until {newest:%H:%M}Z",
        row.id,
    )


def slot_of(now: datetime, interval_min: float) -> datetime:
    """When the interval began that ``now`` lies in."""
    step = 60.0 * interval_min
    return datetime.fromtimestamp(math.floor(now.timestamp() / step) * step, UTC)


def inputs(
    plan: Plan, heard: Heard, begins: datetime, newest: datetime, previous: UUID | None
) -> dict[str, Any]:
    """Of the flood that knows the rain until ``newest`` and goes on into the forecast."""
    known = _minutes(begins, newest)
    end = newest + timedelta(minutes=plan.forecast_min)
    return plan.flood | {
        "storm": _storm(plan, heard, begins, newest, end),
        "start": begins.isoformat(),
        "duration_min": known + plan.forecast_min,
        "hot_start": {"previous": None if previous is None else str(previous), "keep_at_min": known},
        "observed": _observed(heard, begins, newest),
    }


def _storm(plan: Plan, heard: Heard, begins: datetime, newest: datetime, end: datetime) -> dict[str, Any]:
    if plan.rain_layer is not None:
        return {
            "kind": "raster",
            "layer": plan.rain_layer,
            "start": begins.isoformat(),
            "end": end.isoformat(),
        }
    steps = math.ceil(_minutes(begins, newest) / BIN_MIN)
    edges = [begins + timedelta(minutes=BIN_MIN * k) for k in range(steps + 1)]
    gauges = []
    for place, series in heard.gauges:
        gauges.append(place | {
            "times_min": [BIN_MIN * k for k in range(steps)],
            "intensity_mm_h": [
                round(max(series.mean(a, b), 0.0), 3) for a, b in itertools.pairwise(edges)
            ],
        })  # fmt: skip
    return {"kind": "gauges", "gauges": gauges}


def _observed(heard: Heard, begins: datetime, newest: datetime) -> list[dict[str, Any]]:
    """The levels since the beginning; sensors that have told nothing are left out."""
    out = []
    for place, series in heard.levels:
        rows = series.between(begins, newest)
        if rows:
            times, values = [minute for minute, _ in rows], [value for _, value in rows]
            out.append(place | {"times_min": times, "values_m": values})
    return out


def _rain(store: Store, plan: Plan, heard: Heard, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Until when the rain is known, and where a run that begins anew would begin."""
    spin_up = timedelta(minutes=plan.spin_up_min)
    if plan.rain_layer is None:
        told = [series.until(now) for _, series in heard.gauges]
        known = [at for at in told if at is not None]
        if len(known) < len(told) or not known:
            return None, None
        newest = slot_of(min(known), BIN_MIN)  # the gauge that lags behind decides
        return newest, slot_of(newest - spin_up, BIN_MIN)
    values = {"layer": plan.rain_layer, "start": now - timedelta(days=2), "end": now}
    with store.service() as conn:
        rows = drive(conn, _ask("raster_times", values))
    times = [row["at"] for row in rows]
    if not times:
        return None, None
    return times[-1], next(at for at in times if at >= times[-1] - spin_up)


def _past(store: Store, actor: Actor, plan: Plan) -> list[RunRow]:
    values = {"actor": actor.key or actor.name, "prefix": plan.prefix()}
    with store.service() as conn:
        return [RunRow.of(row) for row in drive(conn, _ask("nowcast_runs", values))]


def _ask(name: str, values: dict[str, Any]) -> Any:
    return (yield query("jobs", name), values)


def _previous(past: list[RunRow]) -> RunRow | None:
    """The run to go on from: the last one, unless it ended badly (then its state may be what is wrong)."""
    return past[0] if past and past[0].state == "successful" else None


def _stands_at(run: RunRow) -> datetime:
    begins = datetime.fromisoformat(run.inputs["start"])
    return begins + timedelta(minutes=float(run.inputs["hot_start"]["keep_at_min"]))


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60.0


def _told(slot: datetime, state: State, zh: str, en: str, run: UUID | None = None) -> Told:
    return Told(slot, state, Text(zh=zh, en=en), run)
