"""The rows and rasters of a run, written in its final transaction: rows as the actor, the rest as the service."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import shapely
from psycopg import sql

from twin.errors import TwinError
from twin.store import artifacts, names
from twin.store.queryfile import composed, query

if TYPE_CHECKING:
    import psycopg

    from twin.catalog.spec import Layer
    from twin.jobs.order import Order
    from twin.processes.context import RunContext
    from twin.store.database import Store
    from twin.store.features import Features

BATCH = 10_000
ARRAYS = {
    "text": "text[]",
    "integer": "bigint[]",
    "number": "double precision[]",
    "boolean": "boolean[]",
    "date": "date[]",
    "datetime": "timestamptz[]",
}


def record(conn: psycopg.Connection[Any], store: Store, order: Order, run: RunContext) -> None:
    """Write everything that the run handed over; afterwards the transaction goes on as the service."""
    store.become(conn, order.actor, timeout_s=0)
    for name, rows in run.features_written:
        _insert(conn, store.catalog.layers[name], rows, order, store.srid)
    for written in run.rasters_written:
        artifacts.record(conn, store.catalog.layers[written.layer], written, run=order.run)
    store.become_service(conn)
    if run.state_kept is not None:
        conn.execute(query("jobs", "keep_state"), asdict(run.state_kept) | {"run": order.run})


def _insert(conn: psycopg.Connection[Any], layer: Layer, rows: Features, order: Order, srid: int) -> None:
    types = {name: ARRAYS[column.type] for name, column in layer.columns.items()}
    if layer.valid_time:
        types |= {"valid_from": ARRAYS["datetime"], "valid_to": ARRAYS["datetime"]}
    for name in rows.columns:
        if name not in types:
            raise TwinError(
                "TWIN-535",
                f"图层“{layer.name}”没有字段“{name}”。",
                f'The layer "{layer.name}" has no column "{name}".',
                status=500,
                where=name,
            )
    columns = [sql.Identifier(name) for name in rows.columns]
    values: list[sql.Composable] = [*columns, sql.Placeholder("run")]
    arrays: list[sql.Composable] = [
        sql.SQL("{}::" + types[name]).format(sql.Placeholder(name)) for name in rows.columns
    ]
    into = [*columns, sql.Identifier("run")]
    shapes = rows.geometry
    listed = list(columns)
    if names.has_geometry(layer) and shapes is not None:
        values.append(sql.SQL("ST_SetSRID(ST_GeomFromWKB(_shape), {})").format(sql.Literal(srid)))
        arrays.append(sql.SQL("%(_shape)s::bytea[]"))
        into.append(sql.Identifier("geom"))
        listed.append(sql.Identifier("_shape"))
    text = composed(
        "jobs",
        "insert_rows",
        table=names.in_city(layer),
        columns=sql.SQL(", ").join(into),
        values=sql.SQL(", ").join(values),
        arrays=sql.SQL(", ").join(arrays),
        names=sql.SQL(", ").join(listed),
    )
    for start in range(0, len(rows), BATCH):
        part = slice(start, start + BATCH)
        given: dict[str, Any] = {name: list(column[part]) for name, column in rows.columns.items()}
        if shapes is not None:
            given["_shape"] = list(shapely.to_wkb(shapes[part]))
        conn.execute(text, given | {"run": order.run})
