"""What the doors share while the application lives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Scope

    from twin.access.actor import Actor
    from twin.access.view import Views
    from twin.catalog.spec import Catalog
    from twin.store.artifacts import ArtifactStore
    from twin.store.database import AsyncStore
    from twin.store.tilesource import TileSource
    from twin.store.versions import Versions
    from twin.text import Language
    from twin.web.extents import Extents
    from twin.web.health import Readiness
    from twin.web.rasters import Rasters
    from twin.web.visible import View


@dataclass(slots=True)
class Service:
    store: AsyncStore
    catalog: Catalog
    views: Views[View]
    artifacts: ArtifactStore
    versions: Versions
    tiles: TileSource
    rasters: Rasters
    extents: Extents
    readiness: Readiness
    descriptions: dict[tuple[Language, str], bytes] = field(default_factory=dict)


def service(request: Request) -> Service:
    return cast("Service", request.app.state.service)


def service_of(scope: Scope) -> Service:
    """The same for a raw ASGI application below the app."""
    return cast("Service", scope["app"].state.service)


def view(request: Request) -> View:
    """The catalogue as the caller sees it."""
    return service(request).views.of(request.state.actor)


def actor(request: Request) -> Actor:
    """Who asks: set by the identity middleware, never missing behind it."""
    return cast("Actor", request.state.actor)


def language(request: Request) -> Language:
    return cast("Language", request.state.language)


def base_url(request: Request) -> str:
    """``https://host:port`` as the client wrote it, without a trailing slash."""
    return f"{request.url.scheme}://{request.url.netloc}"
