"""Accepted patterns mean the same to Python, RE2 (Arrow) and, in PostgreSQL's words, the CHECK; others are refused."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.catalog.pattern import MAX_LENGTH, portability

SETS = st.sampled_from(["[0-9]", "[a-z]", "[A-Za-z0-9_-]", "[.:]", "a", "Z", "-", "管", r"\.", r"\+", " "])
REPEATS = st.sampled_from(["", "?", "*", "+", "{2}", "{1,3}", "{2,}"])
PIECES = st.tuples(SETS, REPEATS).map("".join)
GROUPS = st.lists(st.lists(SETS, min_size=1, max_size=3).map("".join), min_size=1, max_size=3).map(
    lambda arms: f"({'|'.join(arms)})"
)
BODIES = (
    st.lists(st.one_of(PIECES, st.tuples(GROUPS, REPEATS).map("".join)), max_size=5)
    .map("".join)
    .filter(lambda body: len(body) <= MAX_LENGTH - 2)
)
TEXTS = st.text(alphabet="09azAZ_-.:+管 \n", max_size=8)


@given(BODIES, TEXTS)
def test_what_is_accepted_is_read_alike(body: str, text: str) -> None:
    pattern = f"^{body}$"
    assert portability(pattern) is None
    arrow = pc.match_substring_regex(pa.array([text]), pattern=pattern)[0].as_py()
    assert arrow == bool(re.fullmatch(pattern, text))


@given(st.text(max_size=30))
def test_nothing_crashes_and_what_is_accepted_compiles(body: str) -> None:
    pattern = f"^{body}$"
    if portability(pattern) is None:
        re.compile(pattern)
        pc.match_substring_regex(pa.array(["x"]), pattern=pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]",
        "^[0-9]",
        "[0-9]$",
        r"^a\$",
        r"^\d$",
        r"^\w+$",
        r"^\bx$",
        "^.$",
        "^a.b$",
        "^[^a]$",
        "^[[:alpha:]]$",
        r"^[\d]$",
        "^(?:a)$",
        "^(?=a)$",
        "^(?i)a$",
        r"^(a)\1$",
        "^a+?$",
        "^a{2}{3}$",
        "^(a+)+$",
        "^(a*)*$",
        "^((a+)b)*$",
        "^(a{2,}){3}$",
        "^a{1,300}$",
        "^*a$",
        "^(*a)$",
        "^(a$",
        "^a)$",
        "^[z-a]$",
        "^a^b$",
        "^a$b$",
        "^[]$",
        "^" + "a" * 300 + "$",
    ],
)
def test_what_engines_read_differently_is_refused(pattern: str) -> None:
    reason = portability(pattern)
    assert reason is not None
    assert reason.zh
    assert reason.en


def test_an_unbounded_repetition_may_stand_in_a_group_that_is_not_repeated() -> None:
    assert portability("^(a+|b)?c(d*)$") is None
