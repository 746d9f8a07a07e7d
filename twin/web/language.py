"""The language of a request: ``?lang=`` beats ``Accept-Language``, which beats the deployment's default."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from twin.errors import TwinError
from twin.text import LANGUAGES, Language, negotiate

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def chosen(query: bytes, accept_language: str | None, default: Language) -> Language:
    """The language for a raw query string and header; raises TWIN-304 for an unknown or repeated ``lang``."""
    if b"lang=" in query:
        asked = [
            unquote_plus(part[5:].decode("latin-1"))
            for part in query.split(b"&")
            if part.startswith(b"lang=")
        ]
        if asked:
            return _asked(asked)
    return _negotiated(accept_language, default)


# Browsers send the same few headers again and again.
_negotiated = lru_cache(maxsize=256)(negotiate)


def _asked(values: list[str]) -> Language:
    primary = values[0].lower().split("-")[0]
    for language in LANGUAGES:
        if primary == language and len(values) == 1 and values[0].replace("-", "").isalnum():
            return language
    raise TwinError(
        "TWIN-304", "lang 须为 zh 或 en，且只给一次", "lang must be zh or en, given once", where="lang"
    )


class LanguageMiddleware:
    """Sets ``request.state.language``; the default stands while a bad ``lang`` is refused."""

    def __init__(self, app: ASGIApp, default: Language) -> None:
        self.app = app
        self.default: Language = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = scope.setdefault("state", {})
            header = next((value for name, value in scope["headers"] if name == b"accept-language"), None)
            accepted = None if header is None else header.decode("latin-1")
            state["language"] = _negotiated(accepted, self.default)
            state["language"] = chosen(scope["query_string"], accepted, self.default)
        await self.app(scope, receive, send)
