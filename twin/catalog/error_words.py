"""The words of a refusal as its source spells them: strings, f-strings, texts handed through functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pair = tuple[str, str]
Bound = dict[str, ast.expr]
Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEEPEST = 3
_SHORT = 4  # an alternative such as "none" does not stand for what is shown in most cases
_NEAR = {"hint", "near"}  # did-you-mean, empty in most cases


class Words:
    """Reads the texts of calls in the given modules; knows who calls whom by plain name."""

    def __init__(self, trees: Iterable[ast.AST]) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.calls: dict[str, list[ast.Call]] = {}
        self.constants: dict[str, ast.expr] = {}
        for tree in trees:
            for node in ast.walk(tree):
                self.parents.update(dict.fromkeys(ast.iter_child_nodes(node), node))
                if isinstance(node, ast.Call):
                    self.calls.setdefault(self.name(node), []).append(node)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                    names = [one.id for one in node.targets if isinstance(one, ast.Name) and one.id.isupper()]
                    self.constants.update(dict.fromkeys(names, node.value))

    @staticmethod
    def name(call: ast.Call) -> str:
        """The last word of what is called."""
        return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")

    def call_around(self, node: ast.AST) -> ast.Call | None:
        """The call that makes the refusal: past ``str(... or code)`` and the like."""
        while (parent := self.parents.get(node)) is not None and not isinstance(parent, ast.stmt):
            if isinstance(parent, ast.Call) and self.name(parent) not in {"str", "get"}:
                return parent
            node = parent
        return None

    def statuses(self, call: ast.Call) -> set[int]:
        """The HTTP statuses that a call may give, those of the callers included where it hands one through."""
        given = {keyword.arg: keyword.value for keyword in call.keywords}.get("status")
        if self.name(call) == "document" and isinstance(call.args[0], ast.Constant):
            given = call.args[0]
        if given is None:
            return {400} if self.name(call) in {"TwinError", "Refused", "__init__", "refusal"} else set()
        found = _numbers(given)
        function = self._function(call)
        if isinstance(given, ast.Name) and function is not None:
            defaults = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
            found |= {n for arg, value in defaults if arg.arg == given.id and value for n in _numbers(value)}
            for caller in self._callers(function):
                found |= {n for kw in caller.keywords if kw.arg == given.id for n in _numbers(kw.value)}
        return found

    def of_call(self, call: ast.Call, code: ast.Constant) -> list[Pair]:
        """The texts of a call behind its code: ``(code, zh, en)`` or ``(code, text)``."""
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if "text" in named:
            return self.of_text(named["text"])
        number = next((n for n, arg in enumerate(call.args) if code in ast.walk(arg)), -1)
        rest = call.args[number + 1 :]
        if self.name(call) in {"Problem", "document"}:
            return self.of_text(rest[0]) if rest else []
        return self._pairs(rest[0], rest[1], call, 0) if len(rest) > 1 else []

    def of_text(self, node: ast.expr, depth: int = 0) -> list[Pair]:
        """The texts of ``Text(zh, en)``, of a name for one, or of one with its placeholders filled."""
        if isinstance(node, ast.Call) and self.name(node) == "Text":
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            parts = [*node.args, *(named[key] for key in ("zh", "en") if key in named)]
            return self._pairs(parts[0], parts[1], node, depth) if len(parts) == 2 else []
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and self.name(node) == "format"
        ):
            return self.of_text(node.func.value, depth)
        if isinstance(node, ast.Name) and depth < _DEEPEST:
            return [pair for value in self._values(node) for pair in self.of_text(value, depth + 1)]
        return []

    def _pairs(self, zh: ast.expr, en: ast.expr, at: ast.AST, depth: int) -> list[Pair]:
        """Both languages together: local names by their assignments, parameters by the function's callers."""
        whole = _whole(zh, "zh")
        if whole is not None and _whole(en, "en") is not None:
            return self.of_text(whole, depth)
        if isinstance(zh, ast.Name) and isinstance(en, ast.Name):
            assigned = list(zip(self._values(zh), self._values(en), strict=False))
            if assigned and depth < _DEEPEST:
                return [pair for one in assigned for pair in self._pairs(*one, at, depth + 1)]
        function = self._function(at)
        names = {node.id for part in (zh, en) for node in ast.walk(part) if isinstance(node, ast.Name)}
        if function is None or not names & {"zh", "en"} & _parameters(function) or depth >= _DEEPEST:
            return [(render(zh, self.constants), render(en, self.constants))]
        found: list[Pair] = []
        for call in self._callers(function):
            bound = _bind(function, call)
            if {"zh", "en"} <= bound.keys():
                for inner in self._pairs(bound["zh"], bound["en"], call, depth + 1):
                    known = self.constants | {"zh": ast.Constant(inner[0]), "en": ast.Constant(inner[1])}
                    found.append((render(zh, known), render(en, known)))
        return found

    def _callers(self, function: Function) -> list[ast.Call]:
        """The calls of a function by its name; of a private one in its own module; of ``__init__`` by its class."""
        if function.name == "__init__":
            return self.calls.get(getattr(self.parents[function], "name", ""), [])
        calls = self.calls.get(function.name, [])
        if not function.name.startswith("_"):
            return calls
        home = self._module(function)
        return [call for call in calls if self._module(call) is home]

    def _module(self, node: ast.AST) -> ast.AST:
        while node in self.parents:
            node = self.parents[node]
        return node

    def _values(self, name: ast.Name) -> list[ast.expr]:
        """What is assigned to a name in the function around it, else at the top of its module."""
        function = self._function(name)
        if function is not None:
            found = [value for node in ast.walk(function) for value in _assigned(node, name.id)]
            if found or name.id in _parameters(function):
                return found
        top = getattr(self._module(name), "body", [])
        return [value for node in top for value in _assigned(node, name.id)]

    def _function(self, node: ast.AST) -> Function | None:
        while (parent := self.parents.get(node)) is not None:
            if isinstance(parent, Function):
                return parent
            node = parent
        return None


def render(node: ast.expr, bound: Mapping[str, ast.expr]) -> str:
    """A string expression as text, what is computed shown as ``{placeholder}``."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(render(part, bound) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return render(node.value, bound)
    if isinstance(node, ast.Call) and Words.name(node) == "str" and node.args:
        return render(node.args[0], bound)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and not _numbers(node.right):
        return render(node.left, bound) + render(node.right, bound)
    if isinstance(node, ast.Name) and node.id in bound:
        return render(bound[node.id], bound)
    if (
        isinstance(node, ast.IfExp)
        and isinstance(node.body, ast.Constant)
        and isinstance(node.orelse, ast.Constant)
    ):
        return " | ".join(dict.fromkeys(str(part.value) for part in (node.body, node.orelse) if part.value))
    if isinstance(node, ast.BoolOp) and len(otherwise := render(node.values[-1], {})) > _SHORT:
        return otherwise
    word = _word(node)
    return "" if word in _NEAR else "{" + word + "}"


def _word(node: ast.expr) -> str:
    """A short name for what fills a placeholder."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return _word(node.value) if node.attr in {"zh", "en"} else node.attr
    if isinstance(node, ast.Call) and node.args:
        return _word(node.args[0])
    if isinstance(node, ast.BoolOp | ast.BinOp | ast.Subscript | ast.IfExp | ast.GeneratorExp | ast.Starred):
        inner = {ast.BoolOp: "values", ast.BinOp: "left", ast.IfExp: "body", ast.GeneratorExp: "elt"}.get(
            type(node), "value"
        )
        part = getattr(node, inner)
        return _word(part[0] if isinstance(part, list) else part)
    return "…"


def _whole(node: ast.expr, language: str) -> ast.Name | None:
    """``text`` of ``text.zh``."""
    if isinstance(node, ast.Attribute) and node.attr == language and isinstance(node.value, ast.Name):
        return node.value
    return None


def _numbers(node: ast.expr) -> set[int]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and type(one.value) is int}


def _parameters(function: Function) -> set[str]:
    return {arg.arg for arg in (*function.args.args, *function.args.kwonlyargs)}


def _bind(function: Function, call: ast.Call) -> Bound:
    names = [arg.arg for arg in function.args.args if arg.arg != "self"]
    bound: Bound = dict(zip(names, call.args, strict=False))
    return bound | {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _assigned(node: ast.AST, name: str) -> list[ast.expr]:
    """The expressions that a statement assigns to a name, alone or in a tuple of names."""
    if not isinstance(node, ast.Assign):
        return []
    found = []
    for target in node.targets:
        if isinstance(target, ast.Name) and target.id == name:
            found.append(node.value)
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
            found += [value for one, value in pairs if isinstance(one, ast.Name) and one.id == name]
    return found
