"""Byte ranges and validators."""

from __future__ import annotations

import pytest

from twin.web import ranges


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 0)),
        ("bytes=0-", (0, 99)),
        ("bytes=10-19", (10, 19)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-10", (90, 99)),
        ("bytes=-1000", (0, 99)),
        ("bytes=5-1", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("bytes=-", None),
        ("pages=0-1", None),
        ("bytes=" + "9" * 100 + "-", None),
        ("bytes=0-1," * 5000, None),
    ],
)
def test_parse(header: str | None, expected: tuple[int, int] | None) -> None:
    assert ranges.parse(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_beyond_the_end(header: str) -> None:
    with pytest.raises(ranges.UnsatisfiableError):
        ranges.parse(header, 100)


@pytest.mark.parametrize("header", ['"abc"', 'W/"abc"', '"x", "abc"', "*", '"abc-gz"'])
def test_validators_that_match(header: str) -> None:
    assert ranges.matches(header, "abc")


@pytest.mark.parametrize("header", [None, "", '"abcd"', '"x"'])
def test_validators_that_do_not(header: str | None) -> None:
    assert not ranges.matches(header, "abc")
