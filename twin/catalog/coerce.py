"""Read a column of any representation as the type that the catalogue declares for it.

What is unambiguous is converted ("3.5" to a number, 是/否 to a truth, ISO text to a date); what may have lost
something on the way is refused with the way out, above all a code that a spreadsheet turned into a number.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.catalog.arrow import to_arrow
from twin.catalog.findings import Findings, shown
from twin.catalog.messages import message
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.catalog.spec import Catalog, Column, Layer
    from twin.errors import Problem

ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
}
_NAMES = {
    "text": Text("文本", "text"),
    "integer": Text("整数", "an integer"),
    "number": Text("数值", "a number"),
    "boolean": Text("是或否（true、false、是、否、1、0）", "true or false (true, false, 是, 否, 1, 0)"),
    "date": Text("日期（YYYY-MM-DD）", "a date (YYYY-MM-DD)"),
    "datetime": Text(
        "带时区的时刻（YYYY-MM-DDThh:mm:ss+08:00）", "a time with its zone (YYYY-MM-DDThh:mm:ss+08:00)"
    ),
}
_TRUE = pa.array(["true", "t", "yes", "y", "1", "1.0", "是", "有"])
_FALSE = pa.array(["false", "f", "no", "n", "0", "0.0", "否", "无"])
_BLANK = " \t\r\n\v\f\u00a0\u3000\ufeff"
_INTEGER = r"^[+-]?[0-9]{1,18}([.]0*)?$"
_NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,4})?$"
_EXACT = float(2**53)


def coerce(
    layer: Layer, name: str, values: Any, catalog: Catalog | None = None, *, first_row: int = 1
) -> tuple[pa.Array, list[Problem]]:
    """``values`` as the Arrow type of column ``name`` of ``layer``, null where they could not be read, and why not.

    Text is trimmed and an empty one is null. ``catalog`` lets numbers pass that are words of the column's vocabulary.
    """
    findings = Findings(len(values), first_row)
    array = read_as(layer.columns[name], name, values, catalog, findings)
    return array, findings.problems


def read_as(column: Column, name: str, values: Any, catalog: Catalog | None, findings: Findings) -> pa.Array:
    """Like ``coerce``, into ``findings``."""
    array, broken = to_arrow(values)
    if broken is not None:
        surrogate = Text(
            "无法编码的字符（孤立代理项），请核对文件编码", "a lone surrogate: check the encoding of the file"
        )
        findings.add(broken, "TWIN-209", name, array, _words(column, "TWIN-209", surrogate, "what"))
        array = pc.if_else(pa.array(broken), pa.scalar(None, array.type), array)
    if pa.types.is_string(array.type):
        array = pc.utf8_trim(array, characters=_BLANK)
        array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), ARROW[column.type])
    if column.type == "text":
        return _text(column, name, array, catalog, findings)
    result, bad = _READERS[column.type](array)
    findings.add(bad, "TWIN-203", name, array, lambda value: _not(column, value))
    return result


def _not(column: Column, value: object) -> Text:
    kind = _NAMES[column.type]
    return message(
        "TWIN-203",
        None,
        title_zh=column.title.zh,
        title_en=column.title.en,
        value=shown(value),
        type_zh=kind.zh,
        type_en=kind.en,
    )


def _words(column: Column, code: str, what: Text, name: str) -> Callable[[Any], Text]:
    values = {
        f"{name}_zh": what.zh,
        f"{name}_en": what.en,
        "title_zh": column.title.zh,
        "title_en": column.title.en,
    }
    text = message(code, None, None, **values)
    return lambda _value: text


def _failed(before: pa.Array, after: pa.Array) -> NDArray[np.bool_]:
    """Rows that held something and became null."""
    return np.asarray(pc.and_(pc.is_valid(before), pc.is_null(after)))


def _text(
    column: Column, name: str, array: pa.Array, catalog: Catalog | None, findings: Findings
) -> pa.Array:
    if pa.types.is_string(array.type):
        return array
    if not _is_numeric(array.type):
        readable = pa.types.is_temporal(array.type)
        result = array.cast(pa.string()) if readable else pa.nulls(len(array), pa.string())
        findings.add(_failed(array, result), "TWIN-203", name, array, lambda value: _not(column, value))
        return result
    result = _digits(array)
    wrong = ~_is_code(column, result, catalog)
    findings.add(
        wrong,
        "TWIN-211",
        name,
        result,
        lambda value: message(
            "TWIN-211", None, title_zh=column.title.zh, title_en=column.title.en, value=shown(value)
        ),
    )
    return pc.if_else(pa.array(wrong), pa.scalar(None, pa.string()), result)


def _digits(array: pa.Array) -> pa.Array:
    """Numbers as text, whole ones without a decimal point."""
    if pa.types.is_integer(array.type):
        return array.cast(pa.string())
    return pa.array([None if v is None else _plain(float(v)) for v in array.to_pylist()], pa.string())


def _plain(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)


def _is_code(column: Column, texts: pa.Array, catalog: Catalog | None) -> NDArray[np.bool_]:
    """Where the digits are still a valid code: they match the pattern and stand in the vocabulary."""
    fits = np.asarray(pc.is_null(texts))
    good = np.ones(len(texts), dtype=np.bool_)
    if column.pattern:
        matches = pc.match_substring_regex(texts, pattern=column.pattern)
        good &= np.asarray(pc.fill_null(matches, True))
    if column.vocabulary and catalog:
        words = pa.array(list(catalog.vocabularies[column.vocabulary].terms), pa.string())
        good &= np.asarray(pc.is_in(texts, value_set=words))
    return fits | good


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _where(mask: Any, array: pa.Array) -> pa.Array:
    """``array`` where ``mask`` is true and known, null elsewhere."""
    return pc.if_else(pc.fill_null(mask, False), array, pa.scalar(None, array.type))


def _integer(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    if pa.types.is_string(array.type):
        whole = _where(pc.match_substring_regex(array, pattern=_INTEGER), array)
        result = pc.cast(pc.replace_substring_regex(whole, r"(^[+])|([.]0*$)", ""), pa.int64())
    elif pa.types.is_floating(array.type) or pa.types.is_decimal(array.type):
        numbers = array.cast(pa.float64())
        whole = pc.and_(pc.equal(numbers, pc.trunc(numbers)), pc.less(pc.abs(numbers), _EXACT))
        result = _where(whole, numbers).cast(pa.int64())
    elif pa.types.is_integer(array.type):
        limit = pa.scalar(2**63 - 1, array.type) if pa.types.is_uint64(array.type) else None
        small = pc.is_valid(array) if limit is None else pc.less_equal(array, limit)
        result = _where(small, array).cast(pa.int64())
    else:
        result = pa.nulls(len(array), pa.int64())
    return result, _failed(array, result)


def _number(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    if pa.types.is_string(array.type):
        plain = _where(pc.match_substring_regex(array, pattern=_NUMBER), array)
        result = pc.cast(pc.replace_substring_regex(plain, "^[+]", ""), pa.float64())
    elif _is_numeric(array.type):
        result = array.cast(pa.float64(), safe=False)
    else:
        result = pa.nulls(len(array), pa.float64())
    return result, _failed(array, result)


def _boolean(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    if pa.types.is_boolean(array.type):
        return array, np.zeros(len(array), dtype=np.bool_)
    if not (pa.types.is_string(array.type) or _is_numeric(array.type)):
        result = pa.nulls(len(array), pa.bool_())
        return result, _failed(array, result)
    texts = pc.utf8_lower(array if pa.types.is_string(array.type) else _digits(array))
    true, false = pc.is_in(texts, value_set=_TRUE), pc.is_in(texts, value_set=_FALSE)
    result = _where(pc.or_(true, false), true)
    return result, _failed(array, result)


def _date(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    kind = pa.date32()
    if pa.types.is_date(array.type):
        result = array.cast(kind)
    elif pa.types.is_timestamp(array.type):
        days = pc.floor_temporal(array, unit="day")
        result = _where(pc.equal(days, array), days).cast(kind)
    elif pa.types.is_string(array.type):
        result = _each(array, _parse_date, kind)
    else:
        result = pa.nulls(len(array), kind)
    return result, _failed(array, result)


def _datetime(array: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    kind = ARROW["datetime"]
    if pa.types.is_timestamp(array.type):
        # A timestamp column without a zone holds UTC, as GeoPackage and the readers of vector files have it.
        result = (array if array.type.tz else pc.assume_timezone(array, "UTC")).cast(kind, safe=False)
    elif pa.types.is_string(array.type):
        result = _each(array, _parse_datetime, kind)
    else:
        result = pa.nulls(len(array), kind)
    return result, _failed(array, result)


def _each(array: pa.Array, parse: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Each distinct text parsed once."""
    coded = array.dictionary_encode()
    words = pa.array([None if word is None else parse(word) for word in coded.dictionary.to_pylist()], kind)
    return words.take(coded.indices)


def _parse_date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return None


def _parse_datetime(text: str) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(text)
        return moment.astimezone(dt.UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


_READERS = {
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
