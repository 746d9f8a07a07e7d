"""Vector tiles over a plain connection, for the tests: the statements that the service asks, judged as it judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.store import tiles

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import Connection

    from twin.catalog.spec import Layer


def render(
    conn: Connection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> tiles.Tile:
    asked = tiles.ask(layer, z, x, y, run, columns)
    while asked is not None:
        found = asked.judge(conn.execute(asked.text, asked.values, prepare=True, binary=True).fetchone())
        if isinstance(found, tiles.Tile):
            return found
        asked = found
    return tiles.Tile(b"", 0, True)


def tile(
    conn: Connection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> bytes:
    return render(conn, layer, z, x, y, run, columns=columns).data
