"""The verbs of the city: every process, declared once beside its code.

A module of this package that decorates a function with ``@process`` is a process; nothing else has to be edited.
A city adds its own modules by name: ``registry("my_city.processes.siting")``.
"""

from __future__ import annotations

import importlib
import pkgutil
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twin.errors import TwinError, did_you_mean
from twin.processes import description, schema, validation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twin.processes.context import RunContext
    from twin.processes.models import Inputs, Outputs
    from twin.text import Language, Text


@dataclass(frozen=True, slots=True)
class Member:
    """A part of a question that is computed as a run of its own: a process and the inputs it gets."""

    process: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Process:
    """A verb: what it is called, takes, gives, reads and writes, and the function that does it.

    ``reads`` and ``writes`` are names of layers; ``quick`` ones answer within a second or two, so that doors may
    wait for them. ``example`` is a valid input object. ``members`` names the runs whose results ``function`` sums up:
    any worker takes any of them, and the function is called when all have ended (see ``RunContext.members``).
    """

    name: str
    version: str
    title: Text
    description_text: Text
    inputs: type[Inputs]
    outputs: type[Outputs]
    example: Mapping[str, Any]
    function: Callable[[Any, RunContext], Outputs]
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    quick: bool = False
    members: Callable[[Any], Sequence[Member]] | None = None

    def parts(self, asked: Inputs) -> list[tuple[Process, Inputs]]:
        """The member processes with their validated inputs; raises ``Refused`` TWIN-501 for more than ``MAX_MEMBERS``
        and for inputs that a member's process refuses."""
        members = self.members(asked) if self.members else ()
        if len(members) > MAX_MEMBERS:
            raise validation.impossible(
                "members",
                f"共 {len(members)} 个成员，至多 {MAX_MEMBERS} 个。",
                f"That makes {len(members)} members; {MAX_MEMBERS} are the most.",
                len(members),
            )
        return [
            (_found[member.process], _found[member.process].validate(member.inputs)) for member in members
        ]

    def validate(self, given: object) -> Inputs:
        """``given`` as this process's inputs; raises ``Refused`` TWIN-501 naming each faulty input."""
        return validation.validate(self.inputs, given)

    def inputs_schema(self, language: Language) -> dict[str, Any]:
        """JSON Schema 2020-12 of the inputs object, titles in ``language``."""
        return schema.json_schema(self.inputs, language)

    def outputs_schema(self, language: Language) -> dict[str, Any]:
        """JSON Schema 2020-12 of the outputs object, titles in ``language``."""
        return schema.json_schema(self.outputs, language, output=True)

    def description(self, language: Language) -> dict[str, Any]:
        """The OGC API Processes process description (18-062r2 section 7.10), without links."""
        return description.describe(self, language)

    def summary(self, language: Language) -> dict[str, Any]:
        """The OGC process summary, without links."""
        return description.summarise(self, language)


MAX_MEMBERS = 500
_found: dict[str, Process] = {}
_lock = threading.RLock()  # a module that asks for the registry while it is found must not wait for itself
_searched: set[str] = set()


def process(
    *,
    name: str,
    version: str,
    title: Text,
    description: Text,
    inputs: type[Inputs],
    outputs: type[Outputs],
    example: Mapping[str, Any],
    reads: tuple[str, ...] = (),
    writes: tuple[str, ...] = (),
    quick: bool = False,
    members: Callable[[Any], Sequence[Member]] | None = None,
) -> Callable[[Callable[[Any, RunContext], Outputs]], Callable[[Any, RunContext], Outputs]]:
    """Declare the decorated function ``(inputs, run) -> outputs`` as the process ``name``.

    Two functions of one name are refused (``ValueError``) unless it is the same function imported anew.
    """

    def declare(function: Callable[[Any, RunContext], Outputs]) -> Callable[[Any, RunContext], Outputs]:
        known = _found.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(
                f"process {name} is declared in {known.function.__module__} and {function.__module__}"
            )
        _found[name] = Process(
            name,
            version,
            title,
            description,
            inputs,
            outputs,
            example,
            function,
            reads,
            writes,
            quick,
            members,
        )
        return function

    return declare


def registry(*modules: str) -> dict[str, Process]:
    """All processes by name: those of this package, and those of the named ``modules`` (importable names)."""
    with _lock:
        for module in ("twin.processes", *modules):
            if module not in _searched:
                _search(module)
                _searched.add(module)
    wanted = ("twin.processes", *modules)
    return {name: one for name, one in sorted(_found.items()) if _declared_in(one, wanted)}


def find(name: str, *modules: str) -> Process:
    """The process ``name``; raises ``TwinError`` TWIN-502 (404) with the nearest name when there is none."""
    known = registry(*modules)
    if name not in known:
        near = did_you_mean(name, known)
        raise TwinError(
            "TWIN-502",
            f"没有名为“{name[:80]}”的模拟过程。{near.zh or '可用的过程见 /simulations。'}",
            f'There is no process "{name[:80]}".{near.en or " See /simulations for those there are."}',
            status=404,
            where="process",
        )
    return known[name]


def _declared_in(process: Process, modules: tuple[str, ...]) -> bool:
    place = process.function.__module__
    return any(place == module or place.startswith(f"{module}.") for module in modules)


def _search(module: str) -> None:
    found = importlib.import_module(module)
    for inner in pkgutil.iter_modules(getattr(found, "__path__", ())):
        importlib.import_module(f"{module}.{inner.name}")
