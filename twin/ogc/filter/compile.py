"""Turns the tree of a filter into SQL, checking the type of every part.

Names come from the layer's readable columns, values go in as literals quoted by the driver, operators from
tables here: nothing of the request reaches the statement as text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

from twin.ogc.filter import temporal
from twin.ogc.filter.fields import NAMES, NUMERIC, Fields, Term, Type
from twin.ogc.filter.fields import TEMPORAL as TEMPORAL_TYPES
from twin.ogc.filter.spatial import predicate
from twin.ogc.filter.tree import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    SPATIAL,
    TEMPORAL,
    Call,
    Instant,
    Node,
    Property,
    Value,
)
from twin.ogc.problems import clip, filter_type, unknown_function, unknown_property
from twin.text import Text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from twin.ogc.filter.tree import Box, Shape

    type Place = Callable[[Shape | Box], BaseGeometry]

BIGINT = 2**63


@dataclass(frozen=True, slots=True)
class Compiler:
    """``fields`` are the names a filter may use; ``place`` brings a literal geometry into the CRS ``srid``."""

    fields: Fields
    place: Place
    srid: int

    def condition(self, node: Node) -> sql.Composable:
        """SQL that is true, false or null. Raises TwinError TWIN-345, -346 or -347."""
        term = self.term(node)
        if term.type != "boolean":
            raise filter_type(
                f"“{term.said}”是{NAMES[term.type].zh}，不是条件；请写成比较，例如 code = 'A1'。",
                f"\"{term.said}\" is {NAMES[term.type].en}, not a condition; compare it, as in code = 'A1'.",
            )
        return term.sql

    def term(self, node: Node) -> Term:
        match node:
            case Property(name):
                return self.property(name)
            case Value(value):
                return literal(value)
            case Instant(value):
                return temporal.literal(value)
            case Call():
                return self.call(node)
        raise filter_type(
            "几何与时段只能放在空间或时间谓词里，例如 S_INTERSECTS(geom, …)。",
            "geometries and intervals stand in spatial or temporal predicates, as in S_INTERSECTS(geom, ...).",
        )

    def property(self, name: str) -> Term:
        if name not in self.fields:
            raise unknown_property(name, self.fields, "filter")
        return self.fields[name]

    def call(self, call: Call) -> Term:
        kind = _KINDS.get(call.op)
        if kind is None:
            raise unknown_function(call.op, FUNCTIONS)
        return kind(self, call)

    def spatial(self, call: Call) -> Term:
        return boolean(predicate(self, call))

    def temporal(self, call: Call) -> Term:
        return boolean(temporal.predicate(self, call))

    def logic(self, call: Call) -> Term:
        if call.op == "not":
            (inner,) = _take(call, 1)
            return boolean(sql.SQL("(NOT {})").format(self.condition(inner)))
        _take(call, 2, more=True)
        joint = sql.SQL(" AND ") if call.op == "and" else sql.SQL(" OR ")
        return boolean(sql.SQL("({})").format(joint.join([self.condition(arg) for arg in call.args])))

    def comparison(self, call: Call) -> Term:
        left, right = (self.term(arg) for arg in _take(call, 2))
        left, right = comparable(call.op, left, right)
        if "boolean" in (left.type, right.type) and call.op not in ("=", "<>"):
            raise filter_type(
                f"“{left.said}”是真/假，只能用 = 或 <>。",
                f'"{left.said}" is true or false: only = and <> apply.',
            )
        return boolean(sql.SQL("({} {} {})").format(left.sql, sql.SQL(call.op), right.sql))

    def arithmetic(self, call: Call) -> Term:
        left, right = (self.term(arg) for arg in _take(call, 2))
        for term in (left, right):
            if term.type not in NUMERIC:
                raise mismatch(call.op, term, "number")
        if call.op == "/" and right.literal == 0:
            raise filter_type("不能除以零。", "division by zero.")
        second = sql.SQL("{}::double precision").format(right.sql)
        if call.op == "/":
            second = sql.SQL("NULLIF({}, 0)").format(second)
        text = sql.SQL("({}::double precision {} {})").format(left.sql, sql.SQL(call.op), second)
        return Term(text, "number", f"{left.said} {call.op} {right.said}")

    def like(self, call: Call) -> Term:
        left, pattern = (self.term(arg) for arg in _take(call, 2))
        for term in (left, pattern):
            if term.type != "text":
                raise mismatch("LIKE", term, "text")
        if not isinstance(pattern.literal, str):
            raise filter_type("LIKE 右边必须是文本常量。", "the right side of LIKE must be a text constant.")
        if (len(pattern.literal) - len(pattern.literal.rstrip("\\"))) % 2:
            raise filter_type("LIKE 的模式不能以单个 \\ 结尾。", "a LIKE pattern may not end in a single \\.")
        return boolean(sql.SQL("({} LIKE {})").format(left.sql, pattern.sql))

    def between(self, call: Call) -> Term:
        value, low, high = (self.term(arg) for arg in _take(call, 3))
        if value.type not in (*NUMERIC, *TEMPORAL_TYPES):
            raise mismatch("BETWEEN", value, "number")
        first, low = comparable("BETWEEN", value, low)
        second, high = comparable("BETWEEN", value, high)
        return boolean(sql.SQL("({} >= {} AND {} <= {})").format(first.sql, low.sql, second.sql, high.sql))

    def membership(self, call: Call) -> Term:
        first, *options = call.args or (Value(value=False),)
        left = self.term(first)
        if not options:
            raise filter_type("IN 的列表是空的。", "the list of IN is empty.")
        pairs = [comparable("IN", left, self.term(option)) for option in options]
        parts = [sql.SQL("{} = {}").format(one.sql, other.sql) for one, other in pairs]
        if all(one.sql is left.sql for one, _ in pairs):
            values = sql.SQL(", ").join([other.sql for _, other in pairs])
            return boolean(sql.SQL("({} IN ({}))").format(left.sql, values))
        return boolean(sql.SQL("({})").format(sql.SQL(" OR ").join(parts)))

    def is_null(self, call: Call) -> Term:
        (inner,) = _take(call, 1)
        return boolean(sql.SQL("({} IS NULL)").format(self.term(inner).sql))

    def casei(self, call: Call) -> Term:
        (inner,) = _take(call, 1)
        term = self.term(inner)
        if term.type != "text":
            raise mismatch("CASEI", term, "text")
        return Term(sql.SQL("lower({})").format(term.sql), "text", f"CASEI({term.said})", term.literal)


_KINDS: dict[str, Callable[[Compiler, Call], Term]] = {
    **dict.fromkeys(("and", "or", "not"), Compiler.logic),
    **dict.fromkeys(COMPARISONS, Compiler.comparison),
    **dict.fromkeys(ARITHMETIC, Compiler.arithmetic),
    **dict.fromkeys(SPATIAL, Compiler.spatial),
    **dict.fromkeys(TEMPORAL, Compiler.temporal),
    "like": Compiler.like,
    "between": Compiler.between,
    "in": Compiler.membership,
    "isNull": Compiler.is_null,
    "casei": Compiler.casei,
}


def boolean(text: sql.Composable) -> Term:
    return Term(text, "boolean", "…")


def literal(value: str | float | bool) -> Term:
    """A constant as SQL. Integers keep 64 bits; texts are taken as they are, without NUL."""
    said = clip(str(value))
    match value:
        case bool():
            return Term(sql.SQL("TRUE" if value else "FALSE"), "boolean", said, value)
        case str():
            if "\x00" in value:
                raise filter_type("文本中不能有 NUL 字符。", "a text may not hold a NUL character.")
            return Term(sql.SQL("{}::text").format(sql.Literal(value)), "text", said, value)
        case int():
            if not -BIGINT <= value < BIGINT:
                raise filter_type(
                    f"整数 {said} 超出 64 位。", f"the integer {said} does not fit into 64 bits."
                )
            return Term(sql.SQL("({})").format(sql.Literal(value)), "integer", said, value)
    if value.is_integer() and abs(value) < 2**53:
        return Term(sql.SQL("({})").format(sql.Literal(int(value))), "integer", said, value)
    return Term(sql.SQL("{}::double precision").format(sql.Literal(value)), "number", said, value)


def comparable(op: str, left: Term, right: Term) -> tuple[Term, Term]:
    """Both sides made comparable; raises TWIN-346 naming the property whose type does not fit."""
    if left.type in NUMERIC and right.type in NUMERIC:
        return left, right
    if left.type in TEMPORAL_TYPES and right.type in TEMPORAL_TYPES:
        return temporal.same(left, right)
    if left.type == right.type and left.type != "geometry":
        return left, right
    fixed, other = (left, right) if left.literal is None else (right, left)
    raise filter_type(
        f"{op}：“{fixed.said}”是{NAMES[fixed.type].zh}，不能与{NAMES[other.type].zh}“{other.said}”比较。"
        f"{_advice(fixed.type).zh}",
        f'{op}: "{fixed.said}" is {NAMES[fixed.type].en} and cannot be compared with '
        f'{NAMES[other.type].en}, "{other.said}".{_advice(fixed.type).en}',
    )


def mismatch(op: str, term: Term, wanted: Type) -> Exception:
    return filter_type(
        f"{op}：“{term.said}”是{NAMES[term.type].zh}，这里需要{NAMES[wanted].zh}。",
        f'{op}: "{term.said}" is {NAMES[term.type].en}; {NAMES[wanted].en} is needed here.',
    )


def _advice(kind: Type) -> Text:
    match kind:
        case "text":
            return Text("文本请写成 'abc'。", " Write texts as 'abc'.")
        case "date" | "datetime":
            return Text(
                "时间请写成 DATE('2024-07-01') 或 TIMESTAMP('2024-07-01T08:00:00Z')。",
                " Write DATE('2024-07-01') or TIMESTAMP('2024-07-01T08:00:00Z').",
            )
        case "geometry":
            return Text("几何请用 S_INTERSECTS 等谓词。", " Use S_INTERSECTS and its kin for geometries.")
    return Text("", "")


def _take(call: Call, count: int, *, more: bool = False) -> tuple[Node, ...]:
    if len(call.args) != count and not (more and len(call.args) > count):
        raise filter_type(
            f"{call.op} 需要 {count} 个参数，实际 {len(call.args)} 个。",
            f"{call.op} takes {count} arguments, not {len(call.args)}.",
        )
    return call.args
