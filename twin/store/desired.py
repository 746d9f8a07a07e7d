"""The schema that a catalogue asks for: tables with their columns, and pieces in the order they can be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql
from sqlalchemy.schema import CreateColumn

from twin.store import follow, grants, names, rules, tables
from twin.store.piece import ORDER, Piece
from twin.store.queryfile import composed
from twin.store.system import check_crs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import sqlalchemy as sa

    from twin.catalog.spec import Catalog, Layer

_AREA_MARGIN = 5.0  # degrees around the area of use: a city may lie across the edge of its zone


@dataclass(frozen=True, slots=True)
class Shape:
    """One column as the database should show it; ``spec`` is what ADD COLUMN takes."""

    name: str
    type: str
    required: bool
    spec: str
    defaulted: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table with data of its own: never dropped and made anew, only altered."""

    relation: str
    quoted: str
    create: str
    columns: tuple[Shape, ...]
    layer: str


@dataclass(frozen=True, slots=True)
class Desired:
    tables: dict[str, Table]
    pieces: tuple[Piece, ...]
    rebuilds: dict[str, str]  # relation of a derived table -> the call that fills it


def desired(catalog: Catalog, srid: int, owner: str) -> Desired:
    """Everything that ``plan`` compares with the database. ``owner`` is the role that owns the tables."""
    metadata = tables.new_metadata()
    kept: dict[str, Table] = {}
    pieces = [_storage(srid), *grants.system_pieces(catalog), *_temporary(catalog)]
    rebuilds: dict[str, str] = {}
    layers = names.tabled(catalog)
    # All tables first: a foreign key names another layer's.
    city = {layer.name: tables.city_table(metadata, layer, srid) for layer in layers}
    for layer in layers:
        made, others = _layer_pieces(catalog, layer, city[layer.name], srid)
        rebuild = sql.SQL("SELECT {}()").format(follow.rebuild_function(layer)).as_string(None)
        rebuilds |= {piece.relation: rebuild for piece in made if piece.kind == "derived"}
        kept |= {table.relation: table for table in others}
        pieces += [*made, *grants.layer_pieces(catalog, layer, owner)]
    pieces += [_version_row(layer) for layer in catalog.layers.values() if layer.kind != "observations"]
    return Desired(kept, tuple(sorted(pieces, key=lambda piece: ORDER.index(piece.kind))), rebuilds)


def _layer_pieces(
    catalog: Catalog, layer: Layer, table: sa.Table[Any], srid: int
) -> tuple[list[Piece], list[Table]]:
    """The pieces and the kept tables of one layer."""
    # Constraints are made before CREATE TABLE is written, which then leaves them out.
    made = [*rules.constraints(catalog, layer, table), *rules.comments(layer, table)]
    kept = [_table(table, layer)]
    made += [*rules.indexes(layer, table), *_tile_pieces(table.metadata, layer)]
    made += follow.pieces(layer, [piece for piece in made if piece.kind == "index"])
    if names.has_history(layer):
        history = tables.history_table(table.metadata, layer, srid)
        kept.append(_table(history, layer))
        made.append(rules.index(history, "id", history.c.id, history.c["_recorded_from"]))
    return made, kept


def _tile_pieces(metadata: sa.MetaData, layer: Layer) -> Iterator[Piece]:
    if not (names.has_geometry(layer) and layer.tiles):
        return
    tile = tables.tile_table(metadata, layer)
    yield _derived(tile)
    yield rules.index(tile, "geom", tile.c.geom, method="gist")
    if layer.is_result:
        yield rules.index(tile, "run", tile.c.run)
    if names.has_overview(layer):
        yield _derived(tables.overview_table(metadata, layer))


def _derived(table: sa.Table[Any]) -> Piece:
    drop = f"DROP TABLE IF EXISTS {rules.quoted(table)}"
    return Piece("derived", f"{table.schema}.{table.name}", table.name, rules.create_table(table), drop)


def _table(table: sa.Table[Any], layer: Layer) -> Table:
    columns = []
    for column in table.columns:
        spec = rules.ddl(CreateColumn(column))
        columns.append(
            Shape(
                column.name,
                rules.type_text(column),
                not column.nullable,
                spec,
                column.server_default is not None,
            )
        )
    return Table(
        f"{table.schema}.{table.name}",
        rules.quoted(table),
        rules.create_table(table),
        tuple(columns),
        layer.name,
    )


def _storage(srid: int) -> Piece:
    use = check_crs(srid).area_of_use
    west, south, east, north = use.bounds if use else (-180.0, -90.0, 180.0, 90.0)
    box = (
        max(west - _AREA_MARGIN, -180),
        max(south - _AREA_MARGIN, -89),
        min(east + _AREA_MARGIN, 180),
        min(north + _AREA_MARGIN, 89),
    )
    if west > east:  # across the antimeridian: no cut
        box = (-180, -89, 180, 89)
    ring = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3]), (box[0], box[1])]
    area = "SRID=4326;POLYGON((" + ",".join(f"{x} {y}" for x, y in ring) + "))"
    text = composed("system", "storage", srid=sql.Literal(srid), area=sql.Literal(area))
    return Piece("schema_function", "city", "storage", text.as_string(None), "SELECT 1")


def _temporary(catalog: Catalog) -> Iterator[Piece]:
    """Bulk writes go through temporary tables, since COPY is refused under row security."""
    access = catalog.access
    writers = {name for one in access.classes.values() for name in one.write} | set(access.run)
    for name in access.roles:
        if name in writers:
            role = sql.Literal(names.role(name))
            give, take = (composed("grants", text, role_name=role) for text in ("temporary", "no_temporary"))
            yield Piece("grant", "database", f"temporary {name}", give.as_string(None), take.as_string(None))


def _version_row(layer: Layer) -> Piece:
    name = sql.Literal(layer.name)
    create = sql.SQL(
        "INSERT INTO run.layer_version (layer, process) VALUES ({}, {})"
        " ON CONFLICT (layer) DO UPDATE SET process = excluded.process"
    ).format(name, sql.Literal(layer.process))
    drop = sql.SQL("DELETE FROM run.layer_version WHERE layer = {}").format(name)
    return Piece("row", f"city.{layer.name}", "version", create.as_string(None), drop.as_string(None))
