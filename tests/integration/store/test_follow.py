"""What follows the rows: history, tile copies, data versions, bounds, notices; and big loads."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.store.people import ACTORS, count_of, insert
from tests.integration.store.shapes import EAST, NORTH, point, square
from twin.store import features
from twin.store.follow import BULK
from twin.store.loading import loading

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from tests.conftest import Database
    from twin.store.database import Store

pytestmark = pytest.mark.usefixtures("clean")
OPERATOR = ACTORS["operator"]


def state(store: Store, layer: str) -> tuple[int, int]:
    with store.transaction(OPERATOR) as conn:
        row = conn.execute("SELECT version, rows FROM run.layer_version WHERE layer = %s", [layer]).fetchone()
    assert row is not None
    return row[0], row[1]


def test_a_version_a_changing_statement(store: Store, put: Callable[..., list[int]]) -> None:
    before, rows = state(store, "road_node")
    assert rows == 0
    put("road_node", [point(0, 0)], code=["a"])
    assert state(store, "road_node") == (before + 1, 1)
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("UPDATE city.road_node SET code = 'b' WHERE id = -1")  # touches nothing
    assert state(store, "road_node") == (before + 1, 1)
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("UPDATE city.road_node SET code = 'b'")
        conn.execute("DELETE FROM city.road_node")
    assert state(store, "road_node") == (before + 3, 0)


def test_nothing_stays_of_what_was_rolled_back(store: Store) -> None:
    before = state(store, "road_node")

    class Stop(Exception):
        pass

    with suppress(Stop), store.transaction(OPERATOR, write=True) as conn:
        insert(conn, store.catalog.layers["road_node"], [point(0, 0)], code=["a"])
        raise Stop
    assert state(store, "road_node") == before
    with store.transaction(OPERATOR) as conn:
        assert count_of(conn, "city.road_node") == 0


def test_history_has_one_row_a_version(store: Store, put: Callable[..., list[int]]) -> None:
    (one,) = put("building", [square(0, 0)], use=["05"], height=[1.0])
    for height in (2.0, 3.0):
        with store.transaction(OPERATOR, write=True) as conn:
            conn.execute("UPDATE city.building SET height = %s WHERE id = %s", [height, one])
    with store.transaction(OPERATOR, write=True) as conn:  # twice in one transaction
        conn.execute("UPDATE city.building SET height = 4 WHERE id = %s", [one])
        conn.execute("UPDATE city.building SET height = 5 WHERE id = %s", [one])
        conn.execute("DELETE FROM city.building WHERE id = %s", [one])
    with store.transaction(OPERATOR) as conn:
        spans = conn.execute(
            "SELECT height, _recorded_from, _recorded_to FROM history.building WHERE id = %s ORDER BY _recorded_from",
            [one],
        ).fetchall()
    assert [height for height, _, _ in spans] == [1.0, 2.0, 3.0, 4.0, 5.0]
    for (_, _, end), (_, start, _) in pairwise(spans):
        assert end == start
    assert all(start < end for _, start, end in spans)


def test_the_tile_copy_follows(store: Store, put: Callable[..., list[int]]) -> None:
    def copies(conn: Connection[Any]) -> list[tuple[Any, ...]]:
        return conn.execute(
            "SELECT c.id, c.code IS NOT DISTINCT FROM t.code, c.height IS NOT DISTINCT FROM t.height, "
            "ST_Equals(ST_Transform(c.geom, 3857), t.geom), abs(t._size - "
            "greatest(ST_XMax(t.geom) - ST_XMin(t.geom), ST_YMax(t.geom) - ST_YMin(t.geom))) < 0.01 "
            "FROM city.building c FULL JOIN tile.building t USING (id)"
        ).fetchall()

    ids = put(
        "building", [square(n * 20, 0) for n in range(6)], use=["05"] * 6, code=[f"B{n}" for n in range(6)]
    )
    for text in (
        "UPDATE city.building SET height = 8, code = 'X' || id WHERE id %% 2 = 0",
        "UPDATE city.building SET geom = ST_Translate(geom, 5, 7)",
        "UPDATE city.building SET name = 'only here'",
        "DELETE FROM city.building WHERE code LIKE 'B%%'",
    ):
        with store.transaction(OPERATOR, write=True) as conn:
            conn.execute(text, [])
        with store.transaction(OPERATOR) as conn:
            assert all(row == (row[0], True, True, True, True) for row in copies(conn)), text
            assert len(copies(conn)) == count_of(conn, "city.building")
    assert len(ids) == 6


def test_truncate_by_the_owner_empties_everything(
    store: Store, database: Database, put: Callable[..., list[int]]
) -> None:
    put("building", [square(0, 0)], use=["05"])
    with psycopg.connect(database.owner_url) as conn:
        conn.execute("TRUNCATE city.building")
    with store.transaction(OPERATOR) as conn:
        for table in ("city.building", "tile.building", "tile.building_overview"):
            assert count_of(conn, table) == 0
        assert features.extent(conn, store.catalog.layers["building"]) is None
    assert state(store, "building")[1] == 0


def test_bounds_follow_the_rows(store: Store, put: Callable[..., list[int]]) -> None:
    layer = store.catalog.layers["building"]
    ids = put("building", [square(0, 0), square(500, 200), square(990, 490)], use=["05", "05", "05"])

    def bounds() -> tuple[float, float, float, float] | None:
        return features.extent(conn, layer, 4547)

    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("UPDATE city.building SET name = 'at the edge' WHERE id = %s", [ids[2]])
        assert bounds() == pytest.approx((EAST, NORTH, EAST + 1000, NORTH + 500))
        conn.execute("DELETE FROM city.building WHERE id = %s", [ids[2]])
        assert bounds() == pytest.approx((EAST, NORTH, EAST + 510, NORTH + 210))
        conn.execute("UPDATE city.building SET geom = ST_Translate(geom, -100, 0) WHERE id = %s", [ids[1]])
        assert bounds() == pytest.approx((EAST, NORTH, EAST + 410, NORTH + 210))
        conn.execute("DELETE FROM city.building")
        assert bounds() is None


def test_a_change_is_announced_when_it_is_committed(store: Store, database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as listener:
        listener.execute("SET ROLE twin_service")
        listener.execute("LISTEN twin_layer")
        with store.transaction(OPERATOR, write=True) as conn:
            insert(conn, store.catalog.layers["road_node"], [point(0, 0)], code=["a"])
            assert list(listener.notifies(timeout=0.05)) == []
        heard = [notice.payload for notice in listener.notifies(timeout=2, stop_after=1)]
    assert heard == ["road_node"]


def indexes(conn: Connection[Any], relation: str) -> set[str]:
    schema, table = relation.split(".")
    rows = conn.execute(
        "SELECT indexname FROM pg_indexes WHERE schemaname = %s AND tablename = %s", [schema, table]
    )
    return {row[0] for row in rows.fetchall()}


def big_load(conn: Connection[Any], start: int, count: int) -> None:
    conn.execute(
        "INSERT INTO city.road_link (code, geom) SELECT 'L' || n, ST_GeomFromText('LINESTRING(' || (500000 + n %% 500) "
        "|| ' 3000000, 500009 ' || (3000000 + n / 500) || ')', 4547) FROM generate_series(%s::int, %s::int) AS n",
        [start, start + count - 1],
    )


def test_indexes_come_back_after_a_first_big_load(store: Store) -> None:
    layer = store.catalog.layers["road_link"]
    with store.transaction(OPERATOR) as conn:
        before = {name: indexes(conn, name) for name in ("city.road_link", "tile.road_link")}
    with store.transaction(OPERATOR, write=True) as conn, loading(conn, layer, BULK):
        assert "road_link_geom_idx" not in indexes(conn, "city.road_link")
        assert "road_link_source_source_id_key" in indexes(conn, "city.road_link")  # rules stand meanwhile
        big_load(conn, 0, BULK)
    with store.transaction(OPERATOR, write=True) as conn:
        assert {name: indexes(conn, name) for name in before} == before
        with loading(conn, layer, BULK):  # a second one leaves them alone
            assert indexes(conn, "city.road_link") == before["city.road_link"]
            big_load(conn, BULK, 10)
    with store.transaction(OPERATOR) as conn:
        assert count_of(conn, "tile.road_link") == BULK + 10
        assert features.count(conn, features.Query(layer)) == (BULK + 10, False)


def test_a_first_big_load_that_fails_leaves_everything_as_it_was(store: Store) -> None:
    layer = store.catalog.layers["road_link"]
    with store.transaction(OPERATOR) as conn:
        before = indexes(conn, "city.road_link")

    class Stop(Exception):
        pass

    with (
        suppress(Stop),
        store.transaction(OPERATOR, write=True) as conn,
        loading(conn, layer, BULK),
    ):
        big_load(conn, 0, BULK)
        raise Stop
    with store.transaction(OPERATOR) as conn:
        assert indexes(conn, "city.road_link") == before
        assert count_of(conn, "city.road_link") == 0
