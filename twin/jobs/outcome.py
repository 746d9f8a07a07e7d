"""How an attempt ends: everything it made becomes visible in one transaction, or nothing does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from twin.actions.steps import Steps, drive
from twin.errors import TwinError
from twin.jobs import recording
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from twin.jobs.order import Order
    from twin.processes.context import RunContext
    from twin.processes.models import Outputs
    from twin.store.database import Store

DONE = {"zh": "已完成", "en": "done"}


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attempt took: seconds of wall time, and MiB of memory at its peak."""

    wall_s: float | None = None
    peak_memory_mb: float | None = None


def finish(store: Store, order: Order, outputs: Outputs, run: RunContext, cost: Cost) -> bool:
    """Write rows, rasters and outputs and make the run successful, all or nothing.

    False, and nothing written, when this attempt no longer holds (dismissed, replaced, or already committed).
    """
    with store.transaction(order.actor, write=True, timeout_s=0) as conn:
        store.become_service(conn)
        if not drive(conn, holds(order.run, order.attempt, lock=True)):
            return False
        recording.record(conn, store, order, run)
        values = {
            "id": order.run,
            "attempt": order.attempt,
            "outputs": Jsonb(outputs.model_dump(mode="json")),
            "data_versions": Jsonb(run.data_versions),
            "message": Jsonb(DONE),
            "published": True,
            "wall_s": cost.wall_s,
            "peak_memory_mb": cost.peak_memory_mb,
        }
        return bool(drive(conn, _one("finish_run", values)))


def fail(store: Store, order: Order, error: TwinError, data_versions: Mapping[str, int], cost: Cost) -> bool:
    """Make the run failed with the error's code and texts; False when this attempt no longer holds."""
    with store.service() as conn:
        return drive(conn, failing(order.run, order.attempt, error, data_versions, cost))


def failing(
    run: UUID, attempt: int, error: TwinError, data_versions: Mapping[str, int], cost: Cost
) -> Steps[bool]:
    """The statement behind ``fail``, for any connection under the service role."""
    values = {
        "id": run,
        "attempt": attempt,
        "error": Jsonb(told(error)),
        "data_versions": Jsonb(dict(data_versions)),
        "wall_s": cost.wall_s,
        "peak_memory_mb": cost.peak_memory_mb,
    }
    return (yield from _one("fail_run", values))


def holds(run: UUID, attempt: int, *, lock: bool = False) -> Steps[bool]:
    """Whether this attempt is the one that may write; with ``lock`` it stays so until the transaction's end."""
    return (yield from _one("lock_run" if lock else "holds_run", {"id": run, "attempt": attempt}))


def told(error: TwinError) -> dict[str, Any]:
    """The error as a run's row keeps it."""
    said: dict[str, Any] = {"code": error.code, "zh": error.text.zh, "en": error.text.en}
    return said | ({"where": error.where} if error.where else {})


def _one(name: str, values: Mapping[str, Any]) -> Steps[bool]:
    return bool((yield query("jobs", name), values))
