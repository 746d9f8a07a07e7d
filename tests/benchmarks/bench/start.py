"""``twin up`` from nothing to the first 200 of /ready, and once more."""

from __future__ import annotations

from pathlib import Path

from bench.service import Service, start
from bench.table import Table


def measure(home: Path, table: Table) -> Service:
    """The service of the second start, running."""
    first = start(home)
    first.stop()
    again = start(home)
    table.add("twin up, from nothing to /ready", _said(first), "< 8 s", first.ready_s < 8.0)
    table.add("twin up, second start", _said(again))
    table.figures["up"] = {
        "first_s": first.ready_s,
        "first_cpu_s": first.ready_cpu_s,
        "again_s": again.ready_s,
        "again_cpu_s": again.ready_cpu_s,
    }
    return again


def _said(service: Service) -> str:
    """The CPU is that of the command, the web and the worker, without the database's."""
    return f"{service.ready_s:.1f} s ({service.ready_cpu_s:.1f} CPU-s of Python)"
