"""Geometry literals of CQL2 text (WKT with optional Z), read from the same tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.ogc.filter.read_text import Reader

_NAMES = {
    "POINT": ("Point", 0),
    "LINESTRING": ("LineString", 1),
    "POLYGON": ("Polygon", 2),
    "MULTIPOINT": ("MultiPoint", 1),
    "MULTILINESTRING": ("MultiLineString", 2),
    "MULTIPOLYGON": ("MultiPolygon", 3),
    "GEOMETRYCOLLECTION": ("GeometryCollection", 0),
}
GEOMETRIES = frozenset(_NAMES)


def geometry(reader: Reader) -> dict[str, Any] | None:
    """The GeoJSON of the literal that starts here; None when the word is no literal but a property's name."""
    start = reader.index
    name = reader.next().word
    reader.word("Z")
    if reader.token.text != "(" or reader.token.kind != "sign":
        reader.index = start
        return None
    kind, depth = _NAMES[name]
    if kind == "GeometryCollection":
        return {"type": kind, "geometries": _members(reader)}
    if kind == "Point":
        return {"type": kind, "coordinates": _in_brackets(reader)}
    return {"type": kind, "coordinates": _nested(reader, depth, loose=kind == "MultiPoint")}


def _members(reader: Reader) -> list[dict[str, Any]]:
    reader.expect("(")
    members = []
    while True:
        if reader.token.word not in GEOMETRIES or reader.token.word == "GEOMETRYCOLLECTION":
            raise reader.unexpected()
        member = geometry(reader)
        if member is None:
            raise reader.unexpected()
        members.append(member)
        if reader.sign(",") is None:
            break
    reader.expect(")")
    return members


def _nested(reader: Reader, depth: int, *, loose: bool = False) -> list[Any]:
    """``depth`` levels of brackets around positions; a loose list takes ``(1 2)`` and ``1 2`` alike."""
    reader.expect("(")
    parts: list[Any] = []
    while True:
        if depth > 1:
            parts.append(_nested(reader, depth - 1))
        elif loose and reader.token.text == "(":
            parts.append(_in_brackets(reader))
        else:
            parts.append(_position(reader))
        if reader.sign(",") is None:
            break
    reader.expect(")")
    return parts


def _in_brackets(reader: Reader) -> list[float]:
    reader.expect("(")
    position = _position(reader)
    reader.expect(")")
    return position


def _position(reader: Reader) -> list[float]:
    numbers: list[float] = []
    while reader.token.kind == "number" or reader.token.text in ("-", "+"):
        negative = reader.sign("-", "+") == "-"
        if reader.token.kind != "number":
            raise reader.unexpected()
        value = float(reader.number())
        numbers.append(-value if negative else value)
    if not 2 <= len(numbers) <= 3:
        raise reader.unexpected()
    return numbers
