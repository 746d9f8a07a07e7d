"""Waiting out a database that is being restarted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Callable

LOST_CODES = frozenset({"TWIN-610", "TWIN-611"})
PATIENCE_S = 120.0


def lost(error: BaseException) -> bool:
    """Whether the database went away (and may come back): connection errors and a server that stops or starts."""
    if isinstance(error, TwinError):
        return error.code in LOST_CODES
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


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
