"""Collect what is wrong with the rows of a batch: which rows, which column, which value, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from twin.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twin.text import Text

SHOWN = 80


def shown(value: object) -> str:
    """A value as a report shows it: at most 80 characters, invisible ones escaped."""
    text = value if isinstance(value, str) else str(value)
    cut = text[:SHOWN] + ("…" if len(text) > SHOWN else "")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)


class Findings:
    """The problems of one batch of ``rows`` rows, the first of which is number ``first_row`` of its file.

    ``good`` (shape ``rows``, bool) is true where no fatal problem was found.
    """

    def __init__(self, rows: int, first_row: int) -> None:
        self.good: NDArray[np.bool_] = np.ones(rows, dtype=np.bool_)
        self.first_row = first_row
        self.problems: list[Problem] = []

    def add(
        self,
        bad: NDArray[np.bool_],
        code: str,
        column: str,
        values: pa.Array | None,
        words: Callable[[Any], Text],
    ) -> None:
        """One problem per row where ``bad``; ``words`` gives the text for a value and is asked once per value."""
        rows = np.flatnonzero(bad)
        if not len(rows):
            return
        self.good[rows] = False
        given = [None] * len(rows) if values is None else values.take(pa.array(rows)).to_pylist()
        texts: dict[Any, Text] = {}
        for row, value in zip(rows.tolist(), given, strict=True):
            if value not in texts:
                texts[value] = words(value)
            said = None if value is None else shown(value)
            self.problems.append(
                Problem(code=code, text=texts[value], row=self.first_row + row, column=column, value=said)
            )

    def merge(self, other: Findings) -> None:
        """Take in what was found about other columns of the same rows."""
        self.good &= other.good
        self.problems.extend(other.problems)

    def batch(self, code: str, column: str | None, text: Text, *, fatal: bool = True) -> None:
        """A problem of the whole batch: no row is good."""
        self.problems.append(Problem(code=code, text=text, column=column, fatal=fatal))
        if fatal:
            self.good[:] = False


def always(text: Text) -> Callable[[Any], Text]:
    """The same words for every value."""
    return lambda _value: text
