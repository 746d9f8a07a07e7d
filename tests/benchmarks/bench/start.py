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
    table.add("twin up, from nothing to /ready", f"{first.ready_s:.1f} s", "< 8 s", first.ready_s < 8.0)
    table.add("twin up, second start", f"{again.ready_s:.1f} s")
    table.figures["up"] = {"first_s": first.ready_s, "again_s": again.ready_s}
    return again
