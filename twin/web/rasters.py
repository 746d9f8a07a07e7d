"""The rasters of coverage layers: which one answers, its bytes, its values, its picture tiles.

Decoding and warping run in a small pool of threads of their own, so that pictures never hold up the event loop.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pyproj import Transformer

from twin.crs import transformer
from twin.files.cog import value_at
from twin.files.picture import render_png
from twin.store import artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.store.artifacts import Artifact, ArtifactStore
    from twin.store.database import AsyncStore

Bounds = tuple[float, float, float, float]
THREADS = 2
LONLAT = 4326
DIGITS = 6


class Rasters:
    def __init__(self, store: AsyncStore, files: ArtifactStore) -> None:
        self._store = store
        self._files = files
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="raster")

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def current(
        self, actor: Actor, layer: Layer, run: UUID | None, at: datetime | None = None
    ) -> Artifact | None:
        """The raster that answers for the layer: that of ``run``, else the newest the actor may see, at the moment
        ``at``, else the latest. Asked on the tiles' connections: slow questions elsewhere hold no picture up."""
        async with self._store.tiles(actor) as conn:
            return await artifacts.acurrent(conn, layer, run=run, at=at)

    async def frames(self, actor: Actor, layer: Layer, run: UUID | None) -> list[Artifact]:
        """All rasters of a layer with time that the actor may see, of ``run`` or the newest, oldest first."""
        async with self._store.transaction(actor) as conn:
            return await artifacts.abetween(conn, layer, None, None, run=run)

    async def bounds(self, actor: Actor, layers: Iterable[Layer]) -> dict[str, Bounds | None]:
        """West, south, east, north in degrees of each layer's current raster."""
        found: dict[str, Artifact | None] = {}
        async with self._store.transaction(actor) as conn:
            for layer in layers:
                found[layer.name] = await artifacts.acurrent(conn, layer)
        return {name: _degrees(raster) if raster else None for name, raster in found.items()}

    async def picture(self, raster: Artifact, layer: Layer, address: tuple[int, int, int]) -> bytes:
        """A picture tile as PNG; empty where there is nothing to draw."""
        stops = layer.style.stops
        return await self._threaded(lambda: render_png(self._files.path(raster.name), *address, stops) or b"")

    async def value(self, raster: Artifact, lon: float, lat: float) -> float | None:
        """The value at a place (degrees), ``None`` outside of the raster and where it has no data."""

        def look() -> float | None:
            x, y = transformer(LONLAT, raster.srid).transform(lon, lat)
            return value_at(self._files.path(raster.name), x, y)

        return await self._threaded(look)

    async def values(self, rasters: list[Artifact], lon: float, lat: float) -> list[float | None]:
        """The values of all of them at a place (degrees)."""

        def look() -> list[float | None]:
            if not rasters:
                return []
            x, y = transformer(LONLAT, rasters[0].srid).transform(lon, lat)
            return [value_at(self._files.path(raster.name), x, y) for raster in rasters]

        return await self._threaded(look)

    async def path(self, raster: Artifact) -> Path:
        """The file of a raster on this machine, fetched first when the store is far away."""
        return await self._threaded(lambda: self._files.path(raster.name))

    async def _threaded[T](self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)


def _degrees(raster: Artifact) -> Bounds:
    change: Transformer = transformer(raster.srid, LONLAT)
    west, south, east, north = change.transform_bounds(*raster.bounds)
    return round(west, DIGITS), round(south, DIGITS), round(east, DIGITS), round(north, DIGITS)
