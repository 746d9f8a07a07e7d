"""Vector tiles: what lies in them, what overviews sum, what is left out and said so."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from psycopg import sql

from tests.integration import mvt
from tests.integration.store import drawn
from tests.integration.store.people import ACTORS
from tests.integration.store.shapes import line, point, square, tile_of
from twin.store.loading import loading

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg import Connection

    from twin.store.database import Store

pytestmark = pytest.mark.usefixtures("clean")
OPERATOR, ANYBODY = ACTORS["operator"], ACTORS["anonymous"]
ZOOMS = range(8, 13)  # those with overviews in the small catalogue


def test_a_tile_carries_ids_and_columns(store: Store, put: Callable[..., list[int]]) -> None:
    ids = put(
        "building", [square(0, 0), square(30, 0)], use=["05", "居住"], height=[3.5, None], code=["A", "B"]
    )
    with store.transaction(ANYBODY) as conn:
        data = drawn.tile(conn, store.catalog.layers["building"], 16, *tile_of(5, 5, 16))
    found = mvt.features(data)["building"]
    assert sorted(one.id or 0 for one in found) == ids
    assert {one.id: one.properties for one in found} == {
        ids[0]: {"code": "A", "height": 3.5, "use": "05"},
        ids[1]: {"code": "B", "use": "居住"},
    }
    assert all(one.shape == "Polygon" for one in found)


def test_columns_can_be_chosen(store: Store, put: Callable[..., list[int]]) -> None:
    put("building", [square(0, 0)], use=["05"], owner_name=["somebody"])
    layer = store.catalog.layers["building"]
    with store.transaction(OPERATOR) as conn:
        data = drawn.tile(conn, layer, 16, *tile_of(5, 5, 16), columns=("owner_name", "geom", "nothing"))
    assert mvt.features(data)["building"][0].properties == {"owner_name": "somebody"}


def test_nothing_there_is_no_bytes(store: Store, put: Callable[..., list[int]]) -> None:
    put("building", [square(0, 0)], use=["05"])
    layers = store.catalog.layers
    x, y = tile_of(5, 5, 16)
    with store.transaction(ANYBODY) as conn:
        assert drawn.tile(conn, layers["building"], 16, x + 9, y) == b""
        assert drawn.tile(conn, layers["building"], 7, *tile_of(5, 5, 7)) == b""  # below min_zoom
        assert drawn.tile(conn, layers["note"], 16, x, y) == b""
        assert drawn.tile(conn, layers["flood_building"], 16, x, y) == b""


def test_lines_reach_into_the_buffer_of_the_next_tile(store: Store, put: Callable[..., list[int]]) -> None:
    """A line that ends just outside of a tile is drawn in it, or it would be cut at the edge."""
    x, y = tile_of(0, 0, 16)
    put("road_node", [point(0, 0)], code=["n"])
    edge = _west_edge(x, y)
    put("road_link", [line((edge - 40, 0), (edge - 2, 0))], code=["r"], from_node=["n"])
    with store.transaction(ANYBODY) as conn:
        found = mvt.features(drawn.tile(conn, store.catalog.layers["road_link"], 16, x, y))["road_link"]
    assert [one.properties["code"] for one in found] == ["r"]
    assert all(-64 <= px <= 0 for px, _ in found[0].points)


def _west_edge(x: int, _y: int) -> float:
    """How far east of the shapes' origin the western edge of a tile of zoom 16 lies."""
    low, high = -2000.0, 2000.0
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (middle, high) if tile_of(middle, 0, 16)[0] < x else (low, middle)
    return high


def overview(conn: Connection[Any]) -> dict[tuple[int, int, int], tuple[Any, ...]]:
    rows = conn.execute(
        "SELECT z, x, y, rows, valued, round(total::numeric, 6), maximum FROM tile.building_overview"
    )
    return {row[:3]: row[3:] for row in rows.fetchall()}


def recounted(store: Store) -> dict[tuple[int, int, int], tuple[Any, ...]]:
    """The overview as a full rebuild makes it; the rebuild is thrown away."""
    with store.transaction(OPERATOR, write=True) as conn:
        conn.execute("SELECT city.building_rebuild()")
        found = overview(conn)
        conn.rollback()
        conn.execute("BEGIN")
    return found


def test_overviews_follow_every_change(store: Store, put: Callable[..., list[int]]) -> None:
    """After any series of inserts, moves, changes of value and deletions they are what a recount gives."""
    dice = random.Random(7)  # noqa: S311 - for a series that can be repeated

    def anywhere() -> shapely.Polygon:
        return square(dice.uniform(-9000, 9000), dice.uniform(-9000, 9000), dice.uniform(5, 60))

    ids: list[int] = []
    for _ in range(12):
        size = dice.randint(1, 40)
        heights = [dice.choice([None, dice.uniform(0, 90)]) for _ in range(size)]
        ids += put("building", [anywhere() for _ in range(size)], use=["05"] * size, height=heights)
        chosen = dice.sample(ids, min(len(ids), 15))
        with store.transaction(OPERATOR, write=True) as conn:
            conn.execute("DELETE FROM city.building WHERE id = ANY (%s)", [chosen[:5]])
            conn.execute("UPDATE city.building SET height = height / 2 WHERE id = ANY (%s)", [chosen[5:10]])
            conn.execute(
                "UPDATE city.building SET geom = ST_Translate(geom, 700, -300) WHERE id = ANY (%s)",
                [chosen[10:]],
            )
        ids = [one for one in ids if one not in chosen[:5]]
        with store.transaction(OPERATOR) as conn:
            kept = overview(conn)
        assert kept == recounted(store)
    for z in ZOOMS:
        assert sum(value[0] for key, value in kept.items() if key[0] == z) == len(ids)


def test_overview_tiles_conserve_counts_and_carry_mean_and_maximum(
    store: Store, put: Callable[..., list[int]]
) -> None:
    heights = [float(n) for n in range(1, 201)]
    put(
        "building",
        [square(n * 31 % 3000, n * 17 % 3000) for n in range(200)],
        use=["05"] * 200,
        height=heights,
    )
    layer = store.catalog.layers["building"]
    for z in ZOOMS:
        west, north = tile_of(-200, 3200, z)
        east, south = tile_of(3200, -200, z)
        cells = []
        with store.transaction(ANYBODY) as conn:
            for x in range(west, east + 1):
                for y in range(north, south + 1):
                    made = drawn.render(conn, layer, z, x, y)
                    assert made.complete
                    cells += mvt.features(made.data).get("building", [])
        assert sum(cell.properties["count"] for cell in cells) == 200
        assert max(cell.properties["max"] for cell in cells) == 200.0
        total = sum(cell.properties["mean"] * cell.properties["count"] for cell in cells)
        assert total == pytest.approx(sum(heights), abs=0.005 * 200)


def test_a_cell_is_where_its_row_is(store: Store, put: Callable[..., list[int]]) -> None:
    put("building", [square(0, 0)], use=["05"])
    layer = store.catalog.layers["building"]
    x, y = tile_of(5, 5, 12)
    finer = tile_of(5, 5, 18)
    with store.transaction(ANYBODY) as conn:
        (cell,) = mvt.features(drawn.tile(conn, layer, 12, x, y))["building"]
    column, row = finer[0] - x * 64, finer[1] - y * 64
    assert (min(px for px, _ in cell.points), min(py for _, py in cell.points)) == (column * 64, row * 64)
    assert (max(px for px, _ in cell.points), max(py for _, py in cell.points)) == (
        column * 64 + 64,
        row * 64 + 64,
    )


GRID = sql.SQL(
    "INSERT INTO city.{} ({}, geom) SELECT {}, ST_MakeEnvelope(x, y, x + 8 + n %% 7, y + 8, 4547) FROM ("
    " SELECT n, 500000 + n %% {} * 12.0 AS x, 3000000 + n / {} * 12.0 AS y FROM generate_series(0, {} - 1) AS n) AS g"
)


def fill(store: Store, layer: str, column: str, value: str, count: int, wide: int) -> None:
    text = GRID.format(
        *map(sql.Identifier, (layer, column)), sql.Literal(value), *map(sql.Literal, (wide, wide, count))
    )
    with store.transaction(OPERATOR, write=True) as conn, loading(conn, store.catalog.layers[layer], count):
        conn.execute(text.as_string(None).replace("%%", "%").encode())


def test_a_crowded_tile_keeps_the_largest_and_says_so(store: Store) -> None:
    fill(store, "building", "use", "05", 24_000, 160)
    layer = store.catalog.layers["building"]
    with store.transaction(ANYBODY) as conn:
        made = drawn.render(conn, layer, 13, *tile_of(900, 900, 13))
        assert len(made.data) <= 500_000
        assert not made.complete
        assert 0 < made.features <= 8_000
        near = drawn.render(conn, layer, 16, *tile_of(900, 900, 16))
        assert near.complete
        crowded = drawn.render(conn, layer, 15, *tile_of(600, 600, 15))
        assert len(crowded.data) <= 500_000
        width = conn.execute("SELECT min(_size), max(_size) FROM tile.building").fetchone()
    assert width is not None
    shown = mvt.features(made.data)["building"]
    spans = [max(px for px, _ in one.points) - min(px for px, _ in one.points) for one in shown]
    assert min(spans) > 0  # none of those that nobody could see
    assert width[0] < width[1]


def test_equal_tiles_have_equal_bytes(store: Store) -> None:
    """A strong ETag is a hash of the bytes."""
    fill(store, "building", "use", "05", 3_000, 60)
    layer = store.catalog.layers["building"]
    for z in (12, 13, 14, 16):
        with store.transaction(ANYBODY) as conn:
            made = {drawn.tile(conn, layer, z, *tile_of(300, 300, z)) for _ in range(8)}
        assert len(made) == 1, z


def test_the_world_tile_of_a_layer(store: Store, put: Callable[..., list[int]]) -> None:
    put("admin_area", [shapely.multipolygons([square(0, 0, 90_000)])], name=["市"])
    with store.transaction(ANYBODY) as conn:
        found = mvt.features(drawn.tile(conn, store.catalog.layers["admin_area"], 0, 0, 0))
    assert [len(features) for features in found.values()] == [1]


def test_three_dimensions_are_drawn_flat(store: Store, put: Callable[..., list[int]]) -> None:
    put("drain_pipe", [shapely.force_3d(line((0, 0), (40, 0)), 3.0)], diameter=[400])
    with store.transaction(OPERATOR) as conn:
        found = mvt.features(drawn.tile(conn, store.catalog.layers["drain_pipe"], 16, *tile_of(5, 5, 16)))
    assert found["drain_pipe"][0].properties == {"diameter": 400}
