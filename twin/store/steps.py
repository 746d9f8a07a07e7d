"""One step of a migration: its SQL, what it does in both languages, and what to remember of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.text import Text

if TYPE_CHECKING:
    from twin.store.desired import Shape, Table
    from twin.store.piece import Piece

_KINDS = {
    "schema_function": Text("存储坐标系", "storage CRS"),
    "table": Text("表", "table"),
    "derived": Text("派生表", "derived table"),
    "row": Text("数据版本", "data version"),
    "index": Text("索引", "index"),
    "constraint": Text("规则", "rule"),
    "reference": Text("外键", "reference"),
    "function": Text("函数", "function"),
    "trigger": Text("触发器", "trigger"),
    "grant": Text("授权", "right"),
    "policy": Text("行级策略", "row policy"),
    "comment": Text("注释", "comment"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """``remember`` and ``forget`` are rows of gov.schema_piece."""

    sql: str
    what: Text
    destructive: bool = False
    remember: tuple[str, str, str, str, str] | None = None
    forget: tuple[str, str, str] | None = None


def creating(piece: Piece) -> Step:
    kind = _KINDS[piece.kind]
    what = _named(piece.relation, piece.name)
    text = Text(f"建立{kind.zh} {what}", f"make {kind.en} {what}")
    return Step(piece.create, text, remember=(*piece.key, piece.digest, piece.drop))


def dropping(key: tuple[str, str, str], text: str, *, forget: bool, skip: bool) -> Step:
    """Drop a piece; ``skip`` when it goes with its table."""
    kind, what = _KINDS[key[0]], _named(key[1], key[2])
    said = Text(f"撤去{kind.zh} {what}", f"take away {kind.en} {what}")
    return Step("SELECT 1" if skip else text, said, forget=key if forget else None)


def making_table(table: Table) -> Step:
    what = Text(f"建立表 {table.relation}", f"make table {table.relation}")
    drop = f"DROP TABLE IF EXISTS {table.quoted}"
    return Step(table.create, what, remember=("table", table.relation, "", "", drop))


def dropping_table(key: tuple[str, str, str], text: str) -> Step:
    return Step(
        text, Text(f"删除表 {key[1]} 及其数据", f"drop table {key[1]} and its rows"), True, forget=key
    )


def filling(call: str, relation: str) -> Step:
    return Step(call, Text(f"填充 {relation}", f"fill {relation}"))


def altering(
    table: Table, column: Shape | str, change: str, what: Text, *, destructive: bool = False
) -> Step:
    name = column if isinstance(column, str) else column.name
    said = Text(f"{what.zh} {table.relation}.{name}", f"{what.en} {table.relation}.{name}")
    return Step(f"ALTER TABLE {table.quoted} {change}", said, destructive)


def _named(relation: str, name: str) -> str:
    return f"{relation} {name.strip()}".strip()
