"""What PostgreSQL refuses, told to people: SQLSTATE to ``TwinError``.

08, 53, 57P and a full pool are 503; 57014 (timeout) is 503; 23 is 409 or 422; 42501 is 403; 25006 is 405; 22 is
400. A lost database is never a 404.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors as pg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from twin.errors import TwinError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GEOMETRIC = ("transform", "nvalid", "GEOS", "lwgeom", "geometry")
_LOST = ("08", "53", "57P", "58", "XX001", "XX002")


@contextmanager
def translated() -> Iterator[None]:
    """Turns what psycopg raises inside into a ``TwinError``."""
    try:
        yield
    except (psycopg.Error, PoolTimeout, PoolClosed, TooManyRequests) as error:
        raise translate(error) from error


def translate(error: Exception) -> TwinError:
    """The ``TwinError`` for an exception of psycopg or its pool."""
    if isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return TwinError(
            "TWIN-611",
            "数据库繁忙或不可用，请稍后再试",
            "the database is busy or away, try again later",
            status=503,
        )
    if not isinstance(error, psycopg.Error):
        raise TypeError(error)
    state = error.sqlstate
    if state is None or state.startswith(_LOST):
        return _without_state(error) if state is None else _lost()
    return _refused(error, state)


def _lost() -> TwinError:
    return TwinError(
        "TWIN-610", "与数据库的连接中断，请稍后再试", "the database is away, try again later", status=503
    )


def _without_state(error: psycopg.Error) -> TwinError:
    """Errors that psycopg raises before the server answers."""
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return _lost()
    said = " ".join(str(error).split())[:300]
    return TwinError("TWIN-280", f"值无法写入数据库：{said}", f"a value cannot be stored: {said}")


def _refused(error: psycopg.Error, state: str) -> TwinError:
    if state.startswith("23"):
        return _broken_rule(error)
    if isinstance(error, pg.QueryCanceled):
        return TwinError(
            "TWIN-612",
            "查询超时：请缩小范围或增加过滤条件",
            "the query took too long: ask for a smaller area or a narrower filter",
            status=503,
        )
    if isinstance(error, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
        return TwinError(
            "TWIN-613", "数据正被他人修改，请重试", "the data is being changed, try again", status=503
        )
    if isinstance(error, pg.InsufficientPrivilege) or state.startswith(("28", "0P")):
        return TwinError("TWIN-405", "您的角色无权执行此操作", "your role may not do this", status=403)
    if isinstance(error, pg.ReadOnlySqlTransaction):
        return TwinError("TWIN-614", "此请求只能读取数据", "this request may only read", status=405)
    if (
        state.startswith("22")
        or _projection(error)
        or isinstance(error, pg.DatatypeMismatch | pg.CannotCoerce)
    ):
        said = _said(error)
        return TwinError("TWIN-390", f"值不可用：{said}", f"a value cannot be used: {said}")
    said = _said(error)
    return TwinError("TWIN-615", f"数据库错误 {state}：{said}", f"database error {state}: {said}", status=500)


def _broken_rule(error: psycopg.Error) -> TwinError:
    """A constraint of the catalogue was broken: which one, on which layer, by which value."""
    diag = error.diag
    detail = diag.message_detail or _said(error)
    where = ".".join(part for part in (diag.table_name, diag.column_name) if part) or None
    if isinstance(error, pg.ForeignKeyViolation):
        rule = diag.constraint_name
        zh = f"引用的对象不存在或仍被引用（{rule}）：{detail}"
        en = f"it refers to what is not there, or is still referred to ({rule}): {detail}"
        return TwinError("TWIN-281", zh, en, status=409, where=where)
    if isinstance(error, pg.UniqueViolation):
        return TwinError(
            "TWIN-282", f"重复：{detail}", f"it is there already: {detail}", status=409, where=where
        )
    if isinstance(error, pg.NotNullViolation):
        column = diag.column_name
        return TwinError(
            "TWIN-283", f"字段 {column} 不能为空", f"{column} may not be empty", status=422, where=where
        )
    rule = diag.constraint_name
    return TwinError(
        "TWIN-284",
        f"不符合规则 {rule}：{detail}",
        f"the rule {rule} is broken: {detail}",
        status=422,
        where=where,
    )


def _projection(error: psycopg.Error) -> bool:
    """PostGIS reports a coordinate outside of a projection's domain, or a shape that GEOS refuses, as internal."""
    said = _said(error)
    return error.sqlstate == "XX000" and any(word in said for word in _GEOMETRIC)


def _said(error: psycopg.Error) -> str:
    return " ".join((error.diag.message_primary or str(error)).split())[:300]
