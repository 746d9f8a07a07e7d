"""What every route of the door asks first: who is there, which layers exist for him, where the service stands."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from twin.access.actor import ANONYMOUS, Actor
from twin.access.view import View, Views
from twin.errors import TwinError
from twin.ogc.host import Host
from twin.ogc.problems import no_layer, other_kind
from twin.processes.registry import registry
from twin.store.tilesource import TileSource

if TYPE_CHECKING:
    from starlette.requests import Request

    from twin.catalog.spec import Catalog, Layer
    from twin.ogc.filter.fields import Term
    from twin.processes.registry import Process
    from twin.store.database import AsyncStore
    from twin.text import Language

CATALOGUE = "catalogue"


@dataclass(slots=True)
class Door:
    """The door's own state, one an application: the hosted library, the secret of its cursors, its caches."""

    catalog: Catalog
    secret: bytes
    processes: dict[str, Process]
    host: Host
    views: Views[View]
    tiles: TileSource
    fields: dict[tuple[str, str], dict[str, Term]] = field(default_factory=dict)
    counts: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as the routes see it."""

    request: Request
    door: Door
    actor: Actor
    language: Language

    @property
    def store(self) -> AsyncStore:
        return cast("AsyncStore", self.request.app.state.store)

    @property
    def catalog(self) -> Catalog:
        return self.door.catalog

    @property
    def base(self) -> str:
        """``http://host/ogc``: where the client reached the service."""
        return f"{self.request.base_url}ogc"

    @property
    def sight(self) -> View:
        """The catalogue as the actor sees it."""
        return self.door.views.of(self.actor)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers that exist for the actor."""
        return tuple(self.sight.layers.values())

    @property
    def view(self) -> frozenset[str]:
        return self.sight.names

    def layer(self, name: str, *kinds: str) -> Layer:
        """The layer, or 404: TWIN-330 when it is unknown or hidden from the actor, TWIN-331 when not of ``kinds``."""
        layer = self.sight.layers.get(name)
        if layer is None:
            raise no_layer(name, self.view)
        if kinds and layer.kind not in kinds:
            raise other_kind(layer)
        return layer

    def columns(self, layer: Layer) -> tuple[str, ...]:
        """The declared columns that the actor may read."""
        return self.sight.columns.get(layer.name, ())


def visit(request: Request) -> Visit:
    """What every route begins with: missing identity is anonymous, missing language the deployment's."""
    state = request.scope.get("state") or {}
    actor = state.get("actor") or ANONYMOUS
    language: Language = state.get("language") or getattr(request.app.state, "language", None) or "zh"
    return Visit(request, _door(request), actor, language)


def _door(request: Request) -> Door:
    state = request.app.state
    door: Door | None = getattr(state, "ogc_door", None)
    if door is None:
        catalog = getattr(state, "catalog", None)
        if catalog is None:
            raise TwinError("TWIN-608", "服务尚未就绪。", "the service is not ready.", status=503)
        processes = registry()
        door = Door(
            catalog=catalog,
            secret=_secret(state),
            processes=processes,
            host=Host(catalog, processes),
            views=Views(catalog, View),
            tiles=getattr(state, "tiles", None) or TileSource(state.store),
        )
        state.ogc_door = door
    return door


def _secret(state: Any) -> bytes:
    """The key of the cursors: the same in every web process of a deployment, and after a restart.

    A cursor holds only sort keys that the client has seen, so the key guards against accidents, not against theft.
    """
    settings = getattr(state, "settings", None)
    if settings is None:
        return os.urandom(32)
    url = getattr(settings, "database_url", None)
    place = url.get_secret_value() if url is not None else str(settings.home)
    return sha256(f"cursor {place}".encode()).digest()
