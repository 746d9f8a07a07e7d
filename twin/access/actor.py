"""Who asks: an explicit argument from the door to the store, never a global."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """A role of ``access.toml``, the name of the key's holder, and the key's public id (never its secret)."""

    role: str
    name: str = "anonymous"
    key: str | None = None


ANONYMOUS = Actor("anonymous")
