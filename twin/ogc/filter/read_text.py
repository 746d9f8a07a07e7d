"""Reads CQL2 text: recursive descent without backtracking, so the time is linear and the depth capped.

Precedence, from the weakest: OR, AND, NOT, comparison, + and -, * and /, sign (OGC 21-065r2 annex B).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twin.ogc.filter.literals import box, instant, interval, shape
from twin.ogc.filter.tokens import Token, tokens, unexpected
from twin.ogc.filter.tree import COMPARISONS, Budget, Call, Instant, Node, Property, Value, check_size
from twin.ogc.filter.wkt import GEOMETRIES, geometry
from twin.ogc.problems import filter_syntax

if TYPE_CHECKING:
    from collections.abc import Callable

    from twin.ogc.filter.tree import Interval

_RESERVED = {"AND", "OR", "NOT", "LIKE", "BETWEEN", "IN", "IS", "NULL"}


def read_text(text: str) -> Node:
    """The tree of a CQL2 text. Raises TwinError TWIN-344 (unreadable) or TWIN-348 (too big)."""
    check_size(text)
    reader = Reader(text)
    node = reader.disjunction()
    if reader.token.kind != "end":
        raise reader.unexpected()
    return node


class Reader:
    """Walks the tokens once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.index = 0
        self.budget = Budget()

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.index += 1
        return token

    def unexpected(self) -> Exception:
        return unexpected(self.text, self.token.place)

    def word(self, *words: str) -> bool:
        """Takes the next token when it is one of these keywords."""
        if self.token.word in words:
            self.index += 1
            return True
        return False

    def sign(self, *signs: str) -> str | None:
        """Takes the next token when it is one of these signs."""
        if self.token.kind == "sign" and self.token.text in signs:
            return self.next().text
        return None

    def expect(self, sign: str) -> None:
        if self.sign(sign) is None:
            raise self.unexpected()

    def call(self, op: str, *args: Node) -> Call:
        self.budget.node()
        return Call(op, args)

    def disjunction(self) -> Node:
        parts = [self.conjunction()]
        while self.word("OR"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else self.call("or", *parts)

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.word("AND"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else self.call("and", *parts)

    def negation(self) -> Node:
        if not self.word("NOT"):
            return self.comparison()
        self.budget.enter()
        inner = self.negation()
        self.budget.leave()
        return self.call("not", inner)

    def comparison(self) -> Node:
        left = self.sum()
        if sign := self.sign(*COMPARISONS):
            return self.call(sign, left, self.sum())
        if self.word("IS"):
            absent = not self.word("NOT")
            if not self.word("NULL"):
                raise self.unexpected()
            found = self.call("isNull", left)
            return found if absent else self.call("not", found)
        negated = self.word("NOT")
        result = self.membership(left)
        if result is None:
            if negated:
                raise self.unexpected()
            return left
        return self.call("not", result) if negated else result

    def membership(self, left: Node) -> Node | None:
        """What follows BETWEEN, LIKE or IN."""
        if self.word("BETWEEN"):
            low = self.sum()
            if not self.word("AND"):
                raise self.unexpected()
            return self.call("between", left, low, self.sum())
        if self.word("LIKE"):
            return self.call("like", left, self.sum())
        if self.word("IN"):
            return self.call("in", left, *self.arguments())
        return None

    def sum(self) -> Node:
        return self.chain(self.product, "+", "-")

    def product(self) -> Node:
        return self.chain(self.factor, "*", "/")

    def chain(self, part: Callable[[], Node], *signs: str) -> Node:
        """``part sign part sign part``, read from the left; each link counts as a level of depth."""
        left, links = part(), 0
        while sign := self.sign(*signs):
            self.budget.enter()
            links += 1
            left = self.call(sign, left, part())
        for _ in range(links):
            self.budget.leave()
        return left

    def factor(self) -> Node:
        if self.sign("-") is None:
            return self.atom()
        self.budget.enter()
        inner = self.factor()
        self.budget.leave()
        if isinstance(inner, Value) and not isinstance(inner.value, bool | str):
            return Value(-inner.value)
        return self.call("-", Value(0), inner)

    def atom(self) -> Node:
        self.budget.node()
        if self.sign("("):
            self.budget.enter()
            inner = self.disjunction()
            self.budget.leave()
            self.expect(")")
            return inner
        match self.token.kind:
            case "text":
                return Value(self.next().text)
            case "number":
                return Value(self.number())
            case "quoted":
                return Property(self.next().text)
            case "name" if self.token.word not in _RESERVED:
                return self.named()
        raise self.unexpected()

    def named(self) -> Node:
        word = self.token.word
        if word in ("TRUE", "FALSE"):
            self.next()
            return Value(word == "TRUE")
        if word in GEOMETRIES and (written := geometry(self)):
            return shape(written)
        name = self.next().text
        if self.token.kind != "sign" or self.token.text != "(":
            return Property(name)
        return self.function(word, self.arguments())

    def function(self, word: str, args: list[Node]) -> Node:
        match word:
            case "DATE" | "TIMESTAMP" if len(args) == 1:
                return instant(_plain(args[0]), word)
            case "INTERVAL" if len(args) == 2:
                return self.interval(args)
            case "BBOX":
                return box([_plain(arg) for arg in args])
            case "DATE" | "TIMESTAMP" | "INTERVAL":
                raise filter_syntax(f"{word} 的参数个数不对。", f"{word} has the wrong number of arguments.")
        return self.call(word.lower(), *args)

    def interval(self, args: list[Node]) -> Interval:
        ends = [arg if isinstance(arg, Property | Instant) else _plain(arg) for arg in args]
        return interval(ends)

    def arguments(self) -> list[Node]:
        """``( a, b, ... )``, at least one."""
        self.expect("(")
        self.budget.enter()
        args = [self.disjunction()]
        while self.sign(","):
            args.append(self.disjunction())
        self.budget.leave()
        self.expect(")")
        return args

    def number(self) -> int | float:
        text = self.next().text
        if text.isdecimal():
            return int(text)
        value = float(text)
        if not math.isfinite(value):
            raise filter_syntax(f"数字 {text} 超出范围。", f"the number {text} is out of range.")
        return value


def _plain(node: Node) -> object:
    return node.value if isinstance(node, Value) else node
