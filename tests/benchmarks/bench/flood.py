"""The flood kernel beside the memory's speed in the same minute, and the sample city's flood as users run it."""

from __future__ import annotations

import time
import tomllib
from typing import Any

import flood_speed
import httpx
import numpy as np

from bench.service import Service, tree_cpu_s
from bench.table import Table
from twin.access.actor import Actor
from twin.actions.import_layer import import_file
from twin.catalog.load import load, shipped_layers
from twin.store import keys
from twin.store.artifact_store import ArtifactStore
from twin.store.database import Store

_BYTES_A_CELL = 28  # that the kernel reads and writes at least, float32
_ADMIN = Actor("admin", "bench")
_LIMIT_S = 240.0


def kernel(table: Table, *, large: bool = False) -> None:
    """Million cell updates a CPU second, and the share of what the memory's bandwidth allows; ``large``: 6.25 M cells too."""
    speed = flood_speed.bandwidth()
    rate, _ = flood_speed.all_wet(1, np.float32, 150)
    double, _ = flood_speed.all_wet(1, np.float64, 60)
    cpu, updates = flood_speed.test_4()
    gain, less, size = flood_speed.two_threads(), flood_speed.sparse(100), flood_speed.bytes_a_cell()
    storm_cpu, storm_wall, steps = flood_speed.storm(5.0, 3.0)
    share = rate * _BYTES_A_CELL / 1000 / speed
    of_memory = f"{share:.0%} of the memory's {speed:.1f} GB/s"
    table.add(
        "flood, all cells wet, one thread",
        f"{rate:.0f} M updates/CPU-s, {of_memory}",
        ">= 250 M",
        rate >= 250.0,
    )
    table.add("  the same in double precision", f"{double:.0f} M updates/CPU-s", ">= 100 M", double >= 100.0)
    value = f"{cpu:.2f} CPU-s, {updates / cpu:.0f} M updates/CPU-s"
    table.add("flood, EA test 4 at 5 m, five hours", value, "<= 3.0 CPU-s", cpu <= 3.0)
    table.add(
        "flood, all cells wet, two threads to one", f"{gain:.2f} (wall, fastest turns)", ">= 1.8", gain >= 1.8
    )
    table.add("flood, a twentieth wet, CPU of a step", f"{less:.1f} times less", ">= 5", less >= 5.0)
    table.add("flood, memory of the state", f"{size:.0f} bytes a cell", "<= 60", size <= 60.0)
    told = f"{storm_wall:.0f} s wall, {storm_cpu:.0f} CPU-s, {steps:,} steps"
    table.add("flood, 25 km2 at 5 m, three hours", told, "<= 30 s", storm_wall <= 30.0)
    if large:
        _large(table)
    table.figures["flood"] = {
        "two_threads": gain,
        "sparse": less,
        "bytes_a_cell": size,
        "storm_cpu_s": storm_cpu,
        "storm_wall_s": storm_wall,
        "triad_gb_s": speed,
        "wet_m_s": rate,
        "wet_double_m_s": double,
        "share": share,
        "test_4_cpu_s": cpu,
        "test_4_m": updates,
    }


def _large(table: Table) -> None:
    cpu, wall, steps = flood_speed.storm(2.0, 3.0)
    told = f"{wall:.0f} s wall, {cpu:.0f} CPU-s, {steps:,} steps"
    table.add("flood, 25 km2 at 2 m, three hours", told, "<= 720 s", wall <= 720.0)
    table.figures["flood_large"] = {"cpu_s": cpu, "wall_s": wall, "steps": steps}


def sample(service: Service, table: Table) -> None:
    """The sample city imported beside the synthetic one, and the example flood through the door, by a worker."""
    key = _load(service)
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=service.base, headers=headers, timeout=30.0) as http:
        worker = service.pid("worker")
        before = tree_cpu_s(worker)
        run = _flood(http)
        cpu = tree_cpu_s(worker) - before
        if run["state"] != "successful":
            raise RuntimeError(f"the flood ended as {run['state']}: {run.get('error')}")
    wall, memory = float(run["wall_s"]), float(run["peak_memory_mb"])
    table.add(
        "flood, sample city, example storm",
        f"{wall:.1f} s wall, {cpu:.1f} CPU-s, {memory:.0f} MB",
        "< 10 s",
        wall < 10.0,
    )
    table.figures["flood_sample"] = {"wall_s": wall, "cpu_s": cpu, "peak_memory_mb": memory}


def _load(service: Service) -> str:
    """A key of an operator, once the layers that the flood reads are there."""
    catalog = load(shipped_layers())
    folder = shipped_layers().parent / "data" / "samples"
    artifacts = ArtifactStore(str(service.home / "artifacts"))
    entries = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))["layers"]
    began, count = time.perf_counter(), 0
    with Store.open(service.cluster.url(), catalog) as store:
        for entry in entries:
            report = import_file(
                store,
                _ADMIN,
                folder / entry["file"],
                entry["layer"],
                crs=entry["crs"],
                source="sample",
                artifacts=artifacts,
                at=entry.get("valid_time"),
            )
            count += report.inserted
        print(f"# sample city: {count:,} records in {time.perf_counter() - began:.1f} s", flush=True)
        with store.service() as conn:
            return keys.create(conn, "operator", "bench")


def _flood(http: httpx.Client) -> dict[str, Any]:
    example = http.get("/simulations/flood").raise_for_status().json()["example"]
    answer = http.post("/simulations/flood", json=example)
    run: dict[str, Any] = answer.raise_for_status().json()
    deadline = time.monotonic() + _LIMIT_S
    while run["state"] in {"accepted", "running"} and time.monotonic() < deadline:
        time.sleep(0.3)
        run = http.get(f"/runs/{run['id']}").raise_for_status().json()
    return run
