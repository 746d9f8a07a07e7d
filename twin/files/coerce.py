"""Values of a file brought to the type of their column, vectorised; what does not convert is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.files.refusals import problem
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.errors import Problem

_TITLES = {
    "text": Text(zh="文本", en="text"),
    "integer": Text(zh="整数", en="a whole number"),
    "number": Text(zh="数值", en="a number"),
    "boolean": Text(zh="是/否", en="yes or no"),
    "date": Text(zh="日期", en="a date"),
    "datetime": Text(zh="时间", en="a date and time"),
}
_YES = ["true", "t", "yes", "y", "1", "是", "有"]
_NO = ["false", "f", "no", "n", "0", "否", "无"]
_NUMBER = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?$"
_WHOLE = r"^[-+]?\d{1,18}(\.0+)?$"
_DATE = r"^(?P<y>\d{4})(?:-|/|\.|年)?(?P<m>\d{1,2})(?:-|/|\.|月)?(?P<d>\d{1,2})日?$"
_MOMENT = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?$"


def coerce(
    column: pa.Array, type_: str, name: str, rows: NDArray[np.int64]
) -> tuple[pa.Array, list[Problem]]:
    """``column`` as text (string), integer (int64), number (float64), boolean, date (string, ISO 8601) or datetime
    (string, ISO 8601; one without offset means the database's time zone).

    Empty text is null. A value that does not convert is null and a problem (TWIN-258) of its row; a number where
    text is wanted stays a number, for the catalogue to judge whether zeros may be lost.
    """
    if pa.types.is_null(column.type):
        return column.cast(_target(type_)), []
    if pa.types.is_string(column.type):
        column = _emptied(column)
    made, bad = _CONVERT[type_](column)
    if not bad.any():
        return made, []
    title = _TITLES[type_]
    found = [
        problem(
            "TWIN-258",
            int(rows[index]),
            column=name,
            value=column[int(index)].as_py(),
            type_zh=title.zh,
            type_en=title.en,
        )
        for index in np.flatnonzero(bad)
    ]
    return made, found


def _target(type_: str) -> pa.DataType:
    return {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}.get(type_, pa.string())


def _emptied(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


Converted = tuple[pa.Array, "NDArray[np.bool_]"]


def _mask(values: pa.Array) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)


def _matching(column: pa.Array, pattern: str) -> tuple[pa.Array, NDArray[np.bool_]]:
    good = pc.match_substring_regex(column, pattern)
    kept = pc.if_else(good, column, pa.scalar(None, pa.string()))
    return kept, _mask(pc.invert(good))


def _none_bad(column: pa.Array) -> NDArray[np.bool_]:
    return np.zeros(len(column), bool)


def _all_bad(column: pa.Array, type_: pa.DataType) -> Converted:
    return pa.nulls(len(column), type_), _mask(column.is_valid())


def _text(column: pa.Array) -> Converted:
    if pa.types.is_temporal(column.type):
        return column.cast(pa.string()), _none_bad(column)
    return column, _none_bad(column)


def _integer(column: pa.Array) -> Converted:
    if pa.types.is_integer(column.type):
        return column.cast(pa.int64()), _none_bad(column)
    if pa.types.is_string(column.type):
        kept, bad = _matching(column, _WHOLE)
        whole = pc.replace_substring_regex(kept, r"\.0+$|^\+", "")
        return whole.cast(pa.int64()), bad
    if pa.types.is_floating(column.type):
        values = np.asarray(pc.fill_null(column, 0.0).to_numpy(zero_copy_only=False))
        with np.errstate(invalid="ignore"):
            bad = ~(np.isfinite(values) & (values == np.round(values)) & (np.abs(values) < 2**53))
        made = pa.array(np.where(bad, 0, values).astype(np.int64), mask=bad | ~_mask(column.is_valid()))
        return made, bad
    return _all_bad(column, pa.int64())


def _number(column: pa.Array) -> Converted:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return column.cast(pa.float64(), safe=False), _none_bad(column)
    if pa.types.is_string(column.type):
        kept, bad = _matching(column, _NUMBER)
        return pc.replace_substring_regex(kept, r"^\+", "").cast(pa.float64()), bad
    return _all_bad(column, pa.float64())


def _boolean(column: pa.Array) -> Converted:
    if pa.types.is_boolean(column.type):
        return column, _none_bad(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        column = column.cast(pa.float64(), safe=False)
        yes, no = pc.equal(column, 1.0), pc.equal(column, 0.0)
    elif pa.types.is_string(column.type):
        lower = pc.utf8_lower(column)
        yes = pc.is_in(lower, value_set=pa.array(_YES))
        no = pc.is_in(lower, value_set=pa.array(_NO))
    else:
        return _all_bad(column, pa.bool_())
    known = pc.or_(yes, no)
    bad = _mask(column.is_valid()) & ~_mask(known)
    return pc.if_else(known, yes, pa.scalar(None, pa.bool_())), bad


def _date(column: pa.Array) -> Converted:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return column.cast(pa.date32(), safe=False).cast(pa.string()), _none_bad(column)
    if pa.types.is_integer(column.type):
        column = column.cast(pa.string())  # 20240131
    if not pa.types.is_string(column.type):
        return _all_bad(column, pa.string())
    parts = pc.extract_regex(column, _DATE)
    year, month, day = (pc.struct_field(parts, part) for part in "ymd")
    padded = [pc.utf8_lpad(part, 2, "0") for part in (month, day)]
    text = pc.binary_join_element_wise(year, *padded, "-")
    return _real_days(column, text)


def _real_days(column: pa.Array, text: pa.Array) -> Converted:
    """30 February has the form of a date and is none."""
    parsed = pc.strptime(text, format="%Y-%m-%d", unit="s", error_is_null=True)
    written = pc.strftime(parsed, format="%Y-%m-%d")
    real = _mask(pc.equal(written, text))
    return pc.if_else(pa.array(real), text, pa.scalar(None, pa.string())), _mask(column.is_valid()) & ~real


def _datetime(column: pa.Array) -> Converted:
    if pa.types.is_timestamp(column.type):
        zone = "Z" if column.type.tz else ""
        if column.type.tz:
            column = column.cast(pa.timestamp(column.type.unit, "UTC"))
        naive = column.cast(pa.timestamp("us"), safe=False)
        return pc.binary_join_element_wise(naive.cast(pa.string()), zone, ""), _none_bad(column)
    if pa.types.is_date(column.type):
        return column.cast(pa.string()), _none_bad(column)
    if not pa.types.is_string(column.type):
        return _all_bad(column, pa.string())
    full = _mask(pc.match_substring_regex(column, _MOMENT))
    _, bad_day = _real_days(column, pc.utf8_slice_codeunits(column, 0, 10))
    dates, bad_date = _date(column)
    moment = full & ~bad_day & _mask(_clock_fits(column))
    made = pc.if_else(pa.array(moment), column, dates)
    return made, bad_date & ~moment


def _clock_fits(column: pa.Array) -> pa.Array:
    return pc.match_substring_regex(column, r"[T ]([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60))?")


_CONVERT: dict[str, Callable[[pa.Array], Converted]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
