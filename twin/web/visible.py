"""What the caller may see. A layer that he may not read does not exist for him: 404 like an unknown name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.access.decide import readable_columns, visible_layers
from twin.errors import TwinError, did_you_mean
from twin.store import names

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer

MOST_TOLD = 60


class View:
    """The catalogue as one role sees it: its layers by name, and of each the columns it may read."""

    def __init__(self, catalog: Catalog, actor: Actor) -> None:
        self.layers: dict[str, Layer] = {layer.name: layer for layer in visible_layers(catalog, actor)}
        self.columns = {name: readable_columns(catalog, actor, layer) for name, layer in self.layers.items()}
        self.tile_columns = {
            name: tuple(one for one in names.tile_columns(layer) if one in self.columns[name])
            for name, layer in self.layers.items()
        }

    def layer(self, name: str, *kinds: str) -> Layer:
        """The layer, if it exists for the role and is of one of ``kinds``; else TWIN-330 or TWIN-331 (404)."""
        layer = self.layers.get(name)
        if layer is None:
            raise self._unknown(name)
        if kinds and layer.kind not in kinds:
            raise TwinError(
                "TWIN-331",
                f"图层 {name} 不以这种形式提供，它的种类是 {layer.kind}",
                f"layer {name} is not offered in this form; its kind is {layer.kind}",
                status=404,
                where="layer",
            )
        return layer

    def _unknown(self, name: str) -> TwinError:
        """Suggests only what the role may see."""
        near = did_you_mean(name[:MOST_TOLD], self.layers)
        return TwinError(
            "TWIN-330",
            f"没有图层“{name[:MOST_TOLD]}”；{near.zh or '可用图层见 /layers'}",
            f'there is no layer "{name[:MOST_TOLD]}".{near.en or " See /layers for those there are."}',
            status=404,
            where="layer",
        )


class Views:
    """One view a role: what may be read hangs on the role alone, and the catalogue stands while we run."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._kept: dict[str, View] = {}

    def of(self, actor: Actor) -> View:
        view = self._kept.get(actor.role)
        if view is None:
            view = View(self.catalog, actor)
            if actor.role in self.catalog.access.roles:
                self._kept[actor.role] = view
        return view
