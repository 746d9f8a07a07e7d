"""How the columns of a table that has rows become what the catalogue declares now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twin.store.rules import quoted_name
from twin.store.steps import Step, altering
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twin.store.desired import Shape, Table

_WIDER = {("bigint", "double precision"), ("date", "timestamp with time zone")}
_GEOMETRY = re.compile(r"geometry\((multi)?(\w+?)(z?),(\d+)\)")


def alterations(table: Table, live: dict[str, tuple[str, bool]], *, known: bool) -> Iterator[Step]:
    """The steps for one table: new columns, changed types, changed duty to be filled, columns declared no longer."""
    wanted = {column.name: column for column in table.columns}
    for column in table.columns:
        if column.name not in live:
            yield from _new(table, column)
            continue
        kind, required = live[column.name]
        if kind != column.type:
            yield _retyped(table, column, kind)
        if required != column.required and column.name != "id":
            yield _duty(table, column)
    for name in live:
        if name not in wanted:
            # The record of time is the store's own, and says nothing that the history does not.
            lost = name != "_recorded_from"
            yield altering(
                table,
                name,
                f"DROP COLUMN {quoted_name(name)}",
                Text("删除列", "drop column"),
                destructive=lost,
            )
    if not known:
        drop = f"DROP TABLE IF EXISTS {table.quoted}"
        text = Text(f"登记表 {table.relation}", f"register table {table.relation}")
        yield Step("SELECT 1", text, remember=("table", table.relation, "", "", drop))


def _new(table: Table, column: Shape) -> Iterator[Step]:
    what = Text("增加列", "add column")
    if column.required and not column.defaulted:
        # In two steps: the second one fails, by name, when there are rows that have no value for it.
        yield altering(table, column, f"ADD COLUMN {column.spec.replace(' NOT NULL', '')}", what)
        yield _duty(table, column)
    else:
        yield altering(table, column, f"ADD COLUMN {column.spec}", what)


def _duty(table: Table, column: Shape) -> Step:
    verb = "SET" if column.required else "DROP"
    what = Text("必填", "require") if column.required else Text("可空", "allow to be empty")
    return altering(table, column, f"ALTER COLUMN {quoted_name(column.name)} {verb} NOT NULL", what)


def _retyped(table: Table, column: Shape, live: str) -> Step:
    name = quoted_name(column.name)
    using, safe = _conversion(live, column.type)
    change = f"ALTER COLUMN {name} TYPE {column.type} USING " + using.replace("?", name)
    return altering(table, column, change, Text("改变类型", "change the type of"), destructive=not safe)


def _conversion(live: str, wanted: str) -> tuple[str, bool]:
    """The USING expression (``?`` is the column) and whether it keeps every value."""
    one, other = _GEOMETRY.fullmatch(live), _GEOMETRY.fullmatch(wanted)
    if one and other:
        same = one[3] == other[3] and one[4] == other[4]
        if same and other[1] and one[2] == other[2]:
            return "ST_Multi(?)", True
        return "?", same and other[2] == "geometry"
    return f"?::{wanted}", wanted == "text" or (live, wanted) in _WIDER
