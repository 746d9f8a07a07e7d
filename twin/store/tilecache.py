"""Finished tiles, kept by key up to a number of bytes; one computation for all who wait for the same tile."""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

# Below this a compressed tile is no smaller on the wire than one packet.
SMALLEST_PACKED = 1_200
OVERHEAD = 300


@dataclass(slots=True)
class Tile:
    """The bytes of one tile, their strong validator, and their gzip form once somebody asked for it."""

    body: bytes
    etag: bytes
    packed: bytes | None = None

    @classmethod
    def of(cls, body: bytes) -> Tile:
        return cls(body, blake2b(body, digest_size=12).hexdigest().encode("ascii"))

    def gzipped(self) -> bytes | None:
        """The body in gzip (level 1, equal bytes for equal bodies), or None where that gains nothing."""
        if self.packed is None and len(self.body) >= SMALLEST_PACKED:
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            self.packed = packer.compress(self.body) + packer.flush()
        return self.packed


class TileCache:
    """Least recently used first out; ``largest`` bytes in all. Lives in one event loop: no locks."""

    def __init__(self, largest: int = 64_000_000) -> None:
        self.largest = largest
        self.size = 0
        self._tiles: OrderedDict[Hashable, tuple[Tile, int]] = OrderedDict()
        self._flights: dict[Hashable, Flight] = {}

    def __len__(self) -> int:
        return len(self._tiles)

    def find(self, key: Hashable) -> Tile | None:
        held = self._tiles.get(key)
        if held is None:
            return None
        self._tiles.move_to_end(key)
        return held[0]

    def keep(self, key: Hashable, tile: Tile) -> None:
        # The gzip form may be made later: half the body is reserved for it.
        size = OVERHEAD + len(tile.body) + len(tile.body) // 2
        if size > self.largest // 4:
            return
        self._drop(key)
        self._tiles[key] = (tile, size)
        self.size += size
        while self.size > self.largest:
            self._drop(next(iter(self._tiles)))

    def _drop(self, key: Hashable) -> None:
        held = self._tiles.pop(key, None)
        if held is not None:
            self.size -= held[1]

    async def get(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> Tile:
        """The tile under ``key``; ``make`` runs once for all who ask while it is under way, and is cancelled
        when the last of them has left."""
        tile = self.find(key)
        if tile is not None:
            return tile
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(asyncio.ensure_future(self._fly(key, make)))
        return await flight.join()

    async def _fly(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> Tile:
        try:
            tile = Tile.of(await make())
            self.keep(key, tile)
            return tile
        finally:
            del self._flights[key]


class Flight:
    """One computation and the number of those who wait for it."""

    __slots__ = ("task", "waiting")

    def __init__(self, task: asyncio.Future[Tile]) -> None:
        self.task = task
        self.waiting = 0

    async def join(self) -> Tile:
        self.waiting += 1
        try:
            return await asyncio.shield(self.task)
        except asyncio.CancelledError:
            if self.waiting == 1 and not self.task.done():
                self.task.cancel()
            raise
        finally:
            self.waiting -= 1
