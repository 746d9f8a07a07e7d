"""Which field of a file fills which column of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twin.errors import did_you_mean
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from twin.catalog.spec import Layer

SHORT = 10  # letters of a field's name in a .dbf


@dataclass(frozen=True, slots=True)
class Fields:
    """``columns``: declared column (or valid_from, valid_to) to the number of the file's field; the fields that name
    the record's source and its id there, if the file has such; the titles of fields that nothing takes."""

    columns: dict[str, int]
    source: int | None
    source_id: int | None
    unused: tuple[str, ...]


def importable(layer: Layer) -> tuple[str, ...]:
    """The columns that a file may fill: the declared ones and the valid time."""
    return (*layer.columns, *(("valid_from", "valid_to") if layer.valid_time else ()))


def match(layer: Layer, fields: Sequence[str], explicit: Mapping[str, str]) -> Fields:
    """``explicit`` (column to field) first, then equal names, then names, titles (zh, en), aliases and names cut to
    ten letters without regard to case. No field is taken twice. Raises TWIN-241, and TWIN-242 when nothing fits."""
    taken = {column: _field(column, name, fields, layer) for column, name in explicit.items()}
    left = {number: name for number, name in enumerate(fields) if number not in taken.values()}
    for spellings in (_exact, _loose):
        for column in (*importable(layer), "source", "source_id"):
            if column in taken:
                continue
            wanted = spellings(layer, column)
            found = next(
                (n for n, name in left.items() if spelled(name, spellings is _loose) in wanted), None
            )
            if found is not None:
                taken[column] = found
                del left[found]
    source, source_id = taken.pop("source", None), taken.pop("source_id", None)
    if not taken and layer.columns:
        raise refusal(
            "TWIN-242",
            layer=layer.name,
            fields=", ".join(fields[:30]) or "-",
            columns=", ".join(layer.columns),
            where="mapping",
        )
    return Fields(taken, source, source_id, tuple(left.values()))


def spelled(name: str, loose: bool) -> str:
    return name.strip().lower().replace(" ", "_") if loose else name.strip()


def _exact(layer: Layer, column: str) -> tuple[str, ...]:
    return (column,)


def _loose(layer: Layer, column: str) -> tuple[str, ...]:
    declared = layer.columns.get(column)
    names = [column, short_names(importable(layer)).get(column, column)]
    if declared is not None:
        names += [declared.title.zh, declared.title.en, *declared.aliases]
    return tuple(spelled(name, True) for name in names)


def _field(column: str, name: str, fields: Sequence[str], layer: Layer) -> int:
    known = (*importable(layer), "source", "source_id")
    if column not in known:
        raise _refused(column, name, "图层没有这一列。", "the layer has no such column.", column, known)
    if name in fields:
        return fields.index(name)
    near = [n for n, field in enumerate(fields) if spelled(field, True) == spelled(name, True)]
    if len(near) != 1:
        raise _refused(column, name, "文件没有这个字段。", "the file has no such field.", name, fields)
    return near[0]


def _refused(column: str, name: str, zh: str, en: str, word: str, known: Iterable[str]) -> Exception:
    hint = did_you_mean(word, known)
    return refusal(
        "TWIN-241",
        column=column,
        field=name,
        reason_zh=zh + hint.zh,
        reason_en=en + hint.en,
        where="mapping",
    )


def short_names(columns: Sequence[str]) -> dict[str, str]:
    """The name of each column in a .dbf: ten letters, the last ones a number where two would meet."""
    short: dict[str, str] = {}
    for column in columns:
        name, number = column[:SHORT], 1
        while name in short.values():
            name, number = f"{column[: SHORT - 2]}_{number}", number + 1
        short[column] = name
    return short
