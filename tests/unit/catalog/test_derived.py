"""The derived files: complete, bilingual, stable, and the committed ones fresh."""

from __future__ import annotations

import re

import pytest

from twin.catalog.derive import derived
from twin.catalog.load import load, shipped_layers
from twin.catalog.markdown import cell, code
from twin.text import LANGUAGES, Language

CATALOG = load()
FILES = derived(CATALOG)


def test_committed_files_are_fresh() -> None:
    root = shipped_layers().parent
    stale = [
        path
        for path, text in FILES.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run: twin derive"


def test_no_committed_page_is_left_over() -> None:
    root = shipped_layers().parent
    folders = [
        f"docs/reference/{language}/{part}" for language in LANGUAGES for part in ("layers", "vocabularies")
    ]
    found = {str(path.relative_to(root)) for folder in folders for path in (root / folder).glob("*.md")}
    assert found <= set(FILES)


def test_the_same_catalogue_gives_the_same_bytes() -> None:
    assert derived(load()) == FILES


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_layer_column_and_term_has_its_line(language: Language) -> None:
    for layer in CATALOG.layers.values():
        text = FILES[f"docs/reference/{language}/layers/{layer.name}.md"]
        assert layer.description[language] in text
        for name, column in layer.columns.items():
            assert f"| `{name}` | {cell(column.title[language])} |" in text
    for vocabulary in CATALOG.vocabularies.values():
        text = FILES[f"docs/reference/{language}/vocabularies/{vocabulary.name}.md"]
        for key, term in vocabulary.terms.items():
            assert f"| {code(key)} | {cell(term.zh)} | {cell(term.en)} |" in text


def test_links_lead_to_pages() -> None:
    for path, text in FILES.items():
        if path.endswith(".md"):
            folder = path.rsplit("/", 1)[0]
            for target in re.findall(r"\]\(([^)]+[.]md)\)", text):
                parts: list[str] = []
                for part in f"{folder}/{target}".split("/"):
                    parts = parts[:-1] if part == ".." else [*parts, part]
                assert "/".join(parts) in FILES, (path, target)


def test_tables_have_even_rows() -> None:
    for path, text in FILES.items():
        if path.endswith(".md"):
            for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
                widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
                assert len(widths) == 1, (path, block[:200])


def test_cells_cannot_break_a_table() -> None:
    assert cell("a|b\nc<d>*e\\") == "a\\|b c\\<d>\\*e\\\\"
    assert code("^(a|b)$") == "`^(a\\|b)$`"
    assert cell(None) == code(None) == ""
