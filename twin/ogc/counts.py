"""How many items match: asked of the database once for each state of the data, then remembered.

A count belongs to a role (row security) and to a version of the layer's data, so it is dropped when either changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.store import features

if TYPE_CHECKING:
    from psycopg.rows import TupleRow

    from twin.ogc.door import Visit
    from twin.ogc.selection import Selection

MOST = 4096


async def matched(visit: Visit, chosen: Selection, state: TupleRow | None) -> tuple[int, bool]:
    """``(count, estimated)``: exact for a whole layer; the planner's estimate where counting would take too long.
    ``state`` is the version of the layer's data and its number of rows, as the database has just told them."""
    layer = chosen.query.layer
    version, rows = state or (None, 0)
    if layer.is_result:
        # Which run answers changes by publication, without a change of the rows: nothing is remembered.
        return await _count(visit, chosen)
    if not chosen.narrowed:
        return int(rows), False
    key = (layer.name, version, visit.actor.role, chosen.digest)
    counts = visit.door.counts
    if key not in counts:
        found = await _count(visit, chosen)
        if len(counts) >= MOST:
            counts.clear()
        counts[key] = found
    known: tuple[int, bool] = counts[key]
    return known


async def _count(visit: Visit, chosen: Selection) -> tuple[int, bool]:
    async with visit.store.transaction(visit.actor) as conn:
        return await features.acount(conn, chosen.query)
