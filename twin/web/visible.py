"""What the caller may see. A layer that he may not read does not exist for him: 404 like an unknown name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.access import view
from twin.ogc.problems import no_layer, other_kind
from twin.store import names

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer


class View(view.View):
    """The catalogue as one role sees it, with what a tile of each layer carries for the role."""

    def __init__(self, catalog: Catalog, actor: Actor) -> None:
        super().__init__(catalog, actor)
        self.tile_columns = {
            name: tuple(one for one in names.tile_columns(layer) if one in self.columns[name])
            for name, layer in self.layers.items()
        }

    def layer(self, name: str, *kinds: str) -> Layer:
        """The layer, if it exists for the role and is of one of ``kinds``; else TWIN-330 or TWIN-331 (404)."""
        layer = self.layers.get(name)
        if layer is None:
            raise no_layer(name, self.layers, "layer")
        if kinds and layer.kind not in kinds:
            raise other_kind(layer, "layer")
        return layer
