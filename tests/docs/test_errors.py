"""The reference of error codes: whole, in both languages, and one meaning a code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import twin
from tests.docs.conftest import DOCS
from twin.catalog.error_source import Entry, entries
from twin.catalog.reference import error_pages

PACKAGE = Path(twin.__file__).parent
# The same refusal made on both sides of a border: an input that was refused; who may run processes.
SHARED = {"TWIN-501", "TWIN-503"}
# Their words come from an answer.
WORDLESS = {"TWIN-300", "TWIN-591"}


@pytest.fixture(scope="module")
def found() -> dict[str, Entry]:
    return entries(PACKAGE)


def test_every_code_in_the_sources_is_listed_in_both_languages(found: dict[str, Entry]) -> None:
    raised = {
        code
        for path in PACKAGE.rglob("*.py")
        for code in re.findall(r'"(TWIN-\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert raised == set(found)
    for language in ("zh", "en"):
        text = (DOCS / "reference" / language / "errors.md").read_text(encoding="utf-8")
        assert sorted(re.findall(r"^\| `(TWIN-\d{3})`", text, re.MULTILINE)) == sorted(found)


def test_the_committed_pages_are_fresh() -> None:
    for path, text in error_pages(PACKAGE).items():
        assert (DOCS.parent / path).read_text(encoding="utf-8") == text, "run: twin derive"


def test_every_code_has_words_in_both_languages(found: dict[str, Entry]) -> None:
    assert {code for code, entry in found.items() if not entry.texts} == WORDLESS
    for entry in found.values():
        for zh, en in entry.texts:
            assert re.search(r"[\u4e00-\u9fff]", zh), (entry.code, zh)
            assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"经度/纬度", "", en)), (entry.code, en)


def test_a_code_has_one_meaning(found: dict[str, Entry]) -> None:
    """Words of its own in two parts of the program would mean two things by one code."""
    shared = {}
    for code, entry in found.items():
        rooms = {place.split("/")[1] for place in (*entry.worded, *filter(None, [entry.tabled]))}
        if len(rooms) > 1 and code not in SHARED:
            shared[code] = sorted(entry.worded)
    assert shared == {}


def test_no_text_of_a_table_is_left_over(found: dict[str, Entry]) -> None:
    assert [code for code, entry in found.items() if not entry.places] == []


def test_pages_name_codes_that_exist(found: dict[str, Entry], pages: dict[Path, str]) -> None:
    named = {(page.name, code) for page, text in pages.items() for code in re.findall(r"TWIN-\d{3}", text)}
    assert [(page, code) for page, code in named if code not in found] == []


def test_texts_are_followed_through_functions(tmp_path: Path) -> None:
    package = tmp_path / "part"
    package.mkdir()
    (package / "a.py").write_text(
        "MOST = 7\n"
        'TEXTS = {"TWIN-901": Text(zh="坏{x}", en="bad {x}")}\n'
        "def bad(name, zh, en, *, status=400):\n"
        '    return TwinError("TWIN-902", f"值：{zh}", f"value: {en}", status=status)\n'
        "class Odd(TwinError):\n"
        "    def __init__(self, zh, en):\n"
        '        super().__init__("TWIN-903", zh, en, status=409)\n'
        "def f(key):\n"
        '    raise refusal("TWIN-901", x=1)\n'
        "def g(key, hint):\n"
        '    raise bad("n", f"最多 {MOST}。{hint.zh}", f"at most {MOST}.{hint.en}", status=413)\n'
        "def h(found):\n"
        '    zh, en = "甲", "one"\n'
        "    if found:\n"
        '        zh, en = f"乙 {found}", f"two {found}"\n'
        '    raise TwinError("TWIN-904", zh, en)\n'
        'def i():\n    raise Odd("奇", "odd")\n',
        encoding="utf-8",
    )
    found = entries(package)
    assert {code: entry.texts for code, entry in found.items()} == {
        "TWIN-901": [("坏{x}", "bad {x}")],
        "TWIN-902": [("值：最多 7。", "value: at most 7.")],
        "TWIN-903": [("奇", "odd")],
        "TWIN-904": [("甲", "one"), ("乙 {found}", "two {found}")],
    }
    assert [sorted(entry.statuses) for entry in found.values()] == [[400], [400, 413], [409], [400]]
