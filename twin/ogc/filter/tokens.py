"""CQL2 text cut into tokens (OGC 21-065r2 annex B), in one linear pass."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from twin.ogc.problems import clip, filter_syntax

Kind = Literal["text", "number", "quoted", "name", "sign", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<text>'(?:[^'\\]|''|\\.)*')
  | (?P<quoted>"(?:[^"]|"")*")
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d][\w.:]*)
  | (?P<sign><>|<=|>=|[=<>+\-*/(),])
    """,
    re.VERBOSE | re.DOTALL,
)
MAX_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    text: str
    place: int

    @property
    def word(self) -> str:
        """The upper-case word of a bare name: keywords are compared by it."""
        return self.text.upper() if self.kind == "name" else ""


def tokens(text: str) -> list[Token]:
    """All tokens and an end mark; refuses a character that starts none, naming its place."""
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise unexpected(text, place)
        if match.lastgroup != "space":
            found.append(_token(match))
        place = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _token(match: re.Match[str]) -> Token:
    text, place = match.group(), match.start()
    match match.lastgroup:
        case "text":
            return Token("text", _unescape(text[1:-1]), place)
        case "quoted":
            return Token("quoted", text[1:-1].replace('""', '"'), place)
        case "number" if len(text) > MAX_NUMBER:
            raise filter_syntax(
                f"第 {place + 1} 个字符处的数字超过 {MAX_NUMBER} 位。",
                f"the number at character {place + 1} is longer than {MAX_NUMBER} characters.",
            )
        case "number":
            return Token("number", text, place)
        case "name":
            return Token("name", text, place)
    return Token("sign", text, place)


def _unescape(text: str) -> str:
    """``''`` and ``\\'`` are one quote; any other backslash stays, for LIKE patterns read it."""
    return text.replace("''", "'").replace("\\'", "'")


def unexpected(text: str, place: int) -> Exception:
    near = clip(text[place : place + 20]) or "…"
    return filter_syntax(
        f"过滤表达式在第 {place + 1} 个字符“{near}”处无法读懂（CQL2 文本）。",
        f'the filter cannot be read at character {place + 1}, near "{near}" (CQL2 text).',
    )
