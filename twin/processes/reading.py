"""How a run's context reaches the store: rows and rasters as the actor, together with their data version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twin.access.decide import readable_columns
from twin.errors import TwinError
from twin.files import cog
from twin.processes.data import Raster, Written
from twin.store import artifacts as catalogued
from twin.store.features import Features, Query, read_table
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    import psycopg
    from affine import Affine
    from numpy.typing import NDArray

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.store.artifacts import Artifact, ArtifactStore
    from twin.store.database import Store

TIMEOUT_S = 600.0
TRIES = 5

type Box = tuple[float, float, float, float]
type Period = tuple[datetime | None, datetime | None]


def features(
    store: Store,
    actor: Actor,
    layer: Layer,
    columns: Sequence[str] | None,
    bbox: Box | None,
    run: UUID | None = None,
    period: Period | None = None,
) -> tuple[Features, int]:
    """Rows that meet ``bbox`` (storage CRS) and are valid in ``period``, and the layer's data version that they show."""
    chosen = tuple(columns) if columns is not None else readable_columns(store.catalog, actor, layer)
    asked = Query(
        layer, columns=chosen, bbox=bbox, bbox_srid=store.srid, out_srid=store.srid, run=run, datetime=period
    )
    return _versioned(store, actor, layer, lambda conn: read_table(conn, asked))


def latest(store: Store, actor: Actor, layer: Layer) -> datetime | None:
    """When the newest row of a layer with valid time begins to be valid."""
    newest = Query(
        layer, columns=("valid_from",), out_srid=store.srid, sortby=(("valid_from", True),), limit=1
    )
    found = _versioned(store, actor, layer, lambda conn: read_table(conn, newest))[0]
    return next(iter(found.columns["valid_from"]), None)


def rasters(
    store: Store,
    artifacts: ArtifactStore,
    actor: Actor,
    layer: Layer,
    start: datetime | None,
    end: datetime | None,
    bbox: Box | None,
    run: UUID | None = None,
    *,
    current: bool,
) -> tuple[list[tuple[datetime | None, Raster]], int]:
    """The layer's rasters in the period, cut to ``bbox``, and the data version that they show."""

    def find(conn: psycopg.Connection[Any]) -> list[Artifact]:
        if current:
            newest = catalogued.current(conn, layer, run)
            return [newest] if newest is not None else []
        return catalogued.between(conn, layer, start, end, run)

    found, version = _versioned(store, actor, layer, find)
    read = ((one.valid_from, _read(artifacts, one, bbox)) for one in found)
    return [(time, raster) for time, raster in read if raster is not None], version


def write(
    artifacts: ArtifactStore,
    layer: Layer,
    array: NDArray[Any],
    transform: Affine,
    srid: int,
    nodata: float | None,
    folder: Path,
    valid_time: datetime | None,
    *,
    quickly: bool = False,
) -> Written:
    """Put ``array`` into the artifact store as a COG; nobody sees it before its row is committed."""
    declared = layer.raster
    if declared is None:
        raise TwinError(
            "TWIN-533", f"“{layer.name}”不是栅格图层", f'"{layer.name}" is no coverage layer', status=500
        )
    path = cog.write_cog(
        folder / f"{layer.name}.tif",
        array,
        transform=transform,
        crs=srid,
        nodata=declared.nodata if nodata is None else nodata,
        unit=declared.unit,
        dtype=declared.dtype,
        quickly=quickly,
    )
    as_stored = str(array.dtype) == declared.dtype and not hasattr(array, "mask")
    grid = cog.describe(path, array if as_stored else None)
    return Written(layer.name, artifacts.put(path), grid, path.stat().st_size, valid_time)


def _versioned[T](
    store: Store, actor: Actor, layer: Layer, read: Callable[[psycopg.Connection[Any]], T]
) -> tuple[T, int]:
    """What ``read`` finds, and the version before it, once that is the version after it too: a writer that commits
    in between would else be half in the lineage."""
    for _ in range(TRIES):
        with store.transaction(actor, timeout_s=TIMEOUT_S) as conn:
            before = _version(conn, layer)
            found = read(conn)
            if _version(conn, layer) == before:
                break
    return found, before


def _version(conn: psycopg.Connection[Any], layer: Layer) -> int:
    row = conn.execute(query("jobs", "data_version"), {"layer": layer.name}).fetchone()
    return int(row[0]) if row else 0


def _read(artifacts: ArtifactStore, artifact: Artifact, bbox: Box | None) -> Raster | None:
    array, transform = cog.read(artifacts.source(artifact.name), bbox)
    return Raster(array, transform, artifact.srid) if array.size else None
