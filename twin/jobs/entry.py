"""Where a child process begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from twin.jobs.order import Order


def begin(order: Order, wire: Connection) -> None:
    """``twin.jobs.child.work``; imported here, so that the worker itself starts without the numerical libraries."""
    from twin.jobs import child

    child.work(order, wire)
