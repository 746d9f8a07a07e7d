"""Migration: from nothing or step by step the schema is the same; what loses data asks first."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from tests.integration.store import drawn
from tests.integration.store.people import ACTORS, insert
from tests.integration.store.shapes import line, point, square
from tests.integration.store.small import catalog, column, layers, text
from twin.catalog.spec import Catalog, Layer, Style, Term, Tiles, Vocabulary
from twin.errors import TwinError
from twin.store import features, programs
from twin.store.cluster import ensure_cluster
from twin.store.database import Store
from twin.store.features import Query
from twin.store.migrate import apply, migrate, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.conftest import Database

OPERATOR = ACTORS["operator"]


def dump(database: Database) -> list[str]:
    """The schema as pg_dump tells it, without the order of columns, comments and blank lines."""
    url = database.cluster.url("postgres", database.name)
    done = subprocess.run(
        [programs.choose().path("pg_dump"), "--schema-only", "--schema=city", "--schema=tile", "--schema=history",
         "--schema=run", "--schema=gov", url],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    kept = [line.strip().rstrip(",") for line in done.stdout.splitlines()]
    # pg_dump of newer minor versions writes a random key into its \restrict lines.
    return sorted(line for line in kept if line and not line.startswith(("--", "\\")))


def pieces(database: Database) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as conn:
        return conn.execute(
            "SELECT kind, relation, name, digest FROM gov.schema_piece ORDER BY 1, 2, 3"
        ).fetchall()


def changed(name: str, **fields: Any) -> Layer:
    return layers()[name].model_copy(update=fields)


def with_columns(name: str, **columns: Any) -> Layer:
    before = layers()[name]
    return before.model_copy(update={"columns": before.columns | columns})


def without(base: Catalog, *names: str) -> Catalog:
    return base.model_copy(update={"layers": {k: v for k, v in base.layers.items() if k not in names}})


def step_words(steps: Iterable[Any]) -> str:
    return "\n".join(step.what.en for step in steps)


def test_a_second_migration_has_nothing_to_do(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    assert plan(database.owner_url, catalog(), 4547).steps == ()
    before = dump(database)
    assert migrate(database.owner_url, catalog()).steps == ()
    assert dump(database) == before


def test_step_by_step_is_the_same_as_from_scratch(new_database: Callable[..., Database]) -> None:
    """Columns, rules, vocabularies, comments, tiles, access and whole layers added one after the other."""
    final = catalog(
        building=with_columns(
            "building",
            floors=column("integer", minimum=0, maximum=300),
            heritage=column("boolean", required=True),
            street=column("text", max_length=50, indexed=True, unit=None),
        ).model_copy(
            update={"tiles": Tiles(min_zoom=9, columns=("street", "height", "use"), overview_below=12)}
        ),
        road_link=with_columns(
            "road_link", to_node=column("text", references="road_node.code"), lanes=column("number")
        ),
        admin_area=changed("admin_area", access="shared", title=text("area")),
        note=changed("note", history=False),
        drain_pipe=changed("drain_pipe", geometry="MultiLineString"),
    )
    final.vocabularies["building_use"].terms["08"] = Term(zh="八", en="eight")
    stepwise = new_database(without(catalog(), "camera", "flood_building"))
    steps = [
        catalog(),
        catalog(building=final.layers["building"]),
        catalog(building=final.layers["building"], road_link=final.layers["road_link"]),
        final,
    ]
    for step in steps:
        migrate(stepwise.owner_url, step, allow_drop=True)
    scratch = new_database(final)
    assert dump(stepwise) == dump(scratch)
    assert pieces(stepwise) == pieces(scratch)
    assert plan(stepwise.owner_url, final, 4547).steps == ()


def test_from_scratch_is_the_same_each_time(new_database: Callable[..., Database]) -> None:
    assert dump(new_database(catalog())) == dump(new_database(catalog()))


def test_a_layer_the_code_has_never_heard_of(new_database: Callable[..., Database], tmp_path: Path) -> None:
    """A file, a migration, and it is written, read, counted and drawn."""
    from twin.catalog.load import load, shipped_layers

    folder = tmp_path / "layers" / "education"
    folder.mkdir(parents=True)
    (folder / "kindergarten.toml").write_text(UNHEARD_OF, encoding="utf-8")
    database = new_database(load(shipped_layers()))
    known = load(shipped_layers(), tmp_path / "layers")
    steps = migrate(database.owner_url, known)
    assert {"city.kindergarten", "history.kindergarten"} <= set(
        re.findall(r"make table (\S+)", step_words(steps.steps))
    )
    assert not steps.destructive
    unheard = known.layers["kindergarten"]
    with Store.open(database.url, known) as store:
        with store.transaction(OPERATOR, write=True) as conn:
            insert(conn, unheard, [point(0, 0)], name=["朝阳幼儿园"], places=[120])
        with store.transaction(ACTORS["anonymous"]) as conn:
            query = Query(unheard, ("name", "places"))
            assert features.read(conn, query)[0][1:3] == ("朝阳幼儿园", 120)
            assert features.count(conn, query) == (1, False)
            from tests.integration.store.shapes import tile_of

            assert drawn.render(conn, unheard, 14, *tile_of(0, 0, 14)).features == 1
        with (
            pytest.raises(TwinError, match="kindergarten_places_range"),
            store.transaction(OPERATOR, write=True) as conn,
        ):
            insert(conn, unheard, [point(0, 0)], name=["x"], places=[-1])


UNHEARD_OF = """
kind = "features"
title = { zh = "幼儿园", en = "Kindergarten" }
description = { zh = "教育部门的幼儿园。", en = "Kindergartens of the education department." }
steward = { zh = "市教育局", en = "Education bureau" }
access = "open"
geometry = "Point"
[tiles]
min_zoom = 12
columns = ["name"]
[columns.name]
type = "text"
title = { zh = "名称", en = "Name" }
[columns.places]
type = "integer"
title = { zh = "学位", en = "Places" }
minimum = 0
"""


def test_changed_declarations_reach_the_database(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    wider = catalog(
        building=with_columns("building", height=column("number", unit="m", minimum=0, maximum=2000))
    )
    wider.vocabularies["building_use"].terms["08"] = Term(zh="八", en="eight")
    wider.layers["road_node"] = changed("road_node", access="protected", title=text("junction"))
    said = step_words(migrate(database.owner_url, wider).steps)
    for word in (
        "building_height_range",
        "building_use_vocabulary",
        "road_node",
        "right",
        "row policy",
        "comment",
    ):
        assert word in said
    assert "make table" not in said
    with Store.open(database.url, wider) as store:
        with store.transaction(OPERATOR, write=True) as conn:
            insert(conn, wider.layers["building"], [square(0, 0)], use=["08"], height=[1500.0])
        with pytest.raises(TwinError, match="TWIN-405"), store.transaction(ACTORS["planner"]) as conn:
            features.read(conn, Query(wider.layers["road_node"]))
    with psycopg.connect(database.owner_url) as conn:
        told = conn.execute("SELECT obj_description('city.road_node'::regclass)").fetchone()
    assert told == ('{"en": "junction", "zh": "junction（中文）"}',)


def test_tile_columns_change_and_the_copy_is_filled_anew(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    with Store.open(database.url, database.catalog) as store, store.transaction(OPERATOR, write=True) as conn:
        insert(
            conn,
            store.catalog.layers["building"],
            [square(n * 20, 0) for n in range(5)],
            use=["05"] * 5,
            name=["n"] * 5,
        )
    other = catalog(building=changed("building", tiles=Tiles(min_zoom=8, columns=("name",)), style=Style()))
    steps = migrate(database.owner_url, other)
    assert not steps.destructive  # the copy is derived: nothing is lost
    with Store.open(database.url, other) as store, store.transaction(OPERATOR) as conn:
        assert conn.execute("SELECT count(*), min(name) FROM tile.building").fetchone() == (5, "n")
    back = migrate(database.owner_url, catalog())
    assert "fill" in step_words(back.steps)
    with psycopg.connect(database.cluster.url("postgres", database.name)) as conn:
        assert conn.execute("SELECT sum(rows) FROM tile.building_overview WHERE z = 12").fetchone() == (5,)


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("building", lambda: without_column("building", "name"), "drop column city.building.name"),
        (
            "building",
            lambda: with_columns("building", height=column("integer")),
            "change the type of city.building.height",
        ),
        (
            "road_node",
            lambda: changed("road_node", valid_time=False),
            "drop column city.road_node.valid_from",
        ),
        ("note", lambda: None, "drop table city.note"),
        ("building", lambda: changed("building", history=False), "drop table history.building"),
        (
            "admin_area",
            lambda: changed("admin_area", geometry="Polygon"),
            "change the type of city.admin_area.geom",
        ),
    ],
)
def test_what_loses_data_asks_first(
    new_database: Callable[..., Database], name: str, change: Callable[[], Layer | None], word: str
) -> None:
    database = new_database(catalog())
    made = change()
    other = without(catalog(), name) if made is None else catalog(**{name: made})
    before = dump(database)
    with pytest.raises(TwinError, match="TWIN-624") as caught:
        migrate(database.owner_url, other)
    assert word in caught.value.text.en
    assert dump(database) == before
    migrate(database.owner_url, other, allow_drop=True)
    assert plan(database.owner_url, other, 4547).steps == ()


def without_column(name: str, gone: str) -> Layer:
    before = layers()[name]
    return before.model_copy(update={"columns": {k: v for k, v in before.columns.items() if k != gone}})


def test_wider_types_keep_every_value(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    with Store.open(database.url, database.catalog) as store, store.transaction(OPERATOR, write=True) as conn:
        known = store.catalog.layers
        insert(conn, known["road_node"], [point(0, 0)], code=["n"])
        insert(conn, known["road_link"], [line((0, 0), (9, 9))], lanes=[3], from_node=["n"])
        insert(conn, known["building"], [square(0, 0)], use=["05"], floors=[7])
    other = catalog(
        road_link=with_columns("road_link", lanes=column("number"), surveyed=column("datetime")).model_copy(
            update={"geometry": "MultiLineString"}
        ),
        building=with_columns("building", floors=column("text")),
    )
    steps = migrate(database.owner_url, other)
    assert not steps.destructive
    with Store.open(database.url, other) as store, store.transaction(OPERATOR) as conn:
        row = features.read(conn, Query(other.layers["road_link"], ("lanes",)))[0]
        assert row[1] == 3.0
        assert '"MultiLineString"' in row[2]
        assert features.read(conn, Query(other.layers["building"], ("floors",), geometry=False))[0][1] == "7"


def test_a_rule_that_rows_break_is_told_and_nothing_is_done(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    with Store.open(database.url, database.catalog) as store, store.transaction(OPERATOR, write=True) as conn:
        insert(conn, store.catalog.layers["building"], [square(0, 0)], use=["05"], height=[500.0])
    before = dump(database)
    lower = catalog(building=with_columns("building", height=column("number", maximum=100)))
    with pytest.raises(TwinError, match="TWIN-625") as caught:
        migrate(database.owner_url, lower)
    assert "building_height_range" in caught.value.text.en
    filled = catalog(building=with_columns("building", heritage=column("boolean", required=True)))
    with pytest.raises(TwinError, match="TWIN-625") as caught:
        migrate(database.owner_url, filled)
    assert "city.building.heritage" in caught.value.text.zh
    assert dump(database) == before


def test_what_somebody_dropped_by_hand_comes_back(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    before = dump(database)
    with psycopg.connect(database.owner_url, autocommit=True) as conn:
        for damage in (
            "DROP INDEX city.building_geom_idx",
            "ALTER TABLE city.building DROP CONSTRAINT building_height_range",
            "DROP POLICY read ON city.camera",
            "DROP TRIGGER building_update ON city.building",
            "ALTER TABLE city.road_node DISABLE ROW LEVEL SECURITY",
            "DROP TABLE tile.road_link",
            "ALTER TABLE city.building DROP COLUMN name",
        ):
            conn.execute(damage)
    said = step_words(plan(database.owner_url, catalog(), 4547).steps)
    for word in (
        "building_geom_idx",
        "building_height_range",
        "camera read",
        "building_update",
        "tile.road_link",
        "name",
    ):
        assert word in said
    migrate(database.owner_url, catalog())
    assert dump(database) == before


def test_the_storage_crs_is_for_good(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog(), 32756)
    assert database.srid == 32756
    with pytest.raises(TwinError, match="TWIN-622"):
        migrate(database.owner_url, catalog(), 4547)
    assert migrate(database.owner_url, catalog()).steps == ()
    with Store.open(database.url, catalog()) as store:
        assert store.srid == 32756
    bare = new_database(catalog(), migrated=False)
    with pytest.raises(TwinError, match="TWIN-623"):
        migrate(bare.owner_url, catalog())
    for srid in (4326, 4490, 2249, 99999):  # degrees, degrees, feet, nothing
        with pytest.raises(TwinError, match="TWIN-621"):
            migrate(bare.owner_url, catalog(), srid)
    migrate(bare.owner_url, catalog(), 4526)


def test_a_plan_shows_both_languages_and_changes_nothing(new_database: Callable[..., Database]) -> None:
    database = new_database(catalog())
    other = catalog(building=with_columns("building", street=column("text")))
    shown = plan(database.owner_url, other, 4547)
    assert shown.steps
    assert all(step.what.zh and step.what.en and step.what.zh != step.what.en for step in shown.steps)
    assert plan(database.owner_url, other, 4547) == shown
    apply(database.owner_url, shown)
    assert plan(database.owner_url, other, 4547).steps == ()


def test_hostile_texts_in_declarations_stay_texts(new_database: Callable[..., Database]) -> None:
    quoted = 'it\'s "5%" {x} %s \\ ; DROP TABLE city.note; --'
    words = Vocabulary(name="building_use", title=text("use"), terms={quoted: Term(zh="一", en="one")})
    base = catalog(building=changed("building", title=text(quoted)))
    other = base.model_copy(update={"vocabularies": {"building_use": words}})
    database = new_database(other)
    with psycopg.connect(database.owner_url) as conn:
        told = conn.execute("SELECT obj_description('city.building'::regclass)::json ->> 'en'").fetchone()
    assert told == (quoted,)
    with Store.open(database.url, other) as store, store.transaction(OPERATOR, write=True) as conn:
        insert(conn, other.layers["building"], [square(0, 0)], use=[quoted])
    assert migrate(database.owner_url, other).steps == ()


def test_a_mark_that_a_restore_lost_is_missed_aloud(
    new_database: Callable[..., Database], caplog: pytest.LogCaptureFixture
) -> None:
    """The owner of a managed server cannot set LEAKPROOF: a warning, not a failure. The private cluster heals itself."""
    database = new_database(catalog(), migrated=False)
    with psycopg.connect(database.cluster.url("postgres", database.name), autocommit=True) as conn:
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
    migrate(database.owner_url, catalog(), 4547)
    assert "LEAKPROOF" in caplog.text
    with psycopg.connect(database.cluster.url("postgres"), autocommit=True) as conn:
        conn.execute("ALTER FUNCTION geometry_overlaps(geometry, geometry) NOT LEAKPROOF")
        ensure_cluster(database.cluster.home, fsync=False)
        row = conn.execute("SELECT proleakproof FROM pg_proc WHERE proname = 'geometry_overlaps'").fetchone()
    assert row == (True,)
