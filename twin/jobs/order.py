"""What a worker is told once, and what it hands to the process that computes one attempt of a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog

DATABASE_LOST = os.EX_TEMPFAIL
"""How a child ends that could not reach the database any more: its run waits for another attempt."""

MAX_ATTEMPTS = 12
"""However they ended, more attempts than these are not made."""


@dataclass(frozen=True, slots=True)
class Work:
    """A worker's surroundings: where it logs in, what the city declares, where rasters lie, how it keeps time (s).

    ``modules`` are importable names of further process modules. A worker silent for ``silence_s`` (as seen in two
    sweeps, ``sweep_s`` apart) is taken for dead.
    """

    url: str
    catalog: Catalog
    artifacts_url: str
    concurrency: int = 1
    modules: tuple[str, ...] = ()
    heartbeat_s: float = 1.0
    silence_s: float = 3.0
    sweep_s: float = 1.0
    tick_s: float = 0.5
    grace_s: float = 6.0
    kill_after_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt of one run; ``attempt`` is the fencing token that every write must present."""

    url: str
    catalog: Catalog
    artifacts_url: str
    modules: tuple[str, ...]
    run: UUID
    attempt: int
    process: str
    process_version: str
    inputs: dict[str, Any]
    actor: Actor
    seed: int
