"""Imports for the fork server: what every child would otherwise load anew.

Declarations go without the compiler and SciPy, so that doors and workers start at once; what computes is named here.
"""

from __future__ import annotations

from importlib import import_module

from twin.processes.registry import registry
from twin.store import artifacts, database

__all__ = ["artifacts", "database"]

COMPUTING = (
    "twin.engines.flood.simulation",
    "twin.engines.sewers.model",
    "twin.engines.traffic.assignment.closures",
    "scipy.ndimage",
    "scipy.spatial",
)

registry()
for name in COMPUTING:
    import_module(name)
