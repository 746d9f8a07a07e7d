"""Named SQL: ``queries/<file>.sql`` holds statements headed ``-- name: <name>``, each with a comment giving its reason.

Identifiers of the catalogue enter through ``{placeholders}`` by psycopg's composition, values by parameters.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import LiteralString, cast

from psycopg import sql

_HEAD = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def query(file: str, name: str) -> LiteralString:
    """The text of one named statement; raises KeyError when there is none."""
    return _statements(file)[name]


def composed(file: str, name: str, /, **parts: sql.Composable) -> sql.Composed:
    """One named statement with its ``{placeholders}`` filled."""
    return sql.SQL(query(file, name)).format(**parts)


@cache
def _statements(file: str) -> dict[str, LiteralString]:
    text = (resources.files("twin.store") / "queries" / f"{file}.sql").read_text(encoding="utf-8")
    parts = _HEAD.split(text)[1:]
    # The files ship with the package: their text is as literal as this module's.
    return {
        name: cast("LiteralString", body.strip()) for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
