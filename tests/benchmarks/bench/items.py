"""Items through the OGC door: CPU of the web process and wall time of a page of 1,000, of a box, of one by its id."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import numpy as np

from bench.http import Answer, race
from bench.service import Service, cpu_s
from bench.table import Table


def measure(service: Service, table: Table) -> None:
    draw = np.random.default_rng(5)
    items = "/ogc/collections/building/items"
    with service.admin() as conn:
        low, high = conn.execute("SELECT min(id), max(id) FROM city.building").fetchone() or (1, 1)
        sample = conn.execute(
            "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Centroid(geom), 4326) AS p FROM city.building"
            " TABLESAMPLE BERNOULLI (2) REPEATABLE (5) LIMIT 200) AS s"
        ).fetchall()
    boxes = [f"{x - 0.004:.6f},{y - 0.003:.6f},{x + 0.004:.6f},{y + 0.003:.6f}" for x, y in sample]
    ids = draw.integers(low, high, 200)
    cases: list[tuple[str, Sequence[str], str]] = [
        ("items, limit=1000", [f"{items}?f=json&limit=1000"] * 60, "<= 5 ms"),
        ("items, limit=1000 within a box", [f"{items}?f=json&limit=1000&bbox={box}" for box in boxes], ""),
        ("one item by its id", [f"{items}/{one}?f=json" for one in ids], ""),
    ]
    for name, paths, target in cases:
        _case(service, table, name, paths, target)


def _case(service: Service, table: Table, name: str, paths: Sequence[str], target: str) -> None:
    race(service.port, paths[:10], 1)
    pid = service.pid("web")
    before = cpu_s(pid)
    wall, answers = race(service.port, paths, 1)
    cpu = (cpu_s(pid) - before) / len(paths) * 1000
    if any(answer.status != 200 for answer in answers):
        raise RuntimeError(f"{name}: {sorted({answer.status for answer in answers})}")
    p50 = statistics.median(answer.seconds for answer in answers) * 1000
    size = statistics.mean(answer.size for answer in answers) / 1000
    value = f"{cpu:.1f} ms CPU, p50 {p50:.1f} ms, {len(paths) / wall:,.0f} requests/s, {size:,.0f} kB"
    table.add(name, value, target, cpu <= 5.0 if target else None)
    table.figures[name] = {"cpu_ms": cpu, "p50_ms": p50, "kB": size, **_tail(answers)}


def _tail(answers: Sequence[Answer]) -> dict[str, float]:
    return {"p95_ms": float(np.percentile([answer.seconds for answer in answers], 95)) * 1000}
