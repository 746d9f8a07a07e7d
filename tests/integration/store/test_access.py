"""What each role sees of each layer, on every side: rows, columns, history, tiles, overviews, versions, rasters."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.integration.store import drawn
from tests.integration.store.people import ACTORS, count_of, insert
from tests.integration.store.shapes import line, point, square, tile_of
from twin.access.actor import Actor
from twin.access.decide import decide
from twin.errors import TwinError
from twin.store import artifacts, features
from twin.store.database import Store
from twin.store.features import Query

if TYPE_CHECKING:
    from tests.conftest import Database

LAYERS = ("building", "road_node", "road_link", "admin_area", "camera", "drain_pipe", "note")


@pytest.fixture(scope="module")
def filled(store: Store) -> Store:
    import shapely

    layers = store.catalog.layers
    with store.transaction(ACTORS["operator"], write=True) as conn:
        insert(conn, layers["building"], [square(0, 0)], use=["05"], owner_name=["somebody"], height=[9.0])
        insert(conn, layers["camera"], [point(0, 0)], code=["secret"])
        insert(conn, layers["drain_pipe"], [shapely.force_3d(line((0, 0), (9, 9)))], diameter=[300])
        insert(conn, layers["road_node"], [point(0, 0)], code=["n1"])
        insert(conn, layers["road_link"], [line((0, 0), (5, 5))], from_node=["n1"])
        insert(conn, layers["admin_area"], [shapely.multipolygons([square(0, 0, 500)])])
        insert(conn, layers["note"], [None], remark=["记录"])
    with store.transaction(ACTORS["operator"], write=True) as conn:
        conn.execute("UPDATE city.camera SET code = 'secret 2'")
    return store


@pytest.mark.parametrize("role", ACTORS)
@pytest.mark.parametrize("name", LAYERS)
def test_rows_follow_the_access_class(filled: Store, role: str, name: str) -> None:
    layer = filled.catalog.layers[name]
    allowed = decide(filled.catalog, ACTORS[role], layer, "read").allowed
    columns = tuple(column for column in layer.columns if column != "owner_name")
    query = Query(layer, columns)
    if not allowed:
        with pytest.raises(TwinError, match="TWIN-405") as caught, filled.transaction(ACTORS[role]) as conn:
            features.read(conn, query)
        assert caught.value.status == 403
        return
    with filled.transaction(ACTORS[role]) as conn:
        assert len(features.read(conn, query)) == 1


@pytest.mark.parametrize("role", ACTORS)
def test_tiles_counts_extents_and_versions_hide_with_the_layer(
    filled: Store, database: Database, role: str
) -> None:
    allowed = decide(filled.catalog, ACTORS[role], filled.catalog.layers["camera"], "read").allowed
    camera = filled.catalog.layers["camera"]
    with filled.transaction(ACTORS[role]) as conn:
        assert (features.extent(conn, camera) is not None) == allowed
        assert (features.count(conn, Query(camera))[0] == 1) == allowed
        known = {row[0] for row in conn.execute("SELECT layer FROM run.layer_version").fetchall()}
        assert ("camera" in known) == allowed
        assert "building" in known
    for table in ("tile.camera", "history.camera"):
        with psycopg.connect(database.owner_url) as conn:
            row = conn.execute(
                "SELECT has_table_privilege(%s, %s, 'SELECT')", [f"twin_{role}", table]
            ).fetchone()
        assert row == (allowed,)


@pytest.mark.parametrize("role", ACTORS)
def test_a_column_of_a_closer_class(filled: Store, role: str) -> None:
    """Not readable, not a filter or sort oracle, and not in tiles by default."""
    from psycopg import sql

    building = filled.catalog.layers["building"]
    allowed = decide(filled.catalog, ACTORS[role], building, "read", "owner_name").allowed
    assert allowed == (role in ("operator", "admin"))
    for query in (
        Query(building, ("code", "owner_name")),
        Query(building, ("code",), filter=sql.SQL("owner_name = 'somebody'")),
        Query(building, ("code",), sortby=(("owner_name", False),)),
    ):
        if allowed:
            with filled.transaction(ACTORS[role]) as conn:
                assert len(features.read(conn, query)) == 1
        else:
            with pytest.raises(TwinError, match="TWIN-405"), filled.transaction(ACTORS[role]) as conn:
                features.read(conn, query)
    with filled.transaction(ACTORS[role]) as conn:
        data = drawn.tile(conn, building, 16, *tile_of(5, 5, 16))
    assert data
    assert b"owner_name" not in data


def test_only_writers_write(filled: Store) -> None:
    for role in ("anonymous", "viewer", "planner"):
        with pytest.raises(TwinError, match="TWIN-405"), filled.transaction(ACTORS[role], write=True) as conn:
            insert(conn, filled.catalog.layers["road_node"], [point(1, 1)], code=["x"])
        with pytest.raises(TwinError, match="TWIN-405"), filled.transaction(ACTORS[role], write=True) as conn:
            conn.execute("DELETE FROM city.road_node")


def test_nobody_changes_an_id_or_the_record_of_time(filled: Store) -> None:
    for text in (
        "UPDATE city.note SET id = 99",
        "UPDATE city.note SET _recorded_from = now()",
        "DELETE FROM history.note",
    ):
        with (
            pytest.raises(TwinError, match="TWIN-405"),
            filled.transaction(ACTORS["admin"], write=True) as conn,
        ):
            conn.execute(text)


def test_login_and_owner_and_service_see_no_row(filled: Store, database: Database) -> None:
    """Identity that is not set gives nothing; the owner sees rows only inside the store's own functions."""
    with psycopg.connect(database.url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("SELECT * FROM city.building")
    with psycopg.connect(database.owner_url) as conn:
        for table in ("city.building", "tile.building", "history.camera", "tile.building_overview"):
            assert count_of(conn, table) == 0, table
    with pytest.raises(TwinError, match="TWIN-405"), filled.service() as conn:
        conn.execute("SELECT * FROM city.building")


def test_security_definer_functions_are_for_writers_alone(filled: Store) -> None:
    for role in ("anonymous", "viewer", "planner"):
        for text in ("SELECT city.building_rebuild()", "SELECT city.building_load(true)"):
            with (
                pytest.raises(TwinError, match="TWIN-405"),
                filled.transaction(ACTORS[role], write=True) as conn,
            ):
                conn.execute(text)
    with filled.transaction(ACTORS["operator"], write=True) as conn:
        conn.execute("SELECT city.building_rebuild()")


@pytest.fixture(scope="module")
def runs(filled: Store) -> dict[str, UUID]:
    """Three runs with one flooded building each: published, the planner's own, and one that failed."""
    made = {name: uuid4() for name in ("published", "own", "failed")}
    layer = filled.catalog.layers["flood_building"]
    for name, run in made.items():
        with filled.service() as conn:
            conn.execute(
                "INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed) "
                "VALUES (%s, 'flood', '1', '1', '{}', 'planner', 'key-planner', 1)",
                [run],
            )
        with filled.transaction(ACTORS["planner"], write=True) as conn:
            insert_result(conn, run)
            filled.become_service(conn)
            conn.execute(
                "UPDATE run.run SET state = %s, published = %s, ended = now() WHERE id = %s",
                ["failed" if name == "failed" else "successful", name == "published", run],
            )
    assert layer.is_result
    return made


def insert_result(conn: psycopg.Connection, run: UUID) -> None:
    conn.execute(
        "INSERT INTO city.flood_building (run, building_code, depth, geom) "
        "VALUES (%s, 'B', 0.5, ST_GeomFromWKB(%s, 4547))",
        [run, square(0, 0).wkb],
    )


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("anonymous", {"published"}),
        ("viewer", {"published"}),
        ("planner", {"published", "own"}),
        ("operator", {"published", "own"}),
        ("admin", {"published", "own"}),
    ],
)
def test_results_of_successful_runs_that_are_published_or_ones_own(
    filled: Store, runs: dict[str, UUID], role: str, seen: set[str]
) -> None:
    layer = filled.catalog.layers["flood_building"]
    with filled.transaction(ACTORS[role]) as conn:
        for name, run in runs.items():
            rows = features.read(conn, Query(layer, run=run))
            assert bool(rows) == (name in seen), name
            assert count_of(conn, "tile.flood_building", run=run) == int(name in seen), name
        default = features.read(conn, Query(layer, ("building_code", "run")))
        assert [row[2] for row in default] == [runs["published"]]


def test_somebody_elses_run_stays_hidden(filled: Store, runs: dict[str, UUID]) -> None:
    layer = filled.catalog.layers["flood_building"]
    with filled.transaction(Actor("planner", "another planner", "key-other")) as conn:
        assert features.read(conn, Query(layer, run=runs["own"])) == []
        assert features.count(conn, Query(layer, run=runs["own"]), exact=True) == (0, False)


def test_rows_go_with_their_run(filled: Store) -> None:
    run = uuid4()
    with filled.service() as conn:
        conn.execute(
            "INSERT INTO run.run (id, process, process_version, code_version, inputs, role, actor, seed, state) "
            "VALUES (%s, 'flood', '1', '1', '{}', 'planner', 'key-planner', 1, 'successful')",
            [run],
        )
    with filled.transaction(ACTORS["planner"], write=True) as conn:
        insert_result(conn, run)
    with filled.service() as conn:
        conn.execute("DELETE FROM run.run WHERE id = %s", [run])
    with filled.transaction(ACTORS["admin"]) as conn:
        for table in ("city.flood_building", "tile.flood_building"):
            assert count_of(conn, table, run=run) == 0


class Stored:
    """A raster as ``artifacts.record`` takes it."""

    def __init__(self, name: str) -> None:
        self.name = name * 64 + ".tif"
        self.grid = self
        self.size = 10
        self.valid_time = None
        self.shape = (3, 4)
        self.srid = 4547
        self.bounds = (0.0, 0.0, 4.0, 3.0)
        self.dtype = "float32"
        self.nodata = -9999.0
        self.unit = "m"
        self.minimum = 0.0
        self.maximum = 1.0


def test_rasters_follow_layer_and_run(filled: Store, runs: dict[str, UUID]) -> None:
    depth = filled.catalog.layers["flood_depth"]
    with filled.transaction(ACTORS["planner"], write=True) as conn:
        artifacts.record(conn, depth, Stored("a"), run=runs["own"])
        artifacts.record(conn, depth, Stored("b"), run=runs["published"])
    with filled.transaction(ACTORS["anonymous"]) as conn:
        assert artifacts.current(conn, depth, runs["own"]) is None
        found = artifacts.current(conn, depth)
        assert found is not None
        assert (found.name[0], found.bounds, found.unit, found.width) == ("b", (0.0, 0.0, 4.0, 3.0), "m", 4)
    with filled.transaction(ACTORS["planner"]) as conn:
        own = artifacts.current(conn, depth, runs["own"])
        assert own is not None
        assert own.sha256 == "a" * 64


def test_a_raster_of_a_result_names_its_run(filled: Store) -> None:
    depth = filled.catalog.layers["flood_depth"]
    for role in ("planner", "anonymous"):
        with pytest.raises(TwinError, match="TWIN-405"), filled.transaction(ACTORS[role], write=True) as conn:
            artifacts.record(conn, depth, Stored("c"))


def test_every_table_is_under_row_security(database: Database) -> None:
    with psycopg.connect(database.owner_url) as conn:
        open_tables = conn.execute(
            "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname IN ('city', 'tile', 'history') "
            "AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        ).fetchall()
    assert open_tables == []
