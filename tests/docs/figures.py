"""Writes the figures of the verification tests into the pages: ``python tests/docs/figures.py FILE...``.

Each FILE is a ``build/verification/<topic>.json`` and fills the place ``<!-- figures <topic> -->`` of the pages. A row
beyond its tolerance is not published: it is named, and nothing is written.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from twin.catalog.markdown import cell, table
from twin.text import LANGUAGES, Language

ROOT = Path(__file__).resolve().parents[2]
WORDS = Path(__file__).with_name("figures_zh.toml")  # how the tests' English labels read in Chinese
HEADS: dict[Language, tuple[str, ...]] = {
    "zh": ("算例", "对照", "指标", "误差", "容许"),
    "en": ("Case", "Compared with", "Figure", "Error", "Tolerance"),
}


@cache
def words() -> dict[str, str]:
    """Chinese by English, the longest first, so that no part of a phrase is taken for the whole."""
    known = tomllib.loads(WORDS.read_text(encoding="utf-8"))["words"]
    return {english: known[english] for english in sorted(known, key=len, reverse=True)}


def said(text: str, language: Language) -> str:
    """A label of the tests in the language of the page."""
    if language == "zh":
        for english, chinese in words().items():
            text = text.replace(english, chinese)
    return cell(text)


def figures(rows: list[dict[str, Any]], language: Language) -> str:
    """The table of the rows."""
    lines = (
        (
            *(said(str(row[key]), language) for key in ("case", "source", "metric")),
            f"{row['value']:.3g}",
            f"{row['tolerance']:.3g}",
        )
        for row in rows
    )
    return "\n".join(table(HEADS[language], lines))


def main(paths: list[str]) -> int:
    topics = {Path(path).stem: json.loads(Path(path).read_text(encoding="utf-8")) for path in paths}
    beyond = [row for rows in topics.values() for row in rows if abs(row["value"]) > row["tolerance"]]
    if beyond or not all(topics.values()):
        names = "; ".join(f"{row['case']}, {row['metric']}" for row in beyond) or "no rows"
        sys.stderr.write(f"nothing written: {names}. Remove the file and run the tests again.\n")
        return 1
    for language in LANGUAGES:
        page = ROOT / "docs" / language / "verification.md"
        text = page.read_text(encoding="utf-8")
        for topic, rows in topics.items():
            place = re.compile(rf"(<!-- figures {topic} -->\n).*?(<!-- /figures -->)", re.DOTALL)
            before, after = place.findall(text)[0]
            made = f"{before}\n{figures(rows, language)}{after}"
            text = place.sub(made.replace("\\", r"\\"), text)
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
