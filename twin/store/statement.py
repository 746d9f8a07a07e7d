"""The statement behind every read of a feature layer. Identifiers come from the catalogue, values are literals that
psycopg quotes."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from psycopg import sql

from twin.crs import crs_of
from twin.errors import TwinError
from twin.store import names
from twin.store.queryfile import composed

if TYPE_CHECKING:
    import datetime as times
    from uuid import UUID

    from twin.catalog.spec import Layer

type Box = tuple[float, float, float, float]

_TRUE = sql.SQL("true")
_STEP = (
    0.02  # degrees, about 2 km: the chord of a box's edge then stays within a centimetre or so of the curve
)
_PARTS = 128  # at most along an edge: a country's outline costs no more than a town's
_DEGREE = 111_000.0  # metres, for a step only


@dataclass(frozen=True, slots=True)
class Query:
    """What to read of one layer.

    ``columns``: declared or system ones; ``None``: every declared one, valid time and run. ``bbox`` is (x, y, x, y)
    in ``bbox_srid``, easting or longitude first. ``datetime`` is an interval of valid time, ``None`` for an open end,
    ``asof`` a moment of transaction time. ``filter`` is a condition on the layer's columns. ``run`` defaults to the
    newest published run of a result layer. ``after`` holds the values of ``sortby`` (pairs of column and whether it
    descends) and the id of the last row of the page before. Geometry comes out in ``out_srid``, northing first with
    ``flip``, with ``digits`` decimals.
    """

    layer: Layer
    columns: tuple[str, ...] | None = None
    bbox: Box | None = None
    bbox_srid: int = 4326
    datetime: tuple[times.datetime | None, times.datetime | None] | None = None
    filter: sql.Composable | None = None
    run: UUID | None = None
    ids: tuple[int, ...] | None = None
    sortby: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    after: tuple[object, ...] | None = None
    out_srid: int = 4326
    flip: bool = False
    digits: int = 7
    geometry: bool = True
    asof: times.datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a row, in order: ``id``, the columns asked for, ``geojson``."""
        columns = tuple(name for name in self.chosen if name != "id")
        return ("id", *columns, *(("geojson",) if self.with_geometry else ()))

    @property
    def chosen(self) -> tuple[str, ...]:
        if self.columns is not None:
            return self.columns
        kept = ("valid_from", "valid_to", "run")
        return tuple(
            name for name in names.stored_columns(self.layer) if name in kept or name in self.layer.columns
        )

    @property
    def with_geometry(self) -> bool:
        return self.geometry and names.has_geometry(self.layer)


def statement(query: Query) -> sql.Composed:
    """Columns in the order of ``query.names``; the geometry as GeoJSON text, to be embedded as it is."""
    columns = [sql.Identifier(name) for name in query.names if name != "geojson"]
    return select(query, [*columns, *([geojson(query)] if query.with_geometry else [])])


def select(query: Query, columns: list[sql.Composable]) -> sql.Composed:
    """The rows of ``query`` with other things than its own columns."""
    check(query)
    limit = sql.SQL("LIMIT {}").format(sql.Literal(query.limit)) if query.limit is not None else sql.SQL("")
    return composed(
        "features",
        "rows",
        columns=sql.SQL(", ").join(columns),
        source=source(query),
        conditions=conditions(query),
        order=_order(query),
        limit=limit,
    )


def geojson(query: Query) -> sql.Composable:
    """The geometry in the CRS asked for. Axis order is the door's: ``flip`` for northing first."""
    shape: sql.Composable = sql.SQL("ST_Transform(geom, {})").format(sql.Literal(query.out_srid))
    if query.flip:
        shape = sql.SQL("ST_FlipCoordinates({})").format(shape)
    return sql.SQL("ST_AsGeoJSON({}, {}, 0) AS geojson").format(shape, sql.Literal(query.digits))


def check(query: Query) -> None:
    """Raises TWIN-391 for a column that the layer does not have, and TWIN-392 for a cursor of another order."""
    known = {*names.stored_columns(query.layer)} - {"_recorded_from", "geom"}
    for name in (*query.chosen, *(name for name, _ in query.sortby)):
        if name not in known:
            raise TwinError(
                "TWIN-391",
                f"图层 {query.layer.name} 没有字段 {name}",
                f"layer {query.layer.name} has no column {name}",
                where=name,
            )
    if query.after is not None and len(query.after) != len(query.sortby) + 1:
        raise TwinError(
            "TWIN-392", "翻页游标与排序不符", "the cursor does not belong to this order", where="cursor"
        )


def source(query: Query) -> sql.Composable:
    """The layer's table, or its past."""
    if query.asof is None or not names.has_history(query.layer):
        return sql.SQL("{} AS f").format(names.in_city(query.layer))
    used = {*query.names, *(name for name, _ in query.sortby)} - {"geojson", "id"}
    if query.filter is not None:
        # Only what it mentions: a column too many would be one that the actor may not read.
        text = query.filter.as_string(None)
        used |= {name for name in query.layer.columns if f'"{name}"' in text}
    wanted = ["id", *sorted(used | ({"geom"} if names.has_geometry(query.layer) else set()))]
    wanted += [name for name in ("valid_from", "valid_to") if query.layer.valid_time and name not in wanted]
    return composed(
        "features",
        "as_of",
        columns=sql.SQL(", ").join([sql.Identifier(name) for name in wanted]),
        city=names.in_city(query.layer),
        history=sql.Identifier("history", query.layer.name),
        moment=sql.Literal(query.asof),
    )


def conditions(query: Query) -> sql.Composable:
    """Everything after WHERE."""
    found: list[sql.Composable] = []
    if query.layer.is_result:
        found.append(_run(query))
    if query.ids is not None:
        found.append(sql.SQL("id = ANY ({})").format(sql.Literal(list(query.ids))))
    if query.bbox is not None and names.has_geometry(query.layer):
        found.append(composed("features", "inside", outline=outline(query.bbox, query.bbox_srid)))
    if query.datetime is not None and query.layer.valid_time:
        found += _during(*query.datetime)
    if query.filter is not None:
        found.append(sql.SQL("({})").format(query.filter))
    if query.after is not None:
        found.append(_after(query, query.after))
    return sql.SQL(" AND ").join(found) if found else _TRUE


def outline(bbox: Box, srid: int) -> sql.Composable:
    """A box as a polygon in the storage CRS; one that begins east of its end crosses the antimeridian."""
    west, south, east, north = bbox
    if not all(isfinite(number) for number in bbox):
        raise TwinError("TWIN-393", "bbox 须为有限数", "bbox takes finite numbers", where="bbox")
    if srid == 4326 and west > east:
        pair = [_box((west, south, 180.0, north), srid), _box((-180.0, south, east, north), srid)]
        box: sql.Composable = sql.SQL("ST_Union({}, {})").format(*pair)
    else:
        box = _box(bbox, srid)
    return composed("features", "outline", box=box, step=sql.Literal(_step(bbox, srid)))


def _step(bbox: Box, srid: int) -> float:
    crs = crs_of(srid)
    size = max(abs(bbox[2] - bbox[0]), abs(bbox[3] - bbox[1])) / (
        1.0 if crs is None or crs.degrees else _DEGREE
    )
    return max(_STEP, min(size, 180.0) / _PARTS)


def _box(bbox: Box, srid: int) -> sql.Composable:
    numbers = sql.SQL(", ").join([sql.Literal(float(number)) for number in bbox])
    return sql.SQL("ST_MakeEnvelope({}, {})").format(numbers, sql.Literal(srid))


def _run(query: Query) -> sql.Composable:
    if query.run is not None:
        return sql.SQL("run = {}::uuid").format(sql.Literal(str(query.run)))
    return composed("features", "newest_run", process=sql.Literal(query.layer.process))


def _during(start: times.datetime | None, end: times.datetime | None) -> list[sql.Composable]:
    """Valid time is half open, [valid_from, valid_to), and unknown ends are open."""
    found: list[sql.Composable] = []
    if end is not None:
        found.append(sql.SQL("(valid_from IS NULL OR valid_from <= {})").format(sql.Literal(end)))
    if start is not None:
        found.append(sql.SQL("(valid_to IS NULL OR valid_to > {})").format(sql.Literal(start)))
    return found


def _order(query: Query) -> sql.Composable:
    keys: list[sql.Composable] = [
        sql.SQL("{} DESC" if descends else "{}").format(sql.Identifier(name))
        for name, descends in query.sortby
    ]
    last = sql.SQL("id DESC") if _all_descend(query) else sql.SQL("id")
    return sql.SQL(", ").join([*keys, last])


def _all_descend(query: Query) -> bool:
    """The id runs the way of the keys, so that an index on (key, id) can be read in one direction."""
    return bool(query.sortby) and all(descends for _, descends in query.sortby)


def _after(query: Query, values: tuple[object, ...]) -> sql.Composable:
    """Rows behind the cursor. Empty values sort last, or first when descending, as PostgreSQL's indexes have them."""
    keys = [*query.sortby, ("id", _all_descend(query))]
    if len({descends for _, descends in keys}) == 1 and all(_filled(query.layer, name) for name, _ in keys):
        return _row_after(keys, values)
    found: list[sql.Composable] = []
    for place, (name, descends) in enumerate(keys):
        behind = _behind(sql.Identifier(name), values[place], descends)
        if behind is not None:
            same = [
                sql.SQL("{} IS NOT DISTINCT FROM {}").format(sql.Identifier(other), sql.Literal(value))
                for (other, _), value in zip(keys[:place], values[:place], strict=True)
            ]
            found.append(sql.SQL("({})").format(sql.SQL(" AND ").join([*same, behind])))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(found))


def _row_after(keys: list[tuple[str, bool]], values: tuple[object, ...]) -> sql.Composable:
    """``(a, id) > (x, 7)``: the form that starts an index scan at the cursor."""
    text = sql.SQL("({}) < ({})") if keys[0][1] else sql.SQL("({}) > ({})")
    columns = sql.SQL(", ").join([sql.Identifier(name) for name, _ in keys])
    return text.format(columns, sql.SQL(", ").join([sql.Literal(value) for value in values]))


def _filled(layer: Layer, name: str) -> bool:
    return name in ("id", "source", "run") or (name in layer.columns and layer.columns[name].required)


def _behind(name: sql.Identifier, value: object, descends: bool) -> sql.Composable | None:
    if value is None:
        return sql.SQL("{} IS NOT NULL").format(name) if descends else None
    if descends:
        return sql.SQL("{} < {}").format(name, sql.Literal(value))
    return sql.SQL("({} > {} OR {} IS NULL)").format(name, sql.Literal(value), name)
