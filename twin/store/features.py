"""The one way to read the rows of a layer: for doors (pages of GeoJSON), exports (batches) and processes (columns and
shapes). Time, runs and rights have their home here, so nobody reads a layer's table behind its back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely
from psycopg import sql

from twin.store import names
from twin.store.queryfile import composed
from twin.store.statement import Query, check, conditions, select, source, statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from psycopg import AsyncConnection, Connection

    from twin.catalog.spec import Layer

__all__ = [
    "Features",
    "Query",
    "acount",
    "aextent",
    "aread",
    "batches",
    "count",
    "extent",
    "read",
    "read_table",
    "statement",
]

type Row = tuple[Any, ...]
type Count = tuple[int, bool]
type Box = tuple[float, float, float, float]

_EXACT_BELOW = 20_000  # rows that are counted rather than estimated: tens of milliseconds
_BATCH = 10_000


@dataclass(slots=True)
class Features:
    """Rows as columns: equally long lists by name, and shapely geometries in the storage CRS (``None`` in records)."""

    columns: dict[str, list[Any]]
    geometry: NDArray[np.object_] | None

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def shapes(self) -> NDArray[np.object_]:
        """The geometries; ``TypeError`` for rows of a layer that has none."""
        if self.geometry is None:
            raise TypeError("records have no geometry")
        return self.geometry


def read(conn: Connection[Any], query: Query) -> list[Row]:
    """Rows in the order of ``query.names``: id, columns, and the geometry as GeoJSON text."""
    return cast("list[Row]", conn.execute(statement(query)).fetchall())


async def aread(conn: AsyncConnection[Any], query: Query) -> list[Row]:
    """``read`` for the web."""
    return cast("list[Row]", await (await conn.execute(statement(query))).fetchall())


def batches(conn: Connection[Any], query: Query, size: int = _BATCH) -> Iterator[Features]:
    """All rows of ``query``, ``size`` at a time through a cursor of the server: memory stays bounded."""
    with conn.cursor(name="batches") as cursor:
        cursor.itersize = size
        cursor.execute(_with_shapes(query), binary=True)
        while rows := cursor.fetchmany(size):
            yield _columns(query, rows)


def read_table(conn: Connection[Any], query: Query) -> Features:
    """All rows of ``query`` at once, for processes."""
    with conn.cursor(binary=True) as cursor:
        return _columns(query, cursor.execute(_with_shapes(query)).fetchall())


def count(conn: Connection[Any], query: Query, exact: bool = False) -> Count:
    """How many rows match, and whether that is the planner's estimate. A whole layer is exact and costs nothing; a
    filter is counted when few rows are expected or ``exact`` is asked for (then under the role's time limit)."""
    whole = _whole(query)
    if whole is not None:
        row = conn.execute(whole).fetchone()
        return (int(row[0]) if row else 0), False
    if not exact:
        estimate = _estimate(conn.execute(_counting("explain", query)).fetchone())
        if estimate > _EXACT_BELOW:
            return estimate, True
    row = conn.execute(_counting("count", query)).fetchone()
    return (int(row[0]) if row else 0), False


async def acount(conn: AsyncConnection[Any], query: Query, exact: bool = False) -> Count:
    """``count`` for the web."""
    whole = _whole(query)
    if whole is not None:
        row = await (await conn.execute(whole)).fetchone()
        return (int(row[0]) if row else 0), False
    if not exact:
        estimate = _estimate(await (await conn.execute(_counting("explain", query))).fetchone())
        if estimate > _EXACT_BELOW:
            return estimate, True
    row = await (await conn.execute(_counting("count", query))).fetchone()
    return (int(row[0]) if row else 0), False


def extent(conn: Connection[Any], layer: Layer, srid: int = 4326) -> Box | None:
    """The bounds (x, y, x, y) of a layer's rows, kept by the database; ``None`` when it is empty, or hidden from the
    actor. They may be wider than the rows after deletions."""
    return _box(conn.execute(_extent(layer, srid)).fetchone())


async def aextent(conn: AsyncConnection[Any], layer: Layer, srid: int = 4326) -> Box | None:
    """``extent`` for the web."""
    return _box(await (await conn.execute(_extent(layer, srid))).fetchone())


def _with_shapes(query: Query) -> sql.Composed:
    """As ``statement``, but with the geometry as WKB in the storage CRS."""
    columns: list[sql.Composable] = [sql.Identifier(name) for name in query.names if name != "geojson"]
    if query.with_geometry:
        columns.append(sql.SQL("ST_AsBinary(geom)"))
    return select(query, columns)


def _columns(query: Query, rows: list[Row]) -> Features:
    listed = query.names
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(listed)
    columns = {name: list(values) for name, values in zip(listed, cells, strict=True)}
    if not query.with_geometry:
        return Features(columns, None)
    shapes = shapely.from_wkb(np.array(columns.pop("geojson"), dtype=object))
    return Features(columns, shapes)


def _whole(query: Query) -> sql.Composed | None:
    narrowed = (
        query.bbox or query.datetime or query.filter or query.ids is not None or query.asof or query.after
    )
    if narrowed or query.layer.is_result or not names.has_table(query.layer):
        return None
    return composed("features", "all_rows", layer=sql.Literal(query.layer.name))


def _counting(name: str, query: Query) -> sql.Composed:
    check(query)
    return composed("features", name, source=source(query), conditions=conditions(query))


def _estimate(row: Row | None) -> int:
    return int(row[0][0]["Plan"]["Plan Rows"]) if row else 0


def _extent(layer: Layer, srid: int) -> sql.Composed:
    return composed("features", "extent", layer=sql.Literal(layer.name), srid=sql.Literal(srid))


def _box(row: Row | None) -> Box | None:
    return (float(row[0]), float(row[1]), float(row[2]), float(row[3])) if row else None
