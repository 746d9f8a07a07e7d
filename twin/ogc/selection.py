"""From the query string of an items request to the store's query: every parameter read, checked and put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from twin.crs import CRS84, parse_crs
from twin.errors import TwinError
from twin.ogc import cursor, parameters
from twin.ogc.filter.compile import Compiler
from twin.ogc.filter.read_json import read_json
from twin.ogc.filter.read_text import read_text
from twin.ogc.filter.spatial import literal
from twin.ogc.ground import box, place
from twin.ogc.problems import bad_value, clip, unknown_property
from twin.ogc.properties import equality, fields, shown
from twin.ogc.reference import offered
from twin.store.statement import Query

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg.rows import TupleRow

    from twin.catalog.spec import Layer
    from twin.crs import Crs
    from twin.ogc.door import Visit
    from twin.ogc.filter.fields import Fields, Type

PARAMETERS = (
    "limit",
    "bbox",
    "bbox-crs",
    "datetime",
    "crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "properties",
    "sortby",
    "skipGeometry",
    "cursor",
    "run",
    "asof",
    "valid_from",
    "valid_to",
    "id",
)
LANGUAGES = {"cql2-text": read_text, "cql2-json": read_json}
# Parameters that change what a page looks like, but not which rows match.
_LOOKS = {"f", "lang", "limit", "cursor"}


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked: the store's query, how it is written, and the digest that a cursor is bound to.

    ``names`` are the properties written; the query may read more columns behind them, which the cursor needs.
    """

    query: Query
    names: tuple[str, ...]
    crs: Crs
    limit: int
    cursor: str | None
    digest: str
    narrowed: bool
    types: Mapping[str, Type]

    def key(self, row: TupleRow) -> tuple[Any, ...]:
        """The sort key of a row: its values of ``sortby``, then its id."""
        place = {name: index for index, name in enumerate(self.query.names)}
        return (*(row[place[name]] for name, _ in self.query.sortby), row[0])

    @property
    def geometry(self) -> int | None:
        """Where the GeoJSON text stands in a row."""
        return len(self.query.names) - 1 if self.query.with_geometry else None


def select(visit: Visit, layer: Layer, query: Mapping[str, str]) -> Selection:
    """Raises TwinError (400) naming the parameter for anything that cannot be used."""
    known = fields(visit, layer)
    names = shown(visit, layer)
    written = (
        tuple(parameters.names("properties", query["properties"], names)) if "properties" in query else names
    )
    sortby = _sortby(query.get("sortby"), known)
    hidden = tuple(name for name, _ in sortby if name not in written and name != "id")
    srid = visit.store.srid
    crs = read_crs("crs", query.get("crs"), srid)
    conditions = [*_conditions(visit, layer, query, known)]
    asked = Query(
        layer=layer,
        columns=(*written, *hidden),
        datetime=_datetime(layer, query.get("datetime")),
        filter=sql.SQL(" AND ").join(conditions) if conditions else None,
        run=_run(layer, query.get("run")),
        sortby=sortby,
        out_srid=crs.srid,
        flip=crs.flip,
        digits=crs.digits,
        geometry=layer.geometry is not None
        and not parameters.boolean("skipGeometry", query.get("skipGeometry")),
        asof=parameters.moment("asof", query["asof"]) if "asof" in query else None,
    )
    return Selection(
        query=asked,
        names=written,
        crs=crs,
        limit=parameters.limit(query.get("limit")),
        cursor=query.get("cursor"),
        digest=cursor.digest(layer.name, sorted((k, v) for k, v in query.items() if k not in _LOOKS)),
        types={name: known[name].type if name in known else "text" for name in names},
        narrowed=bool(conditions) or "datetime" in query or "asof" in query,
    )


def _conditions(visit: Visit, layer: Layer, query: Mapping[str, str], known: Fields) -> list[sql.Composable]:
    found: list[sql.Composable] = []
    if "bbox" in query:
        found.append(_bbox(visit, layer, query))
    elif "bbox-crs" in query:
        read_crs("bbox-crs", query["bbox-crs"], visit.store.srid)
    for name, value in query.items():
        if name in known and name not in ("geom", "geometry"):
            found.append(equality(name, value, known[name]))
    written = _filter(visit, query, known)
    return found if written is None else [*found, written]


def _bbox(visit: Visit, layer: Layer, query: Mapping[str, str]) -> sql.Composable:
    srid = visit.store.srid
    crs = read_crs("bbox-crs", query.get("bbox-crs"), srid)
    numbers = parameters.numbers("bbox", query["bbox"], (4, 6) if layer.dimensions == 3 else (4,))
    flat = numbers if len(numbers) == 4 else (*numbers[:2], *numbers[3:5])
    if layer.geometry is None:
        raise bad_value("bbox", "该集合没有几何。", "the collection has no geometry.")
    outline = literal(box((flat[0], flat[1], flat[2], flat[3]), crs, srid), srid)
    return sql.SQL("(geom && {} AND ST_Intersects(geom, {}))").format(outline, outline)


def _filter(visit: Visit, query: Mapping[str, str], known: Fields) -> sql.Composable | None:
    language = query.get("filter-lang", "cql2-text")
    if language not in LANGUAGES:
        raise bad_value(
            "filter-lang",
            "filter-lang 须为 cql2-text 或 cql2-json。",
            "filter-lang must be cql2-text or cql2-json.",
        )
    srid = visit.store.srid
    crs = read_crs("filter-crs", query.get("filter-crs"), srid)
    text = query.get("filter")
    if text is None:
        return None
    compiler = Compiler(known, lambda shape: place(shape, crs, srid), srid)
    return compiler.condition(LANGUAGES[language](text))


def read_crs(name: str, text: str | None, srid: int) -> Crs:
    """The CRS that a parameter names, CRS84 when it is absent; one that is not offered is refused (TWIN-342)."""
    if text is None:
        return CRS84
    try:
        found = parse_crs(text, name)
    except TwinError:
        found = None
    if found is None or found.uri not in offered(srid):
        known = ", ".join(offered(srid))
        raise bad_value(
            name,
            f"不提供坐标系“{clip(text)}”；可用：{known}。",
            f'the CRS "{clip(text)}" is not offered: {known}.',
        )
    return found


def _datetime(layer: Layer, text: str | None) -> parameters.Span | None:
    if text is None:
        return None
    if not layer.valid_time:
        raise bad_value("datetime", "该集合没有有效时间。", "the collection has no valid time.")
    return parameters.span(text)


def _run(layer: Layer, text: str | None) -> Any:
    if text is None:
        return None
    if not layer.is_result:
        raise bad_value("run", "该集合不是模拟结果。", "the collection is no result of a process.")
    return parameters.identifier("run", text)


def _sortby(text: str | None, known: Fields) -> tuple[tuple[str, bool], ...]:
    """``a,-b``: pairs of property and whether it descends."""
    if text is None:
        return ()
    found: list[tuple[str, bool]] = []
    for part in text.split(","):
        name = part.removeprefix("-") if part.startswith("-") else part.removeprefix("+").strip()
        if name not in known or known[name].type == "geometry":
            raise unknown_property(clip(name), [k for k in known if known[k].type != "geometry"], "sortby")
        if name in (other for other, _ in found):
            raise bad_value("sortby", f"sortby 中“{name}”重复。", f'sortby names "{name}" twice.')
        found.append((name, part.startswith("-")))
    return tuple(found)
