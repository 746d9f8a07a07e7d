"""Hold the values of one column, read as their type, against what the catalogue asks of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from twin.catalog.findings import Findings, shown
from twin.catalog.messages import message
from twin.errors import did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.catalog.spec import Column, Vocabulary

MAX_TEXT = 100_000
_SUGGESTIONS = 200  # distinct wrong words that get a did-you-mean: the search costs about 1 ms each

# Control characters but tab and line ends, C1 controls (Latin-1 or GBK read wrongly), the replacement character
# (text already lost in decoding), and the marks that turn the direction of text and so hide what it says.
_UNCLEAN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{fffd}\x{202a}-\x{202e}\x{2066}-\x{2069}]"


def check_values(
    column: Column, name: str, array: pa.Array, vocabulary: Vocabulary | None, findings: Findings
) -> None:
    """Add every problem of ``array`` (already of the column's Arrow type) to ``findings``."""
    if column.required:
        findings.add(
            np.asarray(pc.is_null(array)) & findings.good, "TWIN-202", name, None, _say(column, "TWIN-202")
        )
    if column.type == "text":
        _check_text(column, name, array, findings)
        if vocabulary:
            _check_words(column, name, array, vocabulary, findings)
    if column.type in {"integer", "number"}:
        _check_range(column, name, array, findings)
    if column.unique:
        _check_unique(column, name, array, findings)


def _say(column: Column, code: str, **values: object) -> Callable[[Any], Text]:
    def words(value: Any) -> Text:
        title = {"title_zh": column.title.zh, "title_en": column.title.en}
        return message(code, None, None, **(title | {"value": shown(value)} | values))

    return words


def _true(mask: Any) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(mask, False))


def _check_text(column: Column, name: str, array: pa.Array, findings: Findings) -> None:
    unclean = {
        "what_zh": "控制符、替换符或方向控制符，请核对文件编码",
        "what_en": "control, replacement or direction characters: check the encoding of the file",
    }
    dirty = _true(pc.match_substring_regex(array, pattern=_UNCLEAN))
    findings.add(dirty, "TWIN-209", name, array, _say(column, "TWIN-209", **unclean))
    limit = min(column.max_length or MAX_TEXT, MAX_TEXT)
    long = _true(pc.greater(pc.utf8_length(array), limit))
    findings.add(
        long,
        "TWIN-207",
        name,
        array,
        lambda value: _say(column, "TWIN-207", length=len(value), limit=limit)(value),
    )
    if column.pattern:
        odd = _true(pc.invert(pc.match_substring_regex(array, pattern=column.pattern)))
        findings.add(odd, "TWIN-206", name, array, _say(column, "TWIN-206", pattern=column.pattern))


def _check_words(
    column: Column, name: str, array: pa.Array, vocabulary: Vocabulary, findings: Findings
) -> None:
    known = pc.is_in(array, value_set=pa.array(list(vocabulary.terms), pa.string()))
    title = {"vocabulary_zh": vocabulary.title.zh, "vocabulary_en": vocabulary.title.en}
    say = _say(column, "TWIN-204", **title)
    asked = 0

    def words(value: Any) -> Text:
        nonlocal asked
        asked += 1
        near = nearest_term(vocabulary, value) if asked <= _SUGGESTIONS else Text("", "")
        text = say(value)
        return Text(zh=text.zh + near.zh, en=text.en + near.en)

    unknown = _true(pc.and_(pc.is_valid(array), pc.invert(known)))
    findings.add(unknown, "TWIN-204", name, array, words)


def nearest_term(vocabulary: Vocabulary, word: str) -> Text:
    """Did you mean: the code of the term that is called ``word``, else the code most like it, with its meaning."""
    called = (
        c
        for c, term in vocabulary.terms.items()
        if word.casefold() in {term.zh.casefold(), term.en.casefold()}
    )
    code = next(called, None)
    if code is None and f"0{word}" in vocabulary.terms:
        code = f"0{word}"  # what a spreadsheet makes of 0701
    if code is None:
        near = did_you_mean(word, vocabulary.terms)
        code = near.zh.partition("“")[2].partition("”")[0]
    if not code:
        return Text("", "")
    term = vocabulary.terms[code]
    return Text(f"是否为“{code}”（{term.zh}）？", f' Did you mean "{code}" ({term.en})?')


def _check_range(column: Column, name: str, array: pa.Array, findings: Findings) -> None:
    if column.type == "number":
        endless = _true(pc.invert(pc.is_finite(array)))
        findings.add(endless, "TWIN-210", name, array, _say(column, "TWIN-210"))
        array = pc.if_else(pa.array(endless), pa.scalar(None, array.type), array)
    outside = np.zeros(len(array), dtype=np.bool_)
    whole = column.type == "integer"  # compared as integers: a double cannot hold all of them
    if column.minimum is not None:
        low = math.ceil(column.minimum) if whole else column.minimum
        outside |= _true(pc.less(array, pa.scalar(low, array.type)))
    if column.maximum is not None:
        high = math.floor(column.maximum) if whole else column.maximum
        outside |= _true(pc.greater(array, pa.scalar(high, array.type)))
    zh, en = range_of(column)
    findings.add(outside, "TWIN-205", name, array, _say(column, "TWIN-205", range_zh=zh, range_en=en))


def range_of(column: Column) -> tuple[str, str]:
    """The allowed range with its unit, in words."""
    unit = f" {column.unit}" if column.unit and column.unit != "1" else ""
    low = None if column.minimum is None else f"{column.minimum:.15g}"
    high = None if column.maximum is None else f"{column.maximum:.15g}"
    if low is not None and high is not None:
        return f"{low} 至 {high}{unit}", f"{low} to {high}{unit}"
    if low is not None:
        return f"≥ {low}{unit}", f"at least {low}{unit}"
    return f"≤ {high}{unit}", f"at most {high}{unit}"


def _check_unique(column: Column, name: str, array: pa.Array, findings: Findings) -> None:
    again, first = repeats(np.asarray(array.dictionary_encode().indices.fill_null(-1)))
    number = dict(zip(array.filter(pa.array(again)).to_pylist(), first[again].tolist(), strict=True))
    findings.add(
        again,
        "TWIN-208",
        name,
        array,
        lambda value: _say(column, "TWIN-208", first=findings.first_row + number[value])(value),
    )


def repeats(codes: NDArray[np.integer[Any]]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Rows whose code (-1: none) an earlier row has, and for each row the first row of its code."""
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    earliest = first[inverse]
    return (earliest < np.arange(len(codes))) & (codes >= 0), earliest
