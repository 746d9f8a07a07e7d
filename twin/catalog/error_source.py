"""What the program can say when it refuses, read from its own sources, so that the reference lists all of it.

A code stands either in a table of texts (``"TWIN-104": Text(zh, en)``) or where the refusal is made
(``TwinError("TWIN-401", zh, en, status=401)``). A function that only wraps a code
(``def bad_value(name, zh, en): return TwinError("TWIN-342", zh, en)``) is followed to those who call it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.catalog.error_words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CODE = re.compile(r"TWIN-\d{3}")
_MAKERS = {"TwinError", "Refused", "Problem", "document", "__init__"}


@dataclass(slots=True)
class Entry:
    """One code: its texts as (zh, en) with ``{placeholders}``, HTTP statuses, and the modules where it arises.

    ``tabled`` is the module of the table that holds its text, ``worded`` are the modules with words of their own.
    """

    code: str
    texts: list[tuple[str, str]] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    places: set[str] = field(default_factory=set)
    tabled: str | None = None
    worded: set[str] = field(default_factory=set)


def entries(package: Path) -> dict[str, Entry]:
    """Every code in the Python files below ``package``, by code, in order."""
    program = _Program(package)
    found: dict[str, Entry] = {}
    for place, constant in program.codes():
        number = str(constant.value)
        program.note(found.setdefault(number, Entry(number)), place, constant)
    return dict(sorted(found.items()))


class _Program:
    def __init__(self, package: Path) -> None:
        self.trees = {
            str(path.relative_to(package.parent)): ast.parse(path.read_text(encoding="utf-8"))
            for path in sorted(package.rglob("*.py"))
        }
        self.words = Words(self.trees.values())

    def codes(self) -> Iterator[tuple[str, ast.Constant]]:
        for place, tree in self.trees.items():
            for node in ast.walk(tree):
                if (
                    isinstance(node, ast.Constant)
                    and isinstance(node.value, str)
                    and _CODE.fullmatch(node.value)
                ):
                    yield place, node

    def note(self, entry: Entry, place: str, constant: ast.Constant) -> None:
        """One occurrence: a row of a table, a pair ``(code, Text)``, or a call."""
        parent = self.words.parents[constant]
        if isinstance(parent, ast.Dict):
            if constant in parent.keys:
                entry.tabled = place
                self._add(entry, self.words.of_text(parent.values[parent.keys.index(constant)]))
            return
        if isinstance(parent, ast.Set):
            return
        entry.places.add(place)
        if isinstance(parent, ast.Tuple):
            self._add(entry, self.words.of_text(parent.elts[-1]))
            return
        call = self.words.call_around(constant)
        if call is None:
            return
        entry.statuses.update(self.words.statuses(call))
        if self.words.name(call) in _MAKERS:
            texts = self.words.of_call(call, constant)
            if self._add(entry, texts):
                entry.worded.add(place)

    @staticmethod
    def _add(entry: Entry, texts: list[tuple[str, str]]) -> bool:
        said = [pair for pair in texts if _says(pair[0]) and _says(pair[1])]
        entry.texts += [pair for pair in dict.fromkeys(said) if pair not in entry.texts]
        return bool(said)


def _says(text: str) -> bool:
    """Whether words are left of a text without its placeholders."""
    return bool(re.sub(r"\{[^{}]*\}|[\s\W]", "", text))
