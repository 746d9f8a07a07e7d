"""Waiting out a database that is being restarted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable

LOST_CODES = frozenset({"TWIN-610", "TWIN-611"})
LOST_STATES = (
    "08",
    "57P",
    "25P03",
)  # the last: idle for too long inside a transaction, as a frozen process is
PATIENCE_S = 120.0


def lost(error: BaseException) -> bool:
    """Whether the connection was lost and asking again makes sense: the database stops, starts, or threw us out."""
    if isinstance(error, TwinError):
        cause = error.__cause__
        return error.code in LOST_CODES or (isinstance(cause, psycopg.Error) and lost(cause))
    if not isinstance(error, psycopg.Error):
        return False
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state.startswith(LOST_STATES)


def patiently[T](attempt: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    """``attempt()``, tried anew while the database is away, for at most ``patience_s``; it must be repeatable."""
    deadline = time.monotonic() + patience_s
    pause = 0.1
    while True:
        try:
            return attempt()
        except (TwinError, psycopg.OperationalError, psycopg.InterfaceError) as error:
            if not lost(error) or time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 2.0)
