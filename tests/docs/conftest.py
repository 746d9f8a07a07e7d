"""The pages of the project and what can be read out of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def written() -> list[Path]:
    """Every page that people write, the READMEs included; the derived reference is tested beside its source."""
    pages = [*DOCS.glob("*/*.md"), *DOCS.glob("decisions/*.md"), *ROOT.glob("README*.md")]
    return sorted({page for page in pages if "reference" not in page.parts})


def blocks(text: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return [body for kind, body in FENCE.findall(text) if kind == language]


def prose(text: str) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text)


@pytest.fixture(scope="session")
def pages() -> dict[Path, str]:
    return {page: page.read_text(encoding="utf-8") for page in written()}
