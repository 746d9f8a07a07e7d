"""What must hold for one column: constraints that fit its type, words that exist, references that can be kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twin.catalog.check_access import CLASSES
from twin.catalog.messages import fault, unknown
from twin.catalog.pattern import portability
from twin.catalog.reserved import column_conflict
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set

    from twin.catalog.spec import Column, Layer, Vocabulary
    from twin.errors import Problem

NUMERIC = ("integer", "number")
_FITTING = {
    "vocabulary": ("text",),
    "pattern": ("text",),
    "max_length": ("text",),
    "minimum": NUMERIC,
    "maximum": NUMERIC,
    "unit": NUMERIC,
}


def check_column(
    layer: Layer, name: str, file: str, vocabularies: Mapping[str, Vocabulary], broken: Set[str]
) -> Iterator[Problem]:
    """Every problem of one column, references apart; ``broken`` names vocabularies whose file has its own problems."""
    column, key = layer.columns[name], f"columns.{name}"
    reason = column_conflict(name)
    if reason:
        yield fault(file, key, "TWIN-108", name=name, reason=reason)
    yield from _fitting(column, key, file)
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        words = Text("minimum 大于 maximum", "minimum is above maximum")
        yield fault(file, f"{key}.minimum", "TWIN-115", words)
    yield from _pattern(column, key, file)
    if column.vocabulary and column.vocabulary not in vocabularies and column.vocabulary not in broken:
        yield unknown(file, f"{key}.vocabulary", "TWIN-109", column.vocabulary, set(vocabularies))
    yield from _words_fit(column, key, file, vocabularies)
    yield from _access(layer, column, key, file)
    yield from _aliases(layer, name, key, file)


def _fitting(column: Column, key: str, file: str) -> Iterator[Problem]:
    for constraint, types in _FITTING.items():
        if getattr(column, constraint) is not None and column.type not in types:
            kinds = "、".join(types)
            words = Text(
                f"只适用于 {kinds}，此列为 {column.type}",
                f"it is for {' and '.join(types)}, and this column is {column.type}",
            )
            yield fault(file, f"{key}.{constraint}", "TWIN-117", words, name=constraint)


def _pattern(column: Column, key: str, file: str) -> Iterator[Problem]:
    reason = portability(column.pattern) if column.pattern is not None else None
    if reason:
        words = Text(reason.zh, reason.en)
        yield fault(file, f"{key}.pattern", "TWIN-116", words, pattern=column.pattern)


def _words_fit(
    column: Column, key: str, file: str, vocabularies: Mapping[str, Vocabulary]
) -> Iterator[Problem]:
    """A pattern beside a vocabulary narrows it; one that lets no word through is a mistake."""
    words = vocabularies.get(column.vocabulary or "")
    if words is None or column.pattern is None or portability(column.pattern):
        return
    if not any(re.fullmatch(column.pattern, code) for code in words.terms):
        reason = Text("词表中没有符合它的代码", "no code of the vocabulary matches it")
        yield fault(file, f"{key}.pattern", "TWIN-117", reason, name="pattern")


def _access(layer: Layer, column: Column, key: str, file: str) -> Iterator[Problem]:
    if column.access and CLASSES.index(column.access) < CLASSES.index(layer.access):
        words = Text(
            f"列的级别“{column.access}”不能比图层的“{layer.access}”更开放",
            f'a column ("{column.access}") cannot be more open than its layer ("{layer.access}")',
        )
        yield fault(file, f"{key}.access", "TWIN-119", words)


def _aliases(layer: Layer, name: str, key: str, file: str) -> Iterator[Problem]:
    taken = {
        alias: other
        for other, column in layer.columns.items()
        if other != name
        for alias in (other, *column.aliases)
    }
    for alias in layer.columns[name].aliases:
        if alias in taken:
            words = Text(f"列“{taken[alias]}”也用它", f'column "{taken[alias]}" answers to it too')
            yield fault(file, f"{key}.aliases", "TWIN-108", words, name=alias)
