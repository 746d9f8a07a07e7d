"""The statements that end an attempt, for any connection under the service role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from twin.actions.steps import Steps
    from twin.errors import TwinError


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attempt took: seconds of wall time, and MiB of memory at its peak."""

    wall_s: float | None = None
    peak_memory_mb: float | None = None


def failing(
    run: UUID, attempt: int, error: TwinError, data_versions: Mapping[str, int], cost: Cost
) -> Steps[bool]:
    """Make the run failed with the error's code and texts; False when this attempt no longer holds."""
    values = {
        "id": run,
        "attempt": attempt,
        "error": Jsonb(told(error)),
        "data_versions": Jsonb(dict(data_versions)),
        "wall_s": cost.wall_s,
        "peak_memory_mb": cost.peak_memory_mb,
    }
    return (yield from one("fail_run", values))


def holds(run: UUID, attempt: int, *, lock: bool = False) -> Steps[bool]:
    """Whether this attempt is the one that may write; with ``lock`` it stays so until the transaction's end."""
    return (yield from one("lock_run" if lock else "holds_run", {"id": run, "attempt": attempt}))


def told(error: TwinError) -> dict[str, Any]:
    """The error as a run's row keeps it."""
    said: dict[str, Any] = {
        "code": error.code,
        "zh": error.text.zh,
        "en": error.text.en,
        "status": error.status,
    }
    return said | ({"where": error.where} if error.where else {})


def one(name: str, values: Mapping[str, Any]) -> Steps[bool]:
    return bool((yield query("jobs", name), values))
