"""Vector tiles (Mapbox Vector Tile 2.1, WebMercatorQuad) from the stored EPSG:3857 copies.

Dense layers are drawn from overviews, cells with ``count``, ``mean`` and ``max``, below their ``overview_below``
zoom. Everywhere else features are live, within a budget: where a tile holds more than it may carry, the smallest
features are left out, and ``render`` says so (``complete`` is false).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from twin.store import names
from twin.store.queryfile import composed

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection

    from twin.catalog.spec import Layer

__all__ = ["MOST_MOMENTS", "Asked", "Tile", "ask", "moments", "render"]

MOST_MOMENTS = 5_000

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
class Asked:
    """One statement with its values, and what limits its answer: bytes, and features (in the values)."""

    text: bytes
    values: dict[str, Any]
    heaviest: int
    thinned: bytes | None = None

    def judge(self, row: tuple[Any, ...] | None) -> Tile | Asked:
        """The tile, or what to ask instead when it is too heavy or holds too many."""
        data, features = (bytes(row[0] or b""), int(row[1])) if row else (b"", 0)
        budget = self.values["budget"]
        if len(data) > self.heaviest and features > _FEW:
            fits = max(_FEW, int(min(features, budget) * self.heaviest / len(data) * 0.9))
            return Asked(self.thinned or self.text, self.values | {"budget": fits}, self.heaviest)
        if self.thinned is not None and features > budget:
            return Asked(self.thinned, self.values, self.heaviest)
        return Tile(data, features, features < budget)


async def render(
    conn: AsyncConnection[Any],
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    *,
    columns: tuple[str, ...] | None = None,
    at: datetime | None = None,
) -> Tile:
    """A tile and whether it is complete; its data are empty when nothing lies in it. ``conn`` is one of
    ``AsyncStore.tiles``. ``columns`` are the ones that the actor may read (default: all of the tile's that are not of
    a stricter class than the layer). ``run`` defaults to the newest published one; ``at`` leaves what holds at that
    moment (default: the rows of all times) and is heeded for layers ``names.in_time`` only."""
    asked = ask(layer, z, x, y, run, columns, at)
    while asked is not None:
        row = await (await conn.execute(asked.text, asked.values, prepare=True, binary=True)).fetchone()
        found = asked.judge(row)
        if isinstance(found, Tile):
            return found
        asked = found
    return Tile(b"", 0, True)


def ask(
    layer: Layer,
    z: int,
    x: int,
    y: int,
    run: UUID | None = None,
    columns: tuple[str, ...] | None = None,
    at: datetime | None = None,
) -> Asked | None:
    """What to ask the database first, its answer to be judged; ``None`` where the layer has no tiles."""
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
        return Asked(_overview(layer.name), values | {"budget": 64 * 64 + 1}, heaviest)
    if run is not None and layer.is_result:
        values["run"] = run
    points = layer.geometry in ("Point", "MultiPoint")
    if not points:
        values["unit"] = _MERCATOR / 2**z / 4096
        values["smallest"] = _MERCATOR / 2**z / _PIXELS / 4
    timed = at is not None and names.in_time(layer)
    if timed:
        values["at"] = at
    whole, thinned = (
        _live(name, layer.name, layer.process, columns, _of_run(layer, run), points, timed)
        for name in ("whole", "thinned")
    )
    return Asked(whole, values, heaviest, thinned) if z >= _WHOLE_FROM else Asked(thinned, values, heaviest)


async def moments(conn: AsyncConnection[Any], layer: Layer, run: UUID | None = None) -> list[datetime]:
    """When the features of a layer ``names.in_time`` change, oldest first, ``MOST_MOMENTS`` at most: each beginning and
    end of a valid time but the last end, of ``run`` (default: the newest published one)."""
    text = composed(
        "tiles",
        "moments",
        tile=sql.Identifier("tile", layer.name),
        run=_run(_of_run(layer, run), layer.process),
    )
    rows = await (await conn.execute(text, {"run": run, "most": MOST_MOMENTS})).fetchall()
    return [row[0] for row in rows]


def _of_run(layer: Layer, run: UUID | None) -> str | None:
    return None if not layer.is_result else "newest" if run is None else "run"


def _run(name: str | None, process: str | None) -> sql.Composable:
    return composed("tiles", name, process=sql.Literal(process)) if name else sql.SQL("")


def _summed(layer: Layer, z: int) -> bool:
    """Overviews hold sums of every row, and each reader of such a layer reads every row (``names.has_overview``)."""
    below = layer.tiles.overview_below if layer.tiles else None
    return names.has_overview(layer) and below is not None and z < below


@lru_cache(maxsize=1024)
def _live(
    name: str,
    layer: str,
    process: str | None,
    columns: tuple[str, ...],
    run: str | None,
    points: bool,
    timed: bool,
) -> bytes:
    """Composed once: putting a text together costs a tenth of a small tile."""
    text = composed(
        "tiles",
        name,
        layer=sql.Literal(layer),
        tile=sql.Identifier("tile", layer),
        columns=sql.Composed([sql.SQL(", {}").format(sql.Identifier(column)) for column in columns]),
        run=_run(run, process),
        at=composed("tiles", "at") if timed else sql.SQL(""),
        shape=sql.SQL("geom") if points else sql.SQL("ST_Simplify(geom, %(unit)s, true)"),
        size=sql.SQL("true") if points else sql.SQL("_size >= %(smallest)s"),
        order=sql.SQL("hashint8(id)") if points else sql.SQL("_size DESC, id"),
    )
    return text.as_bytes(None)


@lru_cache(maxsize=256)
def _overview(layer: str) -> bytes:
    table = sql.Identifier("tile", names.identifier(layer, "overview"))
    return composed("tiles", "overview", layer=sql.Literal(layer), overview=table).as_bytes(None)
