"""Rights and row security, derived from the access classes. What is not granted here is denied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from twin.store import names
from twin.store.follow import load_function, rebuild_function
from twin.store.piece import Piece
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from twin.catalog.spec import Catalog, Layer


def layer_pieces(catalog: Catalog, layer: Layer, owner: str) -> Iterator[Piece]:
    """Rights and policies on the tables of one layer."""
    tables = {"city": names.stored_columns(layer)}
    if names.has_history(layer):
        tables["history"] = (*names.stored_columns(layer), "_recorded_to")
    if names.has_geometry(layer) and layer.tiles:
        tables["tile"] = (
            "id",
            "geom",
            "_size",
            *(("run",) if layer.is_result else ()),
            *names.tile_columns(layer),
        )
    for schema, columns in tables.items():
        yield from _reading(catalog, layer, schema, layer.name, columns)
        yield from _policies(catalog, layer, schema, layer.name, owner)
    yield from _writing(catalog, layer)
    if names.has_overview(layer):
        table = names.identifier(layer.name, "overview")
        yield from _reading(catalog, layer, "tile", table, None)
        yield from _policies(catalog, layer, "tile", table, owner)


def system_pieces(catalog: Catalog) -> Iterator[Piece]:
    """Rights on schemas and on the system's own tables; rasters and data versions row by row, like their layers."""
    for name in catalog.access.roles:
        role = names.role(name)
        parts = {"role": sql.Identifier(role)}
        yield _grant(
            "schemas", role, composed("grants", "reader", **parts), composed("grants", "no_reader", **parts)
        )
        yield from _registers(catalog, name)
    parts = {"role": sql.Identifier(names.SERVICE)}
    for table in ("run.artifact", "run.layer_version"):
        place = sql.Identifier(*table.split("."))
        yield _security(table, place, force=False)
        yield _policy(
            table,
            place,
            "service",
            composed("grants", "service_policy", table=place, name=sql.Identifier("service"), **parts),
        )
    yield _grant(
        "schemas",
        names.SERVICE,
        composed("grants", "service", **parts),
        composed("grants", "no_service", **parts),
    )


def _registers(catalog: Catalog, role: str) -> Iterator[Piece]:
    """One role's policies on run.artifact and run.layer_version."""
    access, layers = catalog.access, catalog.layers.values()
    readable = [one.name for one in layers if role in names.column_readers(access, one, None)]
    writable = [
        one.name
        for one in layers
        if one.kind == "coverage" and role in names.column_writers(access, one, None)
    ]
    results = [one.name for one in layers if one.is_result]
    everyone = role in access.classes["open"].write
    for table, kind, text in (
        ("run.layer_version", "read", "version_policy"),
        ("run.artifact", "read", "artifact_policy"),
        ("run.artifact", "write", "artifact_insert"),
    ):
        place, name = sql.Identifier(*table.split(".")), f"{role}_{kind}"
        values: dict[str, sql.Composable] = {
            "table": place,
            "name": sql.Identifier(name),
            "role": sql.Identifier(names.role(role)),
            "readable": sql.Literal(readable),
            "writable": sql.Literal(writable),
            "results": sql.Literal(results),
            "everyone": sql.Literal(everyone),
        }
        yield _policy(table, place, name, composed("grants", text, **values))


def _reading(
    catalog: Catalog, layer: Layer, schema: str, table: str, columns: tuple[str, ...] | None
) -> Iterator[Piece]:
    """SELECT for the readers of the layer's class: the whole table, or column by column where some are stricter."""
    for role in names.column_readers(catalog.access, layer, None):
        allowed = [
            name
            for name in columns or ()
            if role in names.column_readers(catalog.access, layer, layer.columns.get(name))
        ]
        whole = columns is None or len(allowed) == len(columns)
        yield _table_grant(schema, table, role, "SELECT", None if whole else allowed)


def _writing(catalog: Catalog, layer: Layer) -> Iterator[Piece]:
    """INSERT, UPDATE and DELETE; nobody updates an id, a run or the record of time."""
    for role in names.column_writers(catalog.access, layer, None):
        allowed = [
            name
            for name in names.stored_columns(layer)
            if name != "_recorded_from"
            and role in names.column_writers(catalog.access, layer, layer.columns.get(name))
        ]
        yield _table_grant("city", layer.name, role, "INSERT", allowed)
        if layer.is_result:
            continue
        yield _table_grant("city", layer.name, role, "UPDATE", [name for name in allowed if name != "id"])
        yield _table_grant("city", layer.name, role, "DELETE", None)
        yield _keeping(layer, role)


def _keeping(layer: Layer, role: str) -> Piece:
    """The right to bulk-load a layer and to lay its tile copy anew."""
    functions = sql.SQL("{}(), {}(boolean)").format(rebuild_function(layer), load_function(layer))
    parts = {"functions": functions, "role": sql.Identifier(names.role(role))}
    give, take = composed("grants", "keep", **parts), composed("grants", "no_keep", **parts)
    return _grant(f"city.{layer.name}", f"keep {role}", give, take)


def _policies(catalog: Catalog, layer: Layer, schema: str, table: str, owner: str) -> Iterator[Piece]:
    """Row security of one table, forced on the owner too, who sees rows only inside the store's own functions."""
    relation, place = f"{schema}.{table}", sql.Identifier(schema, table)
    yield _security(relation, place, force=True)
    maintenance = composed(
        "grants",
        "maintenance_policy",
        table=place,
        name=sql.Identifier("maintenance"),
        role=sql.Identifier(owner),
    )
    yield _policy(relation, place, "maintenance", maintenance)
    access = catalog.access
    readers = names.column_readers(access, layer, None)
    if layer.is_result:
        stewards = tuple(name for name in access.classes["open"].write if name in readers)
        others = tuple(name for name in readers if name not in stewards)
        for name, roles, everyone in (("read", others, False), ("steward", stewards, True)):
            if roles:
                run = composed("grants", "run_rows", everyone=sql.Literal(everyone))
                yield _policy(relation, place, name, _for(place, name, "SELECT", roles, using=run))
    elif readers:
        yield _policy(relation, place, "read", _for(place, "read", "SELECT", readers, using=sql.SQL("true")))
    writers = names.column_writers(access, layer, None) if schema == "city" else ()
    if writers:
        yes = sql.SQL("true")
        yield _policy(relation, place, "insert", _for(place, "insert", "INSERT", writers, check=yes))
        if not layer.is_result:
            yield _policy(
                relation, place, "update", _for(place, "update", "UPDATE", writers, using=yes, check=yes)
            )
            yield _policy(relation, place, "delete", _for(place, "delete", "DELETE", writers, using=yes))


def _for(
    table: sql.Composable,
    name: str,
    command: str,
    roles: Iterable[str],
    using: sql.Composable | None = None,
    check: sql.Composable | None = None,
) -> sql.Composed:
    parts = [
        sql.SQL("CREATE POLICY {} ON {} FOR").format(sql.Identifier(name), table),
        _COMMANDS[command],
        sql.SQL("TO"),
        sql.SQL(", ").join([sql.Identifier(names.role(role)) for role in roles]),
    ]
    if using is not None:
        parts.append(sql.SQL("USING ({})").format(using))
    if check is not None:
        parts.append(sql.SQL("WITH CHECK ({})").format(check))
    return sql.SQL(" ").join(parts)


_COMMANDS = {name: sql.SQL(name) for name in ("SELECT", "INSERT", "UPDATE", "DELETE")}


def _policy(relation: str, place: sql.Composable, name: str, create: sql.Composed) -> Piece:
    drop = sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(name), place)
    return Piece("policy", relation, name, create.as_string(None), drop.as_string(None))


def _security(relation: str, place: sql.Composable, *, force: bool) -> Piece:
    # Named so that it stands before the policies and is never dropped without them.
    forced = ", FORCE ROW LEVEL SECURITY" if force else ""
    create = f"ALTER TABLE {place.as_string(None)} ENABLE ROW LEVEL SECURITY{forced}"
    return Piece(
        "policy",
        relation,
        " security",
        create,
        f"ALTER TABLE {place.as_string(None)} ENABLE ROW LEVEL SECURITY",
    )


def _table_grant(schema: str, table: str, role: str, command: str, columns: list[str] | None) -> Piece:
    listed = (
        sql.SQL(" ({})").format(sql.SQL(", ").join([sql.Identifier(name) for name in columns]))
        if columns
        else sql.SQL("")
    )
    parts = {
        "command": _COMMANDS[command],
        "columns": listed,
        "table": sql.Identifier(schema, table),
        "role": sql.Identifier(names.role(role)),
    }
    give, take = composed("grants", "give", **parts), composed("grants", "take", **parts)
    return _grant(f"{schema}.{table}", f"{command} {role}", give, take)


def _grant(relation: str, name: str, give: sql.Composed, take: sql.Composed) -> Piece:
    return Piece("grant", relation, name, give.as_string(None), take.as_string(None))
