"""A real QGIS opens a layer: right counts, right types, no warning. Skipped where Debian's python3-qgis is missing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.integration.ogc.conftest import PLOTS, application

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.ogc.conftest import City

SYSTEM_PYTHON = "/usr/bin/python3"
WINDOW = "113.990,23.110,114.005,23.125"


def has_qgis() -> bool:
    if not Path(SYSTEM_PYTHON).exists() or sys.platform != "linux":
        return False
    return subprocess.run([SYSTEM_PYTHON, "-c", "import qgis.core"], capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def served(city: City) -> Iterator[str]:
    """The door on a port of the loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = application(city.url, city.catalog, city.folder)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/ogc"
    server.should_exit = True
    thread.join(20)


@pytest.mark.skipif(not has_qgis(), reason="python3-qgis is not installed (apt-get install python3-qgis)")
def test_qgis_opens_a_layer(served: str, city: City, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    script = Path(__file__).with_name("qgis_client.py")
    # A fresh home for each run: QGIS keeps answers and would hide a change.
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
    }
    done = subprocess.run(
        [SYSTEM_PYTHON, str(script), served, "plot", WINDOW],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    west, south, east, north = (float(number) for number in WINDOW.split(","))
    inside = (
        "SELECT count(*), count(*) FILTER (WHERE height > 90) FROM city.plot "
        "WHERE ST_Intersects(ST_Transform(geom, 4326), ST_MakeEnvelope(%s, %s, %s, %s, 4326))"
    )
    expected, high = city.ask(inside, west, south, east, north)[0]
    assert found["valid"]
    assert found["warnings"] == []
    assert found["count"] == found["ids"] == PLOTS
    assert (found["window"], found["filtered"]) == (expected, high)
    assert dict(found["fields"])["height"].lower() in ("double", "real")
    assert dict(found["fields"])["code"].lower() == "string"
    assert "中心广场" in found["names"]
