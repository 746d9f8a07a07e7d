"""Finding runs that nobody works on any more: their worker died, hung, or lost its answer from the database."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.types.json import Jsonb

from twin.actions.runs import defer
from twin.jobs.endings import told
from twin.jobs.order import MAX_ATTEMPTS
from twin.jobs.supervisor import crashed
from twin.store.queryfile import query

if TYPE_CHECKING:
    from datetime import datetime

    from twin.actions.steps import Row, Steps

logger = logging.getLogger(__name__)

type Suspects = dict[int, datetime | None]


def sweep(silence_s: float, suspects: Suspects) -> Steps[Suspects]:
    """One round: jobs of silent workers are ended and their runs queued anew, runs without a job are queued.

    A job is ended only if the round before suspected it too and its worker gave no sign since: right after a
    database restart every worker looks silent. Returns the suspects for the next round.
    """
    mine = yield query("jobs", "sweep_lock"), {}
    if not mine[0]["mine"]:
        return suspects
    rows = yield query("jobs", "stalled_jobs"), {"silence_s": silence_s}
    for row in rows:
        if row["job"] in suspects and suspects[row["job"]] == row["heard"]:
            yield from _end(row)
    yield query("jobs", "follow_members"), {}
    for row in (yield query("jobs", "lost_runs"), {}):
        yield from _queue_again(row["id"], 0)
    return {row["job"]: row["heard"] for row in rows}


def _end(row: Row) -> Steps[None]:
    args: dict[str, Any] = row["args"]
    run = UUID(args["run"])
    if not (yield query("jobs", "hold_run"), {"id": run}):
        return
    ended = yield query("jobs", "end_stalled_job"), {"job": row["job"]}
    if ended:
        logger.warning("run %s: worker %s is silent, queueing it again", run, row["worker"])
        yield from _queue_again(run, int(args.get("crashes", 0)))


def _queue_again(run: UUID, crashes: int) -> Steps[None]:
    open_ = yield query("jobs", "reopen_run"), {"id": run}
    if not open_:
        return
    if open_[0]["attempt"] >= MAX_ATTEMPTS:
        error = Jsonb(told(crashed(open_[0]["attempt"])))
        yield query("jobs", "give_up_run"), {"id": run, "error": error}
        return
    yield from defer(run, crashes)
