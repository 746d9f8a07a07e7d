"""Where a child process begins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from twin.jobs.order import Order

LAST = 15  # niceness


def begin(order: Order, wire: Connection) -> None:
    """``twin.jobs.child.work``; imported here, so that the worker itself starts without the numerical libraries."""
    from twin.jobs import child

    child.work(order, wire)


def compile_ahead() -> None:
    """Compile what runs take on this machine, once and behind everything else; a run that comes first does so itself."""
    os.nice(LAST)
    from twin.engines.flood import ahead as flood
    from twin.engines.traffic import ahead as traffic

    flood.compile_ahead()
    traffic.compile_ahead()
