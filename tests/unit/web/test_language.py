"""Which language a request gets."""

from __future__ import annotations

import pytest

from twin.errors import TwinError
from twin.web.language import chosen


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        (b"", None, "zh"),
        (b"", "en-GB,en;q=0.9", "en"),
        (b"", "fr, zh-TW;q=0.5", "zh"),
        (b"lang=en", "zh", "en"),
        (b"lang=zh-Hans", "en", "zh"),
        (b"a=1&lang=EN", None, "en"),
        (b"", "x" * 5000, "zh"),
        (b"", ";;;,,,q=,*;q=nope", "zh"),
        (b"xlang=en", None, "zh"),
    ],
)
def test_chosen(query: bytes, header: str | None, expected: str) -> None:
    assert chosen(query, header, "zh") == expected


@pytest.mark.parametrize(
    "query", [b"lang=", b"lang=fr", b"lang=zh&lang=en", b"lang=../../etc/passwd", b"lang=zh%00"]
)
def test_a_bad_lang_is_refused(query: bytes) -> None:
    with pytest.raises(TwinError) as caught:
        chosen(query, "en", "zh")
    assert (caught.value.code, caught.value.where) == ("TWIN-304", "lang")
