"""The subset of regular expressions that Python, PostgreSQL, RE2 (Arrow) and ECMA 262 (JSON Schema) read alike.

A column's pattern becomes a CHECK, a JSON Schema ``pattern`` and an import check; what the four engines read
differently (``\\d`` over Unicode, ``.``, look-around, lazy quantifiers, back references) is refused, and so is an
unbounded repetition inside a repeated group, which backtracking engines may take exponential time for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LENGTH = 200
MAX_REPEAT = 255  # PostgreSQL's limit for {m,n}

_TOKEN = re.compile(
    r"""(?P<set>\[[^\[\]\\^][^\[\]\\]*\])
      | (?P<escape>\\[.^$*+?()\[\]{}|\\/-])
      | (?P<open>\((?!\?))
      | (?P<close>\))
      | (?P<or>\|)
      | (?P<repeat>[?*+]|\{[0-9]{1,3}(?:,(?:[0-9]{1,3})?)?\})
      | (?P<literal>[^\\.^$*+?()\[\]{}|])""",
    re.VERBOSE,
)


def portability(pattern: str) -> Text | None:
    """Why ``pattern`` means different things to the engines, or ``None`` when it is safe to publish."""
    if len(pattern) > MAX_LENGTH:
        return Text(f"超过 {MAX_LENGTH} 个字符", f"longer than {MAX_LENGTH} characters")
    if not (pattern.startswith("^") and pattern.endswith("$")) or pattern.endswith("\\$"):
        return Text("须以 ^ 开头、以 $ 结尾", "it must begin with ^ and end with $")
    try:
        tokens = list(_tokens(pattern[1:-1]))
    except ValueError as error:
        return Text(f"不支持第 {error} 个字符处的写法", f"what stands at character {error} is not supported")
    return _structure(tokens) or _compiles(pattern)


def _tokens(body: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(body):
        found = _TOKEN.match(body, at)
        if found is None or found.lastgroup is None:
            raise ValueError(str(at + 2))
        yield found.lastgroup, found.group()
        at = found.end()


def _structure(tokens: list[tuple[str, str]]) -> Text | None:
    unbounded = [False]
    before = "start"
    closed = False
    for kind, piece in tokens:
        if kind == "open":
            unbounded.append(False)
        elif kind == "close":
            if len(unbounded) == 1:
                return Text("括号不成对", "its parentheses do not pair")
            closed = unbounded.pop()
            unbounded[-1] = unbounded[-1] or closed
        elif kind == "repeat":
            reason = _repeat(piece, before, closed)
            if reason:
                return reason
            unbounded[-1] = unbounded[-1] or piece in "*+" or piece.endswith(",}")
        before = kind
    return Text("括号不成对", "its parentheses do not pair") if len(unbounded) > 1 else None


def _repeat(piece: str, before: str, closed: bool) -> Text | None:
    if before in {"start", "open", "or", "repeat"}:
        return Text("重复次数前没有可重复的内容", "a repetition follows nothing that can be repeated")
    if any(int(number) > MAX_REPEAT for number in re.findall("[0-9]+", piece)):
        return Text(f"重复次数超过 {MAX_REPEAT}", f"it repeats more than {MAX_REPEAT} times")
    if before == "close" and closed and piece != "?":
        return Text("重复的组内含有不限次数的重复", "a repeated group holds an unbounded repetition")
    return None


def _compiles(pattern: str) -> Text | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return Text(f"无法编译（{error}）", f"it does not compile ({error})")
    return None
