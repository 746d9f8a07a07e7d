"""How many items match: asked of the database once for each state of the data, then remembered.

A count belongs to a role (row security) and to a version of the layer's data, so it is dropped when either changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.store import features
from twin.store.queryfile import query as named

if TYPE_CHECKING:
    from psycopg import AsyncConnection

    from twin.ogc.door import Visit
    from twin.ogc.selection import Selection

MOST = 4096


async def matched(visit: Visit, conn: AsyncConnection[Any], chosen: Selection) -> tuple[int, bool]:
    """``(count, estimated)``: exact for a whole layer; the planner's estimate where counting would take too long."""
    layer = chosen.query.layer
    row = await (await conn.execute(named("ogc", "state"), {"layer": layer.name})).fetchone()
    version, rows = row or (None, 0)
    if layer.is_result:
        # Which run answers changes by publication, without a change of the rows: nothing is remembered.
        return await features.acount(conn, chosen.query)
    if not chosen.narrowed:
        return int(rows), False
    key = (layer.name, version, visit.actor.role, chosen.digest)
    counts = visit.door.counts
    if key not in counts:
        found = await features.acount(conn, chosen.query)
        if len(counts) >= MOST:
            counts.clear()
        counts[key] = found
    known: tuple[int, bool] = counts[key]
    return known
