"""CSV with coordinates: every value is read as text, so that codes keep their zeros."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import shapely

from twin.files import wording
from twin.files.records import Opened, Records
from twin.files.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_PAIRS = (
    (("lon", "lat"), True),
    (("lng", "lat"), True),
    (("longitude", "latitude"), True),
    (("经度", "纬度"), True),
    (("x", "y"), False),
    (("easting", "northing"), False),
    (("东坐标", "北坐标"), False),
    (("x坐标", "y坐标"), False),
)
_WKT = ("wkt", "geometry", "geom", "the_geom")
_HEIGHTS = ("z", "height_m", "elevation", "高程")
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Axes:
    """Which columns hold the place: x and y (and z), or one of WKT; ``degrees`` when they are lon and lat."""

    columns: tuple[str, ...]
    wkt: bool
    degrees: bool


def find_axes(names: list[str], said: Mapping[str, str]) -> Axes | None:
    """The coordinate columns as declared, else by their names, whatever the case."""
    for axis, name in said.items():
        if name not in names:
            raise refusal(
                "TWIN-241", column=axis, field=name, reason_zh="文件没有这个字段", reason_en="no such field"
            )
    lower = {name.strip().lower(): name for name in names} | dict(said)
    for name in _WKT:
        if name in lower:
            return Axes((lower[name],), wkt=True, degrees=False)
    for (x, y), degrees in _PAIRS:
        if x in lower and y in lower:
            z = next((lower[h] for h in _HEIGHTS if h in lower), None)
            return Axes((lower[x], lower[y], *([z] if z else [])), wkt=False, degrees=degrees)
    return None


def open_csv(path: Path, encoding: str | None, said_axes: Mapping[str, str], *, located: bool) -> Opened:
    """A CSV (comma, semicolon or tab; header in the first line). ``located``: the layer needs coordinates.

    ``said_axes`` maps x, y, z or wkt to the column that holds it, where the names do not tell.
    """
    said = encoding or _bom(path)
    form = wording.codec(said)
    head = _header(path, form, said)
    names = _names(head)
    if len(set(names)) < len(names) or not all(names):
        raise refusal("TWIN-232", format="CSV", reason="header: " + ", ".join(names)[:120])
    axes = find_axes(names, said_axes) if located else None
    if located and axes is None:
        raise refusal("TWIN-239", columns=", ".join(names[:40]))
    opened = Opened(names, "OGC:CRS84" if axes and axes.degrees else None, None, iter(()), axes is not None)
    opened.batches = _batches(path, form, said, _delimiter(head), names, axes)
    return opened


def _bom(path: Path) -> str:
    with path.open("rb") as file:
        mark = file.read(4)
    return "utf-16" if mark[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"


def _header(path: Path, form: str, said: str) -> str:
    try:
        with path.open(encoding=form, newline="") as file:
            return file.readline(1 << 16).removeprefix("\ufeff").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise refusal("TWIN-233", row=0, column="1", encoding=said, where="encoding") from error


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count) if any(mark in head for mark in ",;\t") else ","


def _names(head: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([head], delimiter=_delimiter(head)), [])]


def _batches(
    path: Path, form: str, said: str, delimiter: str, names: list[str], axes: Axes | None
) -> Iterator[Records]:
    broken: list[pv.InvalidRow] = []
    try:
        reader = _reader(path, form, delimiter, names, broken)
    except UnicodeDecodeError as error:
        raise refusal("TWIN-233", row=1, column="CSV", encoding=said, where="encoding") from error
    row = 0
    while (batch := _next(reader, form, said, row)) is not None:
        for name, column in zip(names, batch.columns, strict=True):
            wording.refuse_bad_utf8(column, row, name)
        bad = np.array([fault.number - 1 for fault in broken], np.int64)
        rows = np.setdiff1d(np.arange(row + 1, row + 1 + batch.num_rows + len(bad)), bad)[: batch.num_rows]
        row = int(rows[-1]) if len(rows) else row
        yield Records(_geometry(batch, axes), None, list(batch.columns), rows=rows)
        ready = [fault for fault in broken if fault.number - 1 < row]
        broken = _keep_rest(broken, ready)
        yield from _refused(ready)
    yield from _refused(broken)


def _keep_rest(broken: list[pv.InvalidRow], ready: list[pv.InvalidRow]) -> list[pv.InvalidRow]:
    """The same list (the reader appends to it) without what is being handed on."""
    broken[:] = [fault for fault in broken if fault not in ready]
    return broken


def _reader(
    path: Path, form: str, delimiter: str, names: list[str], broken: list[pv.InvalidRow]
) -> pv.CSVStreamingReader | None:
    def keep_note(row: pv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    try:
        return pv.open_csv(
            path,
            pv.ReadOptions(
                use_threads=False, block_size=BLOCK, skip_rows=1, column_names=names, encoding=form
            ),
            pv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=keep_note),
            pv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return None
        raise


def _next(reader: pv.CSVStreamingReader | None, form: str, said: str, row: int) -> pa.RecordBatch | None:
    try:
        batch: pa.RecordBatch | None = reader.read_next_batch() if reader is not None else None
        return batch
    except StopIteration:
        return None
    except UnicodeDecodeError as error:
        raise refusal("TWIN-233", row=row + 1, column="CSV", encoding=said, where="encoding") from error


def _refused(faults: list[pv.InvalidRow]) -> Iterator[Records]:
    """Rows that do not have as many values as the header: refused, and counted."""
    if not faults:
        return
    reasons = {
        i: f"{fault.actual_columns} != {fault.expected_columns}: {str(fault.text)[:60]}"
        for i, fault in enumerate(faults)
    }
    width = faults[0].expected_columns
    columns = [pa.nulls(len(faults), pa.string()) for _ in range(width)]
    rows = np.array([fault.number - 1 for fault in faults], np.int64)
    yield Records(np.full(len(faults), None), None, columns, reasons, rows)


def _geometry(batch: pa.RecordBatch, axes: Axes | None) -> NDArray[Any] | None:
    if axes is None:
        return None
    texts = [batch.column(batch.schema.names.index(name)) for name in axes.columns]
    if axes.wkt:
        shapes = shapely.from_wkt(texts[0].to_numpy(zero_copy_only=False), on_invalid="ignore")
        return np.asarray(shapely.to_wkb(shapes), dtype=object)
    numbers = [_numbers(text) for text in texts]
    missing = np.logical_or.reduce([text.is_null().to_numpy(zero_copy_only=False) for text in texts[:2]])
    points = np.asarray(shapely.to_wkb(shapely.points(np.column_stack(numbers))), dtype=object)
    points[missing] = None
    return points


def _numbers(text: pa.Array) -> NDArray[np.float64]:
    """Decimal numbers; NaN where the text is none, which is refused later as not finite."""
    trimmed = pc.utf8_trim_whitespace(text)
    try:
        numbers = pc.cast(trimmed, pa.float64())
    except pa.ArrowInvalid:
        good = pc.match_substring_regex(trimmed, r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$")
        numbers = pc.cast(pc.if_else(good, trimmed, None), pa.float64())
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)
