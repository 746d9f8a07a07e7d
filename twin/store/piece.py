"""A piece of the schema: one object of the database that the catalogue asks for, with the SQL that makes and drops it.

The digest of its SQL is kept in ``gov.schema_piece``, so that a plan knows which pieces changed without having to
compare PostgreSQL's rewriting of an expression with ours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "schema_function", "table", "derived", "row", "index", "constraint", "reference", "function", "trigger", "grant",
    "policy", "comment",
]  # fmt: skip
ORDER: tuple[Kind, ...] = (
    "schema_function", "table", "derived", "row", "index", "constraint", "reference", "function", "trigger", "grant",
    "policy", "comment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """``relation`` is ``schema.table``."""

    kind: Kind
    relation: str
    name: str
    create: str
    drop: str

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.kind, self.relation, self.name)

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.create.encode()).hexdigest()
