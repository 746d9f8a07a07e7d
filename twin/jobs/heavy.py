"""Imports for the fork server: what every child would otherwise load anew."""

from __future__ import annotations

from twin.processes.registry import registry
from twin.store import artifacts, database

__all__ = ["artifacts", "database"]

registry()
