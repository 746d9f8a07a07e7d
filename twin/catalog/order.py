"""The order in which layers can be created and filled, so that each reference finds its target."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twin.catalog.spec import Catalog, Layer


def targets(layer: Layer) -> list[str]:
    """Names of the other layers that ``layer`` refers to; a reference to itself needs no order."""
    named = (column.references.split(".")[0] for column in layer.columns.values() if column.references)
    return [name for name in named if name != layer.name]


def circle(layers: Mapping[str, Layer]) -> list[str]:
    """The layers of one reference cycle, first and last the same, or nothing."""
    try:
        TopologicalSorter({name: targets(layer) for name, layer in layers.items()}).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def creation_order(catalog: Catalog) -> tuple[Layer, ...]:
    """Every layer, referenced ones first and otherwise in the order of the catalogue."""
    done: dict[str, Layer] = {}

    def visit(layer: Layer) -> None:
        if layer.name not in done:
            for name in targets(layer):
                visit(catalog.layers[name])
            done[layer.name] = layer

    for layer in catalog.layers.values():
        visit(layer)
    return tuple(done.values())
