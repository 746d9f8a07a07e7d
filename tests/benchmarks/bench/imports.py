"""Import of a file with everything that follows its rows, against COPY of the same rows."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg

from bench.service import Service
from bench.table import Table
from twin.access.actor import Actor
from twin.actions.import_layer import import_file
from twin.catalog.load import load, shipped_layers
from twin.store.database import Store

_ADMIN = Actor("admin", "bench")


def measure(service: Service, path: Path, table: Table) -> None:
    """``building`` must be empty. COPY runs twice each, before its second run the first is forgotten; the best counts."""
    seconds, count = _import(service, path)
    with service.admin() as conn:
        rows = _rows(conn)
        bare = _copy(conn, rows, "CREATE TABLE bench.t AS TABLE city.building WITH NO DATA")
        whole = _copy(conn, rows, "CREATE TABLE bench.t (LIKE city.building INCLUDING ALL)")
    speed = count / seconds
    ratio, ratio_whole = speed * bare / count, speed * whole / count
    table.add("import, features/s", f"{speed:,.0f} ({count:,} in {seconds:.1f} s)")
    table.add(
        "import / COPY into a bare table",
        f"{ratio:.2f} (COPY {count / bare:,.0f} rows/s)",
        ">= 0.3",
        ratio >= 0.3,
    )
    table.add(
        "import / COPY with the same indexes, checks",
        f"{ratio_whole:.2f} (COPY {count / whole:,.0f} rows/s)",
        ">= 0.3",
        ratio_whole >= 0.3,
    )
    table.figures["import"] = {
        "seconds": seconds,
        "features": count,
        "copy_bare_s": bare,
        "copy_whole_s": whole,
    }


def _import(service: Service, path: Path) -> tuple[float, int]:
    catalog = load(shipped_layers())
    with Store.open(service.cluster.url(), catalog) as store:
        began = time.perf_counter()
        report = import_file(store, _ADMIN, path, "building", source="bench")
        return time.perf_counter() - began, report.inserted


def _rows(conn: psycopg.Connection) -> list[bytes]:
    """The stored rows as COPY's text."""
    with conn.cursor() as cursor, cursor.copy("COPY city.building TO STDOUT") as copy:
        text = b"".join(bytes(part) for part in copy)
    size = 1 << 20
    return [text[at : at + size] for at in range(0, len(text), size)]


def _copy(conn: psycopg.Connection, rows: list[bytes], create: str) -> float:
    took = []
    conn.execute("CREATE SCHEMA IF NOT EXISTS bench")
    for _ in range(2):
        conn.execute(create)
        conn.execute("CHECKPOINT")
        began = time.perf_counter()
        with conn.cursor() as cursor, cursor.copy("COPY bench.t FROM STDIN") as copy:
            for part in rows:
                copy.write(part)
        took.append(time.perf_counter() - began)
        conn.execute("DROP TABLE bench.t")
    conn.execute("CHECKPOINT")
    return min(took)
