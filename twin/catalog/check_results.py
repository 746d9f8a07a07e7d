"""Processes and result layers agree: each names the other, and a result is as closed as what it was made of.

The principle 就高从严 of GB/T 43697-2024: derived data take the highest grade of their sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.check_access import CLASSES
from twin.catalog.messages import fault, message, unknown
from twin.errors import Refused
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twin.catalog.spec import Catalog, Layer
    from twin.errors import Problem

Declared = tuple["Iterable[str]", "Iterable[str]"]


def check_results(catalog: Catalog, processes: Mapping[str, Declared]) -> None:
    """Raise ``Refused`` TWIN-101 when the catalogue and ``processes`` (name -> (reads, writes)) do not agree."""
    problems = result_problems(catalog, processes)
    if problems:
        text = message("TWIN-101", None, None, count=len(problems))
        raise Refused("TWIN-101", text.zh, text.en, problems)


def result_problems(catalog: Catalog, processes: Mapping[str, Declared]) -> list[Problem]:
    """Every problem between the catalogue and ``processes``: name -> (layers it reads, layers it writes)."""
    found: list[Problem] = []
    for name, (reads, writes) in processes.items():
        place = f"processes/{name.replace('-', '_')}.py"
        for key, layers in (("reads", reads), ("writes", writes)):
            missing = (layer for layer in layers if layer not in catalog.layers)
            found.extend(unknown(place, key, "TWIN-111", layer, catalog.layers) for layer in missing)
        sources = [catalog.layers[layer] for layer in reads if layer in catalog.layers]
        for written in writes:
            if written in catalog.layers:
                found.extend(_written(catalog.layers[written], name, sources))
    for layer in catalog.layers.values():
        found.extend(_claimed(layer, processes))
    return found


def _written(layer: Layer, process: str, sources: list[Layer]) -> Iterator[Problem]:
    file = _file(layer)
    if layer.process != process:
        reason = Text(
            f"写入本图层，而本图层声明的是“{layer.process}”",
            f'writes this layer, which names "{layer.process}"',
        )
        yield fault(file, "process", "TWIN-122", reason, name=process)
    closest = max(sources, key=lambda source: CLASSES.index(source.access), default=None)
    if closest and CLASSES.index(closest.access) > CLASSES.index(layer.access):
        yield fault(file, "access", "TWIN-121", have=layer.access, need=closest.access, source=closest.name)


def _claimed(layer: Layer, processes: Mapping[str, Declared]) -> Iterator[Problem]:
    if layer.process is None:
        return
    file = _file(layer)
    if layer.process not in processes:
        yield unknown(file, "process", "TWIN-111", layer.process, processes)
    elif layer.name not in processes[layer.process][1]:
        reason = Text("不写入本图层", "does not write this layer")
        yield fault(file, "process", "TWIN-122", reason, name=layer.process)


def _file(layer: Layer) -> str:
    return f"{layer.data_class}/{layer.name}.toml"
