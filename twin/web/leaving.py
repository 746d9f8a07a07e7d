"""A client that leaves takes its query with it: the request's task is cancelled, and the SQL it waits for.

Only reads are cut short. The watch begins after a moment: quick answers pay two timer calls and nothing else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENCE_S = 0.1
GONE: Message = {"type": "http.disconnect"}


class LeavingMiddleware:
    def __init__(self, app: ASGIApp, patience_s: float = PATIENCE_S) -> None:
        self.app = app
        self.patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        watch = Watch(receive, send)
        timer = asyncio.get_running_loop().call_later(self.patience_s, watch.begin)
        try:
            await self.app(scope, watch.receive, watch.send)
        except asyncio.CancelledError:
            if not watch.gone.is_set() or watch.task.uncancel() > 0:
                raise
        finally:
            timer.cancel()
            watch.end()


class Watch:
    """Listens for the disconnect beside the application; the only reader of ``receive`` once it has begun."""

    def __init__(self, receive: Receive, send: Send) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.task: asyncio.Task[object] = task
        self.gone = asyncio.Event()
        self._receive = receive
        self._send = send
        self._listener: asyncio.Task[None] | None = None
        self._complete = False

    def begin(self) -> None:
        if self._listener is None and not self._complete:
            self._listener = asyncio.get_running_loop().create_task(self._listen())

    async def _listen(self) -> None:
        ended = False
        while (message := await self._receive())["type"] != "http.disconnect":
            if ended:  # a server that repeats itself has nothing more to tell
                return
            ended = not message.get("more_body", False)
        self.gone.set()
        if not self._complete:
            self.task.cancel()

    async def receive(self) -> Message:
        """What the application hears: its bodiless request, later the disconnect."""
        if self._listener is None:
            self.begin()
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.gone.wait()
        return GONE

    async def send(self, message: Message) -> None:
        # A server reports a finished answer as a disconnect too: that one is no reason to cancel.
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._complete = True
        await self._send(message)

    def end(self) -> None:
        self._complete = True
        if self._listener is not None:
            self._listener.cancel()
