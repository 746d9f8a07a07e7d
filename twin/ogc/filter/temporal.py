"""Moments, dates and intervals in SQL: comparison and the temporal predicates of CQL2 (Allen's relations)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from psycopg import sql

from twin.ogc.filter.fields import TEMPORAL, Term
from twin.ogc.filter.literals import moment
from twin.ogc.filter.tree import Instant, Interval
from twin.ogc.problems import filter_type

if TYPE_CHECKING:
    from twin.ogc.filter.compile import Compiler
    from twin.ogc.filter.tree import Call, Node

# s1, e1: start and end of the first argument; s2, e2: of the second (OGC 21-065r2 table 12).
_RELATIONS = {
    "t_after": "{s1} > {e2}",
    "t_before": "{e1} < {s2}",
    "t_contains": "{s1} < {s2} AND {e1} > {e2}",
    "t_disjoint": "({e1} < {s2} OR {s1} > {e2})",
    "t_during": "{s1} > {s2} AND {e1} < {e2}",
    "t_equals": "{s1} = {s2} AND {e1} = {e2}",
    "t_finishedby": "{s1} < {s2} AND {e1} = {e2}",
    "t_finishes": "{s1} > {s2} AND {e1} = {e2}",
    "t_intersects": "{s1} <= {e2} AND {e1} >= {s2}",
    "t_meets": "{e1} = {s2}",
    "t_metby": "{s1} = {e2}",
    "t_overlappedby": "{s1} > {s2} AND {s1} < {e2} AND {e1} > {e2}",
    "t_overlaps": "{s1} < {s2} AND {e1} > {s2} AND {e1} < {e2}",
    "t_startedby": "{s1} = {s2} AND {e1} > {e2}",
    "t_starts": "{s1} = {s2} AND {e1} < {e2}",
}
RELATIONS = {name: sql.SQL(f"({text})") for name, text in _RELATIONS.items()}


def literal(value: date | datetime) -> Term:
    if isinstance(value, datetime):
        text = sql.SQL("{}::timestamptz").format(sql.Literal(value.isoformat()))
        return Term(text, "datetime", value.isoformat(), value)
    text = sql.SQL("{}::date").format(sql.Literal(value.isoformat()))
    return Term(text, "date", value.isoformat(), value)


def same(left: Term, right: Term) -> tuple[Term, Term]:
    """Two temporal terms as one type: a date against a moment counts as its midnight in UTC."""
    if left.type == right.type:
        return left, right
    return _moment(left), _moment(right)


def _moment(term: Term) -> Term:
    if term.type == "datetime":
        return term
    text = sql.SQL("({}::timestamp AT TIME ZONE 'UTC')").format(term.sql)
    return Term(text, "datetime", term.said, term.literal)


def predicate(compiler: Compiler, call: Call) -> sql.Composable:
    if len(call.args) != 2:
        raise filter_type(f"{call.op} 需要 2 个参数。", f"{call.op} takes two arguments.")
    (s1, e1), (s2, e2) = (_span(compiler, call.op, arg) for arg in call.args)
    return RELATIONS[call.op].format(s1=s1, e1=e1, s2=s2, e2=e2)


def _span(compiler: Compiler, op: str, node: Node) -> tuple[sql.Composable, sql.Composable]:
    """First and last moment of an argument; a date spans its day."""
    if isinstance(node, Interval):
        start, end = node.start, node.end
        return (
            _end(compiler, op, start, last=False) if start else sql.SQL("'-infinity'::timestamptz"),
            _end(compiler, op, end, last=True) if end else sql.SQL("'infinity'::timestamptz"),
        )
    return _end(compiler, op, node, last=False), _end(compiler, op, node, last=True)


def _end(compiler: Compiler, op: str, node: Node, *, last: bool) -> sql.Composable:
    if isinstance(node, Instant):
        return literal(moment(node, last=last)).sql
    term = compiler.term(node)
    if term.type not in TEMPORAL:
        raise filter_type(
            f"{op}：“{term.said}”不是时间。", f'{op}: "{term.said}" is neither a date nor a moment.'
        )
    if term.type == "date" and last:
        return sql.SQL("(({} + 1)::timestamp AT TIME ZONE 'UTC' - interval '1 microsecond')").format(term.sql)
    return _moment(term).sql
