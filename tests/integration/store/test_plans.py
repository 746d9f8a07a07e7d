"""The spatial index is used under every role: 120,000 rows, row security on (facts: 158 ms without, 0.7 ms with)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from tests.integration.store.people import ACTORS
from twin.crs import transformer
from twin.store import features
from twin.store.features import Query
from twin.store.loading import loading

if TYPE_CHECKING:
    from psycopg import Connection

    from twin.store.database import Store

ROWS = 120_000
RUN = uuid4()
GRID = sql.SQL(
    "SELECT n, ST_MakeEnvelope(480000 + n %% 400 * 30, 2980000 + n / 400 * 30, 480009 + n %% 400 * 30, "
    "2980009 + n / 400 * 30, 4547) AS geom FROM generate_series(1, %s) AS n"
)
BUILDINGS = sql.SQL(
    "INSERT INTO city.building (code, use, height, geom) "
    "SELECT 'B' || n, '05', n %% 50, geom FROM ({grid}) AS g ORDER BY geom"
)
FLOODED = sql.SQL("INSERT INTO city.flood_building (run, depth, geom) SELECT %s, 1, geom FROM ({grid}) AS g")
CAMERAS = sql.SQL("INSERT INTO city.camera (code, geom) SELECT n::text, ST_Centroid(geom) FROM ({grid}) AS g")


@pytest.fixture(scope="module")
def big(store: Store) -> Store:
    """Buildings, flooded buildings of a published run, and pipes that only some may see."""
    layers = store.catalog.layers
    with (
        store.transaction(ACTORS["operator"], write=True, timeout_s=0) as conn,
        loading(conn, layers["building"], ROWS),
    ):
        conn.execute(BUILDINGS.format(grid=GRID), [ROWS])
    with store.service() as conn:
        conn.execute(
            "INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, state, "
            "published, ended) VALUES (%s, 'flood', '1', '1', '{}', 'planner', 'key-planner', 1, 'successful', true, now())",
            [RUN],
        )
    with store.transaction(ACTORS["planner"], write=True, timeout_s=0) as conn:
        conn.execute(FLOODED.format(grid=GRID), [RUN, ROWS])
    with store.transaction(ACTORS["operator"], write=True, timeout_s=0) as conn:
        conn.execute(CAMERAS.format(grid=GRID), [ROWS])
    return store


@pytest.fixture(scope="module")
def analysed(big: Store, database: Any) -> Store:
    import psycopg

    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        conn.execute(
            "ANALYZE city.building, city.flood_building, city.camera, tile.building, tile.flood_building"
        )
    return big


def plan(conn: Connection[Any], text: sql.Composed | bytes, values: dict[str, Any] | None = None) -> str:
    raw = text if isinstance(text, bytes) else text.as_bytes(conn)
    rows = conn.execute(b"EXPLAIN (COSTS OFF) " + raw, values).fetchall()
    return "\n".join(row[0] for row in rows)


def box() -> tuple[float, float, float, float]:
    change = transformer(4547, 4326)
    west, south = change.transform(483_000, 2_983_000)
    east, north = change.transform(483_300, 2_983_300)
    return west, south, east, north


@pytest.mark.parametrize("role", ACTORS)
@pytest.mark.parametrize("name", ["building", "flood_building", "camera"])
def test_a_box_is_found_by_the_index(analysed: Store, role: str, name: str) -> None:
    if name == "camera" and role not in ("operator", "admin"):
        pytest.skip("hidden from this role")
    query = Query(
        analysed.catalog.layers[name], ("code",) if name != "flood_building" else ("depth",), bbox=box()
    )
    with analysed.transaction(ACTORS[role]) as conn:
        said = plan(conn, features.statement(query))
        assert f"{name}_geom_idx" in said
        assert "Index Cond" in said
        assert "Seq Scan on " + name not in said
        assert 50 < len(features.read(conn, query)) < 150


@pytest.mark.parametrize("role", ["anonymous", "planner", "operator"])
@pytest.mark.parametrize("run", [None, RUN])
def test_tiles_of_a_result_use_the_index(analysed: Store, role: str, run: UUID | None) -> None:
    from tests.integration.store import drawn
    from twin.store.tiles import ask

    layer = analysed.catalog.layers["flood_building"]
    x, y = 53_552, 27_674  # zoom 16, near the grid; the plan does not depend on rows being there
    asked = ask(layer, 16, x, y, run)
    assert asked is not None
    with analysed.transaction(ACTORS[role]) as conn:
        assert "flood_building_geom_idx" in plan(conn, asked.text, asked.values)
        drawn.tile(conn, layer, 16, x, y, run)


@pytest.mark.parametrize(
    ("sortby", "after", "index"),
    [
        ((), (60_000,), "building_pkey"),
        ((("height", False),), None, "building_height_idx"),
        ((("height", True),), None, "building_height_idx"),
        ((("height", True),), (25.0, 60_000), "building_height_idx"),
    ],
)
def test_pages_are_read_along_an_index(
    analysed: Store, sortby: tuple[tuple[str, bool], ...], after: tuple[Any, ...] | None, index: str
) -> None:
    query = Query(
        analysed.catalog.layers["building"], ("code", "height"), sortby=sortby, after=after, limit=100
    )
    with analysed.transaction(ACTORS["anonymous"]) as conn:
        said = plan(conn, features.statement(query))
    assert index in said
    assert "Sort" not in said


def test_without_the_mark_the_index_is_lost_and_the_check_says_so(analysed: Store, database: Any) -> None:
    """A restore from a dump loses LEAKPROOF; the start-up check finds that, and the plan shows what it costs."""
    import psycopg

    from twin.store.system import unmarked

    superuser = database.cluster.url("postgres", database.name)
    query = Query(analysed.catalog.layers["flood_building"], ("depth",), bbox=box())
    with psycopg.connect(superuser, autocommit=True) as conn:
        assert not unmarked(conn)
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        try:
            assert unmarked(conn)
            with analysed.transaction(ACTORS["anonymous"]) as asked:
                assert "geom_idx" not in plan(asked, features.statement(query))
        finally:
            conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF")


def test_estimates_are_marked_as_such(analysed: Store) -> None:
    layer = analysed.catalog.layers["building"]
    high = sql.SQL("height > 10")
    with analysed.transaction(ACTORS["anonymous"]) as conn:
        count, estimated = features.count(conn, Query(layer, filter=high))
        assert estimated
        exact, guessed = features.count(conn, Query(layer, filter=high), exact=True)
        assert not guessed
        assert count == pytest.approx(exact, rel=0.1)
        assert features.count(conn, Query(layer)) == (ROWS, False)
