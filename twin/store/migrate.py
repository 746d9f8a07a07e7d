"""Bring a database to what the catalogue declares: compute a plan, show it, apply it in one transaction.

Additive: tables, columns, rules, comments, indexes, triggers, rights and policies are added or replaced; what would
lose data (a column or table that is declared no longer, a narrower type) is marked destructive and needs
``allow_drop``. A layer that the code has never heard of needs nothing but its file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psycopg

from twin.errors import TwinError
from twin.store import system
from twin.store.columns import alterations
from twin.store.desired import Desired, desired
from twin.store.errors import translate, translated
from twin.store.piece import ORDER, Piece
from twin.store.queryfile import query
from twin.store.steps import Step, creating, dropping, dropping_table, filling, making_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.catalog.spec import Catalog
    from twin.text import Text

_VISIBLE = (
    "constraint",
    "reference",
    "index",
    "policy",
    "trigger",
    "comment",
)  # kinds that system.objects lists
_REPLACED = ("function", "schema_function", "comment")  # made in place: what hangs on them stays
_LOCK = 0x7477696E  # advisory lock of migrations


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps from the database as it is to the catalogue, in order. Empty when they agree."""

    steps: tuple[Step, ...]

    @property
    def destructive(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.destructive)


@dataclass(slots=True)
class Live:
    """The database as it is: columns by relation, remembered pieces, and the objects that are really there."""

    columns: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)
    remembered: dict[tuple[str, str, str], tuple[str, str]] = field(default_factory=dict)
    objects: set[tuple[str, str, str]] = field(default_factory=set)


def plan(owner_url: str, catalog: Catalog, srid: int) -> Plan:
    """Compare the catalogue with the live database. Changes nothing."""
    with translated(), psycopg.connect(owner_url) as conn:
        row = conn.execute("SELECT current_user").fetchone()
        owner = str(row[0]) if row else ""
        return Plan(tuple(_steps(desired(catalog, srid, owner), _look(conn))))


def apply(owner_url: str, steps: Plan, allow_drop: bool = False) -> None:
    """Carry a plan out, all or nothing. Raises TWIN-624 when it would lose data and ``allow_drop`` is false."""
    if steps.destructive and not allow_drop:
        zh = "；".join(step.what.zh for step in steps.destructive)
        en = "; ".join(step.what.en for step in steps.destructive)
        raise TwinError(
            "TWIN-624",
            f"迁移会丢失数据：{zh}。确认后请加 --allow-drop",
            f"the migration would lose data: {en}. Add --allow-drop when that is meant",
            status=409,
        )
    if not steps.steps:
        return
    with translated(), psycopg.connect(owner_url, autocommit=True) as conn:
        try:
            with conn.transaction():
                _execute(conn, [";\n".join(step.sql for step in steps.steps)])
                _remember(conn, steps)
        except psycopg.Error as error:
            raise _explained(conn, steps, error) from error


def migrate(
    owner_url: str,
    catalog: Catalog,
    srid: int | None = None,
    allow_drop: bool = False,
    city: Text | None = None,
) -> Plan:
    """System tables, queue and layers of one database brought to their newest state; returns what was done."""
    with translated():
        stored = system.upgrade(owner_url, catalog, srid, city)
    steps = plan(owner_url, catalog, stored)
    apply(owner_url, steps, allow_drop)
    return steps


def _look(conn: psycopg.Connection) -> Live:
    live = Live()
    if conn.execute("SELECT to_regclass('gov.schema_piece')").fetchone() == (None,):
        return live
    for relation, name, kind, required in conn.execute(query("system", "columns")).fetchall():
        live.columns.setdefault(relation, {})[name] = (kind.lower(), required)
    for kind, relation, name, digest, dropped_by in conn.execute(query("system", "pieces")).fetchall():
        live.remembered[kind, relation, name] = (digest, dropped_by)
    live.objects = set(conn.execute(query("system", "objects")).fetchall())
    return live


def _steps(wanted: Desired, live: Live) -> Iterator[Step]:
    pieces = {piece.key: piece for piece in wanted.pieces}
    widened = {
        table.relation
        for table in wanted.tables.values()
        if {column.name for column in table.columns} - live.columns.get(table.relation, {}).keys()
    }
    stale = {key for key, piece in pieces.items() if not _stands(piece, live, widened)}
    fresh = {name for name in wanted.tables if name not in live.columns}
    fresh |= {pieces[key].relation for key in stale if key[0] == "derived"}
    yield from _drops(pieces, stale, fresh, live)
    for table in wanted.tables.values():
        if table.relation in fresh:
            yield making_table(table)
        else:
            yield from alterations(
                table, live.columns[table.relation], known=("table", table.relation, "") in live.remembered
            )
    for piece in wanted.pieces:
        if piece.key in stale or piece.relation in fresh:
            yield creating(piece)
    refill = {wanted.rebuilds[name]: name for name in sorted(fresh) if name in wanted.rebuilds}
    for call, relation in refill.items():
        if _city(relation, wanted) not in fresh:
            yield filling(call, relation)


def _city(relation: str, wanted: Desired) -> str:
    """The relation of the rows that a derived table copies."""
    for name, call in wanted.rebuilds.items():
        city = "city." + name.split(".")[1]
        if call == wanted.rebuilds[relation] and city in wanted.tables:
            return city
    return relation


def _drops(
    pieces: dict[tuple[str, str, str], Piece], stale: set[tuple[str, str, str]], fresh: set[str], live: Live
) -> Iterator[Step]:
    """Changed and forgotten pieces go first, in the reverse order of making, then tables no longer declared."""
    order: dict[str, int] = {kind: number for number, kind in enumerate(ORDER)}
    gone = [key for key in live.remembered if key not in pieces and key[0] != "table"]
    old = {*gone, *(key for key in stale & set(live.remembered) if key[0] not in _REPLACED)}
    for key in sorted(old, key=lambda key: (-order.get(key[0], 0), key)):
        away = key[0] in _VISIBLE and key not in live.objects
        away = (
            away
            or (key[1] in fresh and key[0] != "derived")
            or (_in_table(key) and key[1] not in live.columns)
        )
        yield dropping(key, live.remembered[key][1], forget=key not in pieces, skip=away)
    tables = [key for key in live.remembered if key[0] == "table" and key[1] not in _relations(pieces)]
    for key in tables:
        yield dropping_table(key, live.remembered[key][1])


def _in_table(key: tuple[str, str, str]) -> bool:
    """Whether a piece goes with its table."""
    return key[1].split(".")[0] in ("city", "tile", "history") and key[0] not in ("row", "function")


def _relations(pieces: dict[tuple[str, str, str], Piece]) -> set[str]:
    return {piece.relation for piece in pieces.values()}


def _stands(piece: Piece, live: Live, widened: set[str]) -> bool:
    """Whether the piece is as it should be: same text as remembered, and really there."""
    if live.remembered.get(piece.key, ("", ""))[0] != piece.digest:
        return False
    if piece.kind == "derived":
        return piece.relation in live.columns
    if piece.kind == "grant":
        return piece.relation not in widened  # rights on single columns went with a column dropped by hand
    return piece.kind not in _VISIBLE or piece.key in live.objects


def _execute(conn: psycopg.Connection, texts: list[str]) -> None:
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    conn.execute("SET LOCAL lock_timeout = '30s'")
    for text in texts:
        # Composed of catalogue identifiers and quoted literals by SQLAlchemy and psycopg.
        conn.execute(text.encode())


def _remember(conn: psycopg.Connection, steps: Plan) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(query("system", "forget"), [step.forget for step in steps.steps if step.forget])
        cursor.executemany(
            query("system", "remember"), [step.remember for step in steps.steps if step.remember]
        )


def _explained(conn: psycopg.Connection, steps: Plan, error: psycopg.Error) -> TwinError:
    """Find the step that failed, by going through them one by one in a transaction that is thrown away."""
    told = translate(error)
    done: list[str] = []
    for step in steps.steps:
        try:
            with conn.transaction(force_rollback=True):
                _execute(conn, [*done, step.sql])
        except psycopg.Error:
            zh, en = (
                f"迁移步骤失败（{step.what.zh}）：{told.text.zh}",
                f"a migration step failed ({step.what.en}): {told.text.en}",
            )
            return TwinError("TWIN-625", zh, en, status=409)
        done = [";\n".join([*done, step.sql])]
    return told
