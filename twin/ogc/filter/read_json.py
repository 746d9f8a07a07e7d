"""Reads CQL2-JSON into the same tree as the text."""

from __future__ import annotations

import math

import orjson

from twin.ogc.filter.literals import box, instant, interval, shape
from twin.ogc.filter.tree import Budget, Call, Node, Property, Value, check_size
from twin.ogc.problems import clip, filter_syntax


def read_json(text: str) -> Node:
    """The tree of a CQL2-JSON document. Raises TwinError TWIN-344 (unreadable) or TWIN-348 (too big)."""
    check_size(text)
    try:
        document = orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError) as error:
        raise filter_syntax("过滤表达式不是有效的 JSON。", "the filter is no valid JSON.") from error
    return _node(document, Budget())


def _node(value: object, budget: Budget) -> Node:
    budget.node()
    match value:
        case bool() | str():
            return Value(value)
        case int() | float():
            return Value(_finite(value))
        case dict():
            budget.enter()
            node = _object(value, budget)
            budget.leave()
            return node
    raise _unreadable(value)


def _finite(value: int | float) -> int | float:
    if isinstance(value, float) and not math.isfinite(value):
        raise filter_syntax("数字超出范围。", "a number is out of range.")
    return value


def _object(value: dict[str, object], budget: Budget) -> Node:
    match value:
        case {"op": str(op), "args": list(args)}:
            return _call(op, args, budget)
        case {"property": str(name)}:
            return Property(name)
        case {"date": text}:
            return instant(text, "DATE")
        case {"timestamp": text}:
            return instant(text, "TIMESTAMP")
        case {"interval": list(ends)}:
            return interval([_end(end) for end in ends])
        case {"bbox": list(numbers)}:
            return box(numbers)
        case {"type": str(), **_rest}:
            return shape(value)
    raise _unreadable(value)


def _end(value: object) -> object:
    match value:
        case {"property": str(name)}:
            return Property(name)
        case {"date": text}:
            return instant(text, "DATE")
        case {"timestamp": text}:
            return instant(text, "TIMESTAMP")
    return value


def _call(op: str, args: list[object], budget: Budget) -> Node:
    match op, args:
        case "in", [left, [*options]]:
            return Call("in", (_node(left, budget), *(_node(option, budget) for option in options)))
        case "between", [left, [low, high]]:
            return Call("between", tuple(_node(part, budget) for part in (left, low, high)))
    name = "isNull" if op == "isNull" else op.lower()
    return Call(name, tuple(_node(arg, budget) for arg in args))


def _unreadable(value: object) -> Exception:
    shown = clip(repr(value))
    return filter_syntax(
        f"CQL2-JSON 中无法读懂的部分：{shown}", f"CQL2-JSON: this part cannot be read: {shown}"
    )
