"""Spatial predicates in SQL: ``geom && g AND ST_x(geom, g)``, which keeps the index under row security."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from psycopg import sql

from twin.ogc.filter.tree import Box, Property, Shape
from twin.ogc.problems import filter_type

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from twin.ogc.filter.compile import Compiler
    from twin.ogc.filter.tree import Call

_FUNCTIONS = {
    "s_intersects": sql.SQL("ST_Intersects"),
    "s_equals": sql.SQL("ST_Equals"),
    "s_disjoint": sql.SQL("ST_Disjoint"),
    "s_touches": sql.SQL("ST_Touches"),
    "s_within": sql.SQL("ST_Within"),
    "s_overlaps": sql.SQL("ST_Overlaps"),
    "s_crosses": sql.SQL("ST_Crosses"),
    "s_contains": sql.SQL("ST_Contains"),
}


def predicate(compiler: Compiler, call: Call) -> sql.Composable:
    """A relation between the layer's geometry and a literal one, in either order."""
    match call.args:
        case [Property() as name, (Shape() | Box()) as shape]:
            column, placed = _column(compiler, name), literal(compiler.place(shape), compiler.srid)
            first, second = column, placed
        case [(Shape() | Box()) as shape, Property() as name]:
            column, placed = _column(compiler, name), literal(compiler.place(shape), compiler.srid)
            first, second = placed, column
        case _:
            raise _arguments(compiler, call)
    if call.op == "s_disjoint":
        return sql.SQL("(NOT ({} && {} AND ST_Intersects({}, {})))").format(column, placed, column, placed)
    return sql.SQL("({} && {} AND {}({}, {}))").format(column, placed, _FUNCTIONS[call.op], first, second)


def literal(geometry: BaseGeometry, srid: int) -> sql.Composable:
    """A geometry constant as EWKB in the storage CRS."""
    text = shapely.to_wkb(shapely.set_srid(geometry, srid), hex=True, include_srid=True)
    return sql.SQL("{}::geometry").format(sql.Literal(text))


def _column(compiler: Compiler, node: Property) -> sql.Composable:
    term = compiler.property(node.name)
    if term.type != "geometry":
        raise filter_type(
            f"“{term.said}”不是几何属性。", f'"{term.said}" is not the geometry property of the collection.'
        )
    return term.sql


def _arguments(compiler: Compiler, call: Call) -> Exception:
    for arg in call.args:
        if isinstance(arg, Property):
            compiler.property(arg.name)
    return filter_type(
        f"{call.op} 需要几何属性和一个几何常量，例如 S_INTERSECTS(geom, BBOX(113.1,23.0,113.2,23.1))。",
        f"{call.op} takes the geometry property and one geometry, as in "
        "S_INTERSECTS(geom, BBOX(113.1,23.0,113.2,23.1)).",
    )
