"""What the caller may see. A layer that he may not read does not exist for him: 404 like an unknown name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.access.decide import readable_columns, visible_layer, visible_layers
from twin.errors import TwinError, did_you_mean
from twin.store import names

if TYPE_CHECKING:
    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Layer

MOST_TOLD = 60


def layer_for(catalog: Catalog, actor: Actor, name: str, *, kinds: tuple[str, ...] = ()) -> Layer:
    """The layer, if the actor may read it and it is of one of ``kinds``; else TWIN-330 or TWIN-331 (404)."""
    layer = visible_layer(catalog, actor, name)
    if layer is None:
        raise unknown_layer(catalog, actor, name)
    if kinds and layer.kind not in kinds:
        raise TwinError(
            "TWIN-331",
            f"图层 {name} 不以这种形式提供，它的种类是 {layer.kind}",
            f"layer {name} is not offered in this form; its kind is {layer.kind}",
            status=404,
            where="layer",
        )
    return layer


def unknown_layer(catalog: Catalog, actor: Actor, name: str) -> TwinError:
    """TWIN-330; it suggests only what the actor may see."""
    near = did_you_mean(name[:MOST_TOLD], [layer.name for layer in visible_layers(catalog, actor)])
    return TwinError(
        "TWIN-330",
        f"没有图层“{name[:MOST_TOLD]}”；{near.zh or '可用图层见 /layers'}",
        f'there is no layer "{name[:MOST_TOLD]}".{near.en or " See /layers for those there are."}',
        status=404,
        where="layer",
    )


def tile_columns(catalog: Catalog, actor: Actor, layer: Layer) -> tuple[str, ...]:
    """The declared columns that the actor's tiles of the layer carry."""
    readable = set(readable_columns(catalog, actor, layer))
    return tuple(column for column in names.tile_columns(layer) if column in readable)
