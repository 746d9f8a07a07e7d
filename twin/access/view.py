"""The catalogue as one role sees it, decided once: what may be read hangs on the role alone, and the catalogue stands
while a service runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.access.decide import readable_columns, visible_layers

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer


class View:
    """The layers that exist for a role by name, in the order of the catalogue, and of each the declared columns that
    it may read."""

    def __init__(self, catalog: Catalog, actor: Actor) -> None:
        self.layers: dict[str, Layer] = {layer.name: layer for layer in visible_layers(catalog, actor)}
        self.columns = {name: readable_columns(catalog, actor, layer) for name, layer in self.layers.items()}
        self.names = frozenset(self.layers)


class Views[Kind: View]:
    """One view a role, made by ``kind`` when it is first asked for."""

    def __init__(self, catalog: Catalog, kind: Callable[[Catalog, Actor], Kind]) -> None:
        self.catalog = catalog
        self._kind = kind
        self._kept: dict[str, Kind] = {}

    def of(self, actor: Actor) -> Kind:
        view = self._kept.get(actor.role)
        if view is None:
            view = self._kind(self.catalog, actor)
            if actor.role in self.catalog.access.roles:
                self._kept[actor.role] = view
        return view
