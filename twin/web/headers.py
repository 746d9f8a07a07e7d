"""What every answer carries, and HEAD for every GET (RFC 9110 section 9.3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
# Data and problem documents run nothing; pages that do set a policy of their own.
INERT = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'self'")


class HeadersMiddleware:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bodiless = scope["method"] == "HEAD"
        if bodiless:
            scope = {**scope, "method": "GET"}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                if not any(name == INERT[0] for name, _ in headers):
                    headers.append(INERT)
                message = {**message, "headers": headers + SAFE}
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, sending)
