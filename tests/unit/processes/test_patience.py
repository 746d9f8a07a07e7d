"""What counts as a database that is away, and how long it is waited for."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolTimeout

from twin.errors import TwinError
from twin.processes.patience import lost, patiently
from twin.store.errors import translate

AWAY = [
    psycopg.OperationalError("gone"),
    errors.AdminShutdown("x"),
    errors.CannotConnectNow("x"),
    PoolTimeout("x"),
]
HERE = [
    errors.UniqueViolation("x"),
    errors.QueryCanceled("x"),
    errors.InsufficientPrivilege("x"),
    ValueError("x"),
]


@pytest.mark.parametrize("error", [*AWAY, errors.IdleInTransactionSessionTimeout("x")], ids=repr)
def test_away(error: Exception) -> None:
    assert lost(error)


@pytest.mark.parametrize("error", HERE, ids=repr)
def test_here(error: Exception) -> None:
    assert not lost(error)


@pytest.mark.parametrize("error", AWAY, ids=repr)
def test_away_as_the_store_tells_it(error: Exception) -> None:
    assert lost(translate(error))


def test_it_is_asked_again() -> None:
    answers: list[Exception | int] = [psycopg.OperationalError("gone"), errors.AdminShutdown("x"), 7]

    def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert patiently(ask) == 7


def test_other_errors_pass() -> None:
    def ask() -> int:
        raise TwinError("TWIN-216", "坏", "bad")

    with pytest.raises(TwinError):
        patiently(ask)


def test_patience_ends() -> None:
    def ask() -> int:
        raise psycopg.OperationalError("gone")

    with pytest.raises(psycopg.OperationalError):
        patiently(ask, patience_s=0.25)
