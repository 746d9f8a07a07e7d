"""API keys, and the bytes of rasters."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import TYPE_CHECKING

import pytest

from twin.access.actor import Actor
from twin.errors import TwinError
from twin.store import keys
from twin.store.artifacts import ArtifactStore, in_use
from twin.store.database import AsyncStore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database
    from twin.store.database import Store


def test_a_key_is_whose_it_is_until_it_is_revoked(store: Store, database: Database) -> None:
    with store.service() as conn:
        text = keys.create(conn, "planner", "规划处")
    identity = text.split("_")[1]
    with store.service() as conn:
        assert keys.verify(conn, text) == Actor("planner", "规划处", identity)
        listed = {key.id: key for key in keys.list_(conn)}
    assert listed[identity].last_used is not None
    assert listed[identity].revoked is None

    async def ask() -> Actor | None:
        opened = await AsyncStore.open(database.url, database.catalog)
        async with opened.service() as conn:
            found = await keys.averify(conn, text)
        await opened.close()
        return found

    assert asyncio.run(ask()) == Actor("planner", "规划处", identity)
    with store.service() as conn:
        keys.revoke(conn, identity)
    with store.service() as conn:
        assert keys.verify(conn, text) is None
    with pytest.raises(TwinError, match="TWIN-407"), store.service() as conn:
        keys.revoke(conn, identity)


def test_what_is_no_key(store: Store) -> None:
    with store.service() as conn:
        text = keys.create(conn, "viewer", "x")
        identity, secret = text.split("_", 2)[1:]
        for wrong in ("", "twin_", text[:-1], text + "A", text.upper(), f"twin_{identity}_" + "A" * 43,
                      f"twin_abcdefghij_{secret}", "twin_' OR 1=1; --_x", "\x00" * 30):  # fmt: skip
            assert keys.verify(conn, wrong) is None
        assert keys.verify(conn, text) is not None


def test_the_secret_is_not_stored(store: Store) -> None:
    with store.service() as conn:
        text = keys.create(conn, "viewer", "y")
        rows = conn.execute("SELECT id, role, name, encode(hash, 'escape') FROM gov.api_key").fetchall()
    secret = text.split("_", 2)[2]
    assert all(secret not in str(value) for row in rows for value in row)
    assert len({keys._hash(text), hashlib.sha256(text.encode()).digest()}) == 1


def test_bytes_are_named_by_their_content(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "artifacts")
    content = b"raster" * 1000
    name = store.put(content)
    assert name == hashlib.sha256(content).hexdigest() + ".tif"
    file = tmp_path / "raster.tif"
    file.write_bytes(content)
    assert store.put(file) == name
    assert store.path(name).read_bytes() == content
    with store.open(name) as opened:
        assert opened.read() == content
    assert [found.name for found in (tmp_path / "artifacts").rglob("*") if found.is_file()] == [name]
    assert file.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a" * 64, "a" * 64 + ".tif", "", "/etc/passwd", "A" * 64 + ".tif"]
)
def test_names_lead_nowhere_else(tmp_path: Path, name: str) -> None:
    store = ArtifactStore(tmp_path)
    for call in (store.path, store.open, store.source):
        with pytest.raises(TwinError, match="TWIN-630"):
            call(name)


def test_a_remote_store_is_read_through_a_folder_of_this_machine(tmp_path: Path) -> None:
    store = ArtifactStore("memory://city/rasters", cache=tmp_path / "cache")
    name = store.put(b"far away")
    assert store.path(name).read_bytes() == b"far away"
    assert store.path(name).is_relative_to(tmp_path / "cache")
    with pytest.raises(TwinError, match="TWIN-630"):
        store.path("b" * 64 + ".tif")


def test_what_nothing_refers_to_is_swept_when_it_is_old(tmp_path: Path, store: Store) -> None:
    files = ArtifactStore(tmp_path)
    kept, lost = files.put(b"kept"), files.put(b"lost")
    with store.service() as conn:
        conn.execute(
            "INSERT INTO run.artifact (id, layer, name, sha256, media_type, size, srid, bounds, width, height, dtype, unit) "
            "VALUES (gen_random_uuid(), 'flood_depth', %s, '', '', 4, 4547, '{0,0,1,1}', 1, 1, 'float32', 'm')",
            [kept],
        )
    with store.service() as conn:
        used = in_use(conn)
    assert files.sweep(used) == 0  # both are young: a run may be about to commit
    time.sleep(0.02)
    assert files.sweep(used, older_than_s=0.01) == 1
    assert files.path(kept).exists()
    with pytest.raises(TwinError):
        files.path(lost)
