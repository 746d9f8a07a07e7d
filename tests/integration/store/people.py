"""Who asks, and how rows get in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from psycopg import sql

from twin.access.actor import ANONYMOUS, Actor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

    from twin.catalog.spec import Layer

ACTORS = {
    "anonymous": ANONYMOUS,
    **{name: Actor(name, name, f"key-{name}") for name in ("viewer", "planner", "operator", "admin")},
}


def insert(
    conn: Connection, layer: Layer, shapes: Sequence[shapely.Geometry | None], /, **columns: Sequence[object]
) -> list[int]:
    names = [*columns, *(["geom"] if layer.geometry else [])]
    marks = [sql.Placeholder()] * len(columns)
    marks += [sql.SQL("ST_GeomFromWKB({}, 4547)").format(sql.Placeholder())] if layer.geometry else []
    text = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
        sql.Identifier("city", layer.name),
        sql.SQL(", ").join([sql.Identifier(name) for name in names]),
        sql.SQL(", ").join(marks),
    )
    ids = []
    for number, shape in enumerate(shapes):
        values = [values[number] for values in columns.values()]
        row = conn.execute(text, [*values, *([shapely.to_wkb(shape)] if layer.geometry else [])]).fetchone()
        assert row is not None
        ids.append(row[0])
    return ids


def count_of(conn: Connection, table: str, **equal: object) -> int:
    """How many rows of ``schema.table`` the connection's role sees."""
    text = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
    for name in equal:
        text += sql.SQL(" WHERE {} = {}").format(sql.Identifier(name), sql.Placeholder(name))
    row = conn.execute(text, equal).fetchone()
    assert row is not None
    return int(row[0])


def empty(conn: Connection, table: str) -> None:
    conn.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(*table.split("."))))
