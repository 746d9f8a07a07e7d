"""The report of refused records: a CSV that Excel opens with its Chinese text right."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from twin.errors import Problem

HEADER = ("row", "column", "code", "value", "zh", "en")
KEPT = 200  # problems kept in memory for the answer; the file has them all


class Report:
    """Written as the problems come; the file is made with the first one: at ``path``, else in the system's folder of
    temporary files, named after ``stem``. ``rows`` counts the refused records."""

    def __init__(self, path: Path | None = None, stem: str = "import") -> None:
        self.path = path
        self._stem = stem[:40]
        self.first: list[Problem] = []
        self.rows = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def _place(self) -> Path:
        if self.path is None:
            handle, name = tempfile.mkstemp(prefix=f"twin-{self._stem}-refused-", suffix=".csv")
            os.close(handle)
            self.path = Path(name)
        return self.path

    @property
    def written(self) -> Path | None:
        return self.path if self.rows else None

    def add(self, problems: Iterable[Problem]) -> set[int]:
        """Note the problems, whose rows were not noted before; the rows refused."""
        ordered = sorted(problems, key=lambda p: (p.row or 0, p.column or ""))
        rows = {p.row for p in ordered if p.row is not None}
        if not ordered:
            return rows
        if self._file is None:
            self._file = self._place().open("w", encoding="utf-8-sig", newline="")
            csv.writer(self._file).writerow(HEADER)
        csv.writer(self._file).writerows(map(_line, ordered))
        self.first += ordered[: KEPT - len(self.first)]
        self.rows += len(rows)
        return rows


def _line(found: Problem) -> tuple[object, ...]:
    return (
        found.row,
        found.column or "",
        found.code,
        _plain(found.value),
        _plain(found.text.zh),
        _plain(found.text.en),
    )


def _plain(text: str | None) -> str:
    """A text that a spreadsheet does not take for a formula."""
    if text and text[0] in "=+-@\t\r" and not text[1:].replace(".", "", 1).isdigit():
        return "'" + text
    return text or ""
