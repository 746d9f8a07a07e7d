"""The pages: the same ones in both languages, with the same parts, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.conftest import DOCS, FENCE, ROOT, prose, written

HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
NAMES = sorted(path.name for path in (DOCS / "en").glob("*.md"))
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def has_chinese(text: str) -> bool:
    return bool(re.search(r"[\u4e00-\u9fff]", text))


def test_both_languages_have_the_same_pages() -> None:
    assert sorted(path.name for path in (DOCS / "zh").glob("*.md")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_parts(name: str) -> None:
    zh, en = ((DOCS / language / name).read_text(encoding="utf-8") for language in ("zh", "en"))
    assert [len(marks) for marks, _ in HEADING.findall(prose(zh))] == [
        len(marks) for marks, _ in HEADING.findall(prose(en))
    ]
    assert [kind for kind, _ in FENCE.findall(zh)] == [kind for kind, _ in FENCE.findall(en)]
    assert zh.count("\n|") == en.count("\n|")
    assert f"(../en/{name})" in zh
    assert f"(../zh/{name})" in en
    assert has_chinese(HEADING.findall(zh)[0][1]) or name == "index.md"
    assert not any(has_chinese(title) for _, title in HEADING.findall(prose(en)))


def test_the_readmes_have_the_same_parts() -> None:
    zh, en = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.zh.md", "README.md"))
    assert [len(marks) for marks, _ in HEADING.findall(prose(zh))] == [
        len(marks) for marks, _ in HEADING.findall(prose(en))
    ]
    assert zh.count("\n|") == en.count("\n|")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_index_lists_every_page(language: str) -> None:
    text = (DOCS / language / "index.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if name != "index.md" and f"({name})" not in text] == []


@pytest.mark.parametrize("page", written(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(prose(page.read_text(encoding="utf-8"))):
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.split("#")[0]).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_why_what_and_what_follows_in_both_languages(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    number = page.stem[:4]
    assert re.match(rf"# {number} .*[\u4e00-\u9fff].* / [A-Z]", text), text.splitlines()[0]
    zh, en = text.split("## 中文\n")[1].split("## English\n")
    assert [re.search(rf"\*\*{word}。\*\* .{{10}}", zh) is None for word in ("背景", "决定", "后果")] == [
        False
    ] * 3
    assert [f"**{word}.**" in en for word in ("Context", "Decision", "Consequence")] == [True] * 3
    assert f"]({page.name})" in (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.stem[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
