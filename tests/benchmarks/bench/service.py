"""The service as its users have it: ``twin up`` in a home of its own, on loopback, stopped by process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg

from twin.store.cluster import Cluster

READY_S = 120.0


@dataclass
class Service:
    home: Path
    port: int
    process: subprocess.Popen[bytes]
    ready_s: float
    ready_cpu_s: float = 0.0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.home)

    def admin(self) -> psycopg.Connection:
        """The database as its superuser, autocommit: for plain COPY and for statistics."""
        return psycopg.connect(self.cluster.url("postgres"), autocommit=True)

    def pid(self, command: str) -> int:
        """The process id of ``twin web`` or ``twin worker``."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except (OSError, ValueError):
                continue
            if parent == self.process.pid and command.encode() in words:
                return int(folder.name)
        raise RuntimeError(f"no process {command}")

    def stop(self) -> None:
        """SIGTERM once it is past starting, so that it takes its own processes down."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def start(home: Path) -> Service:
    """``twin up``; returns when it says that it serves. ``ready_s`` is the time to the first 200 of /ready."""
    port = _free_port()
    said = home.parent / f"{home.name}.log"
    environment = os.environ | {"TWIN_HOME": str(home), "TWIN_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    for name in ("TWIN_DATABASE_URL", "TWIN_OWNER_URL", "TWIN_ARTIFACTS", "TWIN_LAYERS"):
        environment.pop(name, None)
    began = time.perf_counter()
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "twin.cli", "up"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    service = Service(home, port, process, 0.0)
    service.ready_s = _wait(service, began)
    service.ready_cpu_s = sum(cpu_s(pid) for pid in (process.pid, service.pid("web"), service.pid("worker")))
    while b"serving on" not in said.read_bytes():
        _alive(service, said, began)
        time.sleep(0.05)
    return service


def cpu_s(pid: int, *, children: bool = False) -> float:
    """User and system CPU seconds of a process so far; with ``children`` also of those that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if children else 13])) / os.sysconf("SC_CLK_TCK")


def tree_cpu_s(root: int) -> float:
    """``cpu_s`` of a process and all below it, living or ended."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    mine, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in mine}
        grown = not more <= mine
        mine |= more
    return sum(cpu_s(pid, children=True) for pid in mine)


def database_cpu_s(service: Service) -> float:
    """CPU seconds of the database so far: the server, its processes at work, and those that have ended."""
    server = service.cluster.pid
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(folder.name) == server:
            total += sum(map(int, fields[11:15]))
        elif int(fields[1]) == server:
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def _wait(service: Service, began: float) -> float:
    said = service.home.parent / f"{service.home.name}.log"
    with httpx.Client(timeout=2.0) as http:
        while True:
            try:
                if http.get(f"{service.base}/ready").status_code == 200:
                    return time.perf_counter() - began
            except httpx.HTTPError:
                pass
            _alive(service, said, began)
            time.sleep(0.02)


def _alive(service: Service, said: Path, began: float) -> None:
    if service.process.poll() is not None or time.perf_counter() - began > READY_S:
        raise RuntimeError(f"twin up did not come up: {said.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
