"""API keys: ``twin_<id>_<secret>``, shown once, kept as a hash. All under the service role."""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from twin.access.actor import Actor
from twin.errors import TwinError
from twin.store.queryfile import query

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import AsyncConnection, Connection

_FORM = re.compile(r"twin_([a-z0-9]{10})_([A-Za-z0-9_-]{43})")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


class Key(NamedTuple):
    """What may be told about a key."""

    id: str
    role: str
    name: str
    created: datetime
    last_used: datetime | None
    revoked: datetime | None


def create(conn: Connection[Any], role: str, name: str) -> str:
    """A new key for a role; the returned text is the only copy. The caller checks that the role exists."""
    identity = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    text = f"twin_{identity}_{secrets.token_urlsafe(32)}"
    conn.execute(query("keys", "create"), {"id": identity, "role": role, "name": name, "hash": _hash(text)})
    return text


def verify(conn: Connection[Any], text: str) -> Actor | None:
    """Whose key it is; ``None`` for a text that is no key, an unknown one, a revoked one, a wrong secret."""
    values = _values(text)
    if values is None:
        return None
    return _actor(conn.execute(query("keys", "verify"), values).fetchone(), values)


async def averify(conn: AsyncConnection[Any], text: str) -> Actor | None:
    """``verify`` for the web."""
    values = _values(text)
    if values is None:
        return None
    return _actor(await (await conn.execute(query("keys", "verify"), values)).fetchone(), values)


def revoke(conn: Connection[Any], identity: str) -> None:
    """From now on the key is nobody's. Takes the key's id (or the whole key); raises TWIN-407 for an unknown one."""
    found = _FORM.fullmatch(identity)
    identity = found[1] if found else identity
    if conn.execute(query("keys", "revoke"), {"id": identity}).fetchone() is None:
        raise TwinError(
            "TWIN-407",
            f"没有编号为 {identity[:40]} 的有效密钥：请用 twin key list 查看",
            f"there is no valid key of the id {identity[:40]}: see twin key list",
            status=404,
        )


def list_(conn: Connection[Any]) -> list[Key]:
    """Every key, the oldest first, without secrets."""
    return [Key(*row) for row in conn.execute(query("keys", "list")).fetchall()]


def _values(text: str) -> dict[str, Any] | None:
    found = _FORM.fullmatch(text)
    return {"id": found[1], "hash": _hash(text)} if found else None


def _actor(row: tuple[Any, ...] | None, values: dict[str, Any]) -> Actor | None:
    if row is None or not hmac.compare_digest(bytes(row[3]), values["hash"]):
        return None
    return Actor(role=row[1], name=row[2], key=row[0])


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
