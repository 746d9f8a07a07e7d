"""Texts in Chinese and English, and the choice between them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


class Text(BaseModel):
    """One text in both languages of the service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh=zh, en=en)

    def __getitem__(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def format(self, **values: object) -> Text:
        """The text with its ``{placeholders}`` filled in both languages."""
        return Text(zh=self.zh.format(**values), en=self.en.format(**values))


def negotiate(accept_language: str | None, default: Language = "zh") -> Language:
    """The language that an ``Accept-Language`` header asks for (RFC 9110 section 12.5.4), reduced to zh or en.

    Every ``zh-*`` counts as zh and every ``en-*`` as en; anything else, a malformed or oversized header
    included, gives ``default``.
    """
    best: tuple[float, Language] | None = None
    for part in (accept_language or "")[:1000].split(","):
        tag, _, parameter = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        weight = _weight(parameter)
        for language in LANGUAGES:
            if primary == language and weight > 0 and (best is None or weight > best[0]):
                best = (weight, language)
    return best[1] if best else default


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
