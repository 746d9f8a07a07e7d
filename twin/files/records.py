"""What reading a vector file gives, whatever its format: fields, CRS, batches of records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from twin.files import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from twin.text import Text

BATCH = 8192


@dataclass(frozen=True, slots=True)
class Records:
    """Some records of a file: geometry as WKB (None: the file has none), the file's own ids, the attributes,
    what is wrong with a record as such (index in the batch: reason), and the records' numbers in the file
    (None: they follow the batch before)."""

    geometry: Any
    ids: pa.Array | None
    columns: list[pa.Array]
    malformed: dict[int, str] = field(default_factory=dict)
    rows: NDArray[np.int64] | None = None


@dataclass(slots=True)
class Opened:
    """A file whose records are still to be read. ``crs`` is the file's own text of it, None when it has none."""

    fields: list[str]
    crs: str | None
    total: int | None
    batches: Iterator[Records]
    located: bool
    notes: list[Text] = field(default_factory=list)


def wkb_of(column: pa.Array) -> Any:
    """A column of WKB as bytes and None."""
    storage = column.storage if isinstance(column, pa.ExtensionArray) else column
    return storage.to_numpy(zero_copy_only=False)


def check_text(columns: list[pa.Array], fields: list[str], row: int) -> None:
    """GDAL hands bytes on as text unchecked: refuse what is not UTF-8, with the place of it (TWIN-233)."""
    for column, name in zip(columns, fields, strict=True):
        if pa.types.is_string(column.type):
            wording.refuse_bad_utf8(column, row, name)


def plain(column: pa.Array) -> pa.Array:
    """An Arrow array of a type that a column of a layer can come from; anything nested as JSON text."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return column.cast(pa.float64())
    if pa.types.is_nested(kind):
        texts = [
            None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in column.to_pylist()
        ]
        return pa.array(texts, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.nulls(len(column), pa.string())
    return column
