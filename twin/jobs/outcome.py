"""How an attempt ends: everything it made becomes visible in one transaction, or nothing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from twin.access.decide import may_publish
from twin.actions.steps import drive
from twin.jobs import recording
from twin.jobs.endings import Cost, failing, holds, one
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.errors import TwinError
    from twin.jobs.order import Order
    from twin.processes.context import RunContext
    from twin.processes.models import Outputs
    from twin.store.database import Store

DONE = {"zh": "已完成", "en": "done"}


def finish(
    store: Store, order: Order, outputs: Outputs, run: RunContext, cost: Cost, *, published: bool
) -> bool:
    """Write rows, rasters and outputs and make the run successful, all or nothing; ``published`` lets everybody see them
    who may see their layers, unless they were made of closer ones.

    False, and nothing written, when this attempt no longer holds (dismissed, replaced, or already committed).
    """
    with store.transaction(order.actor, write=True, timeout_s=0) as conn:
        store.become_service(conn)
        conn.execute(query("jobs", "hurry"))
        if not drive(conn, holds(order.run, order.attempt, lock=True)):
            return False
        recording.record(conn, store, order, run)
        sources = {"runs": list(run.sources)}
        closed = not may_publish(store.catalog, run.data_versions, run.written())
        values = {
            "closed": closed or drive(conn, one("closed_sources", sources)),
            "published": published,
            "id": order.run,
            "attempt": order.attempt,
            "outputs": Jsonb(outputs.model_dump(mode="json")),
            "data_versions": Jsonb(run.data_versions),
            "message": Jsonb(DONE),
            "wall_s": cost.wall_s,
            "peak_memory_mb": cost.peak_memory_mb,
        }
        return bool(drive(conn, one("finish_run", values)))


def fail(store: Store, order: Order, error: TwinError, data_versions: Mapping[str, int], cost: Cost) -> bool:
    """Make the run failed with the error's code and texts; False when this attempt no longer holds."""
    with store.service() as conn:
        return drive(conn, failing(order.run, order.attempt, error, data_versions, cost))
