"""What a feature of a layer says of itself: the properties an actor sees, may filter by and may sort by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from twin.ogc.filter.fields import Term, Type, column
from twin.ogc.filter.literals import parse_date, parse_moment
from twin.ogc.problems import bad_value, clip
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.catalog.spec import Layer
    from twin.ogc.door import Visit

GEOMETRY = "geom"
# Properties of the system that stand beside the declared ones.
VALID = ("valid_from", "valid_to")


def shown(visit: Visit, layer: Layer) -> tuple[str, ...]:
    """Names of the properties in the order in which they are written."""
    system = VALID if layer.valid_time else ()
    return (*visit.columns(layer), *system, *(("run",) if layer.is_result else ()))


def fields(visit: Visit, layer: Layer) -> dict[str, Term]:
    """Names that a filter may use; ``geometry`` is another word for ``geom``."""
    kept = visit.door.fields
    key = (visit.actor.role, layer.name)
    if key not in kept:
        kept[key] = _fields(visit, layer)
    return kept[key]


def _fields(visit: Visit, layer: Layer) -> dict[str, Term]:
    found: dict[str, Term] = {"id": column("id", "integer")}
    for name in visit.columns(layer):
        found[name] = column(name, layer.columns[name].type)
    if layer.valid_time:
        found |= {name: column(name, "datetime") for name in VALID}
    if layer.geometry is not None:
        found[GEOMETRY] = column(GEOMETRY, "geometry")
        found["geometry"] = Term(sql.Identifier(GEOMETRY), "geometry", "geometry")
    return found


def equality(name: str, text: str, term: Term) -> sql.Composable:
    """``property=value`` of the query string as SQL, the value read as the property's type; raises TWIN-342."""
    value = _READERS[term.type](text)
    if value is None:
        wanted = _WANTED[term.type]
        shown_text = clip(text, 40)
        raise bad_value(name, f"“{shown_text}”不是{wanted.zh}。", f'"{shown_text}" is not {wanted.en}.')
    return sql.SQL("({} = {})").format(term.sql, value)


def _text(text: str) -> sql.Composable:
    return sql.SQL("{}::text").format(sql.Literal(text))


def _integer(text: str) -> sql.Composable | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or not -(2**63) <= int(text) < 2**63:
        return None
    return sql.SQL("({})").format(sql.Literal(int(text)))


def _number(text: str) -> sql.Composable | None:
    if len(text) > 40 or not set(text) <= set("0123456789+-.eE"):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    if value in (float("inf"), float("-inf")):
        return None
    return sql.SQL("{}::double precision").format(sql.Literal(value))


def _boolean(text: str) -> sql.Composable | None:
    return sql.SQL(text.upper()) if text in ("true", "false") else None


def _date(text: str) -> sql.Composable | None:
    day = parse_date(text)
    return None if day is None else sql.SQL("{}::date").format(sql.Literal(day.isoformat()))


def _moment(text: str) -> sql.Composable | None:
    found = parse_moment(text)
    return None if found is None else sql.SQL("{}::timestamptz").format(sql.Literal(found.isoformat()))


def _never(_text: str) -> None:
    return None


_READERS: dict[Type, Callable[[str], sql.Composable | None]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _moment,
    "geometry": _never,
}
_WANTED: dict[Type, Text] = {
    "text": Text("文本", "a text"),
    "integer": Text("64 位整数", "an integer of 64 bits"),
    "number": Text("有限的数", "a finite number"),
    "boolean": Text("true 或 false", "true or false"),
    "date": Text("日期（2024-07-01）", "a date (2024-07-01)"),
    "datetime": Text("时间（2024-07-01T08:00:00Z）", "a moment (2024-07-01T08:00:00Z)"),
    "geometry": Text("可比较的值", "a value to compare with; use bbox or filter"),
}


def titles(layer: Layer, visit: Visit) -> dict[str, str]:
    """The title of each property in the language of the request."""
    language = visit.language
    system = {
        "valid_from": Text("有效期起", "Valid from"),
        "valid_to": Text("有效期止", "Valid to"),
        "run": Text("运行", "Run"),
    }
    return {name: one.title[language] for name, one in layer.columns.items()} | {
        name: one[language] for name, one in system.items()
    }


def plain(value: Any) -> Any:
    """A value as a cell of CSV."""
    return value.isoformat() if hasattr(value, "isoformat") else value
