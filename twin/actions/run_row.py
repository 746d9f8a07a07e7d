"""A run as it is told: the row of ``run.run``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

type State = Literal["accepted", "running", "successful", "failed", "dismissed"]
ENDED = frozenset({"successful", "failed", "dismissed"})


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run: what was asked by whom, where it stands, what came out and of what it was made.

    ``actor`` is the public id of the asker's key.
    ``progress`` in percent, ``wall_s`` in seconds, ``peak_memory_mb`` in MiB of the process that computed;
    ``data_versions`` maps each layer read to its version; ``error`` is ``{code, zh, en, where?}``. A run that is
    part of another names it in ``parent`` and its place there, from 0, in ``member``.
    """

    id: UUID
    process: str
    process_version: str
    code_version: str
    inputs: dict[str, Any]
    role: str
    actor: str
    state: State
    progress: int
    message: Text | None
    error: dict[str, Any] | None
    outputs: dict[str, Any] | None
    attempt: int
    seed: int
    data_versions: dict[str, int]
    created: datetime
    started: datetime | None
    ended: datetime | None
    wall_s: float | None
    peak_memory_mb: float | None
    idempotency_key: str | None
    published: bool
    parent: UUID | None
    member: int | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> RunRow:
        """The row of a query ``SELECT * FROM run.run``."""
        values = {field.name: row[field.name] for field in fields(cls)}
        values["message"] = Text.model_validate(row["message"]) if row["message"] else None
        values["data_versions"] = row["data_versions"] or {}
        return cls(**values)
