"""Reading features: pages, boxes, time, runs, counts, shapes; against plain Python over the same rows."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import shapely
from psycopg import sql

from tests.integration.store.people import ACTORS, insert
from tests.integration.store.shapes import EAST, NORTH, line, point, square
from twin.crs import transformer
from twin.errors import TwinError
from twin.store import features
from twin.store.features import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg import Connection

    from twin.catalog.spec import Layer
    from twin.store.database import Store

pytestmark = pytest.mark.usefixtures("clean")
OPERATOR = ACTORS["operator"]


def pages(conn: Connection, query: Query, size: int) -> list[tuple[Any, ...]]:
    """Every row, page by page through cursors."""
    from dataclasses import replace

    found: list[tuple[Any, ...]] = []
    after = None
    while True:
        rows = features.read(conn, replace(query, limit=size, after=after))
        found += rows
        if len(rows) < size:
            return found
        last = rows[-1]
        after = (*(last[query.names.index(name)] for name, _ in query.sortby), last[0])


@pytest.mark.parametrize(
    "sortby",
    [
        (),
        (("height", False),),
        (("height", True),),
        (("name", True), ("height", False)),
        (("use", False),),
        (("use", True), ("floors", True)),
        (("name", False), ("use", False)),
    ],
)
def test_pages_hold_every_row_once_in_order(
    store: Store, put: Callable[..., list[int]], sortby: tuple[tuple[str, bool], ...]
) -> None:
    heights = [None if n % 4 == 0 else float(n % 5) for n in range(53)]
    shown = [None if n % 7 == 0 else f"楼{n % 3}" for n in range(53)]
    uses = [("05", "0701", "居住")[n % 3] for n in range(53)]
    floors = [n % 4 or None for n in range(53)]
    ids = put(
        "building", [square(n, n) for n in range(53)], height=heights, name=shown, use=uses, floors=floors
    )
    layer = store.catalog.layers["building"]
    query = Query(layer, ("name", "height", "use", "floors"), sortby=sortby, geometry=False)
    with store.transaction(OPERATOR) as conn:
        whole = features.read(conn, query)
        assert sorted(row[0] for row in whole) == sorted(ids)
        for size in (1, 7, 53, 100):
            assert pages(conn, query, size) == whole
    keys = [tuple(row[query.names.index(name)] for name, _ in sortby) for row in whole]
    for one, other in pairwise(keys):
        assert _rank(one, sortby) <= _rank(other, sortby)


def _rank(values: tuple[Any, ...], sortby: tuple[tuple[str, bool], ...]) -> list[tuple[int, Any]]:
    """Empty values last, first when descending."""
    ranked: list[tuple[int, Any]] = []
    for value, (_, descends) in zip(values, sortby, strict=True):
        if value is None:
            ranked.append((-1, 0) if descends else (1, 0))
        else:
            number = (
                value if isinstance(value, int | float) else int.from_bytes(value.encode().ljust(12, b"\0"))
            )
            ranked.append((0, -number if descends else number))
    return ranked


def test_a_cursor_of_another_order_is_refused(store: Store) -> None:
    layer = store.catalog.layers["building"]
    with pytest.raises(TwinError, match="TWIN-392"):
        features.statement(Query(layer, after=(1, 2)))
    with pytest.raises(TwinError, match="TWIN-391") as caught:
        features.statement(Query(layer, ("code; DROP TABLE x",)))
    assert caught.value.where == "code; DROP TABLE x"
    with pytest.raises(TwinError, match="TWIN-391"):
        features.statement(Query(layer, sortby=(("geom", False),)))


@pytest.mark.parametrize("srid", [4326, 4490, 3857, 4547, 32650])
def test_boxes_find_what_lies_in_them(store: Store, put: Callable[..., list[int]], srid: int) -> None:
    """The same rows as shapely finds, for boxes in every system that a door may speak."""
    places = [(x * 37.0, y * 41.0) for x in range(12) for y in range(12)]
    ids = put("building", [square(x, y) for x, y in places], use=["05"] * len(places))
    layer = store.catalog.layers["building"]
    change = transformer(4547, srid)
    for low, high in (
        ((-5, -5), (60, 60)),
        ((100, 90), (101, 300)),
        ((1000, 1000), (2000, 2000)),
        ((-99, -99), (999, 999)),
    ):
        corners = [(x, y) for x in (low[0], high[0]) for y in (low[1], high[1])]
        placed = [change.transform(EAST + x, NORTH + y) for x, y in corners]
        xs, ys = zip(*placed, strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
        ring = shapely.segmentize(shapely.box(*box), max(box[2] - box[0], box[3] - box[1]) / 64)
        area = shapely.transform(ring, partial(_through, transformer(srid, 4547)))
        expected = {i for i, (x, y) in zip(ids, places, strict=True) if square(x, y).intersects(area)}
        with store.transaction(OPERATOR) as conn:
            found = {row[0] for row in features.read(conn, Query(layer, ("code",), bbox=box, bbox_srid=srid))}
        assert found == expected


def _through(change: Any, coordinates: Any) -> Any:
    import numpy as np

    return np.column_stack(change.transform(coordinates[:, 0], coordinates[:, 1]))


@pytest.mark.parametrize(
    ("box", "srid"),
    [
        ((-180, -90, 180, 90), 4326),
        ((100, 0, 140, 60), 4326),
        ((170, -60, -170, 60), 4326),
        ((-2e7, -2e7, 2e7, 2e7), 3857),
        ((0, 0, 1, 1), 4326),
        ((4e5, 2e6, 6e5, 4e6), 4547),
    ],
)
def test_huge_and_far_boxes_are_answered(
    store: Store, put: Callable[..., list[int]], box: tuple[float, float, float, float], srid: int
) -> None:
    """The whole world transformed into a Gauss-Krueger zone is torn; it is cut to the zone's surroundings first."""
    put("building", [square(0, 0)], use=["05"])
    expected = 0 if box in ((170, -60, -170, 60), (0, 0, 1, 1)) else 1
    with store.transaction(OPERATOR) as conn:
        rows = features.read(conn, Query(store.catalog.layers["building"], bbox=box, bbox_srid=srid))
    assert len(rows) == expected


def test_geometry_in_every_order_and_system(store: Store, put: Callable[..., list[int]]) -> None:
    put("road_node", [point(12.3456, 7.0)], code=["n"])
    layer = store.catalog.layers["road_node"]

    def coordinates(**fields: Any) -> list[float]:
        with store.transaction(OPERATOR) as conn:
            row = features.read(conn, Query(layer, ("code",), **fields))[0]
        found: list[float] = json.loads(row[-1])["coordinates"]
        return found

    lon, lat = transformer(4547, 4326).transform(EAST + 12.3456, NORTH + 7)
    assert coordinates() == pytest.approx([lon, lat], abs=1e-7)
    assert coordinates(out_srid=4490, flip=True) == pytest.approx([lat, lon], abs=1e-7)
    assert coordinates(out_srid=4547, digits=3) == [EAST + 12.346, NORTH + 7]
    assert coordinates(out_srid=4547, flip=True, digits=1) == [NORTH + 7, EAST + 12.3]
    with store.transaction(OPERATOR) as conn:
        assert features.read(conn, Query(layer, ("code",), geometry=False))[0][1:] == ("n",)


def test_valid_time(store: Store, put: Callable[..., list[int]]) -> None:
    day = datetime(2026, 6, 1, tzinfo=UTC)
    spans = [
        (None, None),
        (day, None),
        (None, day),
        (day, day + timedelta(days=1)),
        (day - timedelta(days=2), day),
    ]
    ids = put(
        "road_node",
        [point(n, 0) for n in range(5)],
        code=list("abcde"),
        valid_from=[start for start, _ in spans],
        valid_to=[end for _, end in spans],
    )
    layer = store.catalog.layers["road_node"]

    def valid(start: datetime | None, end: datetime | None) -> str:
        with store.transaction(OPERATOR) as conn:
            rows = features.read(conn, Query(layer, ("code",), datetime=(start, end)))
        return "".join(row[1] for row in rows)

    assert len(ids) == 5
    assert valid(day, day) == "abd"  # the end of a span is no part of it
    assert valid(None, day - timedelta(days=3)) == "ac"
    assert valid(day + timedelta(days=30), None) == "ab"
    assert valid(day - timedelta(days=1), day) == "abcde"


def test_what_the_layer_was(store: Store, put: Callable[..., list[int]]) -> None:
    """asof: rows before their change and before their deletion, rights and filters as now."""
    (kept,) = put("building", [square(0, 0)], use=["05"], height=[10.0], name=["old"])
    (gone,) = put("building", [square(50, 50)], use=["05"], height=[20.0])
    with store.transaction(OPERATOR) as conn:
        before = conn.execute("SELECT clock_timestamp()").fetchone()
    assert before is not None
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("UPDATE city.building SET height = 11, name = 'new' WHERE id = %s", [kept])
        conn.execute("DELETE FROM city.building WHERE id = %s", [gone])
    layer = store.catalog.layers["building"]
    with store.transaction(OPERATOR) as conn:
        query = Query(layer, ("name", "height"), geometry=False)
        assert features.read(conn, query) == [(kept, "new", 11.0)]
        past = Query(layer, ("name", "height"), geometry=False, asof=before[0])
        assert features.read(conn, past) == [(kept, "old", 10.0), (gone, None, 20.0)]
        high = sql.SQL("{} > 15").format(sql.Identifier("height"))
        assert features.read(conn, Query(layer, ("name",), geometry=False, asof=before[0], filter=high)) == [
            (gone, None)
        ]
        assert features.count(conn, past) == (2, False)
        birth = Query(layer, asof=before[0] - timedelta(days=1))
        assert features.read(conn, birth) == []
    with store.transaction(ACTORS["anonymous"]) as conn:
        shown = Query(layer, ("name",), geometry=False, asof=before[0], filter=high)
        assert features.read(conn, shown) == [(gone, None)]


def test_counts(store: Store, put: Callable[..., list[int]]) -> None:
    put("road_node", [point(n, 0) for n in range(30)], code=[f"n{n}" for n in range(30)])
    layer = store.catalog.layers["road_node"]
    with store.transaction(OPERATOR) as conn:
        assert features.count(conn, Query(layer)) == (30, False)
        assert features.count(conn, Query(layer, filter=sql.SQL("code < 'n2'"))) == (12, False)
        assert features.count(conn, Query(layer, ids=(-1,))) == (0, False)


def test_a_result_counts_the_run_it_shows(store: Store) -> None:
    layer = store.catalog.layers["flood_building"]
    with store.transaction(OPERATOR) as conn:
        assert features.count(conn, Query(layer)) == (0, False)
        assert features.count(conn, Query(layer, run=uuid4())) == (0, False)


def test_extent_follows_the_rows(store: Store, put: Callable[..., list[int]]) -> None:
    layer = store.catalog.layers["road_node"]
    put("road_node", [point(0, 0), point(1000, 500)], code=["a", "b"])
    with store.transaction(OPERATOR) as conn:
        assert features.extent(conn, layer, 4547) == pytest.approx((EAST, NORTH, EAST + 1000, NORTH + 500))
        box = features.extent(conn, layer)
    assert box is not None
    lon, lat = transformer(4547, 4326).transform(EAST, NORTH)
    assert math.hypot(box[0] - lon, box[1] - lat) < 1e-4


NASTY = [
    '"quoted name"',
    "it's; DROP TABLE city.note; --",
    "0701",
    "汉字与😀",
    "a\\b\tc\nd",
    "%s %(x)s {x} $1",
    "",
]


def test_nasty_texts_come_back_as_they_went_in(store: Store, put: Callable[..., list[int]]) -> None:
    put("note", [None] * len(NASTY), remark=NASTY)
    layer = store.catalog.layers["note"]
    with store.transaction(OPERATOR) as conn:
        assert [row[1] for row in features.read(conn, Query(layer, ("remark",)))] == NASTY
        for text in NASTY:
            same = sql.SQL("{} = {}").format(sql.Identifier("remark"), sql.Literal(text))
            rows = features.read(conn, Query(layer, ("remark",), filter=same))
            assert [row[1] for row in rows] == [text]


def test_every_type_comes_out_as_json_can_take_it(store: Store, put: Callable[..., list[int]]) -> None:
    import orjson

    moment = datetime(2026, 5, 1, 8, 30, tzinfo=UTC)
    put("road_node", [point(0, 0)], code=["n"])
    put(
        "road_link",
        [line((0, 0), (9, 9))],
        code=["r"],
        from_node=["n"],
        lanes=[2],
        surveyed=[date(2026, 1, 31)],
        checked=[moment],
        bridge=[True],
    )
    query = Query(store.catalog.layers["road_link"])
    with store.transaction(OPERATOR) as conn:
        row = features.read(conn, query)[0]
    said = dict(zip(query.names, row, strict=True))
    shape = orjson.Fragment(said.pop("geojson"))
    written = orjson.loads(orjson.dumps({"geometry": shape, "properties": said}))
    assert written["properties"]["surveyed"] == "2026-01-31"
    assert written["properties"]["checked"] == "2026-05-01T08:30:00+00:00"
    assert (written["properties"]["lanes"], written["properties"]["bridge"]) == (2, True)
    assert written["geometry"]["type"] == "LineString"


def test_tables_for_processes(store: Store, put: Callable[..., list[int]]) -> None:
    ids = put(
        "building",
        [square(n * 20, 0) for n in range(25)],
        use=["05"] * 25,
        height=[float(n) for n in range(25)],
    )
    layer = store.catalog.layers["building"]
    query = Query(layer, ("height", "use"))
    with store.transaction(OPERATOR) as conn:
        found = features.read_table(conn, query)
        assert len(found) == 25
        assert found.columns["id"] == ids
        assert found.columns["height"][3] == 3.0
        assert found.geometry is not None
        assert found.geometry[2].equals(square(40, 0))
        parts = list(features.batches(conn, query, size=10))
        assert [len(part) for part in parts] == [10, 10, 5]
        assert [i for part in parts for i in part.columns["id"]] == ids
        nothing = features.read_table(conn, Query(layer, ("height",), ids=()))
        assert (len(nothing), nothing.columns["height"]) == (0, [])
        assert features.read_table(conn, Query(store.catalog.layers["note"])).geometry is None


@pytest.mark.parametrize("number", [1e7, 1e30, 1e300])
def test_far_boxes_find_nothing(store: Store, number: float) -> None:
    query = Query(
        store.catalog.layers["building"], bbox=(number, number, 2 * number, 2 * number), bbox_srid=3857
    )
    with suppress_refusal(), store.transaction(OPERATOR) as conn:
        assert features.read(conn, query) == []


@contextmanager
def suppress_refusal() -> Iterator[None]:
    """What is refused must be refused as the caller's mistake."""
    try:
        yield
    except TwinError as error:
        if error.status != 400:
            raise


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_far_coordinates_are_a_refusal_not_a_fault(store: Store, number: float) -> None:
    query = Query(store.catalog.layers["building"], bbox=(number, number, number, number), bbox_srid=3857)
    with pytest.raises(TwinError) as caught, store.transaction(OPERATOR) as conn:
        features.read(conn, query)
    assert caught.value.status == 400


def _layer(store: Store, name: str) -> Layer:
    return store.catalog.layers[name]


def test_records_have_no_geometry(store: Store, put: Callable[..., list[int]]) -> None:
    put("note", [None], remark=["x"])
    query = Query(_layer(store, "note"), bbox=(0, 0, 1, 1))
    with store.transaction(OPERATOR) as conn:
        assert query.names == ("id", "valid_from", "valid_to", "remark")
        assert len(features.read(conn, query)) == 1


def test_insert_helper_and_reading_agree_on_z(store: Store) -> None:
    with store.transaction(OPERATOR, write=True) as conn:
        insert(
            conn,
            _layer(store, "drain_pipe"),
            [shapely.LineString([(EAST, NORTH, 3.5), (EAST + 5, NORTH, 3.25)])],
        )
    with store.transaction(OPERATOR) as conn:
        row = features.read(conn, Query(_layer(store, "drain_pipe"), out_srid=4547, digits=3))[0]
    assert json.loads(row[-1])["coordinates"] == [[EAST, NORTH, 3.5], [EAST + 5, NORTH, 3.25]]
