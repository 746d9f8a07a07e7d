"""The city in a bowl, flooded once and served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.integration.flood.bowl import Flooded, fill, flood, inputs
from tests.integration.flood.street import Street
from tests.integration.web.city import Server, free_port, settings_for
from twin.store import keys
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store
from twin.web.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog


@dataclass
class Bowl:
    store: Store
    files: ArtifactStore
    flooded: Flooded
    base: str
    keys: dict[str, str]

    def get(self, path: str, role: str = "anonymous", **params: Any) -> httpx.Response:
        key = self.keys.get(role)
        headers = {"authorization": f"Bearer {key}"} if key else {}
        return httpx.get(self.base + path, params=params or None, headers=headers, timeout=60)


@pytest.fixture(scope="session")
def bowl(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bowl]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("bowl")
    folder.joinpath("artifacts").mkdir()
    files = ArtifactStore(str(folder / "artifacts"))
    with Store.open(database.url, catalog) as store:
        fill(store, files, folder)
        flooded = flood(store, files, inputs())
        with store.service() as conn:
            made = {role: keys.create(conn, role, role) for role in ("viewer", "planner", "operator")}
        port = free_port()
        server = Server(create_app(settings_for(database.url, folder, port), catalog=catalog), port)
        server.start()
        try:
            yield Bowl(store, files, flooded, f"http://127.0.0.1:{port}", made)
        finally:
            server.stop()


@pytest.fixture(scope="session")
def flooded(bowl: Bowl) -> Flooded:
    return bowl.flooded


@pytest.fixture(scope="session")
def street(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    database, folder = new_database(catalog), tmp_path_factory.mktemp("street")
    folder.joinpath("artifacts").mkdir()
    with Store.open(database.url, catalog) as store:
        made = Street(store, ArtifactStore(str(folder / "artifacts")), folder, database.url)
        try:
            yield made
        finally:
            made.stop_worker()
