"""Clearing away what nobody refers to: rasters whose run never ended well, runs and jobs long over."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from twin.actions.steps import adrive
from twin.store.artifact_store import ArtifactStore
from twin.store.queryfile import query

if TYPE_CHECKING:
    from procrastinate.manager import JobManager

    from twin.actions.steps import Steps
    from twin.jobs.connector import PatientConnector
    from twin.jobs.order import Work

logger = logging.getLogger(__name__)
KEEP_FAILED_DAYS = 90
KEEP_STATES_DAYS = 7
KEEP_JOBS_H = 24
ORPHANS_AFTER_S = (
    86_400.0  # longer than any run or import lasts between putting a file and committing its row
)


async def keep_house(work: Work, queue: PatientConnector, jobs: JobManager) -> None:
    """One round: failed and dismissed runs of 90 days ago, states of models a week old, rasters without a row and ended
    jobs after a day."""
    await queue.transact(lambda conn: adrive(conn, _forget()))
    used = await queue.transact(lambda conn: adrive(conn, _in_use()))
    store = ArtifactStore(work.artifacts_url)
    gone = await asyncio.to_thread(store.sweep, used, ORPHANS_AFTER_S)
    if gone:
        logger.info("removed %d rasters without a row", gone)
    await jobs.delete_old_jobs(KEEP_JOBS_H, include_failed=True, include_cancelled=True, include_aborted=True)


def _forget() -> Steps[None]:
    yield query("jobs", "forget_runs"), {"days": KEEP_FAILED_DAYS}
    yield query("jobs", "forget_states"), {"days": KEEP_STATES_DAYS}


def _in_use() -> Steps[frozenset[str]]:
    rows = yield query("artifacts", "names_in_use"), {}
    return frozenset(row["name"] for row in rows)
