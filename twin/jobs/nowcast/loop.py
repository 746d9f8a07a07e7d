"""Cycle after cycle until told to stop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from twin.errors import TwinError
from twin.jobs.nowcast.cycle import cycle, slot_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from twin.access.actor import Actor
    from twin.jobs.nowcast.plan import Plan
    from twin.store.database import Store
    from twin.text import Text

LOOK_AGAIN_S = 20.0  # rain often arrives some time after its interval began


def serve(
    store: Store,
    actor: Actor,
    plan: Plan,
    stop: Event,
    say: Callable[[datetime, Text], None],
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Ask in every interval until ``stop`` is set; within an interval look again until its run is asked for.

    A refusal (a database that is away, observations that cannot be read) is told and the next look taken. Intervals that
    passed while nobody looked are not made up for, only counted.
    """
    last: datetime | None = None
    said: tuple[datetime, str] | None = None
    while not stop.is_set():
        slot = slot_of(now(), plan.interval_min)
        if last is not None and (missed := _missed(last, slot, plan.interval_min)) > 0:
            say(slot, _missing(missed))
        last, done = slot, False
        try:
            told = cycle(store, actor, plan, now())
            text, done = told.text, told.state in ("asked", "already", "behind")
        except TwinError as error:
            text = error.text
        if said != (slot, text.en):
            said = (slot, text.en)
            say(slot, text)
        after = (slot + timedelta(minutes=plan.interval_min) - now()).total_seconds()
        stop.wait(max(after if done else min(after, LOOK_AGAIN_S), 0.05))


def _missed(last: datetime, slot: datetime, interval_min: float) -> int:
    return round((slot - last).total_seconds() / (60.0 * interval_min)) - 1


def _missing(count: int) -> Text:
    from twin.text import Text

    return Text(
        zh=f"错过 {count} 个时段，不补算", en=f"{count} intervals passed unseen and are not made up for"
    )
