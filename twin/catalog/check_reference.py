"""What must hold for references: a target that exists, is unique, of the same type, lasting, and not more closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.check_access import CLASSES
from twin.catalog.messages import fault, unknown
from twin.catalog.order import circle
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from twin.catalog.spec import Column, Layer
    from twin.errors import Problem


def check_references(
    layers: Mapping[str, Layer], files: Mapping[str, str], broken: Set[str]
) -> Iterator[Problem]:
    """Every problem of the references between ``layers``; ``broken`` layers have problems of their own."""
    for layer in layers.values():
        for name, column in layer.columns.items():
            if column.references:
                yield from _reference(layer, name, column, layers, files[layer.name], broken)
    names = circle({name: layer for name, layer in layers.items() if _resolved(layer, layers)})
    if names:
        yield fault(files[names[0]], "columns", "TWIN-113", names=" → ".join(names))


def _resolved(layer: Layer, layers: Mapping[str, Layer]) -> bool:
    return all(not c.references or c.references.split(".")[0] in layers for c in layer.columns.values())


def _reference(
    layer: Layer, name: str, column: Column, layers: Mapping[str, Layer], file: str, broken: Set[str]
) -> Iterator[Problem]:
    named, key = str(column.references), f"columns.{name}.references"
    target_name, _, target_column = named.partition(".")
    if target_name in broken:
        return
    target = layers.get(target_name)
    if target is None or target_column not in target.columns:
        known = [
            f"{other}.{unique}" for other in layers for unique, c in layers[other].columns.items() if c.unique
        ]
        yield unknown(file, key, "TWIN-111", named, known)
        return
    for reason in _unsuitable(layer, column, target, target.columns[target_column]):
        yield fault(file, key, "TWIN-112", name=named, reason=reason)


def _unsuitable(layer: Layer, column: Column, target: Layer, aim: Column) -> Iterator[Text]:
    if not aim.unique:
        yield Text("该列不唯一（unique = true）", "that column is not unique (unique = true)")
    if aim.type != column.type:
        yield Text(
            f"类型不同：{column.type} 与 {aim.type}", f"the types differ: {column.type} and {aim.type}"
        )
    if target.is_result:
        yield Text("结果图层的记录随运行删除", "rows of a result layer vanish with their run")
    if target.kind not in {"features", "records"}:
        yield Text(f"{target.kind} 图层没有表", f"a layer of kind {target.kind} has no table")
    mine, its = column.access or layer.access, aim.access or target.access
    if CLASSES.index(mine) < CLASSES.index(its):
        # A value that always exists over there tells who may not look that it exists.
        yield Text(f"它的级别“{its}”比此列“{mine}”更严", f'it is "{its}", closer than this column ("{mine}")')
