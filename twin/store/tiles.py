"""Vector tiles (Mapbox Vector Tile 2.1, WebMercatorQuad) from the stored EPSG:3857 copies.

Dense layers are drawn from overviews, cells with ``count``, ``mean`` and ``max``, below their ``overview_below``
zoom. Everywhere else features are live, within a budget: where a tile holds more than it may carry, the smallest
features are left out, and ``render`` says so (``complete`` is false).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from twin.store import names
from twin.store.follow import load_function, rebuild_function
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from uuid import UUID

    from psycopg import AsyncConnection, Connection

    from twin.catalog.spec import Layer

__all__ = ["Tile", "arender", "atile", "refresh_overviews", "render", "tile"]

_LIGHT_TO = 12  # up to this zoom a tile weighs less, since a screen shows many of them at once
_WHOLE_FROM = 15  # from this zoom on a tile is first tried with everything in it
_MERCATOR = 40_075_016.685578488  # metres around the equator in EPSG:3857
_PIXELS = 512  # of a tile on the screen
_MOST = 7_000  # features of one tile: they take some 60 ms
_SHAPE_BYTES, _VALUE_BYTES = 30, 9  # of a building: a first guess at what fits
_FEW = 100  # features that are served whatever they weigh


class Tile(NamedTuple):
    """A tile's bytes (empty: nothing there), how many features it holds, and whether they are all there are."""

    data: bytes
    features: int
    complete: bool


@dataclass(frozen=True, slots=True)
class _Request:
    """One statement with its values, and what limits its answer: bytes, and features (in the values)."""

    text: sql.Composed
    values: dict[str, Any]
    heaviest: int
    thinned: sql.Composed | None = None

    def judge(self, row: tuple[Any, ...] | None) -> Tile | _Request:
        """The tile, or what to ask instead when it is too heavy or holds too many."""
        data, features = (bytes(row[0] or b""), int(row[1])) if row else (b"", 0)
        budget = self.values["budget"]
        if len(data) > self.heaviest and features > _FEW:
            fits = max(_FEW, int(min(features, budget) * self.heaviest / len(data) * 0.9))
            return _Request(self.thinned or self.text, self.values | {"budget": fits}, self.heaviest)
        if self.thinned is not None and features > budget:
            return _Request(self.thinned, self.values, self.heaviest)
        return Tile(data, features, features < budget)


def tile(
    conn: Connection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> bytes:
    """The tile's bytes; empty when nothing lies in it. ``columns`` are the ones that the actor may read (default: all
    of the tile's that are not of a stricter class than the layer). ``run`` defaults to the newest published one."""
    return render(conn, layer, z, x, y, run, columns=columns).data


async def atile(
    conn: AsyncConnection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> bytes:
    """``tile`` for the web; give it a connection of ``AsyncStore.tiles``."""
    return (await arender(conn, layer, z, x, y, run, columns=columns)).data


def render(
    conn: Connection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> Tile:
    """A tile and whether it is complete."""
    asked = _request(layer, z, x, y, run, columns)
    if asked is None:
        return Tile(b"", 0, True)
    while True:
        found = asked.judge(conn.execute(asked.text, asked.values, prepare=True, binary=True).fetchone())
        if isinstance(found, Tile):
            return found
        asked = found


async def arender(
    conn: AsyncConnection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
) -> Tile:
    """``render`` for the web."""
    asked = _request(layer, z, x, y, run, columns)
    if asked is None:
        return Tile(b"", 0, True)
    while True:
        found = asked.judge(
            await (await conn.execute(asked.text, asked.values, prepare=True, binary=True)).fetchone()
        )
        if isinstance(found, Tile):
            return found
        asked = found


def refresh_overviews(conn: Connection[Any], layer: Layer, *, rebuild: bool = False) -> None:
    """After a bulk load: let the planner know the new rows; with ``rebuild`` also lay the tile copy in geometry order
    and sum the overviews anew, which readers of the tiles wait for. Triggers keep both true at every write, so a
    rebuild only helps a layer that grew in many small pieces. Needs a writer's role."""
    if names.has_table(layer) and not layer.is_result:
        text = sql.SQL("SELECT {}()") if rebuild else sql.SQL("SELECT {}(false)")
        conn.execute(text.format(rebuild_function(layer) if rebuild else load_function(layer)))


def _request(
    layer: Layer, z: int, x: int, y: int, run: UUID | None, columns: tuple[str, ...] | None
) -> _Request | None:
    if layer.tiles is None or not names.has_geometry(layer) or z < layer.tiles.min_zoom:
        return None
    if columns is None:
        columns = tuple(name for name in names.tile_columns(layer) if layer.columns[name].access is None)
    else:
        columns = tuple(name for name in names.tile_columns(layer) if name in columns)
    light = z <= _LIGHT_TO
    heaviest = 150_000 if light else 500_000
    fits = heaviest // (_SHAPE_BYTES + _VALUE_BYTES * len(columns))
    values: dict[str, Any] = {"z": z, "x": x, "y": y, "budget": min(_MOST, fits)}
    if _summed(layer, z):
        return _Request(_overview(layer), values | {"budget": 64 * 64 + 1}, heaviest)
    if run is not None:
        values["run"] = run
    if layer.geometry not in ("Point", "MultiPoint"):
        values["unit"] = _MERCATOR / 2**z / 4096
        values["smallest"] = _MERCATOR / 2**z / _PIXELS / 4
    whole, thinned = (_live(layer, name, columns, with_run=run is not None) for name in ("whole", "thinned"))
    return (
        _Request(whole, values, heaviest, thinned)
        if z >= _WHOLE_FROM
        else _Request(thinned, values, heaviest)
    )


def _summed(layer: Layer, z: int) -> bool:
    """Overviews hold sums of every row, and each reader of such a layer reads every row (``names.has_overview``)."""
    below = layer.tiles.overview_below if layer.tiles else None
    return names.has_overview(layer) and below is not None and z < below


def _live(layer: Layer, name: str, columns: tuple[str, ...], *, with_run: bool) -> sql.Composed:
    run: sql.Composable = sql.SQL("")
    if layer.is_result:
        run = (
            composed("tiles", "run")
            if with_run
            else composed("tiles", "newest", process=sql.Literal(layer.process))
        )
    points = layer.geometry in ("Point", "MultiPoint")
    return composed(
        "tiles",
        name,
        layer=sql.Literal(layer.name),
        tile=names.in_tile(layer),
        columns=sql.Composed([sql.SQL(", {}").format(sql.Identifier(column)) for column in columns]),
        run=run,
        shape=sql.SQL("geom") if points else sql.SQL("ST_Simplify(geom, %(unit)s, true)"),
        size=sql.SQL("true") if points else sql.SQL("_size >= %(smallest)s"),
        order=sql.SQL("hashint8(id)") if points else sql.SQL("_size DESC, id"),
    )


def _overview(layer: Layer) -> sql.Composed:
    table = sql.Identifier("tile", names.identifier(layer.name, "overview"))
    return composed("tiles", "overview", layer=sql.Literal(layer.name), overview=table)
