"""The few shapes of Markdown that the reference pages are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """A value that stands in one table cell: no line break, no unescaped bar, angle bracket or backslash."""
    text = "" if value is None else str(value)
    text = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")
    return " ".join(text.split())


def code(value: object) -> str:
    """A code span in a table cell, or nothing for nothing; a bar is escaped as tables want it."""
    text = "" if value is None else str(value)
    return f"`{text}`".replace("|", "\\|") if text else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose cells are Markdown already, and an empty line after it."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return [*lines, ""]


def page(lines: Iterable[str]) -> str:
    """The lines as a file."""
    return "\n".join(lines).rstrip() + "\n"
