"""The rows that catalogue rasters (``run.artifact``): a raster exists once its row is committed. Row security lets an
actor see those of the layers, and of the runs, that he may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID, uuid4

from twin.store.artifact_store import ArtifactStore
from twin.store.queryfile import query

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection, Connection

    from twin.catalog.spec import Layer

__all__ = ["Artifact", "ArtifactStore", "abetween", "acurrent", "between", "current", "in_use", "record"]

_COG = "image/tiff; application=geotiff; profile=cloud-optimized"


class Cells(Protocol):
    """What the file says of itself."""

    @property
    def shape(self) -> tuple[int, int]: ...
    @property
    def srid(self) -> int: ...
    @property
    def bounds(self) -> tuple[float, float, float, float]: ...
    @property
    def dtype(self) -> str: ...
    @property
    def nodata(self) -> float | None: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def minimum(self) -> float | None: ...
    @property
    def maximum(self) -> float | None: ...


class Stored(Protocol):
    """A raster in the artifact store: its name there, its grid, its size in bytes, and since when it holds."""

    @property
    def name(self) -> str: ...
    @property
    def grid(self) -> Cells: ...
    @property
    def size(self) -> int: ...
    @property
    def valid_time(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Artifact:
    """One raster: bounds are (x, y, x, y) in EPSG ``srid``; ``valid_from``/``valid_to`` its valid time."""

    id: UUID
    layer: str
    run: UUID | None
    valid_from: datetime | None
    valid_to: datetime | None
    name: str
    sha256: str
    media_type: str
    size: int
    srid: int
    bounds: tuple[float, float, float, float]
    width: int
    height: int
    dtype: str
    unit: str
    nodata: float | None
    minimum: float | None
    maximum: float | None
    created: datetime


def record(
    conn: Connection[Any],
    layer: Layer,
    stored: Stored,
    *,
    run: UUID | None = None,
    valid_to: datetime | None = None,
) -> UUID:
    """Commit to a raster: as an actor who may write the layer, or as the service. Returns its id."""
    identity, grid = uuid4(), stored.grid
    values = {
        "id": identity,
        "layer": layer.name,
        "run": run,
        "valid_from": stored.valid_time,
        "valid_to": valid_to,
        "name": stored.name,
        "sha256": stored.name.partition(".")[0],
        "media_type": _COG,
        "size": stored.size,
        "srid": grid.srid,
        "bounds": [float(number) for number in grid.bounds],
        "height": grid.shape[0],
        "width": grid.shape[1],
        "dtype": grid.dtype,
        "unit": grid.unit or (layer.raster.unit if layer.raster else "1"),
        "nodata": grid.nodata,
        "minimum": grid.minimum,
        "maximum": grid.maximum,
    }
    conn.execute(query("artifacts", "record"), values)
    return identity


def current(
    conn: Connection[Any], layer: Layer, run: UUID | None = None, at: datetime | None = None
) -> Artifact | None:
    """The raster that answers for a layer: of ``run`` (default: the newest published one) where it is a result, at the
    moment ``at`` of valid time (default: the latest). ``None`` when there is none that the actor may see."""
    text, values = _current(layer, run, at)
    return _artifact(conn.execute(text, values).fetchone())


async def acurrent(
    conn: AsyncConnection[Any], layer: Layer, run: UUID | None = None, at: datetime | None = None
) -> Artifact | None:
    """``current`` for the web."""
    text, values = _current(layer, run, at)
    return _artifact(await (await conn.execute(text, values)).fetchone())


def between(
    conn: Connection[Any], layer: Layer, start: datetime | None, end: datetime | None, run: UUID | None = None
) -> list[Artifact]:
    """The rasters of a layer with time whose valid time meets the period, the oldest first; ``None`` is open."""
    text, values = _between(layer, start, end, run)
    rows = conn.execute(text, values).fetchall()
    return [found for row in rows if (found := _artifact(row)) is not None]


async def abetween(
    conn: AsyncConnection[Any],
    layer: Layer,
    start: datetime | None,
    end: datetime | None,
    run: UUID | None = None,
) -> list[Artifact]:
    """``between`` for the web."""
    text, values = _between(layer, start, end, run)
    rows = await (await conn.execute(text, values)).fetchall()
    return [found for row in rows if (found := _artifact(row)) is not None]


def in_use(conn: Connection[Any]) -> frozenset[str]:
    """The names that rows refer to, for ``ArtifactStore.sweep``; as the service, which sees every row."""
    return frozenset(row[0] for row in conn.execute(query("artifacts", "names_in_use")).fetchall())


def _between(
    layer: Layer, start: datetime | None, end: datetime | None, run: UUID | None
) -> tuple[Any, dict[str, Any]]:
    values = {"layer": layer.name, "run": run, "process": layer.process, "start": start, "end": end}
    return query("artifacts", "between"), values


def _current(layer: Layer, run: UUID | None, at: datetime | None) -> tuple[Any, dict[str, Any]]:
    values = {"layer": layer.name, "at": at}
    if layer.is_result:
        return query("artifacts", "of_run"), values | {"run": run, "process": layer.process}
    return query("artifacts", "of_city"), values


def _artifact(row: tuple[Any, ...] | None) -> Artifact | None:
    if row is None:
        return None
    cells = list(row)
    cells[10] = tuple(cells[10])
    return Artifact(*cells)
