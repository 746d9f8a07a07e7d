"""Names in the database: schemas, roles, the columns that the store adds to a declared layer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from twin.catalog.spec import Access, Catalog, Column, Layer

SCHEMAS = ("city", "tile", "history", "run", "gov", "queue")
SERVICE = "twin_service"
LOGIN = "twin_login"
SYSTEM_COLUMNS = frozenset(
    ("id", "source", "source_id", "valid_from", "valid_to", "run", "geom", "_recorded_from", "_recorded_to")
)
_LIMIT = 63  # bytes of an identifier


def role(name: str) -> str:
    """The database role of an access role."""
    return f"twin_{name}"


def identifier(*parts: str) -> str:
    """``a_b_c``, shortened with a hash where PostgreSQL would cut it (and two names would meet)."""
    whole = "_".join(parts)
    if len(whole.encode()) <= _LIMIT:
        return whole
    return (
        whole.encode()[: _LIMIT - 9].decode(errors="ignore")
        + "_"
        + hashlib.sha256(whole.encode()).hexdigest()[:8]
    )


def in_city(layer: Layer) -> sql.Identifier:
    return sql.Identifier("city", layer.name)


def in_tile(layer: Layer) -> sql.Identifier:
    return sql.Identifier("tile", layer.name)


def has_table(layer: Layer) -> bool:
    """Features and records have rows; coverages are files and observations have a home of their own."""
    return layer.kind in ("features", "records")


def has_geometry(layer: Layer) -> bool:
    return has_table(layer) and layer.geometry is not None


def has_history(layer: Layer) -> bool:
    """Results are never changed, only dropped with their run."""
    return has_table(layer) and layer.history and not layer.is_result


def tile_columns(layer: Layer) -> tuple[str, ...]:
    """What a tile carries: the declared columns, and those that the style draws by."""
    declared = layer.tiles.columns if layer.tiles else ()
    drawn = (layer.style.colour_by, layer.style.width_by, layer.style.extrude, layer.style.label)
    wanted = dict.fromkeys((*declared, *(name for name in drawn if name)))
    return tuple(name for name in wanted if name in layer.columns)


def in_time(layer: Layer) -> bool:
    """Whether tiles of a moment can be asked: the features of a result whose rows have a valid time."""
    return layer.is_result and layer.valid_time and layer.kind == "features" and layer.tiles is not None


def has_overview(layer: Layer) -> bool:
    """Overviews are summed over all rows, so only a layer whose rows all have one reader group gets them."""
    return has_geometry(layer) and bool(layer.tiles and layer.tiles.overview_below) and not layer.is_result


def overview_column(layer: Layer) -> str | None:
    """The number that overviews average: what the style extrudes by, else the first number of the tile; a column
    of a stricter class than its layer's never enters them."""
    names = dict.fromkeys((layer.style.extrude, *tile_columns(layer)))
    for name in names:
        column = layer.columns.get(name) if name else None
        if (
            column
            and name
            and column.type in ("number", "integer")
            and column.vocabulary is None
            and not column.access
        ):
            return name
    return None


def column_readers(access: Access, layer: Layer, column: Column | None) -> tuple[str, ...]:
    """The roles that may read a column (``None``: the layer's row itself), from the weakest on."""
    return _admitted(access, layer, column, "read")


def column_writers(access: Access, layer: Layer, column: Column | None) -> tuple[str, ...]:
    """The roles that may write a column. The rows of a result are written by whoever may run processes."""
    if layer.is_result:
        roles = (*access.run, *access.classes[layer.access].write)
        return tuple(name for name in access.roles if name in roles)
    return _admitted(access, layer, column, "write")


def _admitted(access: Access, layer: Layer, column: Column | None, action: str) -> tuple[str, ...]:
    classes = [access.classes[layer.access]] + (
        [access.classes[column.access]] if column and column.access else []
    )
    lists = [one.read if action == "read" else one.write for one in classes]
    return tuple(name for name in access.roles if all(name in one for one in lists))


def stored_columns(layer: Layer) -> tuple[str, ...]:
    """Every column of ``city.<layer>`` in the order of its creation."""
    system = ["id", "source", "source_id"]
    if layer.valid_time:
        system += ["valid_from", "valid_to"]
    if layer.is_result:
        system.append("run")
    if has_geometry(layer):
        system.append("geom")
    if has_history(layer):
        system.append("_recorded_from")
    return (*system, *layer.columns)


def tabled(catalog: Catalog) -> tuple[Layer, ...]:
    return tuple(layer for layer in catalog.layers.values() if has_table(layer))
