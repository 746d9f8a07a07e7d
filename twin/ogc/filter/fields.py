"""What a filter may name: the columns of a layer that the actor may read, with their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg import sql

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Type = Literal["text", "integer", "number", "boolean", "date", "datetime", "geometry"]
NAMES: dict[Type, Text] = {
    "text": Text("文本", "text"),
    "integer": Text("整数", "an integer"),
    "number": Text("数", "a number"),
    "boolean": Text("真/假", "true or false"),
    "date": Text("日期", "a date"),
    "datetime": Text("时间", "a moment"),
    "geometry": Text("几何", "a geometry"),
}
NUMERIC = ("integer", "number")
TEMPORAL = ("date", "datetime")


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of SQL with its type; ``said`` is its name in a message, ``literal`` its value when constant."""

    sql: sql.Composable
    type: Type
    said: str
    literal: object = None


def column(name: str, kind: Type) -> Term:
    return Term(sql.Identifier(name), kind, name)


type Fields = Mapping[str, Term]
