"""Constraints, indexes and comments of a layer's table, derived from its declaration.

A vocabulary becomes ``CHECK (column = ANY (codes))``, not a foreign key to a table of terms: a bulk load would pay
a trigger call a row and column for the key, while PostgreSQL looks the constant list up by hash.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable

from twin.store import names
from twin.store.piece import Kind, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.sql.elements import ClauseElement

    from twin.catalog.spec import Catalog, Column, Layer

# "named": the default style would double every % of a pattern.
_DIALECT = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


def ddl(element: ClauseElement) -> str:
    """The text of a statement, in PostgreSQL's words."""
    return str(element.compile(dialect=_DIALECT)).strip()


def create_table(table: sa.Table[Any]) -> str:
    return ddl(CreateTable(table))


def quoted(table: sa.Table[Any]) -> str:
    return str(_DIALECT.identifier_preparer.format_table(table))


def quoted_name(name: str) -> str:
    return str(_DIALECT.identifier_preparer.quote(name))


def type_text(column: sa.Column[Any]) -> str:
    """The column's type as format_type() shows it, in lower case."""
    return str(column.type.compile(dialect=_DIALECT)).lower()


def constraints(catalog: Catalog, layer: Layer, table: sa.Table[Any]) -> Iterator[Piece]:
    """CHECK, UNIQUE and FOREIGN KEY of ``city.<layer>``."""
    for name, column in layer.columns.items():
        yield from _column_checks(catalog, layer, table, name, column)
        if column.unique:
            yield _unique(layer, table, (name,))
        if column.references:
            yield _reference(layer, table, name, column.references)
    for group in layer.unique_together:
        yield _unique(layer, table, group)
    if layer.is_result:
        run = sa.ForeignKeyConstraint(
            ["run"], ["run.run.id"], names.identifier(layer.name, "run_fkey"), ondelete="CASCADE"
        )
        yield _constraint("reference", table, run)
    else:
        yield _unique(layer, table, ("source", "source_id"))
    if layer.valid_time:
        yield _check(layer, table, table.c.valid_to > table.c.valid_from, "valid_time")
    if names.has_geometry(layer):
        yield _check(layer, table, sa.not_(sa.func.ST_IsEmpty(table.c.geom, type_=sa.Boolean)), "geom_filled")


def indexes(layer: Layer, table: sa.Table[Any]) -> Iterator[Piece]:
    """GiST on the geometry; btree on run, sort keys (with the id, for keyset pages), references and valid time."""
    if names.has_geometry(layer):
        yield index(table, "geom", table.c.geom, method="gist")
    if layer.is_result:
        yield index(table, "run", table.c.run, table.c.id)
    for name, column in layer.columns.items():
        if column.indexed or (column.references and not column.unique):
            yield index(table, name, table.c[name], table.c.id)
    if layer.valid_time:
        # Few rows end: a partial index finds what is over, and costs the rest nothing.
        yield index(table, "valid_to", table.c.valid_to, where=table.c.valid_to.is_not(None))


def index(
    table: sa.Table[Any],
    name: str,
    *columns: sa.ColumnElement[Any],
    method: str = "btree",
    where: sa.ColumnElement[bool] | None = None,
) -> Piece:
    """The piece of one index on a table of the store."""
    full = names.identifier(table.name, name, "idx")
    made = sa.Index(full, *columns, postgresql_using=method, postgresql_where=where)
    text = ddl(CreateIndex(made))
    return Piece(
        "index", _relation(table), full, text, f"DROP INDEX IF EXISTS {table.schema}.{quoted_name(full)}"
    )


def comments(layer: Layer, table: sa.Table[Any]) -> Iterator[Piece]:
    """``{"zh": ..., "en": ...}`` on the table and each declared column, with the unit where there is one."""
    on = quoted(table)
    yield _comment(table, "table", f"TABLE {on}", {"zh": layer.title.zh, "en": layer.title.en})
    for name, column in layer.columns.items():
        text = {"zh": column.title.zh, "en": column.title.en} | ({"unit": column.unit} if column.unit else {})
        yield _comment(table, name, f"COLUMN {on}.{quoted_name(name)}", text)


def _column_checks(
    catalog: Catalog, layer: Layer, table: sa.Table[Any], name: str, column: Column
) -> Iterator[Piece]:
    value = table.c[name]
    if column.vocabulary:
        codes = list(catalog.vocabularies[column.vocabulary].terms)
        if column.type == "integer":
            yield _check(layer, table, value.in_([int(code) for code in codes]), name, "vocabulary")
        else:
            yield _check(layer, table, value.in_(codes), name, "vocabulary")
    limits = []
    if column.minimum is not None:
        limits.append(value >= _number(column.minimum))
    if column.maximum is not None:
        limits.append(value <= _number(column.maximum))
    if limits:
        yield _check(layer, table, sa.and_(*limits), name, "range")
    if column.pattern:
        yield _check(layer, table, value.op("~")(column.pattern), name, "pattern")
    if column.max_length:
        yield _check(layer, table, sa.func.char_length(value) <= column.max_length, name, "length")


def _number(value: float) -> sa.ColumnElement[float]:
    return sa.literal_column(repr(int(value) if value == int(value) else value))


def _check(layer: Layer, table: sa.Table[Any], rule: sa.ColumnElement[bool], *parts: str) -> Piece:
    return _constraint("constraint", table, sa.CheckConstraint(rule, names.identifier(layer.name, *parts)))


def _unique(layer: Layer, table: sa.Table[Any], columns: tuple[str, ...]) -> Piece:
    named = sa.UniqueConstraint(
        *(table.c[name] for name in columns), name=names.identifier(layer.name, *columns, "key")
    )
    return _constraint("constraint", table, named)


def _reference(layer: Layer, table: sa.Table[Any], name: str, target: str) -> Piece:
    key = sa.ForeignKeyConstraint(
        [name],
        [f"city.{target}"],
        names.identifier(layer.name, name, "fkey"),
        deferrable=True,
        initially="IMMEDIATE",
    )
    return _constraint("reference", table, key)


def _constraint(kind: Kind, table: sa.Table[Any], constraint: sa.Constraint) -> Piece:
    table.append_constraint(constraint)
    create = ddl(AddConstraint(constraint))
    name = str(constraint.name)
    return Piece(
        kind,
        _relation(table),
        name,
        create,
        f"ALTER TABLE {quoted(table)} DROP CONSTRAINT IF EXISTS {quoted_name(name)}",
    )


def _comment(table: sa.Table[Any], name: str, place: str, text: dict[str, str]) -> Piece:
    value = json.dumps(text, ensure_ascii=False, sort_keys=True).replace("'", "''")
    create = f"COMMENT ON {place} IS '{value}'"
    return Piece("comment", _relation(table), name, create, f"COMMENT ON {place} IS NULL")


def _relation(table: sa.Table[Any]) -> str:
    return f"{table.schema}.{table.name}"
