"""Routes of the door: plain ones, tried in order, since what a framework does around a handler costs more than a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from twin.ogc.door import visit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    type Handler = Callable[..., Awaitable[Response]]

PREFIX = "/ogc"


class Router:
    """Collects handlers, which take the parts of the path by name and ``visit``."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def get(self, path: str) -> Callable[[Handler], Handler]:
        return self._add(path, "GET")

    def post(self, path: str) -> Callable[[Handler], Handler]:
        return self._add(path, "POST")

    def delete(self, path: str) -> Callable[[Handler], Handler]:
        return self._add(path, "DELETE")

    def _add(self, path: str, method: str) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            async def endpoint(request: Request) -> Response:
                parts: dict[str, Any] = request.path_params
                return await handler(visit=visit(request), **parts)

            self.routes.append(Route(PREFIX + path, endpoint, methods=[method]))
            return handler

        return keep
