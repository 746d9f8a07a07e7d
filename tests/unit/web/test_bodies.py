"""JSON bodies: what is read, what is refused, and that refusing stays cheap."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.errors import TwinError
from twin.web import bodies

REFUSED = {
    "empty": b"",
    "blank": b"  \n",
    "open": b"{",
    "trailing": b'{"a":1} x',
    "nan": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "overflow": b'{"a":1e400}',
    "not-utf8": b'{"a":"\xff"}',
    "utf16": '{"a":1}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"a":1}',
    "surrogate": b'{"a":"\\ud800"}',
    "surrogate-name": b'{"\\udfff":1}',
    "twice": b'{"a":1,"a":2}',
    "twice-inside": b'{"b":[{"a":1,"a":1}]}',
    "deep-list": b"[" * 65 + b"]" * 65,
    "bottomless": b"[" * 100_000,
    "deep-object": b'{"a":' * 70 + b"1" + b"}" * 70,
    "long-integer": b'{"a":' + b"9" * 5000 + b"}",
    "beyond-2-53": b'{"a":9007199254740993}',
    "single-quotes": b"{'a':1}",
    "comment": b'{"a":1}//x',
    "leading-zero": b'{"a":01}',
}


def outcome(body: bytes) -> str | None:
    """The code of the refusal, or None when the body is read."""
    try:
        bodies.parse(body)
    except TwinError as error:
        return error.code
    return None


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_refused_with_its_code(body: bytes) -> None:
    with pytest.raises(TwinError) as caught:
        bodies.parse(body)
    assert caught.value.code == "TWIN-311"
    assert caught.value.status == 400
    assert caught.value.where == "body"


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b'{"a":[1,2.5,null,true,"\xe6\xb4\xaa"]}', {"a": [1, 2.5, None, True, "洪"]}),
        (b'{"a":"[[[{{{"}', {"a": "[[[{{{"}),
        (b'{"a":"\\"[\\\\"}', {"a": '"[\\'}),
        (b'{"a":9007199254740992}', {"a": 9007199254740992}),
        (b"[" * 64 + b"]" * 64, None),
    ],
)
def test_read(body: bytes, value: object) -> None:
    found = bodies.parse(body)
    assert value is None or found == value


def test_depth_ignores_brackets_in_text() -> None:
    assert bodies.depth(b'{"a":"]]][[["}') == 1
    assert bodies.depth(b'[[["\\"["]]]') == 3


@pytest.mark.parametrize(
    "body", [b'"' + b"\\" * 999_999, b'{"a":"' + b"x" * 999_000 + b'"}', b'"' * 1_000_000]
)
def test_a_megabyte_costs_little(body: bytes) -> None:
    begun = time.perf_counter()
    assert outcome(body) in (None, "TWIN-311")
    assert time.perf_counter() - begun < 1.0


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "a/b"],
)
def test_other_content_types_are_refused(kind: str | None) -> None:
    with pytest.raises(TwinError) as caught:
        bodies.check_type(kind)
    assert (caught.value.code, caught.value.status) == ("TWIN-310", 415)


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_content_types_pass(kind: str) -> None:
    bodies.check_type(kind)


@pytest.mark.parametrize("value", ["a\x00", {"a\x00": 1}, {"a": ["b", {"c": "\x00"}]}])
def test_nul_is_found_anywhere(value: object) -> None:
    assert bodies.has_nul(value)
    assert not bodies.has_nul({"a": ["b", 1, None]})


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert outcome(body) in (None, "TWIN-311")
