"""Transactions: whose they are, how long they may take, and what a lost database is."""

from __future__ import annotations

import asyncio
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.integration.store.people import ACTORS, count_of, insert
from tests.integration.store.shapes import point, square
from twin.access.actor import Actor
from twin.errors import TwinError
from twin.store import features, tiles
from twin.store.cluster import create_database, ensure_cluster
from twin.store.database import AsyncStore, Store
from twin.store.features import Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Database
    from twin.store.cluster import Cluster

OPERATOR, ANYBODY = ACTORS["operator"], ACTORS["anonymous"]


def test_role_and_actor_end_with_the_transaction(store: Store) -> None:
    for role, actor in ACTORS.items():
        with store.transaction(actor) as conn:
            said = conn.execute("SELECT current_user, current_setting('twin.actor'), session_user").fetchone()
            assert said == (f"twin_{role}", actor.key or "", "twin_login")
            assert conn.execute("SHOW transaction_read_only").fetchone() == ("on",)
    conn.execute("SELECT 1")
    assert conn.execute("SELECT current_user").fetchone() == ("twin_login",)


def test_an_unknown_role_is_refused_before_the_database_hears_of_it(store: Store) -> None:
    for role in ("owner", "postgres", "viewer; DROP TABLE x", "login", ""):
        with pytest.raises(TwinError, match="TWIN-406"), store.transaction(Actor(role)):
            pass


def test_an_actor_cannot_break_out_of_his_name(store: Store) -> None:
    with store.transaction(Actor("viewer", "x", "'; RESET ROLE; --")) as conn:
        assert conn.execute("SELECT current_user, current_setting('twin.actor')").fetchone() == (
            "twin_viewer",
            "'; RESET ROLE; --",
        )


def test_reading_transactions_cannot_write(store: Store) -> None:
    with pytest.raises(TwinError, match="TWIN-614") as caught, store.transaction(OPERATOR) as conn:
        insert(conn, store.catalog.layers["road_node"], [point(0, 0)], code=["x"])
    assert caught.value.status == 405


def test_time_limits(store: Store) -> None:
    with store.transaction(ANYBODY) as conn:
        assert conn.execute("SHOW statement_timeout").fetchone() == ("10s",)  # the role's, from the catalogue
    with store.transaction(ANYBODY, timeout_s=0) as conn:
        assert conn.execute("SHOW statement_timeout").fetchone() == ("0",)
    with (
        pytest.raises(TwinError, match="TWIN-612") as caught,
        store.transaction(ANYBODY, timeout_s=0.05) as conn,
    ):
        conn.execute("SELECT pg_sleep(5)")
    assert caught.value.status == 503


@pytest.mark.parametrize(
    ("code", "status", "columns"),
    [
        ("TWIN-283", 422, {"code": [None]}),
        ("TWIN-282", 409, {"code": ["n1"]}),
    ],
)
def test_broken_rules_name_the_column(
    store: Store, code: str, status: int, columns: dict[str, list[object]]
) -> None:
    layer = store.catalog.layers["road_node"]
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.road_link")
        conn.execute("DELETE FROM city.road_node")
        insert(conn, layer, [point(0, 0)], code=["n1"])
    with pytest.raises(TwinError, match=code) as caught, store.transaction(OPERATOR, write=True) as conn:
        insert(conn, layer, [point(0, 0)], **columns)
    assert caught.value.status == status
    assert (caught.value.where or "").startswith("road_node")


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("TWIN-284", {"use": ["071"]}),
        ("TWIN-284", {"use": ["05"], "height": [-1.0]}),
        ("TWIN-284", {"use": ["05"], "code": ["lower case"]}),
        ("TWIN-284", {"use": ["05"], "code": ["A" * 21]}),
        ("TWIN-390", {"use": ["05"], "floors": [2**70]}),
        ("TWIN-280", {"use": ["05"], "name": ["a\x00b"]}),
    ],
)
def test_the_database_holds_the_catalogues_rules(
    store: Store, code: str, columns: dict[str, list[object]]
) -> None:
    with pytest.raises(TwinError, match=code), store.transaction(OPERATOR, write=True) as conn:
        insert(conn, store.catalog.layers["building"], [square(0, 0)], **columns)


def test_a_reference_to_nothing_names_the_rule(store: Store) -> None:
    from tests.integration.store.shapes import line

    with (
        pytest.raises(TwinError, match=r"TWIN-281.*road_link_from_node_fkey.*road_node") as caught,
        store.transaction(OPERATOR, write=True) as conn,
    ):
        insert(conn, store.catalog.layers["road_link"], [line((0, 0), (1, 1))], from_node=["nowhere"])
    assert caught.value.status == 409


@pytest.mark.parametrize(
    "shape",
    [
        "POLYGON EMPTY",
        "POINT(0 0)",
        "SRID=4326;POLYGON((0 0,1 0,1 1,0 0))",
        "POLYGON Z((0 0 1,1 0 1,1 1 1,0 0 1))",
    ],
)
def test_nasty_geometries_are_refused(store: Store, shape: str) -> None:
    text = shape if shape.startswith("SRID") else f"SRID=4547;{shape}"
    with pytest.raises(TwinError) as caught, store.transaction(OPERATOR, write=True) as conn:
        conn.execute("INSERT INTO city.building (use, geom) VALUES ('05', ST_GeomFromEWKT(%s))", [text])
    assert caught.value.status in (400, 422)


def test_results_and_run_state_are_one_transaction(store: Store) -> None:
    with store.transaction(ACTORS["planner"], write=True) as conn:
        assert conn.execute("SELECT current_user").fetchone() == ("twin_planner",)
        store.become_service(conn)
        assert conn.execute("SELECT current_user, current_schema()").fetchone() == ("twin_service", "queue")
        store.become(conn, ACTORS["viewer"])
        assert conn.execute("SELECT current_user").fetchone() == ("twin_viewer",)


def test_what_is_raised_inside_is_rolled_back_and_passed_on(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction(OPERATOR, write=True) as conn:
        insert(conn, store.catalog.layers["note"], [None], remark=[str(1 / 0)])
    with store.transaction(OPERATOR) as conn:
        assert count_of(conn, "city.note") == 0


def test_a_database_that_was_never_migrated_says_what_to_do(
    new_database: Callable[..., Database], store: Store
) -> None:
    bare = new_database(store.catalog, migrated=False)
    with pytest.raises(TwinError, match="TWIN-626"):
        Store.open(bare.url, store.catalog)


def test_a_lost_database_is_503_and_comes_back(tmp_path: Path, store: Store) -> None:
    """Also with connections in the pool that the server dropped: the next transaction does not notice."""
    import shutil
    import tempfile

    from twin.store.migrate import migrate

    home = Path(tempfile.mkdtemp(prefix="twin-test-"))
    home.chmod(0o711)
    own = ensure_cluster(home, fsync=False)
    try:
        create_database(own, "lost")
        migrate(own.url("twin_owner", "lost"), store.catalog, 4547)
        with Store.open(own.url(database="lost"), store.catalog) as opened:
            own.stop()
            started = time.monotonic()
            with pytest.raises(TwinError) as caught, opened.transaction(ANYBODY):
                pass
            assert (caught.value.status, caught.value.code in ("TWIN-610", "TWIN-611")) == (503, True)
            assert time.monotonic() - started < 15
            own.start()
            with opened.transaction(ANYBODY) as conn:
                assert count_of(conn, "city.building") == 0
            with pytest.raises(TwinError, match=r"TWIN-61[01]"):
                Store.open("postgresql:///nothing?host=/nowhere", store.catalog)
    finally:
        own.stop()
        shutil.rmtree(home)


def test_the_asynchronous_store_is_the_same_store(database: Database, store: Store) -> None:
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("DELETE FROM city.building")
        insert(conn, store.catalog.layers["building"], [square(0, 0)], use=["05"], code=["ASYNC"])
    layer = store.catalog.layers["building"]

    async def ask() -> None:
        opened = await AsyncStore.open(database.url, database.catalog)
        try:
            assert opened.srid == store.srid == 4547
            async with opened.transaction(ANYBODY) as conn:
                assert [row[1] for row in await features.aread(conn, Query(layer, ("code",)))] == ["ASYNC"]
                assert await features.acount(conn, Query(layer)) == (1, False)
                assert await features.aextent(conn, layer) is not None
            async with opened.tiles(ANYBODY) as conn:
                assert (await tiles.render(conn, layer, 12, 0, 0)).data == b""
                row = await (await conn.execute("SHOW max_parallel_workers_per_gather")).fetchone()
                assert row == ("0",)
            async with opened.service() as conn:
                row = await (await conn.execute("SELECT current_user")).fetchone()
                assert row == ("twin_service",)
                await opened.become_service(conn)
            with pytest.raises(TwinError, match="TWIN-612"):
                async with opened.transaction(ANYBODY, timeout_s=0.05) as conn:
                    await conn.execute("SELECT pg_sleep(5)")
        finally:
            await opened.close()

    asyncio.run(ask())


def test_a_client_that_leaves_takes_its_query_along(database: Database) -> None:
    async def ask() -> None:
        opened = await AsyncStore.open(database.url, database.catalog)

        async def slow() -> None:
            async with opened.transaction(ANYBODY, timeout_s=0) as conn:
                await conn.execute("SELECT pg_sleep(60)")

        try:
            task = asyncio.create_task(slow())
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.5)
        finally:
            await opened.close()

    asyncio.run(ask())
    with psycopg.connect(database.cluster.url("postgres", database.name)) as conn:
        left = conn.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND state = 'active'"
        )
        # This very statement names pg_sleep(60) too.
        assert left.fetchone() == (1,)


def test_pools_have_an_end(database: Database) -> None:
    with (
        Store.open(database.url, database.catalog, pool_max=1) as opened,
        opened.transaction(ANYBODY),
        pytest.raises(TwinError, match="TWIN-611"),
        opened.transaction(ANYBODY),
    ):
        pass


def test_service_owns_no_layer(cluster: Cluster, store: Store) -> None:
    with store.service() as conn:
        rows = conn.execute(
            "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname IN ('city', 'tile', 'history') AND c.relkind = 'r' "
            "AND has_table_privilege('twin_service', c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        ).fetchall()
    assert rows == []
    assert cluster.running


def test_publication_of_a_run_is_told_to_every_layer_of_its_process(store: Store, database: Database) -> None:
    """Also to those that the run wrote nothing to: what answers there is another run now, or none."""
    process = store.catalog.layers["flood_building"].process
    told = {layer.name for layer in store.catalog.layers.values() if layer.process == process}
    with psycopg.connect(database.cluster.url("postgres", database.name), autocommit=True) as hearing:
        hearing.execute("LISTEN twin_layer")

        def heard() -> set[str]:
            return {notice.payload for notice in hearing.notifies(timeout=0.5)}

        run = uuid.uuid4()
        changes = (
            ("INSERT INTO run.run (id, process, process_version, code_version, role, actor, state, inputs, seed)"
             " VALUES (%s, %s, '1', '1', 'planner', 'k', 'running', '{}', 1)", (run, process), set()),
            ("UPDATE run.run SET progress = 50 WHERE id = %s", (run,), set()),
            ("UPDATE run.run SET state = 'successful', published = true, ended = now() WHERE id = %s", (run,), told),
            ("UPDATE run.run SET published = false WHERE id = %s", (run,), told),
            ("DELETE FROM run.run WHERE id = %s", (run,), told),
        )  # fmt: skip
        for text, values, expected in changes:
            with store.service() as conn:
                conn.execute(text, values)
            assert heard() >= expected
            assert expected or not heard()


def test_a_lost_mark_is_said_at_every_start(
    store: Store, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with psycopg.connect(database.cluster.url("postgres", database.name), autocommit=True) as conn:
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        try:
            Store.open(database.url, store.catalog).close()
        finally:
            conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")
    assert "LEAKPROOF" in caplog.text
    caplog.clear()
    Store.open(database.url, store.catalog).close()
    assert "LEAKPROOF" not in caplog.text


def test_large_numbers_of_documents_come_back_as_numbers_that_json_can_hold(store: Store) -> None:
    """jsonb writes 1e30 out as an integer of 31 digits; read as one it could never be answered with."""
    with store.service() as conn:
        row = conn.execute(
            "SELECT %s::jsonb, '[12, 9007199254740993]'::jsonb", (Jsonb({"big": -1e30}),)
        ).fetchone()
    assert row is not None
    assert orjson.loads(orjson.dumps(row[0])) == {"big": -1e30}
    assert row[1] == [12, 9007199254740993]
