"""The tables of the declared layers, as SQLAlchemy and GeoAlchemy2 see them.

``city.<layer>`` holds the rows in the storage CRS, ``history.<layer>`` what they were before a change,
``tile.<layer>`` their copy in EPSG:3857 for tiles, ``tile.<layer>_overview`` the gridded sums of dense layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from twin.store import names

if TYPE_CHECKING:
    from twin.catalog.spec import Column, Layer

TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "text": sa.Text,
    "integer": sa.BigInteger,
    "number": sa.Double,
    "boolean": sa.Boolean,
    "date": sa.Date,
}


def new_metadata() -> sa.MetaData:
    """Metadata that knows the table which results refer to."""
    metadata = sa.MetaData()
    sa.Table("run", metadata, sa.Column("id", postgresql.UUID, primary_key=True), schema="run")
    return metadata


def city_table(metadata: sa.MetaData, layer: Layer, srid: int) -> sa.Table[Any]:
    """``city.<layer>``: the system's columns and the declared ones; constraints come from ``rules``."""
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column("source", sa.Text, nullable=False, server_default=sa.text("'manual'")),
        sa.Column("source_id", sa.Text),
        *_system_columns(layer, srid),
    ]
    if names.has_history(layer):
        now = sa.text("now()")
        columns.append(sa.Column("_recorded_from", _moment(), nullable=False, server_default=now))
    columns += [_declared(name, column) for name, column in layer.columns.items()]
    return sa.Table(layer.name, metadata, *columns, schema="city")


def history_table(metadata: sa.MetaData, layer: Layer, srid: int) -> sa.Table[Any]:
    """``history.<layer>``: the row as it was in the transaction time [_recorded_from, _recorded_to)."""
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("source_id", sa.Text),
        *_system_columns(layer, srid, loose=True),
        sa.Column("_recorded_from", _moment(), nullable=False),
        sa.Column("_recorded_to", _moment(), nullable=False),
    ]
    columns += [_declared(name, column, loose=True) for name, column in layer.columns.items()]
    return sa.Table(layer.name, metadata, *columns, schema="history")


def tile_table(metadata: sa.MetaData, layer: Layer) -> sa.Table[Any]:
    """``tile.<layer>``: id, geometry in 3857, the columns that tiles carry, and ``_size``, the longer side of the
    row's box in metres of EPSG:3857, by which low zooms drop what nobody could see; the valid time of results."""
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("geom", Geometry("GEOMETRY", 3857, spatial_index=False), nullable=False),
        sa.Column("_size", sa.REAL, nullable=False),
    ]
    if layer.is_result:
        columns.append(sa.Column("run", postgresql.UUID, nullable=False))
    if names.in_time(layer):
        columns += [sa.Column("valid_from", _moment()), sa.Column("valid_to", _moment())]
    columns += [_declared(name, layer.columns[name], loose=True) for name in names.tile_columns(layer)]
    return sa.Table(layer.name, metadata, *columns, schema="tile")


def overview_table(metadata: sa.MetaData, layer: Layer) -> sa.Table[Any]:
    """``tile.<layer>_overview``: 64 x 64 cells a tile. A cell of zoom z is a tile of zoom z + 6."""
    return sa.Table(
        names.identifier(layer.name, "overview"),
        metadata,
        sa.Column("z", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("x", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("y", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("valued", sa.BigInteger, nullable=False),
        sa.Column("total", sa.Double, nullable=False),
        sa.Column("maximum", sa.Double),
        schema="tile",
    )


def _system_columns(layer: Layer, srid: int, *, loose: bool = False) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = []
    if layer.valid_time:
        columns += [sa.Column("valid_from", _moment()), sa.Column("valid_to", _moment())]
    if layer.is_result:
        columns.append(sa.Column("run", postgresql.UUID, nullable=loose))
    if names.has_geometry(layer):
        dimensions = "Z" if layer.dimensions == 3 else ""
        kind = Geometry(
            f"{layer.geometry}{dimensions}".upper(), srid, dimension=layer.dimensions, spatial_index=False
        )
        columns.append(sa.Column("geom", kind, nullable=loose))
    return columns


def _declared(name: str, column: Column, *, loose: bool = False) -> sa.Column[Any]:
    kind = _moment() if column.type == "datetime" else TYPES[column.type]()
    return sa.Column(name, kind, nullable=loose or not column.required)


def _moment() -> sa.types.TypeEngine[Any]:
    return sa.DateTime(timezone=True)
