"""A client that leaves cancels what it asked for; one that stays is never disturbed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from twin.web.leaving import LeavingMiddleware

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

SCOPE: dict[str, Any] = {"type": "http", "method": "GET"}


class Client:
    """The server's side of one connection: it leaves after a while, or when the answer is complete."""

    def __init__(self, leaves_after: float | None) -> None:
        self.leaves_after = leaves_after
        self.answered = asyncio.Event()
        self.sent: list[Message] = []
        self.first = True

    async def receive(self) -> Message:
        if self.first:
            self.first = False
            return {"type": "http.request", "body": b"", "more_body": False}
        waiting = self.answered.wait() if self.leaves_after is None else asyncio.sleep(self.leaves_after)
        await waiting
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self.answered.set()


def app(seconds: float, log: list[str], *, listens: bool = False) -> Any:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if listens:
                assert (await receive())["type"] == "http.request"
                log.append((await receive())["type"])
            await asyncio.sleep(seconds)
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": b"x"})
            await asyncio.sleep(0.02)
            log.append("done")
        except asyncio.CancelledError:
            log.append("cancelled")
            raise

    return inner


def played(inner: Any, client_leaves: float | None, method: str = "GET") -> Client:
    async def scene() -> Client:
        client = Client(client_leaves)
        await LeavingMiddleware(inner, patience_s=0.01)(
            SCOPE | {"method": method}, client.receive, client.send
        )
        return client

    return asyncio.run(asyncio.wait_for(scene(), 5))


def test_leaving_cancels() -> None:
    log: list[str] = []
    client = played(app(3, log), 0.05)
    assert log == ["cancelled"]
    assert client.sent == []


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_staying_is_not_disturbed(seconds: float) -> None:
    log: list[str] = []
    client = played(app(seconds, log), None)
    assert log == ["done"]
    assert len(client.sent) == 2


def test_writes_are_never_cut_short() -> None:
    log: list[str] = []
    played(app(0.1, log), 0.02, "POST")
    assert log == ["done"]


def test_an_application_that_listens_hears_the_disconnect() -> None:
    log: list[str] = []
    played(app(3, log, listens=True), 0.02)
    assert log[0] in ("http.disconnect", "cancelled")


def test_a_cancellation_from_elsewhere_passes_through() -> None:
    async def scene() -> None:
        client = Client(None)
        log: list[str] = []
        middleware = LeavingMiddleware(app(3, log), patience_s=0.01)
        task = asyncio.ensure_future(middleware(dict(SCOPE), client.receive, client.send))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert log == ["cancelled"]

    asyncio.run(scene())


def test_a_server_that_repeats_itself_does_not_spin() -> None:
    class Parrot(Client):
        async def receive(self) -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

    async def scene() -> list[str]:
        client, log = Parrot(None), []
        await LeavingMiddleware(app(0.05, log), patience_s=0.01)(dict(SCOPE), client.receive, client.send)
        return log

    assert asyncio.run(asyncio.wait_for(scene(), 5)) == ["done"]
