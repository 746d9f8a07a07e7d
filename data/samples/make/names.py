"""Chinese names and their pinyin, from ``names.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

_WORDS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8"))
PINYIN = {character: letters for letters, characters in _WORDS["pinyin"].items() for character in characters}
VIRTUES, LANES, INDUSTRY, LOGISTICS, ESTATES = (
    tuple(_WORDS[key].split()) for key in ("virtues", "lanes", "industry", "logistics", "estates")
)
SUFFIX = {
    "大道": "Avenue",
    "快速路": "Expressway",
    "大街": "Street",
    "路": "Road",
    "街": "Street",
    "巷": "Lane",
    "弄": "Lane",
}


def pinyin(text: str) -> str:
    """The letters of a name in one word, capitalised; a character outside the table is an error of this script."""
    return "".join(PINYIN[c] for c in text).capitalize()


def english(name: str) -> str:
    """``人民路`` → ``Renmin Road``."""
    for zh, en in SUFFIX.items():
        if name.endswith(zh) and len(name) > len(zh):
            return f"{pinyin(name[: -len(zh)])} {en}"
    return pinyin(name)
