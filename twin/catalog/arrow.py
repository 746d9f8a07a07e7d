"""Bring a column as it was read (list, numpy, pandas-like, Arrow) into one Arrow array, losing nothing on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values = "pa.Array | pa.ChunkedArray | NDArray[Any] | list[Any] | tuple[Any, ...]"

_MIXED = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError, UnicodeEncodeError)


def to_arrow(values: Any) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    """One Arrow array, and a mask of the rows whose text holds a lone surrogate (``None`` when no row does).

    A NaN in a numpy array is a missing value, as the readers of vector files write it; in a list or an Arrow array
    it stays a NaN. A list of mixed types becomes text.
    """
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return _flat(values), None
    try:
        return _flat(pa.array(values, from_pandas=isinstance(values, np.ndarray))), None
    except _MIXED:
        return _texts(list(values))


def _flat(array: pa.Array) -> pa.Array:
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type):
        array = array.cast(pa.string())
    return array


def _texts(values: list[Any]) -> tuple[pa.Array, NDArray[np.bool_] | None]:
    texts: list[str | None] = []
    broken = np.zeros(len(values), dtype=np.bool_)
    for row, value in enumerate(values):
        text = None if value is None or value is pa.NA else _text(value)
        if text is not None and not text.isascii():
            clean = text.encode("utf-8", "replace").decode("utf-8")
            broken[row] = clean != text
            text = clean
        texts.append(text)
    return pa.array(texts, pa.string()), broken if broken.any() else None


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    return value if isinstance(value, str) else str(value)
