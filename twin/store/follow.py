"""What follows a layer's rows, as pieces: history, tile copy, overview, data version, all kept by statement triggers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from twin.store import names
from twin.store.piece import Piece
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.catalog.spec import Layer

_NOTHING = sql.SQL("")


BULK = 20_000  # rows of one load from which on indexes are better made afterwards


def pieces(layer: Layer, indexes: list[Piece]) -> Iterator[Piece]:
    """The functions and triggers of one layer with a table; ``indexes`` are those of its tables."""
    relation = f"city.{layer.name}"
    parts = _parts(layer, indexes)
    if names.has_overview(layer):
        yield _function(relation, parts["recount"], composed("follow", "recount", **parts), "int[], int[]")
    yield _function(relation, parts["rebuild"], composed("follow", "rebuild", **parts))
    yield _function(relation, parts["load"], composed("follow", "load", **parts), "boolean")
    yield _function(relation, parts["function"], composed("follow", "changed", **parts))
    for event in ("insert", "update", "delete", "truncate"):
        yield _trigger(layer, event, parts)
    if names.has_history(layer):
        yield _trigger(layer, "recorded", parts)


def rebuild_function(layer: Layer) -> sql.Identifier:
    """``city.<layer>_rebuild()``: makes tile copy, overview, row count and bounds anew."""
    return sql.Identifier("city", names.identifier(layer.name, "rebuild"))


def load_function(layer: Layer) -> sql.Identifier:
    """``city.<layer>_load(boolean)``: opens and closes a bulk load."""
    return sql.Identifier("city", names.identifier(layer.name, "load"))


def _parts(layer: Layer, indexes: list[Piece]) -> dict[str, sql.Composable]:
    """The placeholders of ``queries/follow.sql`` for one layer, from the inside out."""
    overview = names.overview_column(layer)
    tiles = layer.tiles
    parts: dict[str, sql.Composable] = {
        "function": sql.Identifier("city", names.identifier(layer.name, "changed")),
        "rebuild": rebuild_function(layer),
        "load": load_function(layer),
        "bulk": sql.Literal(BULK),
        "recount": sql.Identifier("tile", names.identifier(layer.name, "recount")),
        "city": names.in_city(layer),
        "tile_table": names.in_tile(layer),
        "history_table": sql.Identifier("history", layer.name),
        "overview": sql.Identifier("tile", names.identifier(layer.name, "overview")),
        "layer": sql.Literal(layer.name),
        "value": sql.Identifier(overview) if overview else sql.SQL("NULL::double precision"),
        "top": sql.Literal((tiles.overview_below or 1) - 1 if tiles else 0),
        "bottom": sql.Literal(min(tiles.min_zoom, (tiles.overview_below or 1) - 1) if tiles else 0),
        "extent": _extent(layer),
    }
    parts["columns"] = _names(name for name in names.stored_columns(layer) if name != "_recorded_from")
    parts["history"] = composed("follow", "history", **parts) if names.has_history(layer) else _NOTHING
    for schema in ("city", "tile"):
        mine = [piece for piece in indexes if piece.relation == f"{schema}.{layer.name}"]
        parts[f"drop_{schema}_indexes"] = _statements([piece.drop for piece in mine])
        parts[f"make_{schema}_indexes"] = _statements([_if_missing(piece.create) for piece in mine])
    parts |= _tile_parts(layer, parts)
    return parts


def _tile_parts(layer: Layer, parts: dict[str, sql.Composable]) -> dict[str, sql.Composable]:
    if not (names.has_geometry(layer) and layer.tiles):
        return {"tile": _NOTHING, "truncate": _NOTHING, "fill": _NOTHING, "analyze_tile": _NOTHING}
    time = ("valid_from", "valid_to") if names.in_time(layer) else ()
    columns = [*(("run",) if layer.is_result else ()), *time, *names.tile_columns(layer)]
    for key, table in (("listed", ""), ("fresh", "fresh"), ("new", "n"), ("old", "o")):
        parts[key] = _after(columns, table)
    fill = composed("follow", "fill_tile", **parts)
    empty = sql.SQL("TRUNCATE {};").format(parts["tile_table"])
    analyze = sql.SQL("ANALYZE {};").format(parts["tile_table"])
    if names.has_overview(layer):
        parts["cells"] = composed("follow", "cells", **parts)
        fill = sql.SQL("\n  ").join([fill, composed("follow", "fill_overview", **parts)])
        empty = sql.SQL("TRUNCATE {}, {};").format(parts["tile_table"], parts["overview"])
        insert = composed("follow", "overview_insert", **parts)
        update, delete = (_overview_change(parts, change) for change in ("update", "delete"))
    else:
        insert, update, delete = (
            composed("follow", f"tile_{event}", **parts) for event in ("insert", "update", "delete")
        )
    whole = composed("follow", "tile", **(parts | {"insert": insert, "update": update, "delete": delete}))
    return {"tile": whole, "truncate": empty, "fill": fill, "analyze_tile": analyze}


def _statements(texts: list[str]) -> sql.Composable:
    """Statements of our own making, one after the other."""
    text = "".join(f"{text}; " for text in texts) or "NULL;"
    return sql.SQL(text)


def _if_missing(text: str) -> str:
    return text.replace("CREATE INDEX ", "CREATE INDEX IF NOT EXISTS ", 1)


def _overview_change(parts: dict[str, sql.Composable], event: str) -> sql.Composed:
    both = composed("follow", "both") if event == "update" else _NOTHING
    change = composed("follow", f"tile_{event}", **parts)
    return composed("follow", "overview_change", **(parts | {"both": both, "change": change}))


def _extent(layer: Layer) -> sql.Composable:
    if not names.has_geometry(layer):
        return sql.SQL("NULL::geometry")
    return sql.SQL("ST_SetSRID(ST_Extent(geom)::geometry, city.srid())")


def _after(columns: list[str], table: str) -> sql.Composable:
    """``, t.a, t.b`` for a list that begins with other columns."""
    one = sql.SQL(", {}.{}") if table else sql.SQL(", {}")
    if table:
        return sql.Composed([one.format(sql.Identifier(table), sql.Identifier(name)) for name in columns])
    return sql.Composed([one.format(sql.Identifier(name)) for name in columns])


def _names(columns: Iterator[str]) -> sql.Composed:
    return sql.SQL(", ").join([sql.Identifier(name) for name in columns])


def _function(relation: str, name: sql.Composable, text: sql.Composed, arguments: str = "") -> Piece:
    full = name.as_string(None)
    return Piece(
        "function",
        relation,
        full,
        text.as_string(None),
        f"DROP FUNCTION IF EXISTS {full}({arguments})",
    )


def _trigger(layer: Layer, event: str, parts: dict[str, sql.Composable]) -> Piece:
    # "recorded" sorts before nothing else: it is the only BEFORE trigger.
    name = names.identifier(layer.name, event)
    text = composed("follow", f"trigger_{event}", **(parts | {"name": sql.Identifier(name)}))
    drop = sql.SQL("DROP TRIGGER IF EXISTS {} ON {}").format(sql.Identifier(name), names.in_city(layer))
    return Piece("trigger", f"city.{layer.name}", name, text.as_string(None), drop.as_string(None))
