"""Vector tiles as both doors serve them: from one cache, by data version and by who may see what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from twin.store import tiles
from twin.store.tilecache import Tile, TileCache

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime
    from uuid import UUID

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.store.database import AsyncStore
    from twin.store.versions import Versions

type Address = tuple[int, int, int]


class TileSource:
    """Without ``versions`` nothing is kept."""

    def __init__(
        self, store: AsyncStore, versions: Versions | None = None, cache: TileCache | None = None
    ) -> None:
        self._store = store
        self._versions = versions
        self.cache = cache or TileCache()

    async def get(
        self,
        actor: Actor,
        layer: Layer,
        columns: tuple[str, ...],
        address: Address,
        run: UUID | None,
        at: datetime | None = None,
    ) -> Tile:
        """The finished tile, its body empty where nothing lies; ``columns`` are those that the actor may read; ``at``
        is a moment of valid time."""
        make = partial(self._make, actor, layer, columns, address, run, at)
        version = self._versions.of(layer.name) if self._versions is not None else None
        if version is None:
            return Tile.of(await make())
        return await self.cache.get((layer.name, version, viewer(actor, layer), run, at, address), make)

    async def moments(self, actor: Actor, layer: Layer, run: UUID | None) -> list[datetime]:
        """When the layer's features change, oldest first."""
        async with self._store.transaction(actor) as conn:
            return await tiles.moments(conn, layer, run)

    async def _make(
        self,
        actor: Actor,
        layer: Layer,
        columns: tuple[str, ...],
        address: Address,
        run: UUID | None,
        at: datetime | None,
    ) -> bytes:
        async with self._store.tiles(actor) as conn:
            return (await tiles.render(conn, layer, *address, run, columns=columns, at=at)).data


def viewer(actor: Actor, layer: Layer) -> Hashable:
    """Those who share a viewer see the same rows: a role for the city's layers, a person for results of runs."""
    return (actor.role, actor.key or actor.name) if layer.is_result else actor.role
