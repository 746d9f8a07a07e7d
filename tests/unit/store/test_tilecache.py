"""The tile cache: bounded, one computation for many, cancelled when nobody waits."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from twin.store.tilecache import Tile, TileCache


def test_gzip_is_stable_and_true() -> None:
    body = b"tile" * 1000
    one, two = Tile.of(body), Tile.of(body)
    assert one.etag == two.etag != Tile.of(b"other").etag
    packed = one.gzipped()
    assert packed is not None
    assert packed == two.gzipped()
    assert gzip.decompress(packed) == body
    assert Tile.of(b"short").gzipped() is None


def test_oldest_goes_first_and_the_size_holds() -> None:
    cache = TileCache(largest=10_000)
    for number in range(20):
        cache.keep(number, Tile.of(bytes(800)))
        assert cache.size <= 10_000
        cache.find(0)
    assert cache.find(0) is not None
    assert cache.find(1) is None
    cache.keep("huge", Tile.of(bytes(9_000)))
    assert cache.find("huge") is None


def test_one_computation_for_all_who_wait() -> None:
    async def scene() -> None:
        cache, made = TileCache(), 0

        async def make() -> bytes:
            nonlocal made
            made += 1
            await asyncio.sleep(0.02)
            return b"tile"

        tiles = await asyncio.gather(*(cache.get("k", make) for _ in range(50)))
        assert made == 1
        assert {tile.body for tile in tiles} == {b"tile"}
        await cache.get("k", make)
        assert made == 1

    asyncio.run(scene())


def test_failure_reaches_all_and_is_not_kept() -> None:
    async def scene() -> None:
        cache = TileCache()

        async def fail() -> bytes:
            await asyncio.sleep(0.01)
            raise ValueError("no")

        found = await asyncio.gather(*(cache.get("k", fail) for _ in range(3)), return_exceptions=True)
        assert [type(error) for error in found] == [ValueError] * 3

        async def make() -> bytes:
            return b"now"

        assert (await cache.get("k", make)).body == b"now"

    asyncio.run(scene())


def test_cancelled_only_when_the_last_leaves() -> None:
    async def scene() -> None:
        cache = TileCache()
        cancelled = asyncio.Event()

        async def slow() -> bytes:
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                cancelled.set()
                raise
            return b""

        first = asyncio.ensure_future(cache.get("k", slow))
        second = asyncio.ensure_future(cache.get("k", slow))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        assert not cancelled.is_set()
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        await asyncio.wait_for(cancelled.wait(), 1)

    asyncio.run(scene())
