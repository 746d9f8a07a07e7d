"""The sample city behind real doors: a web and a worker process, asked over HTTP as a notebook asks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from twin.access.actor import Actor
from twin.actions.import_layer import import_file
from twin.client import Twin, connect
from twin.store import keys
from twin.store.artifacts import ArtifactStore
from twin.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twin.catalog.spec import Catalog

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
LAYERS = (
    "admin_area", "grid_cell", "land_use", "road_node", "road_link", "building", "gas_pipe", "facility", "turn_restriction",
    "signal_plan", "traffic_crash", "traffic_detector", "traffic_observation",
)  # fmt: skip
OPERATOR = Actor("operator", "operator of the tests", "key-operator")
READY_S = 90.0


@dataclass(frozen=True)
class Served:
    """Where the service is, and the keys that open it."""

    url: str
    planner: str
    operator: str
    store: Store


@pytest.fixture(scope="session")
def served(
    new_database: Callable[..., Any], catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    database = new_database(catalog)
    folder = tmp_path_factory.mktemp("served")
    with Store.open(database.url, catalog) as store:
        fill(store, folder / "artifacts")
        with store.service() as conn:
            made = [keys.create(conn, role, f"{role} of the tests") for role in ("planner", "operator")]
        port = free_port()
        environment = os.environ | {
            "TWIN_DATABASE_URL": database.url,
            "TWIN_ARTIFACTS": str(folder / "artifacts"),
            "TWIN_HOME": str(folder),
            "TWIN_PORT": str(port),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }
        processes = [start(duty, environment, folder / f"{duty}.log") for duty in ("web", "worker")]
        try:
            url = f"http://127.0.0.1:{port}"
            wait_ready(url, processes[0], folder / "web.log")
            yield Served(url, *made, store)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(30)


@pytest.fixture(scope="session")
def city(served: Served) -> Iterator[Twin]:
    """The service as a planner sees it, in Chinese."""
    with connect(served.url, key=served.planner) as twin:
        yield twin


def fill(store: Store, artifacts: Path) -> None:
    files = ArtifactStore(artifacts)
    for layer in LAYERS:
        (path,) = SAMPLES.glob(f"{layer}.*")
        import_file(store, OPERATOR, path, layer, crs="EPSG:4547")
    import_file(store, OPERATOR, SAMPLES / "terrain.tif", "terrain", crs="EPSG:4547", artifacts=files)


def start(duty: str, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "twin.cli", duty], env=environment, cwd=ROOT, stdout=output, stderr=output
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise AssertionError(log.read_text())
