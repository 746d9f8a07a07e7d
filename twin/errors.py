"""What can go wrong, told to people: a stable code, whom it concerns, what happened and what to do next."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from twin.text import Language, Text

if TYPE_CHECKING:
    from collections.abc import Iterable


class TwinError(Exception):
    """A refusal or failure with a stable code, a zh and en text and an HTTP status.

    ``code`` is ``TWIN-nnn``: 1nn catalogue, 2nn records and files, 3nn requests, 4nn identity and access,
    5nn processes and runs, 6nn store and machine, 7nn traffic. ``where`` names the file, parameter, row or column.
    """

    def __init__(self, code: str, zh: str, en: str, *, status: int = 400, where: str | None = None) -> None:
        super().__init__(f"{code} {zh} / {en}")
        self.code = code
        self.text = Text(zh=zh, en=en)
        self.status = status
        self.where = where

    def message(self, language: Language) -> str:
        """The text in one language, behind the place it concerns."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.text[language]}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a file or record: where it stands, its code and its texts; ``fatal`` ones refuse it."""

    code: str
    text: Text
    file: str | None = None
    key: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None
    fatal: bool = field(default=True)

    def line(self, language: Language) -> str:
        place = " ".join(
            str(part)
            for part in (self.file, self.key, None if self.row is None else f"#{self.row}", self.column)
            if part is not None
        )
        return (
            f"{place}: {self.code} {self.text[language]}" if place else f"{self.code} {self.text[language]}"
        )


class Refused(TwinError):
    """Several problems at once: nothing was stored."""

    def __init__(
        self, code: str, zh: str, en: str, problems: Iterable[Problem], *, status: int = 400
    ) -> None:
        super().__init__(code, zh, en, status=status)
        self.problems = tuple(problems)


def did_you_mean(word: str, known: Iterable[str]) -> Text:
    """`` 是否为 "x"？`` and `` Did you mean "x"?``, or two empty texts when nothing is near."""
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    if not near:
        return Text(zh="", en="")
    return Text(zh=f"是否为“{near[0]}”？", en=f' Did you mean "{near[0]}"?')
