"""Where layers lie, in degrees, from the numbers that the database keeps with each layer's version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.store import names
from twin.store.queryfile import query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.access.actor import Actor
    from twin.catalog.spec import Layer
    from twin.store.database import AsyncStore
    from twin.store.versions import Versions
    from twin.web.rasters import Rasters

Bounds = tuple[float, float, float, float]
DIGITS = 6


class Extents:
    """Bounds by layer; those of tables are kept while the layer's version stands."""

    def __init__(self, store: AsyncStore, versions: Versions, rasters: Rasters) -> None:
        self._store = store
        self._versions = versions
        self._rasters = rasters
        self._kept: dict[str, tuple[int, Bounds | None]] = {}

    async def all(self, actor: Actor, layers: Iterable[Layer]) -> dict[str, Bounds | None]:
        """West, south, east, north of each layer that the actor may see (the caller's promise); an empty layer
        has none."""
        tables = [layer.name for layer in layers if names.has_geometry(layer)]
        found = await self._of_tables(tables)
        coverages = [layer for layer in layers if layer.kind == "coverage"]
        if coverages:
            found |= await self._rasters.bounds(actor, coverages)
        return found

    async def _of_tables(self, tables: list[str]) -> dict[str, Bounds | None]:
        current = {name: self._versions.of(name) for name in tables}
        stale = [name for name in tables if self._stands(name, current[name]) is None]
        if stale:
            async with self._store.service() as conn:
                rows = await (await conn.execute(query("web", "bounds"), {"layers": stale})).fetchall()
            fresh = {name: _rounded(numbers) for name, *numbers in rows}
            for name in stale:
                self._kept[name] = (current[name] or -1, fresh.get(name))
        return {name: self._kept[name][1] for name in tables}

    def _stands(self, name: str, version: int | None) -> int | None:
        held = self._kept.get(name)
        return version if held is not None and held[0] == version else None


def _rounded(numbers: list[float]) -> Bounds:
    west, south, east, north = (round(number, DIGITS) for number in numbers)
    return west, south, east, north
