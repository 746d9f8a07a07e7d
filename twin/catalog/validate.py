"""Check records against the catalogue, a batch of columns at a time, and say what is wrong row by row.

Everything runs on whole columns (Arrow, numpy, shapely): 300,000 rows of 12 columns in about a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.catalog.check_shapes import Area, check_shapes
from twin.catalog.check_values import check_values, repeats
from twin.catalog.coerce import coerce, read_as
from twin.catalog.findings import Findings, always
from twin.catalog.messages import message
from twin.catalog.spec import Column
from twin.errors import did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twin.catalog.spec import Catalog, Layer
    from twin.errors import Problem

__all__ = ["Checked", "check_table", "coerce", "importable_columns", "validate_column", "validate_table"]

_ORIGIN = {
    "source": Column(title=Text("来源", "Source"), type="text", max_length=100),
    "source_id": Column(
        title=Text("来源标识", "Identity in the source"), type="text", max_length=200, unique=True
    ),
}
_TIMES = {
    "valid_from": Column(title=Text("有效起始", "Valid from"), type="datetime"),
    "valid_to": Column(title=Text("有效终止", "Valid to"), type="datetime"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A batch after the check: the columns as their Arrow types, the geometries, the rows without fault, the faults."""

    columns: dict[str, pa.Array]
    geometry: NDArray[np.object_] | None
    good: NDArray[np.bool_]
    problems: tuple[Problem, ...]


def importable_columns(layer: Layer) -> dict[str, Column]:
    """The columns that a record may bring: the declared ones, where it comes from, and its valid time."""
    return layer.columns | _ORIGIN | (_TIMES if layer.valid_time else {})


def check_table(
    layer: Layer,
    catalog: Catalog,
    columns: Mapping[str, Any],
    *,
    geometry: Any = None,
    area: Area | None = None,
    first_row: int = 1,
) -> Checked:
    """Check one batch: ``columns`` (name -> list, numpy or Arrow array, all of one length) and ``geometry`` (shapely
    objects or WKB, same length; required for a features layer).

    ``area`` is where geometries can plausibly lie in their CRS. Raises nothing for faulty data: unknown columns
    (TWIN-212) and differing lengths (TWIN-219) are problems of the whole batch. The first of several rows with equal
    unique values is kept.
    """
    rows = (
        len(geometry)
        if geometry is not None
        else max((len(values) for values in columns.values()), default=0)
    )
    findings = Findings(rows, first_row)
    known = importable_columns(layer)
    uneven = [name for name, values in columns.items() if len(values) != rows]
    if uneven:
        findings.batch("TWIN-219", uneven[0], message("TWIN-219", None, None, name=", ".join(uneven)))
        return Checked({}, None, findings.good, tuple(findings.problems))
    read: dict[str, pa.Array] = {}
    for name, values in columns.items():
        if name not in known:
            near = did_you_mean(name, known)
            findings.batch("TWIN-212", name, message("TWIN-212", None, near, name=name))
            continue
        read[name] = _column(known[name], name, values, catalog, findings)
    _missing(layer, read, rows, findings)
    _together(layer, read, findings)
    _times(read, findings)
    shapes = None
    if layer.kind == "features":
        shapes = check_shapes(layer, [None] * rows if geometry is None else geometry, findings, area)
    problems = sorted(findings.problems, key=lambda problem: problem.row or 0)
    return Checked(read, shapes, findings.good, tuple(problems))


def validate_table(
    layer: Layer, catalog: Catalog, columns: Mapping[str, Any], first_row: int = 1
) -> list[Problem]:
    """The problems of the attributes of a batch (see ``check_table``, which also checks the geometries)."""
    rows = max((len(values) for values in columns.values()), default=0)
    table = layer.model_copy(update={"kind": "records"})
    return list(check_table(table, catalog, columns, first_row=first_row).problems) if rows else []


def validate_column(
    layer: Layer, catalog: Catalog, name: str, values: Any, first_row: int = 1
) -> list[Problem]:
    """The problems of one column; raises ``KeyError`` for a column that the layer does not have."""
    findings = Findings(len(values), first_row)
    _column(importable_columns(layer)[name], name, values, catalog, findings)
    return findings.problems


def _column(column: Column, name: str, values: Any, catalog: Catalog, findings: Findings) -> pa.Array:
    """Read and check one column on findings of its own, so that "required" is not said of a value that was there
    but could not be read."""
    mine = Findings(len(findings.good), findings.first_row)
    array = read_as(column, name, values, catalog, mine)
    check_values(column, name, array, catalog.vocabularies.get(column.vocabulary or ""), mine)
    findings.merge(mine)
    return array


def _missing(layer: Layer, read: Mapping[str, pa.Array], rows: int, findings: Findings) -> None:
    for name, column in layer.columns.items():
        if column.required and name not in read and rows:
            title = {"title_zh": column.title.zh, "title_en": column.title.en}
            findings.batch("TWIN-202", name, message("TWIN-202", None, None, **title))


def _together(layer: Layer, read: Mapping[str, pa.Array], findings: Findings) -> None:
    for names in layer.unique_together:
        if not all(name in read for name in names):
            continue
        codes = np.zeros(len(findings.good), dtype=np.int64)
        for name in names:
            coded = read[name].dictionary_encode()
            one = np.asarray(coded.indices.fill_null(-1)).astype(np.int64)
            codes = np.where((codes < 0) | (one < 0), -1, codes * (len(coded.dictionary) + 1) + one)
            codes = np.where(codes < 0, -1, np.unique(codes, return_inverse=True)[1])
        again, first = repeats(codes)
        title = Text(
            "、".join(layer.columns[n].title.zh for n in names),
            " + ".join(layer.columns[n].title.en for n in names),
        )
        for row in np.flatnonzero(again):
            one_row = np.zeros(len(again), dtype=np.bool_)
            one_row[row] = True
            value = ", ".join(str(read[name][int(row)].as_py()) for name in names)
            words = {"title_zh": title.zh, "title_en": title.en, "value": value}
            text = message("TWIN-208", None, None, first=findings.first_row + int(first[row]), **words)
            findings.add(one_row, "TWIN-208", "+".join(names), None, always(text))


def _times(read: Mapping[str, pa.Array], findings: Findings) -> None:
    if "valid_from" in read and "valid_to" in read:
        wrong = np.asarray(pc.fill_null(pc.less(read["valid_to"], read["valid_from"]), False))
        findings.add(
            wrong, "TWIN-221", "valid_to", read["valid_to"].cast(pa.string()), always(message("TWIN-221"))
        )
