"""One demo for all tests of this folder: the sample city loaded, flooded and served as ``make demo`` does it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 420


@dataclass(frozen=True)
class Demo:
    base: str
    key: str
    home: Path
    process: subprocess.Popen[str]
    printed: list[str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWIN_")}
    return {**kept, "TWIN_HOME": str(home), "TWIN_PORT": str(port), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    # a short folder that the cluster's unprivileged user can reach
    home = Path(tempfile.mkdtemp(prefix="twin-demo-", dir="/tmp"))
    home.chmod(0o755)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "twin.cli", "demo"],
        cwd=ROOT,
        env=environment(home, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        printed = _until_ready(process)
        key = re.search(r"#key=(\S+)", "\n".join(printed))
        assert key is not None, "the demo printed no console key:\n" + "\n".join(printed)
        yield Demo(f"http://127.0.0.1:{port}", key.group(1), home, process, printed)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)


def _until_ready(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    watchdog = subprocess.Popen(["sh", "-c", f"sleep {START_TIMEOUT_S}; kill -INT {process.pid}"])
    lines = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if "Ctrl+C" in line:
                return lines
    finally:
        watchdog.kill()
    raise AssertionError("the demo did not come up:\n" + "\n".join(lines[-40:]))
