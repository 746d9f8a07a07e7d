"""Who asks: an API key in ``Authorization: Bearer`` or ``X-API-Key``, or nobody in particular.

A key that is no key is refused at every address, never taken for anonymous. What the store said of a key is
believed for two seconds; a key in use is then asked about beside the request, so that a busy store holds nobody up,
and after ten seconds before it. So a revoked key is dead within two seconds, ten when the store is overrun.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from twin.access.actor import ANONYMOUS, Actor
from twin.errors import TwinError
from twin.store import keys
from twin.web.service import service_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from twin.store.database import AsyncStore

BELIEVED_S = 2.0
GRACE_S = 10.0
MOST_REMEMBERED = 4096
LONGEST_KEY = 200
# Alive or not, ready or not, and the page's files: answered without asking the database who asks.
WITHOUT = ("/health", "/ready", "/console")


def presented(headers: list[tuple[bytes, bytes]]) -> str | None:
    """The key that a request carries, ``None`` without one; raises TWIN-401 for what cannot be a key."""
    bearer = own = None
    for name, value in headers:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                raise refused()
            bearer = rest.strip()
        elif name == b"x-api-key":
            own = value.decode("latin-1").strip()
    if bearer is not None and own is not None and bearer != own:
        raise refused()
    key = own if bearer is None else bearer
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise refused()
    return key


def refused() -> TwinError:
    return TwinError(
        "TWIN-401",
        "API 密钥无效、已吊销或格式有误；请以 Authorization: Bearer 密钥 发送有效密钥，或不带密钥匿名访问",
        "the API key is not valid, was revoked or is malformed; send a valid one as Authorization: Bearer KEY, "
        "or none to ask anonymously",
        status=401,
        where="authorization",
    )


@dataclass(slots=True)
class Known:
    """An actor, and when the store last said so (monotonic seconds)."""

    actor: Actor
    said: float


class Identities:
    """Actors by the hash of their key, for as long as they are believed; the keys themselves are not kept."""

    def __init__(self, believed_s: float = BELIEVED_S, grace_s: float = GRACE_S) -> None:
        self.believed_s = believed_s
        self.grace_s = grace_s
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._asking: dict[bytes, asyncio.Task[Actor | None]] = {}

    async def actor(self, store: AsyncStore, key: str) -> Actor:
        """The actor behind a key; raises TWIN-401 when the store knows no such key."""
        digest = sha256(key.encode("ascii")).digest()
        held = self._known.get(digest)
        age = time.monotonic() - held.said if held is not None else self.grace_s
        if held is not None and age < self.believed_s:
            return held.actor
        asking = self._ask(store, key, digest)
        if held is not None and age < self.grace_s:
            return held.actor
        actor = await asyncio.shield(asking)
        if actor is None:
            raise refused()
        return actor

    def _ask(self, store: AsyncStore, key: str, digest: bytes) -> asyncio.Task[Actor | None]:
        """One question to the store for all who wait for the same key."""
        asking = self._asking.get(digest)
        if asking is None:
            asking = self._asking[digest] = asyncio.create_task(self._verify(store, key, digest))
            asking.add_done_callback(_heard)
        return asking

    async def _verify(self, store: AsyncStore, key: str, digest: bytes) -> Actor | None:
        try:
            async with store.service() as conn:
                actor = await keys.averify(conn, key)
        finally:
            del self._asking[digest]
        if actor is None:
            self._known.pop(digest, None)
            return None
        self._known[digest] = Known(actor, time.monotonic())
        self._known.move_to_end(digest)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return actor


def _heard(task: asyncio.Task[Actor | None]) -> None:
    """A question in the background that failed is asked again; its error belongs to nobody."""
    if not task.cancelled():
        task.exception()


class IdentityMiddleware:
    """Sets ``request.state.actor``."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.identities = Identities()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            state["actor"] = ANONYMOUS
            if not scope["path"].startswith(WITHOUT):
                key = presented(scope["headers"])
                if key is not None:
                    state["actor"] = await self.identities.actor(service_of(scope).store, key)
        await self.app(scope, receive, send)
