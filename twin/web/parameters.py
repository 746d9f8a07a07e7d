"""Query parameters are a closed list: an unknown one, or one given twice, is refused by name."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from fastapi.routing import APIRoute

from twin.ogc.problems import repeated_parameter, unknown_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine

    from starlette.requests import Request
    from starlette.responses import Response

# Read by the middleware, so that every route takes it.
EVERYWHERE = frozenset({"lang"})


def query(raw: bytes, known: Collection[str]) -> dict[str, str]:
    """A raw query string as a mapping; raises TWIN-301 for an unknown name, TWIN-302 for a repeated one."""
    if not raw:
        return {}
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
    for name, _ in pairs:
        if name not in known and name not in EVERYWHERE:
            raise unknown_parameter(name, {*known, *EVERYWHERE})
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise repeated_parameter(name)
    return dict(pairs)


class StrictRoute(APIRoute):
    """A route that refuses what it does not declare, before anything else is looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        known = frozenset(field.alias for field in self.dependant.query_params)

        async def strict(request: Request) -> Response:
            query(request.scope["query_string"], known)
            return await handler(request)

        return strict
