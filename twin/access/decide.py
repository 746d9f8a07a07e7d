"""Who may do what, decided from the catalogue alone: default deny, with the reason.

The database holds the same rules as grants and row policies; this is for the doors, which have to say why, and which
must answer "there is no such layer" to an actor who may not know that it exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from twin.catalog.reserved import SYSTEM_COLUMNS
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twin.access.actor import Actor
    from twin.catalog.spec import Catalog, Class, Layer

Action = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Decision:
    """Yes or no, and why, in words that may be shown to the actor."""

    allowed: bool
    reason: Text


_VERBS = {"read": Text("读取", "read"), "write": Text("写入", "write")}


def may_publish(catalog: Catalog, read: Iterable[str], written: Iterable[str]) -> bool:
    """Whether what was made of the layers ``read`` may be seen by all who see the layers ``written``: derived data take
    the highest grade of their sources (GB/T 43697-2024, 就高从严)."""
    classes = list(catalog.access.classes)
    grades = [[classes.index(catalog.layers[name].access) for name in names] for names in (read, written)]
    return max(grades[0], default=0) <= min(grades[1], default=len(classes))


def decide(
    catalog: Catalog, actor: Actor, layer: Layer, action: Action, column: str | None = None
) -> Decision:
    """Whether ``actor`` may read or write ``layer``, or one ``column`` of it, which may be of a closer class.

    An unknown role, layer or column is denied. Writing a column takes the right to write the layer too.
    """
    role = catalog.access.roles.get(actor.role)
    if role is None:
        return Decision(False, Text(f"未知角色“{actor.role}”", f'unknown role "{actor.role}"'))
    held = catalog.layers.get(layer.name)
    if held is not layer and held != layer:
        return Decision(
            False, Text(f"目录中没有图层“{layer.name}”", f'the catalogue has no layer "{layer.name}"')
        )
    for rule in _rules(catalog, layer, column):
        verb = _VERBS[action]
        if rule is None or actor.role not in (rule.read if action == "read" else rule.write):
            klass = rule.title if rule else Text("未知", "unknown")
            return Decision(
                False,
                Text(
                    f"{role.title.zh}不可{verb.zh}“{klass.zh}”级数据",
                    f"the role {role.title.en.lower()} may not {verb.en} data of class {klass.en.lower()}",
                ),
            )
    return Decision(True, Text("允许", "allowed"))


def _rules(catalog: Catalog, layer: Layer, column: str | None) -> tuple[Class | None, ...]:
    """The classes that all have to admit the actor; ``None`` stands for one that admits nobody."""
    rules = [catalog.access.classes.get(layer.access)]
    if column is not None and column not in SYSTEM_COLUMNS:
        declared = layer.columns.get(column)
        rules.append(catalog.access.classes.get(declared.access or layer.access) if declared else None)
    return tuple(rules)


def may_run(catalog: Catalog, actor: Actor) -> Decision:
    """Whether ``actor`` may start a process."""
    if actor.role not in catalog.access.roles:
        return Decision(False, Text(f"未知角色“{actor.role}”", f'unknown role "{actor.role}"'))
    if actor.role in catalog.access.run:
        return Decision(True, Text("允许", "allowed"))
    needed = "、".join(catalog.access.roles[name].title.zh for name in catalog.access.run)
    needed_en = ", ".join(catalog.access.roles[name].title.en.lower() for name in catalog.access.run)
    return Decision(
        False, Text(f"运行模拟需要角色：{needed}", f"running a process takes one of the roles {needed_en}")
    )


def visible_layers(catalog: Catalog, actor: Actor) -> tuple[Layer, ...]:
    """The layers that exist for ``actor``, in the order of the catalogue."""
    return tuple(layer for layer in catalog.layers.values() if decide(catalog, actor, layer, "read").allowed)


def visible_layer(catalog: Catalog, actor: Actor, name: str) -> Layer | None:
    """The layer of that name if it exists for ``actor``: an unknown and a hidden one look alike."""
    layer = catalog.layers.get(name)
    return layer if layer and decide(catalog, actor, layer, "read").allowed else None


def readable_columns(catalog: Catalog, actor: Actor, layer: Layer) -> tuple[str, ...]:
    """The declared columns that ``actor`` may read, in their order; none when the layer itself is hidden."""
    return tuple(name for name in layer.columns if decide(catalog, actor, layer, "read", name).allowed)
